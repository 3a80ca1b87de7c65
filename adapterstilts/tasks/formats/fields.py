"""What a row says in a role, checked; a wrong declaration is named where it is met."""

from collections.abc import Sequence
from typing import Any, TypeVar

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import Row
from adapterstilts.tasks.ragged import Ragged
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

Value = TypeVar("Value")


def identity(task: Task, row: Row) -> str:
    """Return the row's id."""
    if "id" not in row:
        raise StiltsError(
            f"a row of task '{task.name}' has no 'id' but {_listed(row)}: give every row one"
        )
    return str(row["id"])


def value(task: Task, row: Row, role: str) -> Any:
    """Return whatever the row has in a role."""
    if role not in task.roles:
        raise StiltsError(
            f"task '{task.name}' has no role '{role}' that its format '{task.format}' reads:"
            " add it to the task's `roles`"
        )
    if role not in row:
        raise refuse(task, row, f"no '{role}' but {_listed(row)}; mend the task's `columns`")
    return row[role]


def text(task: Task, row: Row, role: str) -> str:
    """Return the text of a role."""
    found = _typed(task, row, role, str)
    _check_whole(task, row, role, found)
    return found


def items(task: Task, row: Row, role: str) -> Sequence[Any]:
    """Return the list of a role."""
    return _typed(task, row, role, list)


def texts(task: Task, row: Row, role: str) -> Sequence[str]:
    """Return the texts of a role."""
    found = items(task, row, role)
    if not all(isinstance(item, str) for item in found):
        raise refuse(task, row, f"{role} is {found!r}, not all of it text; mend the data")
    _check_whole(task, row, role, "".join(found))
    return found


def labelled(task: Task, rows: Sequence[Row], role: str, *, split: str) -> bool:
    """Return whether the rows say what is right; of a stripped test set, none does."""
    missing = [row for row in rows if value(task, row, role) is None]
    if missing and split != "test":
        reason = f"its {role} is None, and the {split} split needs all; mend the data"
        raise refuse(task, missing[0], reason)
    if 0 < len(missing) < len(rows):
        reason = f"its {role} is None where other rows have one; mend the data, or strip them all"
        raise refuse(task, missing[0], reason)
    return not missing


def label(task: Task, row: Row, found: Any, *, known: Sequence[str]) -> int:
    """Return the index of a label, which is written as itself or as its index."""
    if found in known:
        return known.index(found)
    if type(found) is int and 0 <= found < len(known):
        return found
    raise refuse(
        task,
        row,
        f"label {found!r} is none of {', '.join(known) or '(no labels declared)'};"
        " mend the task's `labels` or the data",
    )


def inputs(
    task: Task,
    rows: Sequence[Row],
    tokenizer: Tokenizer,
    *,
    roles: tuple[str, str],
    max_length: int,
) -> Ragged:
    """Return each row's text, or its two where the task declares the second role."""
    first, second = roles
    firsts = [text(task, row, first) for row in rows]
    if second not in task.roles:
        return tokenizer.singles(firsts, max_length=max_length)
    return tokenizer.pairs(firsts, [text(task, row, second) for row in rows], max_length=max_length)


def refuse(task: Task, row: Row, reason: str) -> StiltsError:
    """Return the error that says what is wrong with a row, and where it stands."""
    place = f"{row['place']}: " if row.get("place") else ""
    return StiltsError(f"{place}row '{identity(task, row)}' of task '{task.name}': {reason}")


def _typed(task: Task, row: Row, role: str, kind: type[Value]) -> Value:
    found = value(task, row, role)
    if not isinstance(found, kind):
        raise refuse(
            task, row, f"{role} is {found!r} where a {kind.__name__} belongs; mend the data"
        )
    return found


def _check_whole(task: Task, row: Row, role: str, found: str) -> None:
    """Refuse halves of characters, which JSON can hold and neither a tokenizer nor a file can."""
    try:
        found.encode("utf-8")
    except UnicodeEncodeError as error:
        half = found[error.start]
        raise refuse(
            task, row, f"{role} holds {half!r}, a half of a character; mend the data"
        ) from error


def _listed(row: Row) -> str:
    return ", ".join(sorted(row)) or "nothing"
