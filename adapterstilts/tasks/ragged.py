"""Rows of integers of unequal length, in one array.

A list of lists takes 36 bytes a number, and a million pairs of sentences have fifty million of
them: nine times what this takes.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ragged(Sequence[list[int]]):
    """Rows of integers; reads like a list of lists, and equals one with the same numbers."""

    flat: Integers
    """The rows, end to end."""
    stops: npt.NDArray[np.int64]
    """Where each row ends in `flat`, below a 0."""

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> "Ragged":
        """Return the rows, which may come one by one: no more than one of them is held twice."""
        if isinstance(rows, Ragged):
            return rows
        growing = Growing()
        for row in rows:
            growing.append(row)
        return growing.ragged()

    @classmethod
    def column(cls, values: Iterable[int]) -> "Ragged":
        """Return rows of one number each."""
        flat = np.asarray(array("i", values), dtype=np.int32)
        return cls(flat=flat, stops=np.arange(len(flat) + 1, dtype=np.int64))

    @classmethod
    def joined(cls, flat: Integers, lengths: Integers) -> "Ragged":
        """Return the rows that lie end to end, of the given lengths."""
        stops = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        return cls(flat=flat, stops=stops)

    @property
    def lengths(self) -> Integers:
        """Return the length of each row."""
        return np.diff(self.stops).astype(np.int32)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.stops) - 1

    @overload
    def __getitem__(self, index: int) -> list[int]: ...

    @overload
    def __getitem__(self, index: slice) -> list[list[int]]: ...

    def __getitem__(self, index: int | slice) -> list[int] | list[list[int]]:
        """Return a row, or several, as lists."""
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        return self._between(self.stops[number], self.stops[number + 1])

    def __iter__(self) -> Iterator[list[int]]:
        """Yield each row as a list."""
        for start, stop in pairwise(self.stops.tolist()):
            yield self._between(start, stop)

    def __eq__(self, other: object) -> bool:
        """Return whether these are the same rows."""
        if isinstance(other, Ragged):
            return np.array_equal(self.stops, other.stops) and np.array_equal(self.flat, other.flat)
        if isinstance(other, Sequence):
            return len(self) == len(other) and all(
                row == theirs for row, theirs in zip(self, other, strict=True)
            )
        return NotImplemented

    def _between(self, start: int, stop: int) -> list[int]:
        row: list[int] = self.flat[start:stop].tolist()
        return row


class Growing:
    """Rows of integers that come one by one."""

    def __init__(self) -> None:
        self._flat, self._lengths = array("i"), array("i")

    def append(self, row: Sequence[int]) -> None:
        """Take a row in."""
        self._flat.extend(array("i", row))
        self._lengths.append(len(row))

    def ragged(self) -> Ragged:
        """Return the rows so far."""
        flat, lengths = (np.array(numbers, np.int32) for numbers in (self._flat, self._lengths))
        return Ragged.joined(flat, lengths)


def lengths(rows: Sequence[Sequence[int]]) -> list[int]:
    """Return the length of each row."""
    found: list[int] = (
        rows.lengths.tolist() if isinstance(rows, Ragged) else [len(row) for row in rows]
    )
    return found
