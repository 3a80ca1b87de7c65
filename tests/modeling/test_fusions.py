"""Fusions in blocks, beside what the plain library makes of them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from adapters.composition import Fuse, Stack
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import fusions
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.filenames import FUSION_WEIGHTS
from adapterstilts.modeling.parts import FUSION
from tests.modeling.plainly import IDS, add, apart, loud, ours, said

SOURCES = ("toy-nli", "fuse[kind=static](toy-squad, stack(toy-swag, toy-pawsx))")


def test_every_fusion_of_a_composition_is_named_after_what_it_chooses_among(lab: Any) -> None:
    parts = lab.parts("seq_bn", "stack", "toy-xnli", *SOURCES, "fuse(toy-xquad, toy-udpos)")
    one, other = fusions.fusions(parts)
    assert (one.name, one.over) == ("toy-squad,toy-pawsx", ("toy-squad", "toy-pawsx"))
    assert one.within == ("toy-squad", "toy-swag", "toy-pawsx")
    assert [(each.kind, each.folder) for each in (one, other)] == [
        ("static", "fusion"),
        ("dynamic", "fusion-1"),
    ]
    inner = [block.name for block in fusions.fuses(fusions.active(parts))]
    assert inner == [one.name, other.name]


def test_only_blocks_have_fusions(lab: Any) -> None:
    for composition in ("target", "continue"):
        sources = ("toy-nli",) if composition == "continue" else ()
        parts = lab.parts("seq_bn", composition, "toy-xnli", *sources)
        assert fusions.fusions(parts) == ()
        assert fusions.active(parts) == "toy-xnli"
    assert fusions.fusions(lab.parts("full", "continue", "toy-xnli", "toy-nli")) == ()


def test_fusions_whose_names_begin_alike_share_weights_in_the_plain_library_and_not_here(
    plain: Any, tmp_path: Path
) -> None:
    add(plain, "seq_bn", "a", "b", "bc")
    for name in ("a,b", "a,bc"):
        fusions.put(plain, name, name.split(","), name.split(","), "dynamic")
    with torch.no_grad():
        for key, weight in plain.named_parameters():
            if ".a,bc." in key:
                weight.add_(1.0)
    plain.save_adapter_fusion(str(tmp_path / "both"), "a,b", use_safetensors=True)
    kept = load_file(tmp_path / "both" / FUSION_WEIGHTS)
    assert any(".a,bc." in key for key in kept)
    wanted = {key: value.clone() for key, value in plain.state_dict().items()}
    with torch.no_grad():
        for key, weight in plain.named_parameters():
            if ".a,b." in key:
                weight.zero_()
    fusions.take(plain, "a,b", tmp_path / "both")
    assert all(torch.equal(value, wanted[key]) for key, value in plain.state_dict().items())
    assert not fusions.belongs("a,b", "layer.adapter_fusion_layer.a,bc.query.weight")


def test_weights_that_lack_something_are_refused(lab: Any, tmp_path: Path) -> None:
    parts = lab.parts("seq_bn", "stack", "toy-xnli", *SOURCES)
    lab.assembly(parts).save(tmp_path)
    path = tmp_path / FUSION / FUSION_WEIGHTS
    state = load_file(path)
    state.pop(next(iter(state)))
    save_file(state, path)
    with pytest.raises(StiltsError, match=r"broken artifact .* it lacks .*adapter_fusion_layer"):
        for_prediction(parts, tmp_path, device=lab.device)


def test_a_fusion_breaks_where_some_are_left_out_in_the_plain_library_and_is_refused_here(
    plain: Any,
) -> None:
    add(plain, "seq_bn", "low")
    plain.delete_head("head")
    add(plain, "seq_bn", "one", "other", leave_out=[1])
    plain.add_adapter_fusion(["one", "other"])
    plain.set_active_adapters(Stack("low", Fuse("one", "other")))
    with pytest.raises(KeyError):
        said(plain)
    with pytest.raises(StiltsError, match=r"'low' and 'one' cannot be fused: they sit in diff"):
        fusions.check_places(plain, ["low", "one", "other"])


def test_what_stands_in_a_nested_fusion_matters(lab: Any) -> None:
    parts = lab.parts("seq_bn", "stack", "toy-xnli", *SOURCES)
    assembly = loud(parts, lab)
    before = ours(assembly, IDS)
    for source in parts.sources:
        with torch.no_grad():
            for key, weight in assembly.model.named_parameters():
                if f".{source.name}." in key:
                    weight.add_(0.5)
        after = ours(assembly, IDS)
        assert apart(before, after) > 1e-4
        before = after


@pytest.mark.parametrize(("name", "twice"), [("seq_bn", True), ("double_seq_bn", False)])
def test_the_library_normalises_twice_below_a_stack_in_a_fusion(
    plain: Any, name: str, twice: bool
) -> None:
    """So do we, for the files are to answer the same there: what a source says shifts a little."""
    add(plain, name, "one", "copy", "nothing")
    weights = dict(plain.named_parameters())
    with torch.no_grad():
        for key, weight in weights.items():
            if ".one." in key:
                weights[key.replace(".one.", ".copy.")].copy_(weight)
            elif ".nothing." in key and "adapter_up" in key:
                weight.zero_()
    plain.set_active_adapters(Stack("nothing", "one"))
    alone = said(plain)
    plain.set_active_adapters("one")
    assert apart(said(plain), alone) < 1e-6
    block = Fuse(Stack("nothing", "one"), "copy")
    fusions.put(plain, block.name, fusions.over(block), tuple(fusions.flat(block)), "dynamic")
    plain.set_active_adapters(block)
    assert (apart(said(plain), alone) > 1e-3) == twice
