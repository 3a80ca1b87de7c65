"""Every head is asked something that it can answer."""

import pytest

from adapterstilts.publishing.card import examples
from adapterstilts.publishing.folder.artifacts import Head
from adapterstilts.tasks import wording
from adapterstilts.tasks.registry import FORMATS, TASKS

ASKED = [
    task.name
    for task in TASKS.values()
    if task.format not in ("mining", "ranking") and FORMATS.get(task.format).head
]


def head(task: str) -> Head:
    found = TASKS.get(task)
    kind = FORMATS.get(found.format).head
    return Head(name=task, kind=kind, task=found, choices=found.choices)


@pytest.mark.parametrize("task", ASKED)
def test_an_example_is_an_input_of_its_task(task: str) -> None:
    example = examples.of(head(task))

    rows = wording.rows(wording.asked(example.task, [example.given]), [example.given])

    assert len(rows) == 1
    assert len(example.choices) == TASKS.get(task).choices
    assert bool(example.candidates) == (TASKS.get(task).format == "retrieval")


@pytest.mark.parametrize("kind", ["sequence", "token", "span", "choice", "lm", "none"])
def test_a_head_whose_task_nobody_knows_is_asked_for_its_format(kind: str) -> None:
    example = examples.of(Head(name="mine", kind=kind, choices=2 if kind == "choice" else 0))

    assert example.task in FORMATS
    assert wording.rows(wording.asked(example.task, [example.given]), [example.given])


def test_a_masked_text_has_one_mask() -> None:
    assert examples.of(head("toy-mlm")).texts[0].count("<mask>") == 1
    assert examples.of(head("mlm")).texts[0].count("<mask>") == 1


def test_a_task_of_one_text_is_asked_one() -> None:
    nli = examples.of(head("toy-xnli"))

    assert len(nli.texts) == 2
    assert nli.given == nli.texts
