"""What `adapter_setup.json` says: read strictly, written so that the plain library reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from adapters.composition import AdapterCompositionBlock
from hypothesis import given
from hypothesis import strategies as some

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign.arrangement import Arranged, is_in, read, write
from tests.modeling.foreign_blocks import FUSE, MEAN, NESTED, STACK, SUMMED, WITHIN

FILE = "adapter_setup.json"


def said(folder: Path, block: Any, head: Any = None, **other: Any) -> Path:
    """Return a folder with a file that says so."""
    whole = {"adapter_setup": block, "head_setup": head, "version": "adapters.1.3.0", **other}
    (folder / FILE).write_text(json.dumps(whole))
    return folder


def alone(name: Any) -> dict[str, Any]:
    return {"type": "single", "children": [name]}


def of(kind: str, *children: Any, **other: Any) -> dict[str, Any]:
    return {"type": kind, "children": list(children), **other}


@pytest.mark.parametrize(
    ("block", "text", "layers"),
    [
        (STACK, "Stack(nli, mine)", []),
        (FUSE, "Fuse(nli, squad)", ["nli,squad"]),
        (NESTED, "Stack(swag, Fuse(nli, squad), mine)", ["nli,squad"]),
        (WITHIN, "Fuse(Stack(nli, squad), swag)", ["squad,swag"]),
        (SUMMED, "Average(nli, mine)", []),
    ],
)
def test_blocks_are_read_as_the_library_writes_them(
    tmp_path: Path, block: Any, text: str, layers: list[str]
) -> None:
    assert not is_in(tmp_path)
    found = read(said(tmp_path, block.to_dict(), "mine"))
    assert is_in(tmp_path)
    assert str(found.block) == text
    assert {*found.block.names} == block.flatten()
    assert [each.layer for each in found.block.fusions()] == layers
    assert found.heads == ("mine",)


@pytest.mark.parametrize("block", [STACK, FUSE, NESTED, WITHIN, SUMMED])
def test_what_is_written_is_what_the_library_reads(tmp_path: Path, block: Any) -> None:
    found = read(said(tmp_path, block.to_dict())).block
    write(tmp_path, found, "mine", "adapters.1.3.0")
    whole = json.loads((tmp_path / FILE).read_text())
    again = AdapterCompositionBlock.from_dict(whole["adapter_setup"])
    assert again == block
    assert getattr(again, "weights", None) == getattr(block, "weights", None)
    assert whole["head_setup"] == "mine"
    assert read(tmp_path).block == found


def test_weights_are_what_the_library_would_multiply_by(tmp_path: Path) -> None:
    assert read(said(tmp_path, MEAN.to_dict())).block.weights == pytest.approx([1 / 3] * 3)
    summed = read(said(tmp_path, SUMMED.to_dict())).block
    assert summed.weights == (2.0, 2.0)
    assert summed.sums
    given = of("Average", alone("a"), alone("b"), kwargs={"weights": [3, 1]})
    plain = read(said(tmp_path, given)).block
    assert plain.weights == (0.75, 0.25)
    assert not plain.sums


def test_names_change_everywhere(tmp_path: Path) -> None:
    found = read(said(tmp_path, NESTED.to_dict())).block
    other = found.renamed({"nli": "a", "squad": "b", "swag": "c", "mine": "d"})
    assert str(other) == "Stack(c, Fuse(a, b), d)"
    assert [each.layer for each in other.fusions()] == ["a,b"]


def test_a_head_may_lie_beside_the_uppermost_adapter(tmp_path: Path) -> None:
    for name in ("nli", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "head_config.json").write_text("{}")
    assert read(said(tmp_path, STACK.to_dict())).heads == ("mine",)
    assert read(said(tmp_path, STACK.to_dict(), ["other", "mine"])).heads == ("other", "mine")


NESTS = of("Fuse", of("Fuse", alone("a"), alone("b")), alone("c"))
DEEP = of(
    "Stack", of("Fuse", of("Stack", alone("a"), of("Fuse", alone("b"), alone("c"))), alone("d"))
)
NUMBERS = [{"weights": ["x", 1]}, {"weights": [1]}, {"weights": [1e9, 1]}, {"weights": 1}]


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (None, "names no block"),
        ([], "names no block"),
        (of("Parallel", alone("a"), alone("b")), "block of type 'Parallel'"),
        (of("__import__", alone("a")), "block of type '__import__'"),
        ({"type": ["Stack"], "children": []}, "block of type"),
        (of("Stack"), "no list of what is in it"),
        (of("Stack", *map(alone, "abc"), alone("a")), "names an adapter twice"),
        (of("Stack", alone("nli"), alone("NLI")), "names an adapter twice"),
        (of("Stack", *(alone(f"a{each}") for each in range(65))), "no list of what"),
        (of("Stack", of("Stack", alone("a"), alone("b")), alone("c")), "has Stack in Stack"),
        (NESTS, "has Fuse in Fuse"),
        (DEEP, "so deep, which `adapters` cannot run"),
        (of("Fuse", alone("a")), "nothing to choose from"),
        (of("Stack", alone("a"), kwargs={"splits": 2}), "which it cannot have"),
        (of("Average", alone("a"), alone("b"), kwargs={"normalize_weights": 1}), "cannot have"),
        (of("Average", alone("a"), alone("b"), kwargs={"weights": [1, -1]}), "make nothing"),
        *(
            (of("Average", alone("a"), alone("b"), kwargs=each), "one number each")
            for each in NUMBERS
        ),
        *(
            (of("Stack", alone(name)), "which no folder is called")
            for name in ("", ".", "..", "../a", "a/b", "a\\b", "/etc", ".a", "a.b", "a,b", "a\n", 1,
                         None, "x" * 101, "~", "a ")
        ),
        (of("Stack", {"type": "single", "children": ["a", "b"]}), "which no folder is called"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path: Path, block: Any, why: str) -> None:
    with pytest.raises(StiltsError, match=r"adapter_setup\.json cannot be used") as caught:
        read(said(tmp_path, block))
    assert why in str(caught.value)
    assert str(caught.value).endswith("save_adapter_setup of adapters 1.3")


@pytest.mark.parametrize(
    "head", ["../x", {"type": "Stack"}, [1], ["a"] * 65, 7, True]
)  # fmt: skip
def test_a_head_is_a_plain_name_too(tmp_path: Path, head: Any) -> None:
    with pytest.raises(StiltsError, match="head"):
        read(said(tmp_path, STACK.to_dict(), head))


def test_a_key_that_the_library_does_not_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match="has 'run'"):
        read(said(tmp_path, STACK.to_dict(), run="x"))


LEAVES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(
            some.sampled_from(["type", "children", "kwargs", "weights", "single"]),
            inner,
            max_size=4,
        )
        | some.builds(of, some.sampled_from(["Stack", "Fuse", "Average", "single"]), inner, inner)
    ),
    max_leaves=12,
)


@given(said_of=LEAVES)
def test_whatever_is_there_is_read_or_refused(tmp_path_factory: Any, said_of: Any) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        found = read(said(folder, said_of))
    except StiltsError:
        return
    assert isinstance(found.block, Arranged)
    assert all(name and "/" not in name and "." not in name for name in found.block.names)
