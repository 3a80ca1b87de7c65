"""What every reader of data files is given, and what it gives back.

A *record* is what a file holds: named values. A *row* is what a format reads: the task's roles,
with an `id`, and a `place` (file and line) for whoever has to say what is wrong with it. Readers
of whole layouts (CoNLL-U, SQuAD's JSON) make rows at once; readers of tables make records, which a
*converter* turns into rows. A row is never left out in silence: a converter that filters says so
in its docstring, and everything else that cannot be read is refused with its place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import clipped
from adapterstilts.tasks.task import Task

_LONGEST = 700
"""Signs of the longest message: what it quotes may be a whole file."""

Row = dict[str, Any]
"""One example: `id`, `place`, and a value for each role of the task."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is wanted of some files."""

    task: Task
    """The task whose rows they are."""
    language: str
    """Language code."""
    split: str
    """`train`, `dev` or `test`."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role to column, where it has another name there."""
    convert: str = "plain"
    """Name of the converter that makes rows of records."""
    labelled: bool = True
    """Whether the labels are there; where not, their roles are None in every row."""
    names: Mapping[Path, str] = field(default_factory=dict)
    """Path to how messages name it; the end of the path where it is not here."""
    lost: list[str] | None = None
    """Where what is wrong with a row is told and the row left out, as of a machine's translations;
    None where nothing may be wrong."""

    @property
    def subset(self) -> str:
        """Return the data's own name of the language."""
        return self.task.languages[self.language]

    def column(self, role: str) -> str:
        """Return the column that holds a role."""
        return self.columns.get(role, role)

    def name(self, path: Path) -> str:
        """Return how messages name a file: `xnli/dev-sw.tsv`, `facebook/xnli en/0000.parquet`."""
        return self.names.get(path) or "/".join(path.parts[-2:])


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one line, or one row of a table, holds."""

    values: Mapping[str, Any]
    """Column to value."""
    place: str
    """File and line, for messages."""
    number: int
    """Its place among the records of all the files, from 0: an id where the data have none."""


Reader = Callable[[Sequence[Path], Request], Iterator[Row]]
"""Yields the rows of files that are read together, in their order."""
Converter = Callable[[Record, Request], Iterator[Row]]
"""Yields the row of a record, or none where the converter says that it filters."""


def kept(rows: Iterator[Row], request: Request) -> Iterator[Row]:
    """Yield rows until one is refused; where rows may be lost, that one is told and lost."""
    try:
        yield from rows
    except StiltsError as error:
        lose(error, request)


def lose(error: StiltsError, request: Request) -> None:
    """Tell what is wrong with a row that may be lost; of others it is the error that it is."""
    if request.lost is None:
        raise error
    request.lost.append(str(error))


def refuse(place: str, reason: str) -> StiltsError:
    """Return the error that says what is wrong at a place of the data, with the remedy in it."""
    return StiltsError(clipped(f"{place}: {reason}", _LONGEST))
