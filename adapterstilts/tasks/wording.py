"""Inputs as a person gives them, made the rows of a task; and answers in that person's words.

A question has no reference, so every row has None where the data of a task would have a label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.core.strict import shown
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
MASK = "<mask>"
"""What stands in a text for a piece that is asked."""
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
        named = [
            _named(name, roles, given, place)
            for place, given in zip(_numbered(inputs), inputs, strict=True)
        ]
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


def rows(task: Task, inputs: Sequence[Any], places: Sequence[str] = ()) -> list[Row]:
    """Return one row an input, known by its number, or refuse one that cannot be asked.

    Args:
        task: What is asked.
        inputs: What a person gives.
        places: Where each of them stands, for messages; their numbers without.
    """
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
            "place": place,
            **_named(task.name, roles, given, place),
            **unknown,
        }
        for number, (place, given) in enumerate(
            zip(places or _numbered(inputs), inputs, strict=True)
        )
    ]


def labelled(task: Task, known: Sequence[str]) -> Task:
    """Return the task with the labels of a head in the head's order, or refuse other labels."""
    if not known:
        return task
    if task.labels and sorted(task.labels) != sorted(known):
        raise UsageError(
            f"the head says {shown(', '.join(known))}, and '{task.name}' {', '.join(task.labels)}:"
            " ask for a task with the head's labels, or load what was trained on this one"
        )
    return replace(task, labels=tuple(known))


def _width(given: Any) -> int:
    return len(given) if isinstance(given, tuple | Mapping) else 1


def _numbered(inputs: Sequence[Any]) -> list[str]:
    """Return where inputs stand that come in a list."""
    return [f"input {number}" for number in range(len(inputs))]


def _named(name: str, roles: tuple[str, ...], given: Any, place: str) -> dict[str, Any]:
    """Return what an input says in each role."""
    if isinstance(given, Mapping):
        found = {role: given.get(role) for role in roles}
    elif len(roles) == 1:
        # Of a role that is a text, a list of one says the same.
        one = isinstance(given, tuple | list) and len(given) == 1 and roles[0] not in _LISTS
        found = {roles[0]: given[0] if one else given}
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
            raise UsageError(f"{place} of '{name}' is {given!r}: give {_shape(roles, given)}")
        if role == "text" and MASK not in str(said):
            raise UsageError(f"{place} of '{name}', {said!r}, has no {MASK}: put one where you ask")
    return found


def _shape(roles: tuple[str, ...], given: Any) -> str:
    """Return how an input is written, with the names of its roles to who gives names."""
    if isinstance(given, Mapping):
        named = ", ".join(f'"{role}": {_SHOWN[role]}' for role in roles)
        return f"{{{named}}}"
    if len(roles) == 1:
        return _SHOWN[roles[0]]
    return f"({', '.join(_SHOWN[role] for role in roles)})"
