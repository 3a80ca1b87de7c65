"""One hostile repository: a good one of some layout, and what is done to it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Spoil = Callable[[Path], None]
"""Changes a copy of a good repository."""
WAYS: Mapping[str, tuple[str, ...]] = {
    "adapters": ("adopt", "load", "folder", "show"),
    "peft": ("adopt", "load", "folder", "show"),
    "head": ("adopt", "load", "folder", "show"),
    "model": ("adopt", "load", "folder", "show"),
    "setup": ("adopt", "load", "folder", "show"),
    "backbone": ("backbone", "model_id"),
    "served": ("served",),
}
"""Layout to the ways in which such a repository comes into a program."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A repository, and what is to become of it."""

    name: str
    """What a test calls it."""
    layout: str
    """Which good repository it was."""
    spoil: Spoil
    """What was done to that."""
    ways: tuple[str, ...] = ()
    """How it is tried to be used; empty for all the ways of its layout."""
    harmless: bool = False
    """Whether the bad part is simply never looked at, so that the good part may well be used."""
    repository: str = "evil/repo"
    """What it is called on the Hub."""

    @property
    def tried(self) -> tuple[str, ...]:
        """Return the ways in which it is tried to be used."""
        return self.ways or WAYS[self.layout]


LABELS: tuple[Any, ...] = (
    {"a": 0},
    {"a": 0, "b": 0, "c": 0},
    {"a": -1, "b": 0, "c": 1},
    {"a": "0", "b": 1, "c": 2},
    {"a\x1b[2J": 0, "b": 1, "c": 2},
    {"a" * 400: 0, "b": 1, "c": 2},
    ["a", "b", "c"],
    {"a": 10**18, "b": 1, "c": 2},
    "abc",
)
"""What no head of three labels says of them."""


def brief(value: object) -> str:
    """Return a value as the name of a case has it."""
    text = repr(value)
    return text if len(text) < 40 else f"{text[:40]}… ({len(text)})"


def written(path: Path, value: Any) -> None:
    """Leave a value as JSON, or a text or bytes as they are."""
    content = value if isinstance(value, str | bytes) else json.dumps(value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def told(path: Path) -> Any:
    """Return what a file of JSON says."""
    return json.loads(path.read_text(encoding="utf-8"))


def setting(file: str, *keys: str, to: Any) -> Spoil:
    """Return what sets a value in a file of JSON, below some keys."""

    def spoil(folder: Path) -> None:
        path = folder / file
        whole = part = told(path)
        for key in keys[:-1]:
            part = part.setdefault(key, {})
        part[keys[-1]] = to
        written(path, whole)

    return spoil


def without(file: str, *keys: str) -> Spoil:
    """Return what takes a value out of a file of JSON."""

    def spoil(folder: Path) -> None:
        path = folder / file
        whole = part = told(path)
        for key in keys[:-1]:
            part = part[key]
        del part[keys[-1]]
        written(path, whole)

    return spoil


def replaced(file: str, change: Callable[[bytes], bytes]) -> Spoil:
    """Return what puts other bytes into a file."""

    def spoil(folder: Path) -> None:
        path = folder / file
        path.write_bytes(change(path.read_bytes()))

    return spoil


def beside(files: Mapping[str, str | bytes]) -> Spoil:
    """Return what adds files."""

    def spoil(folder: Path) -> None:
        for name, content in files.items():
            written(folder / name, content)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Return what does one after the other."""

    def spoil(folder: Path) -> None:
        for each in spoils:
            each(folder)

    return spoil


def removed(*names: str) -> Spoil:
    """Return what takes files away."""

    def spoil(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return spoil
