"""What of a row is put into another language, and the row that comes of it.

Nothing here knows a model. A row asks for translations, as often as it takes, and in the end is a
row again or is lost for a reason that has a name; many rows ask at once, so that whoever
translates sees many texts together.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

from adapterstilts.core.errors import UsageError
from adapterstilts.tasks import carrying
from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Row
from adapterstilts.tasks.task import Task

UNFINISHED = "translation without an end"
"""A model repeated itself until it was stopped."""
EMPTY = "empty translation"
"""A model said nothing where there was something."""
NO_ANSWER = "answer not found again"
"""No way led to the answer's place in the translation."""
REASONS = (UNFINISHED, EMPTY, NO_ANSWER)
"""Why rows are lost."""


class Lost(NamedTuple):
    """A row that has no translation."""

    reason: str


Outcome = dict[str, Any] | Lost
"""A row in another language, or why there is none."""
Translate = Callable[[Sequence[str]], Sequence[str | None]]
"""Takes texts, none of them empty, and returns their translations; None for one without an end."""
Answer = str | Lost
"""A translation, or why there is none."""
Asking = Generator[Sequence[str], Sequence[Answer], Outcome]
"""A row that asks for texts, gets their translations, and ends as an outcome."""

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "classification": ("first", "second"),
    "masked_lm": ("text", "second"),
    "multiple_choice": ("context", "question"),
}
"""Format to the roles that are texts."""
_REFUSED = {
    "tagging": "the tags of its words would have to be aligned with the words of the translation,"
    " which nothing here does",
    "retrieval": "it is about pairs of texts that are there in both languages",
}


def check(task: Task) -> None:
    """Refuse a task whose rows cannot be translated, and say why."""
    if task.format not in _TEXTS and task.format != "span_qa":
        why = _REFUSED.get(task.format, f"its format is {task.format}")
        raise UsageError(
            f"task '{task.name}' cannot be translated: {why}; translate one of"
            f" {', '.join(sorted([*_TEXTS, 'span_qa']))}"
        )


def texts(task: Task, row: Row) -> list[str]:
    """Return the texts of a row that will be asked for at least once."""
    asking = _asking(task, row)
    try:
        return list(next(asking))
    except StopIteration:
        return []


def translated(task: Task, rows: Sequence[Row], translate: Translate) -> list[Outcome]:
    """Return what comes of each row; the texts that all of them ask for at a time go together.

    A text that several rows have is translated once. White space is none, and stays what it is.
    """
    outcomes: list[Outcome | None] = [None] * len(rows)
    asking = {number: _asking(task, row) for number, row in enumerate(rows)}
    answers: dict[int, list[Answer]] = {}
    while asking:
        wanted: dict[int, Sequence[str]] = {}
        for number, each in list(asking.items()):
            try:
                wanted[number] = each.send(answers[number]) if number in answers else next(each)
            except StopIteration as end:
                outcomes[number] = end.value
                del asking[number]
        known = _known([text for asked in wanted.values() for text in asked], translate)
        answers = {number: [known[text] for text in asked] for number, asked in wanted.items()}
    return [outcome for outcome in outcomes if outcome is not None]


def _known(every: Sequence[str], translate: Translate) -> dict[str, Answer]:
    """Return every text's translation, or why it has none."""
    known: dict[str, Answer] = {text: text for text in every}
    asked = [text for text in known if text.strip()]
    for text, answer in zip(asked, translate(asked) if asked else (), strict=True):
        if answer is None:
            known[text] = Lost(UNFINISHED)
        else:
            known[text] = answer.strip() or Lost(EMPTY)
    return known


def _lost(answers: Sequence[Answer]) -> Lost | None:
    """Return why a row is lost that needs all of these, if it is."""
    return next((answer for answer in answers if isinstance(answer, Lost)), None)


def _asking(task: Task, row: Row) -> Asking:
    return _span_qa(task, row) if task.format == "span_qa" else _plain(task, row)


def _plain(task: Task, row: Row) -> Asking:
    """Ask for the texts of a row, and for its choices; everything else is kept."""
    roles = [role for role in _TEXTS[task.format] if role in task.roles]
    asked = [fields.text(task, row, role) for role in roles]
    choices = list(fields.texts(task, row, "choices")) if "choices" in task.roles else []
    answers = yield [*asked, *choices]
    if lost := _lost(answers):
        return lost
    found: dict[str, Any] = dict(zip(roles, answers, strict=False))
    if choices:
        found["choices"] = list(answers[len(roles) :])
    if "salient" in task.roles:
        # Spans of the English text; without any, no word is masked more often than another.
        found["salient"] = []
    return _row(task, row, found)


def _span_qa(task: Task, row: Row) -> Asking:
    """Ask for the passage with its answer between marks, then for the two apart."""
    context = fields.text(task, row, "context")
    question = fields.text(task, row, "question")
    answers = fields.items(task, row, "answers")
    if not answers:
        both = yield [question, context]
        said = dict(zip(("question", "context"), both, strict=True))
        return _lost(both) or _row(task, row, {**said, "answers": []})
    # Training reads the first; of two, each would need a translation of the passage to itself.
    answer, span = _first(answers[0])
    if not answer or context[slice(*span)] != answer:
        reason = f"the answer {answer!r} does not stand at {span[0]}; mend the data"
        raise fields.refuse(task, row, reason)
    for marks in (each for each in carrying.MARKS if each.allow(context)):
        passage, asked = yield [carrying.marked(context, span, marks), question]
        if isinstance(asked, Lost):
            return asked
        carried = None
        if not isinstance(passage, Lost):
            carried = carrying.unmarked(passage, marks, like=answer)
        if carried:
            return _answered(task, row, asked, carried)
    passage, alone, asked = yield [context, answer, question]
    if isinstance(asked, Lost) or isinstance(passage, Lost) or isinstance(alone, Lost):
        return _lost([asked, passage, alone]) or Lost(NO_ANSWER)
    carried = carrying.found(passage, alone, near=span[0] / len(context), like=answer)
    return _answered(task, row, asked, carried) if carried else Lost(NO_ANSWER)


def _first(answer: Mapping[str, Any]) -> tuple[str, carrying.Span]:
    """Return an answer and its place, both without white space around them."""
    text, start = str(answer["text"]), int(answer["start"])
    start += len(text) - len(text.lstrip())
    text = text.strip()
    return text, (start, start + len(text))


def _answered(task: Task, row: Row, question: str, carried: carrying.Carried) -> Outcome:
    answers = [{"text": carried.answer, "start": carried.start}]
    found = {"question": question, "context": carried.context, "answers": answers}
    return _row(task, row, found)


def _row(task: Task, row: Row, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it is written: its id, and its roles in their order."""
    roles = {role: found.get(role, fields.value(task, row, role)) for role in task.roles}
    return {"id": fields.identity(task, row), **roles}
