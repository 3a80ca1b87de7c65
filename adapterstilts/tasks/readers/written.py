"""Rows in the task's own words, one JSON object a line: what `adapterstilts translate` writes.

A user may write them too. Each role has its own name and the value that a format reads, so the
rows of every format are written in one way; an `id` says which English row a row translates.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from adapterstilts.tasks.readers import records
from adapterstilts.tasks.readers.reader import Record, Request, Row, refuse


def written(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of a record, whose columns are the roles; other columns are not read."""
    row: Row = {
        "id": str(record.values.get("id", record.number)),
        "place": record.place,
        **{role: _value(record, request, role) for role in request.task.roles},
    }
    if len(row.get("tags", ())) != len(row.get("tokens", ())):
        raise refuse(record.place, "there are not as many tags as tokens; mend the file")
    yield row


def _value(record: Record, request: Request, role: str) -> Any:
    if role == "label":
        return _label(record, request)
    if role == "answers":
        return _answers(record, request)
    if role in ("choices", "tokens", "tags"):
        return _texts(record, request, role)
    return records.text(record, request, role)


def _label(record: Record, request: Request) -> str | int:
    """Return one of the task's labels, or which choice is right."""
    if request.task.labels:
        return records.label(record, request)
    found = records.column(record, "label")
    choices = len(_texts(record, request, "choices"))
    if type(found) is not int or not 0 <= found < choices:
        raise refuse(record.place, f"label {found!r} is none of {choices} choices; mend the file")
    return found


def _texts(record: Record, request: Request, role: str) -> Sequence[str]:
    found = records.column(record, role)
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise refuse(record.place, f"{role} is {found!r} where texts belong; mend the file")
    unknown = sorted(set(found) - set(request.task.labels)) if role == "tags" else []
    if unknown:
        known = ", ".join(request.task.labels)
        raise refuse(record.place, f"tag '{unknown[0]}' is none of {known}; mend the file")
    return found


def _answers(record: Record, request: Request) -> Sequence[Any]:
    """Return answers that stand in their context to the character."""
    found, context = records.column(record, "answers"), records.text(record, request, "context")
    if not isinstance(found, list) or not (found or request.task.unanswerable):
        raise refuse(record.place, f"answers is {found!r} where a list belongs; mend the file")
    for answer in found:
        text, start = (answer.get(key) if isinstance(answer, dict) else None for key in _SPAN)
        if not isinstance(text, str) or not text or type(start) is not int or start < 0:
            raise refuse(record.place, f"{answer!r} is no text with its start; mend the file")
        if not context.startswith(text, start):
            raise refuse(
                record.place,
                f"the answer {text!r} does not stand at character {start} of its context; offsets"
                " count code points; mend the file",
            )
    return [{key: answer[key] for key in _SPAN} for answer in found]


_SPAN = ("text", "start")

CONVERTERS = {"written": written}
"""The converter of rows in the task's own words."""
