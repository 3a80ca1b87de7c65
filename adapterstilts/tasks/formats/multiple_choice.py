"""The right one of several continuations, answers, causes or effects."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Encoded, Format, Output, Row
from adapterstilts.tasks.ragged import Ragged
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


class MultipleChoice(Format):
    """Says which choice is right, from 0; every choice is read beside the context and scored.

    The role `question` is a task's to declare; it follows the context, as in XTREME-R's XCOPA.
    """

    name = "multiple_choice"
    head = "choice"
    roles = ("context", "choices", "label")
    metrics = ("accuracy",)
    grouped = True

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return `<s> context question </s></s> choice </s>` for each choice of each row."""
        asked: list[str] = []
        answers: list[str] = []
        labels: list[int] = []
        owner: list[int] = []
        examples: list[dict[str, Any]] = []
        labelled = fields.labelled(task, rows, "label", split=split)
        for number, row in enumerate(rows):
            choices = _choices(task, row)
            right = _right(task, row, len(choices)) if labelled else None
            asked.extend([_asked(task, row)] * len(choices))
            answers.extend(choices)
            labels.extend(choice == right for choice in range(len(choices)))
            owner.extend([number] * len(choices))
            examples.append({"id": fields.identity(task, row), "reference": right})
        features = {"input_ids": tokenizer.pairs(asked, answers, max_length=max_length)}
        if labelled:
            features["labels"] = Ragged.column(labels)
        return Encoded(examples=examples, features=features, owner=owner)

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[int]:
        """Return the choice with the highest logit, of equals the first."""
        logits: list[list[float]] = [[] for _ in encoded.examples]
        for owner, output in zip(encoded.owner, outputs, strict=True):
            logits[owner].append(float(output[0]))
        return [int(np.argmax(values)) for values in logits]

    def outputs(self, task: Task) -> int:
        """Return the largest number of choices; each gets one logit."""
        return task.choices


def _asked(task: Task, row: Row) -> str:
    context = fields.text(task, row, "context")
    question = fields.text(task, row, "question") if "question" in task.roles else ""
    return f"{context} {question}".strip()


def _choices(task: Task, row: Row) -> Sequence[str]:
    choices = fields.texts(task, row, "choices")
    most = task.choices or len(choices)
    if not 1 <= len(choices) <= most:
        raise fields.refuse(
            task, row, f"{len(choices)} choices, not 1 to {most}; mend the task's `choices`"
        )
    return choices


def _right(task: Task, row: Row, choices: int) -> int:
    """Return the index of the right choice, named by the task's labels or counted from 0."""
    known = task.labels[:choices] or tuple(map(str, range(choices)))
    return fields.label(task, row, fields.value(task, row, "label"), known=known)


FORMAT = MultipleChoice()
