"""Records of several choices, one of them right, in the shapes that their releases have."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapterstilts.tasks.readers import records
from adapterstilts.tasks.readers.reader import Record, Request, Row, refuse

_LETTERS = "ABCDE"
_CAUSE_OR_EFFECT = ("cause", "effect")
_CHOICES = ("choice1", "choice2")
"""What SuperGLUE's labels are called on the Hub."""


def lettered(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of a question with choices that have keys, as ARC and CommonsenseQA have them.

    Their own releases put stem and choices together, `{"stem", "choices": [{"label", "text"}]}`,
    the Hub puts the question beside `{"label": [...], "text": [...]}`. Keys are letters or digits.
    """
    asked = records.column(record, "question")
    if isinstance(asked, dict):
        stem = _within(asked, "stem", record)
        choices = _within(asked, "choices", record)
        if not isinstance(choices, list) or not all(isinstance(each, dict) for each in choices):
            raise refuse(record.place, f"choices are {choices!r}, no list; mend the file")
        keys = [_within(each, "label", record) for each in choices]
        texts = [_within(each, "text", record) for each in choices]
    else:
        stem, choices = asked, records.column(record, "choices")
        if not isinstance(choices, dict):
            raise refuse(record.place, f"choices are {choices!r} without keys; mend the file")
        keys, texts = _within(choices, "label", record), _within(choices, "text", record)
        if not isinstance(keys, list) or not isinstance(texts, list) or len(keys) != len(texts):
            raise refuse(record.place, f"keys {keys!r} do not fit choices {texts!r}; mend the file")
    if len(set(keys)) != len(keys):
        raise refuse(record.place, f"two choices have one key ({', '.join(keys)}); mend the file")
    context = records.checked(stem, record, request, role="context", name="question")
    right = _named(record, request, "answerKey", keys)
    yield _row(record, request, texts, right, context=context)


def options(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of an instruction with `option_a` to `option_e`, the last of which may lack."""
    names = [f"option_{letter.lower()}" for letter in _LETTERS]
    texts = [record.values.get(name) for name in names]
    while texts and not texts[-1]:
        texts.pop()
    context = records.text(record, request, "context")
    right = _named(record, request, "answer", _LETTERS[: len(texts)])
    yield _row(record, request, texts, right, context=context)


def numbered(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of Cosmos QA: `answer0` to `answer3`, and a label from 0."""
    texts = [records.column(record, f"answer{number}") for number in range(4)]
    yield _asked(record, request, texts, _named(record, request, "label", "0123"))


def social(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of Social IQA: `answerA` to `answerC`, of which one is right.

    The release that XTREME-R takes says `correct: A`; the other, and the Hub, `label` from 1.
    """
    texts = [records.column(record, f"answer{letter}") for letter in "ABC"]
    if "correct" in record.values:
        right = _named(record, request, "correct", "ABC")
    else:
        right = _named(record, request, "label", "123")
    yield _asked(record, request, texts, right)


def endings(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of HellaSwag: a context that breaks off, four endings, and a label from 0."""
    texts = records.column(record, "endings")
    if not isinstance(texts, list):
        raise refuse(record.place, f"endings are {texts!r}, not a list of them; mend the file")
    digits = [str(number) for number in range(len(texts))]
    context = records.text(record, request, "context")
    right = _named(record, request, "label", digits)
    yield _row(record, request, texts, right, context=context)


def cause_or_effect(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of COPA: a premise, and which of two events is its cause or its effect.

    What is asked is written out in English, in whichever language the premise is, as XTREME-R does.
    """
    asked = records.column(record, "question")
    if asked not in _CAUSE_OR_EFFECT:
        raise refuse(record.place, f"question '{asked}' is neither cause nor effect; mend the file")
    texts = [records.column(record, name) for name in _CHOICES]
    context = records.text(record, request, "context")
    right = _named(record, request, "label", "01", _CHOICES)
    yield _row(record, request, texts, right, context=context, question=f"What was the {asked}?")


def _asked(record: Record, request: Request, texts: Sequence[Any], right: int | None) -> Row:
    context = records.text(record, request, "context")
    question = records.text(record, request, "question")
    return _row(record, request, texts, right, context=context, question=question)


def _row(
    record: Record, request: Request, texts: Sequence[Any], right: int | None, **others: str
) -> Row:
    """Return the row of choices that are all texts and of which the task knows as many."""
    most = request.task.choices
    if not 2 <= len(texts) <= most:
        raise refuse(record.place, f"{len(texts)} choices, not 2 to {most}; mend the file")
    choices = [
        records.checked(text, record, request, role="choices", name=f"choice {number}")
        for number, text in enumerate(texts, start=1)
    ]
    return records.row(record, request, **others, choices=choices, label=right)


def _named(record: Record, request: Request, name: str, *ways: Sequence[str]) -> int | None:
    """Return the index of the right choice among the keys, which may be written in several ways.

    None where labels were taken away.
    """
    if not request.labelled:
        return None
    found = str(records.column(record, name)).strip()
    for keys in map(tuple, ways):
        if found in keys:
            return keys.index(found)
    known = ", ".join(ways[0])
    raise refuse(record.place, f"{name} '{found}' is none of {known}; mend the file")


def _within(values: dict[str, Any], name: str, record: Record) -> Any:
    if name not in values:
        there = ", ".join(values) or "nothing"
        raise refuse(record.place, f"no '{name}' where there is {there}; mend the file")
    return values[name]


CONVERTERS = {
    "lettered": lettered,
    "options": options,
    "numbered": numbered,
    "social": social,
    "endings": endings,
    "cause_or_effect": cause_or_effect,
}
"""Converters of choices."""
