"""What a command says: one JSON document for programs, or lines and tables for people.

With `--json` standard output holds the document and nothing else; what a person reads goes to
standard error then.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import click

WIDTH = 160
"""Columns of a table where there is no terminal that would say."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a command speaks to."""

    as_json: bool
    """Whether standard output is kept for one JSON document."""

    def line(self, text: str = "") -> None:
        """Say one line to a person."""
        click.echo(text, err=self.as_json)

    def document(self, value: object) -> None:
        """Write the document, where one is asked for."""
        if self.as_json:
            click.echo(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False))

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",
        right: Iterable[str] = (),
    ) -> None:
        """Show rows to a person; the columns named in `right` are numbers."""
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        console = Console(stderr=self.as_json, highlight=False)
        if not console.is_terminal:
            console = Console(stderr=self.as_json, highlight=False, width=WIDTH)
        if title:
            console.print(Text(title, style="bold"))
        table = Table(box=None, pad_edge=False)
        numeric = set(right)
        for column in columns:
            # A word that is wider than its column, as expressions have, goes on in the next line.
            justify: Literal["left", "right"] = "right" if column in numeric else "left"
            table.add_column(column, justify=justify, overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
        console.print(table)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: records as objects, names of enumerations as text."""
    if isinstance(value, Enum):
        return plain(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(item) for item in (sorted(value) if isinstance(value, set) else value)]
    return str(value) if isinstance(value, Path) else value


def columns() -> int:
    """Return how wide a line may be: as the terminal, or as wide as tables are without one."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else WIDTH


def size(count: int | float | None) -> str:
    """Return a number of bytes as people say it."""
    if count is None:
        return ""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def duration(seconds: float | None) -> str:
    """Return a time as people say it."""
    if seconds is None:
        return ""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in `1 stage` and `2 stages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def folder_size(folder: Path) -> int:
    """Return the bytes of the files in a folder, though others may be removing some."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(parent) / name).lstat().st_size
    return total
