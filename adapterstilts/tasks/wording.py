"""Inputs as a person gives them, made the rows of a task; and answers in that person's words.

A question has no reference, so every row has None where the data of a task would have a label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task, ToyData

_ASKED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "classification": (("first", "second"), ("first",)),
    "tagging": (("tokens",),),
    "span_qa": (("question", "context"),),
    "multiple_choice": (("context", "question", "choices"), ("context", "choices")),
    "retrieval": (("query",),),
    "masked_lm": (("text",),),
}
"""Format to the roles that an input has, in their order: a tuple, or alone where it is one."""
_ANSWERS = {
    "classification": "label",
    "tagging": "tags",
    "span_qa": "answers",
    "multiple_choice": "label",
}
_LISTS = ("tokens", "choices")
_SHOWN = {
    "first": '"text"',
    "second": '"text"',
    "tokens": '["word", …]',
    "question": '"question"',
    "context": '"passage"',
    "choices": '["choice", …]',
    "query": '"text"',
    "text": '"text with <mask>"',
}


def asked(name: str, inputs: Sequence[Any]) -> Task:
    """Return the task of a name, or one without labels that has just the shape of a format."""
    if name in TASKS:
        task = TASKS.get(name)
        if task.format not in _ASKED:
            raise UsageError(
                f"task '{name}' is {task.format}, whose answers take more than its inputs: use"
                " `adapterstilts run` and `adapterstilts predict`"
            )
        return task
    if name not in _ASKED:
        known = suggest(name, [*TASKS.names(), *_ASKED])
        raise UsageError(f"unknown task or format '{name}'{known}")
    roles = next(
        (roles for roles in _ASKED[name] if inputs and len(roles) == _width(inputs[0])),
        _ASKED[name][-1],
    )
    choices = 0
    if name == "multiple_choice":
        named = [_named(name, roles, given, number) for number, given in enumerate(inputs)]
        choices = max((len(each["choices"]) for each in named), default=0)
    return Task(
        name=name,
        format=name,
        suite="",
        data=ToyData(generator="", sizes={}),
        roles=(*roles, *([_ANSWERS[name]] if name in _ANSWERS else [])),
        languages={},
        metrics=FORMATS.get(name).metrics[:1],
        primary=FORMATS.get(name).metrics[0],
        description="",
        licence="",
        citation="",
        choices=choices,
    )


def rows(task: Task, inputs: Sequence[Any]) -> list[Row]:
    """Return one row an input, known by its number."""
    if isinstance(inputs, str | Mapping) or not isinstance(inputs, Sequence):
        raise UsageError(f"the inputs of '{task.name}' are {type(inputs).__name__}: give a list")
    roles = next(
        (roles for roles in _ASKED[task.format] if set(roles) <= set(task.roles)),
        _ASKED[task.format][-1],
    )
    # What a declaration asks of its own data is not asked here: a label, a salient span.
    unknown = {role: None for role in task.roles if role == _ANSWERS.get(task.format)}
    return [
        {
            "id": str(number),
            "place": f"input {number}",
            **_named(task.name, roles, given, number),
            **unknown,
        }
        for number, given in enumerate(inputs)
    ]


def labelled(task: Task, known: Sequence[str]) -> Task:
    """Return the task with the labels of a head in the head's order, or refuse other labels."""
    if not known:
        return task
    if task.labels and sorted(task.labels) != sorted(known):
        raise UsageError(
            f"the head says {', '.join(known)}, and '{task.name}' {', '.join(task.labels)}: ask for"
            " a task with the head's labels, or load what was trained on this one"
        )
    return replace(task, labels=tuple(known))


def _width(given: Any) -> int:
    return len(given) if isinstance(given, tuple | Mapping) else 1


def _named(name: str, roles: tuple[str, ...], given: Any, number: int) -> dict[str, Any]:
    """Return what an input says in each role."""
    if isinstance(given, Mapping):
        found = {role: given.get(role) for role in roles}
    elif len(roles) == 1:
        found = {roles[0]: given}
    elif isinstance(given, tuple | list) and len(given) == len(roles):
        found = dict(zip(roles, given, strict=True))
    else:
        found = {}
    for role in roles:
        said = found.get(role)
        if role in _LISTS and isinstance(said, tuple | list):
            said = found[role] = list(said)
        texts = said if role in _LISTS else [said]
        whole = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
        if not texts or not whole:
            raise UsageError(f"input {number} of '{name}' is {given!r}: give {_shape(roles)}")
    return found


def _shape(roles: tuple[str, ...]) -> str:
    """Return how an input is written."""
    if len(roles) == 1:
        return _SHOWN[roles[0]]
    return f"({', '.join(_SHOWN[role] for role in roles)})"
