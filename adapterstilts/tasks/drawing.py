"""Rows that are drawn: the same on every machine, whatever generators it has.

A row's lot is the SHA-256 of its number, or of its id, with what it is drawn for: a generator's
numbers may change with its version, and a draw would then be another experiment.
"""

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from typing import TypeVar

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.task import Task, ToyData

Value = TypeVar("Value")


def draw(
    numbered: Iterable[tuple[int, Value]], count: int, *, seed: int
) -> list[tuple[int, Value]]:
    """Return some of what is numbered, drawn without replacement, in the order of the numbers.

    What is drawn depends on the seed and the numbers alone; of one seed it is a part of what is
    drawn where more is asked for. No more than `count` of them are held at a time. All are
    returned where there are fewer.
    """
    return _lowest(numbered, count, f"drawn {seed}")


def sample(stream: Iterable[Value], limit: int) -> list[tuple[int, Value]]:
    """Return some rows with their numbers: the same of every language."""
    return _lowest(enumerate(stream), limit, "row")


def held_out(rows: Sequence[Row], count: int) -> set[str]:
    """Return the ids of the rows that are kept as `dev`; a row that comes or goes moves no other.

    Of a translation these are the ids of the same questions, and of as many more as it has lost.
    """
    return {row["id"] for row in heapq.nsmallest(count, rows, key=_by_id)}


def check(task: Task, count: int, there: int, *, language: str, split: str) -> None:
    """Refuse to draw more rows than there are."""
    if count > there:
        raise StiltsError(
            f"{count:,} rows of task '{task.name}' ({language}) cannot be drawn: its {split} data"
            f" have {there:,}; ask for so many, or fewer"
        )


def available(task: Task, *, split: str, language: str) -> int | None:
    """Return how many rows there are to draw from; None where only reading them can tell."""
    if isinstance(task.data, ToyData) and language in task.languages:
        return task.data.sizes.get(split, 0)
    return None


def _lowest(
    numbered: Iterable[tuple[int, Value]], count: int, purpose: str
) -> list[tuple[int, Value]]:
    lots = heapq.nsmallest(count, numbered, key=lambda each: _lot(f"{purpose} {each[0]}"))
    return sorted(lots, key=lambda each: each[0])


def _by_id(row: Row) -> bytes:
    return _lot(f"held out {row['id']}")


def _lot(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
