"""An input for every kind of head, so that code that loads a model can ask it something.

Those of the toy world are rows of its test sets; no real data set's are here, for their licences
are their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapterstilts.publishing.folder.artifacts import Head
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.toyworld import rows

MASK = "<mask>"
_FIRST, _SECOND = "Two dogs are running across a field.", "Some animals are outside."
_TOKENS = ("Marie", "Curie", "worked", "in", "Paris", ".")
_QUESTION, _CONTEXT = (
    "Where did Marie Curie work?",
    "Marie Curie was a physicist. She worked in Paris.",
)
_BEGUN = "The man turned on the tap."
_CHOICES = (
    "Water flowed from it.",
    "The lights went out.",
    "The bread was baked.",
    "His shoes were too small.",
    "The train was late.",
)
_MASKED = f"Paris is the {MASK} of France."


@dataclass(frozen=True, kw_only=True)
class Example:
    """What a model is asked."""

    texts: tuple[str, ...] = ()
    """One text or two, in the order in which they are read."""
    tokens: tuple[str, ...] = ()
    """Words that are tagged."""
    choices: tuple[str, ...] = ()
    """Continuations that are chosen among; `texts` has what stands before them."""
    given: Any = ()
    """The same as `predict` of ours is given it."""
    task: str = ""
    """What `predict` of ours is asked for: a task, or a format."""
    candidates: tuple[str, ...] = ()
    """What is looked up."""


def of(head: Head) -> Example:
    """Return what a head can be asked."""
    return _MAKING[head.kind](head, _row(head.task))


def _sequence(head: Head, row: Mapping[str, Any]) -> Example:
    single = head.task is not None and "second" not in head.task.roles
    texts = (_text(row, "first", _FIRST), _text(row, "second", _SECOND))[: 1 if single else 2]
    given = texts[0] if single else texts
    return Example(texts=texts, given=given, task=_named(head, "classification"))


def _token(head: Head, row: Mapping[str, Any]) -> Example:
    tokens = tuple(map(str, row.get("tokens", _TOKENS)))
    return Example(tokens=tokens, given=list(tokens), task=_named(head, "tagging"))


def _span(head: Head, row: Mapping[str, Any]) -> Example:
    texts = (_text(row, "question", _QUESTION), _text(row, "context", _CONTEXT))
    return Example(texts=texts, given=texts, task=_named(head, "span_qa"))


def _choice(head: Head, row: Mapping[str, Any]) -> Example:
    context, question = _text(row, "context", _BEGUN), _text(row, "question", "")
    found = tuple(map(str, row.get("choices", _CHOICES)))
    most = head.choices or (head.task.choices if head.task is not None else 0) or len(found)
    choices = (*found, *_CHOICES)[:most]
    given: tuple[Any, ...] = (context, list(choices))
    task = "multiple_choice"
    if head.task is not None:
        task = head.task.name
        if "question" in head.task.roles:
            given = (context, question, list(choices))
    return Example(
        texts=(f"{context} {question}".strip(),), choices=choices, given=given, task=task
    )


def _lm(head: Head, row: Mapping[str, Any]) -> Example:
    words = _text(row, "text", "").split()
    text = " ".join([*words[:2], MASK, *words[3:8]]) if len(words) > 3 else _MASKED
    return Example(texts=(text,), given=text, task="masked_lm")


def _none(head: Head, row: Mapping[str, Any]) -> Example:
    texts = (_text(row, "query", _FIRST), _text(row, "candidate", _SECOND))
    given, candidates = texts[0], (texts[1], _QUESTION)
    return Example(texts=texts, given=given, task="retrieval", candidates=candidates)


_MAKING = {
    "sequence": _sequence,
    "token": _token,
    "span": _span,
    "choice": _choice,
    "lm": _lm,
    "none": _none,
}


def _row(task: Task | None) -> Mapping[str, Any]:
    """Return a row of a task of the toy world; of any other nothing."""
    if task is None or not isinstance(task.data, ToyData):
        return {}
    found: Sequence[Mapping[str, Any]] = rows.rows(
        task.data.generator, language=task.english, split="test", size=1
    )
    return found[0]


def _text(row: Mapping[str, Any], key: str, otherwise: str) -> str:
    return str(row.get(key, otherwise))


def _named(head: Head, otherwise: str) -> str:
    return head.task.name if head.task is not None else otherwise
