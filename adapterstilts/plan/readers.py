"""Readers that turn YAML nodes into typed values, or say which line is wrong and why.

A reader takes a node and returns a value. `record` makes one of a frozen dataclass, so that a
key of the recipe is a field of a dataclass and nothing else has to be kept in step with it.
"""

import math
from collections.abc import Callable, Collection, Mapping
from inspect import signature
from typing import Any, Literal, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.plan.yaml_nodes import Node

T = TypeVar("T")
Reader: TypeAlias = Callable[[Node], T]
"""Turns a node into a value."""
Readers: TypeAlias = Mapping[str, Reader[Any]]
"""Reader of each key that a mapping may have."""
Name: TypeAlias = Callable[[str, str], str]
"""Turns what is written at a place into the one name of what is meant, or refuses it."""


def text(node: Node) -> str:
    """Return a scalar as it was written."""
    if not isinstance(node.value, str) or not node.value.strip():
        raise wrong(node, "text")
    return node.value.strip()


def integer(node: Node) -> int:
    """Return a whole number."""
    try:
        return int(text(node))
    except ValueError as error:
        raise wrong(node, "a whole number") from error


def number(node: Node) -> float:
    """Return a finite number."""
    try:
        value = float(text(node))
    except ValueError as error:
        raise wrong(node, "a number") from error
    if not math.isfinite(value):
        raise wrong(node, "a finite number")
    return value


def flag(node: Node) -> bool:
    """Return `true` or `false`."""
    if node.value not in ("true", "false"):
        raise wrong(node, "true or false")
    return node.value == "true"


def one_of(*allowed: str) -> Reader[str]:
    """Return a reader of one word out of a few."""

    def read(node: Node) -> str:
        if node.value not in allowed:
            raise wrong(node, f"one of {', '.join(allowed)}")
        return str(node.value)

    return read


def among(kind: str, known: Collection[str]) -> Name:
    """Return what lets the names of a kind pass, and refuses others."""
    return lambda given, place: known_name(given, place, kind, known)


def name(kind: str, known: Collection[str]) -> Reader[str]:
    """Return a reader of the name of a thing that must exist."""
    return named(among(kind, known))


def named(check: Name) -> Reader[str]:
    """Return a reader of a name that passes a check."""
    return lambda node: check(text(node), node.place)


def optional(reader: Reader[T]) -> Reader[T | None]:
    """Return a reader that takes nothing for `None`."""
    return lambda node: None if node.value is None else reader(node)


def several(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    """Return a reader of a list without repetitions, or of one value that stands for it."""

    def read(node: Node) -> tuple[T, ...]:
        if not isinstance(node.value, tuple):
            return (reader(node),)
        if not node.value:
            raise UsageError(f"the list in {node.place} is empty: leave the key out or fill it")
        values: list[T] = []
        for item in node.value:
            value = reader(item)
            if value in values:
                raise UsageError(f"{item.describe()} stands twice in the list in {item.place}")
            values.append(value)
        return tuple(values)

    return read


def table(check: Name, reader: Reader[T]) -> Reader[dict[str, T]]:
    """Return a reader of a mapping from names that pass a check to values."""

    def read(node: Node) -> dict[str, T]:
        entries = mapping(node)
        return {check(key, node.keys[key]): reader(value) for key, value in entries.items()}

    return read


def partial(readers: Readers) -> Reader[dict[str, Any]]:
    """Return a reader of a mapping with some of the given keys and no other."""

    def read(node: Node) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in mapping(node).items():
            known_name(key, node.keys[key], "key", readers)
            values[key] = readers[key](value)
        return values

    return read


def record(kind: Callable[..., T], readers: Readers, **given: Any) -> Reader[T]:
    """Return a reader of a frozen dataclass; keys without a default must be there.

    Args:
        kind: The dataclass.
        readers: Reader of each field that is a key.
        **given: Fields that are no keys.
    """
    required = [
        key for key, spec in signature(kind).parameters.items() if spec.default is spec.empty
    ]

    def read(node: Node) -> T:
        values = partial(readers)(node)
        for key in required:
            if key not in values and key not in given:
                raise UsageError(f"missing key '{key}' in {node.place}")
        return kind(**values, **given)

    return read


def readers_of(kind: type) -> dict[str, Reader[Any]]:
    """Return the readers of a dataclass whose fields are all plain values."""
    return {each: _plain(hint) for each, hint in get_type_hints(kind).items()}


def mapping(node: Node) -> Mapping[str, Node]:
    """Return the entries of a mapping; nothing at all is one without entries."""
    if node.value is None:
        return {}
    if isinstance(node.value, str | tuple):
        raise wrong(node, "a mapping of keys to values")
    return node.value


def known_name(value: str, place: str, kind: str, known: Collection[str]) -> str:
    """Return a name that exists, or refuse it with the nearest one that does."""
    if value not in known:
        raise UsageError(f"unknown {kind} '{value}' in {place}{suggest(value, known)}")
    return value


def wrong(node: Node, expected: str) -> UsageError:
    """Return the error of a value that is not what belongs there."""
    where = f"under '{node.key}' in {node.place}" if node.key else f"in {node.place}"
    return UsageError(f"{expected} belongs {where}, not {node.describe()}")


def _plain(hint: Any) -> Reader[Any]:
    if get_origin(hint) is Literal:
        return one_of(*get_args(hint))
    return {str: text, int: integer, float: number, bool: flag}[hint]
