"""Things by name: what is declared in a table or in the modules of a package, found when asked.

A registry reads its entries once, at the first question, so that importing it costs nothing and
a new entry is one declaration in one file.
"""

import importlib
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, Generic, TypeVar

from adapterstilts.core.errors import StiltsError, UsageError, suggest

T = TypeVar("T")


class Registry(Generic[T]):
    """Every entry of one kind by its name, in the order of declaration."""

    def __init__(
        self,
        kind: str,
        *,
        entries: Callable[[], Iterable[T | tuple[str, T]]] = tuple,
        package: str | None = None,
        of: type[Any] | None = None,
    ) -> None:
        """Say where the entries of a kind are; none of them is read yet.

        Args:
            kind: What one entry is called in messages: `source`, `task`, `metric`.
            entries: Gives entries that carry their `name`, or pairs of a name and an entry.
            package: Package whose modules are imported and searched for entries.
            of: Class of the entries in `package`; they stand at the top level of a module,
                alone or in a tuple or list. (`type[Any]`, for mypy admits no abstract `type[T]`.)
        """
        if (package is None) != (of is None):
            raise ValueError(f"a registry of {kind}s needs both `package` and `of`, or neither")
        self.kind = kind
        self._table = entries
        self._table_place = _caller()
        self._package = package
        self._of = of
        self._entries: dict[str, tuple[T, str]] = {}
        self._complete = False
        self._lock = threading.RLock()

    def add(self, entry: T, *, name: str = "") -> T:
        """Return the entry after adding it under its own or the given name."""
        with self._lock:
            self._put(self._entries, name or _name(entry), entry, _caller())
        return entry

    def get(self, name: str, *, place: str = "") -> T:
        """Return the entry of a name, or say where it was asked for and what was meant."""
        entries = self._load()
        if name not in entries:
            where = f" in {place}" if place else ""
            raise UsageError(f"unknown {self.kind} '{name}'{where}{suggest(name, entries)}")
        return entries[name][0]

    def names(self) -> tuple[str, ...]:
        """Return every name in the order of declaration."""
        return tuple(self._load())

    def values(self) -> tuple[T, ...]:
        """Return every entry in the order of declaration."""
        return tuple(entry for entry, _ in self._load().values())

    def __contains__(self, name: object) -> bool:
        return name in self._load()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._load())

    def _load(self) -> dict[str, tuple[T, str]]:
        with self._lock:
            if not self._complete:
                # A copy, so that a module that fails to import leaves nothing half read.
                found: dict[str, tuple[T, str]] = {}
                for item in self._table():
                    name, entry = item if isinstance(item, tuple) else (_name(item), item)
                    self._put(found, name, entry, self._table_place)
                for entry, place in self._scan():
                    self._put(found, _name(entry), entry, place)
                for name, (entry, place) in self._entries.items():
                    self._put(found, name, entry, place)
                self._entries, self._complete = found, True
            return self._entries

    def _scan(self) -> Iterator[tuple[T, str]]:
        if self._package is None or self._of is None:
            return
        for module in _modules(self._package):
            for value in vars(module).values():
                for entry in value if isinstance(value, tuple | list) else (value,):
                    if isinstance(entry, self._of):
                        yield entry, module.__name__

    def _put(self, into: dict[str, tuple[T, str]], name: str, entry: T, place: str) -> None:
        known, first = into.setdefault(name, (entry, place))
        # One object seen twice is a module that imports another's entry.
        if known is not entry:
            raise StiltsError(
                f"{self.kind} '{name}' is declared twice: in {first} and in {place};"
                " rename one of them"
            )


def _modules(package: str) -> Iterator[ModuleType]:
    """Yield a package and every module below it, in alphabetical order."""
    module = importlib.import_module(package)
    yield module
    for child in pkgutil.iter_modules(getattr(module, "__path__", ())):
        yield from _modules(f"{package}.{child.name}")


def _name(entry: object) -> str:
    name = getattr(entry, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"an entry of a registry needs a `name`: {entry!r}")
    return name


def _caller() -> str:
    """Return the module and line that called the function that asks."""
    frame = sys._getframe(2)
    return f"{frame.f_globals.get('__name__', '?')}:{frame.f_lineno}"
