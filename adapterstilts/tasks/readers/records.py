"""From records to rows: the converter that a request names, and what every converter checks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapterstilts.tasks.readers.reader import Record, Request, Row, kept, refuse
from adapterstilts.tasks.registry import CONVERTERS
from adapterstilts.tasks.task import RealData

ID = "id"
"""Name in `columns` of the column whose values tell rows apart; without it their numbers do."""


def rows_of(request: Request) -> Callable[[Mapping[str, Any], str], Iterator[Row]]:
    """Return a function from a record's values and place to its rows; it counts the records."""
    convert = CONVERTERS.get(request.convert)
    number = -1

    def make(values: Mapping[str, Any], place: str) -> Iterator[Row]:
        nonlocal number
        number += 1
        rows = convert(Record(values=values, place=place, number=number), request)
        return rows if request.lost is None else kept(rows, request)

    return make


def row(record: Record, request: Request, **roles: Any) -> Row:
    """Return the row of a record with its id and its place, to which the roles are given."""
    if ID in request.columns:
        identity = str(column(record, request.columns[ID]))
    else:
        identity = str(record.number)
    return {"id": identity, "place": record.place, **roles}


def column(record: Record, name: str) -> Any:
    """Return what a record has in a column."""
    if name not in record.values:
        there = ", ".join(record.values) or "none"
        raise refuse(record.place, f"no column '{name}' (there are: {there}); mend the file")
    return record.values[name]


def text(record: Record, request: Request, role: str) -> str:
    """Return the text of a role, as it stands in the data."""
    name = request.column(role)
    return checked(column(record, name), record, request, role=role, name=name)


def checked(found: Any, record: Record, request: Request, *, role: str, name: str) -> str:
    """Return a text that a role may have; an empty one only where the task says so."""
    if not isinstance(found, str):
        raise refuse(record.place, f"{name} is {found!r} where a text belongs; mend the file")
    if not found.strip() and role not in may_be_blank(request):
        raise refuse(
            record.place,
            f"{name} is empty; fill it in, or take the record out if the task can do without it",
        )
    return found


def may_be_blank(request: Request) -> Sequence[str]:
    """Return the roles that may be empty, because in the official data some are."""
    data = request.task.data
    return data.blank if isinstance(data, RealData) else ()


def label(record: Record, request: Request, *, meant: Mapping[str, str] | None = None) -> str:
    """Return the label of a record, one of the task's.

    Args:
        record: The record.
        request: What is wanted of it.
        meant: Other names of labels, in small letters, to the task's own.
    """
    name = request.column("label")
    found = str(column(record, name)).strip()
    written = (meant or {}).get(found.lower(), found)
    if written not in request.task.labels:
        known = ", ".join(request.task.labels)
        raise refuse(record.place, f"{name} '{found}' is none of {known}; mend the file")
    return written
