"""Blocks that came whole, spread out in the block that they stand in."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import fusions
from adapterstilts.modeling.composition import Block, arranged, composition
from adapterstilts.modeling.foreign.arrangement import Saved, read
from adapterstilts.modeling.parts import SETUP, Source
from adapterstilts.modeling.spreading import Spread, spread
from tests.modeling.foreign_blocks import (
    FUSE,
    MEAN,
    NESTED,
    STACK,
    SUMMED,
    WITHIN,
    block_model,
    block_saved,
)

FUSION = "adapter_fusion_config.json"


def saved(folder: Path, block: Any, *, static: bool = False, **fusion: Any) -> Saved:
    """Return what a folder says of a block, with no more in it than is read here."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"adapter_setup": block.to_dict(), "head_setup": None, "version": "adapters.1.3.0"}
    (folder / "adapter_setup.json").write_text(json.dumps(whole))
    found = read(folder)
    for each in found.block.fusions():
        (folder / each.layer).mkdir()
        said = {"config": {"value": not static}, **fusion}
        (folder / each.layer / FUSION).write_text(json.dumps(said))
    return found


def spread_of(folder: Path, way: str, sources: tuple[str, ...], **blocks: Saved) -> Spread:
    """Return a composition over sources of which some, named by a letter, are blocks."""
    names = [leaf for source in sources for leaf in _leaves(source)]
    given = [Source(name=name, folder=folder) for name in names]
    whole = {names.index(name): block for name, block in blocks.items()}
    return spread(composition(way), arranged(sources), given, whole)


def _leaves(source: str) -> list[str]:
    return source.replace("stack(", "").replace("fuse(", "").replace(")", "").split(", ")


def told(found: Spread, nodes: Any = None) -> str:
    """Return how it is nested, as one reads it."""

    def one(node: Any) -> str:
        if isinstance(node, Block):
            return f"{node.composition.name}({', '.join(map(one, node.members))})"
        source = found.sources[node]
        return (
            source.within.removeprefix(f"{SETUP}/") if source.within != "adapter" else source.name
        )

    return ", ".join(one(each) for each in (found.nodes if nodes is None else nodes))


@pytest.mark.parametrize(
    ("way", "sources", "block", "expected"),
    [
        ("stack", ("a",), STACK, "nli, mine"),
        ("stack", ("a", "x"), STACK, "nli, mine, x"),
        ("stack", ("x", "a"), SUMMED, "x, nli, mine"),
        ("stack", ("a",), FUSE, "fuse(nli, squad)"),
        ("stack", ("a",), NESTED, "swag, fuse(nli, squad), mine"),
        ("stack", ("a",), WITHIN, "fuse(stack(nli, squad), swag)"),
        ("fuse", ("a", "x"), STACK, "stack(nli, mine), x"),
        ("fuse", ("stack(x, a)", "y"), STACK, "stack(x, nli, mine), y"),
        ("stack", ("fuse(a, x)",), STACK, "fuse(stack(nli, mine), x)"),
    ],
)
def test_a_block_is_spread_out_where_it_stands(
    tmp_path: Path, way: str, sources: tuple[str, ...], block: Any, expected: str
) -> None:
    found = spread_of(tmp_path, way, sources, a=saved(tmp_path / "a", block))
    assert told(found) == expected
    assert len({source.name for source in found.sources}) == len(found.sources)


def test_a_fusion_that_came_trained_is_told_from_those_that_are_new(tmp_path: Path) -> None:
    block = saved(tmp_path / "a", NESTED, static=True)
    found = spread_of(tmp_path, "stack", ("fuse(x, y)", "a", "fuse(v, w)"), a=block)
    assert told(found) == "fuse(x, y), swag, fuse[kind=static](nli, squad), mine, fuse(v, w)"
    assert found.given == {1: tmp_path / "a" / "nli,squad"}


@pytest.mark.parametrize(
    ("way", "sources", "block", "why"),
    [
        ("fuse", ("a", "x"), FUSE, "a fusion in a fusion"),
        ("fuse", ("a", "x"), NESTED, "a fusion in a fusion"),
        ("fuse", ("stack(x, a)", "y"), FUSE, "a fusion in a fusion"),
        ("stack", ("a",), MEAN, "a mean of outputs"),
    ],
)
def test_what_the_library_cannot_run_is_refused_by_name(
    tmp_path: Path, way: str, sources: tuple[str, ...], block: Any, why: str
) -> None:
    with pytest.raises(StiltsError, match=rf"a is .*\(.*\), and here it would be {why}.*zero\(a\)"):
        spread_of(tmp_path, way, sources, a=saved(tmp_path / "a", block))


def test_nothing_stands_on_a_fusion_without_its_last_layer(tmp_path: Path) -> None:
    block = saved(tmp_path / "a", FUSE, leave_out=[1])
    with pytest.raises(StiltsError, match="a fusion without its last layer"):
        spread_of(tmp_path, "stack", ("a",), a=block)


def test_below_a_new_module_a_fusion_stays_as_it_came(lab: Any, tmp_path: Path) -> None:
    block_saved(tmp_path / SETUP, block_model(lab.located.folder, FUSE))
    whole = Source(name="theirs", folder=tmp_path)
    found = spread(composition("stack"), (0,), [whole], {0: read(tmp_path / SETUP)})
    parts = lab.parts(
        "seq_bn",
        "stack",
        "toy-pawsx",
        sources=tuple(found.sources),
        nodes=found.nodes,
        given=found.given,
    )
    assembly = lab.assembly(parts)
    (fusion,) = fusions.fusions(parts)
    theirs = f".adapter_fusion_layer.{fusion.name}."
    assert not any(theirs in name for name in assembly.trainable)
    assert any(".toy-pawsx." in name for name in assembly.trainable)
    before = _weights(assembly.model, theirs)
    plain = block_model(lab.located.folder, FUSE)
    assert len(before) == len(_weights(plain, ".adapter_fusion_layer.nli,squad."))
    lab.train(assembly, "toy-pawsx", tmp_path)
    after = _weights(assembly.model, theirs)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    out = tmp_path / "out"
    out.mkdir()
    assembly.save(out)
    assert sorted(path.name for path in out.iterdir()) == ["adapter"]


def _weights(model: Any, part: str) -> dict[str, torch.Tensor]:
    return {
        name: value.detach().clone() for name, value in model.named_parameters() if part in name
    }
