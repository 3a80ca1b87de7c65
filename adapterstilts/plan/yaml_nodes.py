"""YAML as a tree whose every key and value knows its place, for errors that name the line.

The tree is built from parser events and not by PyYAML's constructors. A scalar stays the text
that was written, and whoever reads it says what it should be: `1e-4` is a number where a number
belongs, and the language code `no` is never the boolean that YAML 1.1 makes of it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from adapterstilts.core.errors import UsageError

LIMIT = 1_000_000
"""Bytes of the largest file that is read: a recipe is written by hand."""
DEPTH = 20
"""Levels of the deepest tree: more is an attack or an accident."""
_OUTSIDE = r"(?![^\[]*\])"
"""Not within the brackets of a name, as in `seq_bn[dropout=0.1]`."""
_QUOTES = "; in a list, an expression with brackets or commas needs quotes"
# libyaml's parser is some fifty times faster, but not every platform's PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_Events: TypeAlias = Iterator[Any]
_Place: TypeAlias = Callable[[Any], str]


@dataclass(frozen=True, kw_only=True)
class Node:
    """One value of a YAML document."""

    value: "str | tuple[Node, ...] | Mapping[str, Node] | None"
    """The text of a scalar, `None` where nothing or `null` stands, a list, or a mapping."""
    place: str
    """Where it was written, as `file:line` or `--set key=value`."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Place of each key of a mapping."""
    key: str = ""
    """The key that it is the value of, if it is one."""

    def describe(self) -> str:
        """Return what stands here, as an error would say it."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return f"'{self.value}'"
        return "a list" if isinstance(self.value, tuple) else "a mapping"


def read(path: Path) -> tuple[str, Node]:
    """Return the text of a file and its tree, or refuse it with the line and the reason."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise UsageError(f"there is no recipe at {path}: check the path") from error
    except OSError as error:
        raise UsageError(f"cannot read the recipe {path}: {error.strerror or error}") from error
    if len(content) > LIMIT:
        raise UsageError(f"{path} is larger than {LIMIT:,} bytes: a recipe is a small file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line} is not UTF-8 text: save it as UTF-8") from error
    return text, parse(text, str(path))


def parse(text: str, source: str, *, lines: bool = True) -> Node:
    """Return the tree of a document; `source` names it in places, with its line if `lines`."""

    def place(mark: Any) -> str:
        return f"{source}:{mark.line + 1}" if lines else source

    try:
        return _document(yaml.parse(text, Loader=_LOADER), source, place)
    except yaml.MarkedYAMLError as error:
        where = place(error.problem_mark) if error.problem_mark else source
        problem = error.problem or error.context or ""
        hint = _QUOTES if "',' or ']'" in problem else ""
        raise UsageError(f"{where} is not YAML: {problem}{hint}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{source} is not YAML: {' '.join(str(error).split())}") from error


def override(root: Node, assignment: str) -> Node:
    """Return the tree with one value replaced, as in `training.default.steps=200`."""
    path, *texts = re.split(f"={_OUTSIDE}", assignment, maxsplit=1)
    text, place = "".join(texts), f"--set {assignment}"
    if not texts or not path.strip():
        raise UsageError(f"'{place}' is not an assignment: write --set key=value")
    if not text.strip():
        raise UsageError(f"'{place}' sets nothing: write --set key=value")
    value = parse(text, place, lines=False)
    return _replaced(root, re.split(rf"\.{_OUTSIDE}", path.strip()), value, place)


def _replaced(node: Node, steps: Sequence[str], value: Node, place: str) -> Node:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(node.value, tuple):
        if not step.isdecimal() or int(step) >= len(node.value):
            raise UsageError(
                f"{place} goes to entry '{step}' of the list in {node.place}, which has"
                f" {len(node.value)}: write a number from 0"
            )
        index = int(step)
        items = list(node.value)
        items[index] = _replaced(items[index], rest, value, place)
        return replace(node, value=tuple(items))
    if isinstance(node.value, str):
        raise UsageError(f"{place} goes to '{step}' inside the single value in {node.place}")
    entries, keys = dict(node.value or {}), dict(node.keys)
    inner = entries.get(step) or Node(value=None, place=place)
    entries[step] = _replaced(inner, rest, value, place)
    keys.setdefault(step, place)
    return replace(node, value=entries, keys=keys)


def _document(events: _Events, source: str, place: _Place) -> Node:
    next(events)
    if isinstance(next(events), yaml.StreamEndEvent):
        raise UsageError(f"{source} is empty: a recipe names a backbone and a grid at least")
    root = _node(next(events), events, place, DEPTH)
    next(events)
    if not isinstance(extra := next(events), yaml.StreamEndEvent):
        raise UsageError(f"{place(extra.start_mark)} starts a second document: keep one in a file")
    return root


def _node(event: Any, events: _Events, place: _Place, depth: int) -> Node:
    here = place(event.start_mark)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise UsageError(f"{here} uses a YAML anchor or alias: write the value out")
    if event.tag is not None:
        raise UsageError(f"{here} uses the YAML tag '{event.tag}': write a plain value")
    if depth == 0:
        raise UsageError(f"{here} is nested more than {DEPTH} levels deep: a recipe is shallow")
    if isinstance(event, yaml.ScalarEvent):
        nothing = event.implicit[0] and event.value in _NOTHING
        return Node(value=None if nothing else event.value, place=here)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_node(event, events, place, depth - 1))
        return Node(value=tuple(items), place=here)
    return _mapping(here, events, place, depth)


def _mapping(here: str, events: _Events, place: _Place, depth: int) -> Node:
    entries: dict[str, Node] = {}
    keys: dict[str, str] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, place, depth - 1)
        if not isinstance(key.value, str):
            raise UsageError(f"{key.place} has {key.describe()} for a key: write a word")
        if key.value in entries:
            first = keys[key.value]
            raise UsageError(f"duplicate key '{key.value}' in {key.place} (first in {first})")
        keys[key.value] = key.place
        value = _node(next(events), events, place, depth - 1)
        entries[key.value] = replace(value, key=key.value)
    return Node(value=entries, place=here, keys=keys)
