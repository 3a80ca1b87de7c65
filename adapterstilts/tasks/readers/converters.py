"""Records of one or two texts and a label: what a role is called, and which rows are meant."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from adapterstilts.tasks.readers import records
from adapterstilts.tasks.readers.reader import Record, Request, Row

LANGUAGE = "language"
"""Name in `columns` of the column that says the language, in files that hold several."""
_LABEL = "label"
_UNDECIDED = frozenset({"-", "-1", ""})
"""How SNLI, MultiNLI and the Hub write that the annotators of a pair did not agree."""
_NLI_NAMES = MappingProxyType(
    {
        # XNLI's translated training files have the second, ANLI's release has the letters.
        "contradictory": "contradiction",
        "e": "entailment",
        "n": "neutral",
        "c": "contradiction",
    }
)


def plain(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of a record whose columns are the roles, all of them texts but the label."""
    roles: dict[str, Any] = {
        role: records.text(record, request, role) for role in request.task.roles if role != _LABEL
    }
    if _LABEL in request.task.roles:
        roles[_LABEL] = records.label(record, request) if request.labelled else None
    yield records.row(record, request, **roles)


def inference(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of a premise and a hypothesis.

    Two kinds of record are left out: those in other languages than the asked one, where a column
    `language` is declared; and those without a gold label, on which the annotators did not agree.
    SNLI keeps the latter in every split, and everybody trains and scores without them.
    """
    if LANGUAGE in request.columns:
        if records.column(record, request.columns[LANGUAGE]) != request.subset:
            return
    first = records.text(record, request, "first")
    second = records.text(record, request, "second")
    label = None
    if request.labelled:
        found = records.column(record, request.column(_LABEL))
        if found is None or str(found).strip() in _UNDECIDED:
            return
        label = records.label(record, request, meant=_NLI_NAMES)
    yield records.row(record, request, first=first, second=second, label=label)


def duplicates(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of two of Quora's questions: the file has 0 and 1, the Hub names of labels."""
    first = records.text(record, request, "first")
    second = records.text(record, request, "second")
    label = None
    if request.labelled:
        meant = {str(number): name for number, name in enumerate(request.task.labels)}
        label = records.label(record, request, meant=meant)
    yield records.row(record, request, first=first, second=second, label=label)


CONVERTERS = {"plain": plain, "inference": inference, "duplicates": duplicates}
"""Converters of texts with a label."""
