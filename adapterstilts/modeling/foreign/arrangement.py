"""The block that somebody has saved with `save_adapter_setup`: what is in it, and in which folders.

The file is read strictly. Names in it become folders, so that each is a plain one; blocks nest as
`adapters` lets them and no deeper; and what is computed otherwise than it says is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import filenames, headers
from adapterstilts.modeling.headers import shown

STACK, FUSE, AVERAGE = "Stack", "Fuse", "Average"
"""Blocks that are read here, as the library calls them."""
_ALONE = "single"
"""Type of an adapter among the children of a block."""
_WITHIN: Mapping[str, tuple[str, ...]] = {
    STACK: (FUSE, AVERAGE),
    FUSE: (STACK,),
    AVERAGE: (STACK,),
}
"""What may stand in what."""
_DEEPEST, _MOST = 3, 64
"""Blocks in one another, and adapters in all."""
_NAME = re.compile(r"[^\W_][\w@+ -]{0,99}", re.ASCII)
"""An adapter's name: a folder of that name is one below, and a module of that name is one."""
_AGAIN = "save it again with model.save_adapter_setup of adapters 1.3"


@dataclass(frozen=True, kw_only=True)
class Arranged:
    """A block over adapters, or over blocks."""

    kind: str
    """`Stack`, `Fuse` or `Average`."""
    members: "tuple[Arranged | str, ...]"
    """What stands in it, adapters by name."""
    weights: tuple[float, ...] = ()
    """What an average multiplies its members by before it takes their mean."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the adapters in it, in order."""
        inner = (each.names if isinstance(each, Arranged) else (each,) for each in self.members)
        return tuple(name for names in inner for name in names)

    @property
    def sums(self) -> bool:
        """Return whether it adds up its members, which is how updates of LoRA are stacked."""
        return self.kind == AVERAGE and {*self.weights} == {float(len(self.members))}

    @property
    def layer(self) -> str:
        """Return the name of a fusion, which is that of its folder: what it chooses among."""
        return ",".join(_last(each) for each in self.members)

    def blocks(self) -> "Iterator[Arranged]":
        """Yield itself and every block in it, in order of appearance."""
        yield self
        for each in self.members:
            if isinstance(each, Arranged):
                yield from each.blocks()

    def fusions(self) -> "tuple[Arranged, ...]":
        """Return every fusion in it, in order of appearance."""
        return tuple(each for each in self.blocks() if each.kind == FUSE)

    def renamed(self, names: Mapping[str, str]) -> "Arranged":
        """Return the same block over other names."""
        members = tuple(
            each.renamed(names) if isinstance(each, Arranged) else names[each]
            for each in self.members
        )
        return Arranged(kind=self.kind, members=members, weights=self.weights)

    def document(self) -> dict[str, Any]:
        """Return it as the library writes it, weights as they are to stay."""
        alone = [
            each.document() if isinstance(each, Arranged) else {"type": _ALONE, "children": [each]}
            for each in self.members
        ]
        found: dict[str, Any] = {"type": self.kind, "children": alone}
        if self.weights:
            found["kwargs"] = {"weights": list(self.weights), "normalize_weights": False}
        return found

    def __str__(self) -> str:
        """Return it as one reads it: `Stack(mnli, Fuse(squad, qqp))`."""
        return f"{self.kind}({', '.join(map(str, self.members))})"


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a folder's `adapter_setup.json` says."""

    folder: Path
    """The folder."""
    block: Arranged
    """The block."""
    heads: tuple[str, ...] = ()
    """Folders of heads, those that it names and then those beside an adapter."""


def is_in(folder: Path) -> bool:
    """Return whether a folder holds a block of `adapters`."""
    return (folder / filenames.SETUP_CONFIG).is_file()


def read(folder: Path) -> Saved:
    """Return what a folder says of its block, or refuse what is none."""
    path = folder / filenames.SETUP_CONFIG
    said = headers.document(path)
    if unknown := sorted(said.keys() - {"adapter_setup", "head_setup", "version"}):
        _refuse(path, f"it has '{shown(unknown[0])}', which adapters 1.3 does not write")
    block = _block(path, said.get("adapter_setup"), 1)
    names = block.names
    if len(names) > _MOST or len({name.casefold() for name in names}) < len(names):
        _refuse(path, f"it names an adapter twice, or more than {_MOST}")
    named = _heads(path, said.get("head_setup"))
    beside = [name for name in reversed(names) if (folder / name / filenames.HEAD_CONFIG).is_file()]
    return Saved(folder=folder, block=block, heads=tuple(dict.fromkeys([*named, *beside[:1]])))


def write(folder: Path, block: Arranged, head: str, version: str) -> None:
    """Leave what says how the folders beside it belong together."""
    said = {"adapter_setup": block.document(), "head_setup": head or None, "version": version}
    text = json.dumps(said, indent=2)
    (folder / filenames.SETUP_CONFIG).write_text(text, encoding="utf-8")


def _block(path: Path, said: Any, depth: int) -> Arranged:
    """Return a block, with everything in it."""
    if not isinstance(said, dict) or said.keys() - {"type", "children", "kwargs"}:
        _refuse(path, "it names no block and what is in it")
    kind, children = said.get("type"), said.get("children")
    if not isinstance(kind, str) or kind not in _WITHIN:
        _refuse(
            path,
            f"it has a block of type {shown(repr(kind))}, and {', '.join(_WITHIN)} are run here",
        )
    if not isinstance(children, list) or not 1 <= len(children) <= _MOST:
        _refuse(path, f"its {kind} has no list of what is in it")
    members: list[Arranged | str] = []
    for child in children:
        if isinstance(child, dict) and child.get("type") == _ALONE:
            members.append(_name(path, child))
            continue
        inner = _block(path, child, depth + 1) if depth < _DEEPEST else None
        if inner is None or inner.kind not in _WITHIN[kind]:
            what = inner.kind if inner else "another block"
            _refuse(path, f"it has {what} in {kind}, so deep, which `adapters` cannot run")
        members.append(inner)
    if kind == FUSE and len(members) < 2:
        _refuse(path, "its Fuse is of one adapter, and has nothing to choose from")
    weights = _weights(path, kind, said.get("kwargs"), len(members))
    return Arranged(kind=kind, members=tuple(members), weights=weights)


def _name(path: Path, said: Mapping[str, Any]) -> str:
    found = said.get("children")
    name = found[0] if isinstance(found, list) and len(found) == 1 else None
    if said.keys() != {"type", "children"} or not isinstance(name, str) or not _plain(name):
        _refuse(path, f"it names an adapter {shown(repr(name))}, which no folder is called")
    return name


def _heads(path: Path, said: Any) -> list[str]:
    """Return the folders of the heads that are to answer: one name, or a list of them."""
    names = [] if said in (None, False) else [said] if isinstance(said, str) else said
    if not isinstance(names, list) or len(names) > _MOST:
        _refuse(path, f"its head_setup is {shown(repr(said))}, and a name belongs there")
    for name in names:
        if not isinstance(name, str) or not _plain(name):
            _refuse(path, f"it names a head {shown(repr(name))}, which no folder is called")
    return names


def _weights(path: Path, kind: str, said: Any, count: int) -> tuple[float, ...]:
    """Return what the library would multiply the members of an average by."""
    given = said if isinstance(said, dict) else {}
    if kind != AVERAGE:
        if said not in (None, {}):
            _refuse(path, f"its {kind} has {shown(repr(said))}, which it cannot have")
        return ()
    found = given.get("weights", [1.0] * count)
    plain = given.get("normalize_weights", True)
    if given.keys() - {"weights", "normalize_weights"} or type(plain) is not bool:
        _refuse(path, f"its Average has {shown(repr(said))}, which it cannot have")
    if not isinstance(found, list) or len(found) != count or not all(map(_number, found)):
        _refuse(path, f"its Average has the weights {shown(repr(found))}: one number each")
    total = sum(found) if plain else 1
    if not total:
        _refuse(path, "its Average has weights that make nothing together")
    return tuple(float(each / total) for each in found)


def _number(value: Any) -> bool:
    return type(value) in (int, float) and bool(abs(value) <= _MOST)


def _plain(name: str) -> bool:
    """Return whether a name can be that of a folder and of a module, and of nothing else."""
    return bool(_NAME.fullmatch(name)) and not name.endswith(" ")


def _last(member: "Arranged | str") -> str:
    return _last(member.members[-1]) if isinstance(member, Arranged) else member


def _refuse(path: Path, why: str) -> NoReturn:
    raise StiltsError(f"{path} cannot be used: {why}; {_AGAIN}")
