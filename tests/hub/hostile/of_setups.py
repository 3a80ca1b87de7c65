"""Blocks of adapters whose own file leads elsewhere, nests too deep, or names what is not there."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.hub.hostile.case import Case, Spoil, beside, both, brief, removed, setting, written
from tests.hub.hostile.tensors import PICKLE

_FILE = "adapter_setup.json"
_FUSION = "mnli,squad/adapter_fusion_config.json"
_NAMES = (
    "../mnli",
    "/etc",
    "..",
    ".",
    "",
    "mnli/../squad",
    "..\\mnli",
    "mnli\0",
    "a" * 5000,
    "\x1b[2J",
    "<script>",
    "MNLI",
    "mnli ",
    "nul",
    "con.txt",
    "\uff4d\uff4e\uff4c\uff49",
    "other",
    1,
    None,
    ["mnli"],
    {"type": "single"},
)
"""What an adapter of a block may be called by somebody who means no good."""


def _one(name: Any) -> dict[str, Any]:
    return {"type": "single", "children": [name]}


def _deep(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "Stack", "children": [_one("mnli"), _one("squad")]}
    for _ in range(depth):
        found = {"type": "Fuse", "children": [found, _one("squad")]}
    return found


_BLOCKS: Mapping[str, Any] = {
    "of nothing": None,
    "of a word": "mnli",
    "of a list": ["mnli"],
    "of no type": {"children": [_one("mnli")]},
    "of a type that nobody knows": {"type": "Evil", "children": [_one("mnli"), _one("squad")]},
    "of a type that is a module": {"type": "os.system", "children": [_one("mnli")]},
    "in parallel": {"type": "Parallel", "children": [_one("mnli"), _one("squad")]},
    "that is split": {"type": "Split", "children": [_one("mnli")], "kwargs": {"splits": [10**9]}},
    "of one fused": {"type": "Fuse", "children": [_one("mnli")]},
    "of no children": {"type": "Fuse", "children": []},
    "of children that are a word": {"type": "Fuse", "children": "mnli,squad"},
    "of a thousand children": {"type": "Fuse", "children": [_one("mnli")] * 1000},
    "of the same twice": {"type": "Fuse", "children": [_one("mnli"), _one("mnli")]},
    "with more keys": {"type": "Fuse", "children": [_one("mnli"), _one("squad")], "code": "x"},
    "with settings": {
        "type": "Fuse",
        "children": [_one("mnli"), _one("squad")],
        "kwargs": {"name": "../../x"},
    },
    "averaged by what is no number": {
        "type": "Average",
        "children": [_one("mnli"), _one("squad")],
        "kwargs": {"weights": ["1", None]},
    },
    "averaged by too much": {
        "type": "Average",
        "children": [_one("mnli"), _one("squad")],
        "kwargs": {"weights": [1e300, 1e300], "normalize_weights": False},
    },
    "averaged to nothing": {
        "type": "Average",
        "children": [_one("mnli"), _one("squad")],
        "kwargs": {"weights": [1, -1]},
    },
    "nested 3 deep": _deep(3),
    "nested 15 deep": _deep(15),
    "nested 300 deep": _deep(300),
}
_HEADS = (
    "../mnli",
    "/etc",
    "",
    1,
    {"a": 1},
    ["../x"],
    ["mnli"] * 1000,
    "other",
    "\x1b[2J",
    "a" * 5000,
)
_LAYER: Mapping[str, tuple[Any, ...]] = {
    "name": ("../x", "", 1, None, "a,b"),
    "config": (None, "dynamic", [], {}, {"key": True}),
    "hidden_size": (128, "64"),
    "model_type": ("bert",),
    "leave_out": ("all", ["0"], [0.5]),
    "auto_map": ({"AutoModel": "code.Model"},),
}


def cases() -> Iterator[Case]:
    """Yield blocks that are hostile in what their files say."""
    for name in _NAMES:
        block = {"type": "Fuse", "children": [_one(name), _one("squad")]}
        yield _case(f"an adapter called {brief(name)}", setting(_FILE, "adapter_setup", to=block))
    for name, block in _BLOCKS.items():
        yield _case(f"a block {name}", setting(_FILE, "adapter_setup", to=block))
    for value in _HEADS:
        yield _case(f"a head {repr(value)[:40]}", setting(_FILE, "head_setup", to=value))
    for key, values in _LAYER.items():
        for value in values:
            yield _case(f"a fusion with {key} {value!r}", setting(_FUSION, key, to=value))
    for name, spoil in _SPOILT.items():
        yield _case(name, spoil)
    # In a folder of one's own a link is one's own too.
    yield Case(
        name="setup: an adapter that is elsewhere",
        layout="setup",
        spoil=_linked,
        ways=("adopt", "load", "show"),
    )
    for name, spoil in _BESIDE.items():
        yield Case(name=f"setup: {name}", layout="setup", spoil=spoil, harmless=True)


def _case(name: str, spoil: Spoil) -> Case:
    return Case(name=f"setup: {name}", layout="setup", spoil=spoil)


def _linked(folder: Path) -> None:
    """Let an adapter of a block be a folder elsewhere."""
    outside = folder.parent.parent.parent / "outside"
    (folder / "mnli").rename(outside)
    (folder / "mnli").symlink_to(outside)


_SPOILT: Mapping[str, Spoil] = {
    "an adapter without weights": removed("squad/adapter.safetensors"),
    "an adapter without a configuration": removed("squad/adapter_config.json"),
    "a fusion without weights": removed("mnli,squad/model_adapter_fusion.safetensors"),
    "a fusion without a configuration": removed(_FUSION),
    "an adapter of pickles": both(
        removed("squad/adapter.safetensors"), beside({"squad/pytorch_adapter.bin": PICKLE})
    ),
    "a fusion of pickles": both(
        removed("mnli,squad/model_adapter_fusion.safetensors"),
        beside({"mnli,squad/pytorch_model_adapter_fusion.bin": PICKLE}),
    ),
    "a head of pickles": both(
        removed("mnli/model_head.safetensors"), beside({"mnli/pytorch_model_head.bin": PICKLE})
    ),
    "an adapter that calls itself another": setting("mnli/adapter_config.json", "name", to="x"),
    "an adapter of another method": setting(
        "mnli/adapter_config.json", "config", "reduction_factor", to=8
    ),
    "an adapter without a layer": setting(
        "mnli/adapter_config.json", "config", "leave_out", to=[0]
    ),
    "with more keys": setting(_FILE, "auto_map", to={"AutoModel": "code.Model"}),
    "a setup within a setup": lambda folder: written(
        folder / "mnli/adapter_setup.json", (folder / _FILE).read_bytes()
    ),
}
_BESIDE: Mapping[str, Spoil] = {
    "with code in a folder": beside({"mnli/code.py": "open('canary', 'w')"}),
    "with folders that nobody names": beside(
        {"evil/adapter_config.json": "{", "evil/x.bin": PICKLE}
    ),
}
