"""One label for a text or for a pair of texts."""

from collections.abc import Sequence

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Encoded, Format, Output, Row
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


class Classification(Format):
    """Says which label a text or a pair has: inference, paraphrase, topic.

    The role `second` is a task's to declare; without it the texts stand alone.
    """

    name = "classification"
    head = "sequence"
    roles = ("first", "label")
    metrics = ("accuracy",)

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return one feature a row: `<s> a </s>`, or `<s> a </s></s> b </s>` of a pair."""
        labels = [
            fields.label(task, row, fields.value(task, row, "label"), known=task.labels)
            for row in rows
        ]
        return Encoded(
            examples=[
                {"id": fields.identity(task, row), "reference": task.labels[label]}
                for row, label in zip(rows, labels, strict=True)
            ],
            features={
                "input_ids": fields.inputs(
                    task, rows, tokenizer, roles=("first", "second"), max_length=max_length
                ),
                "labels": [[label] for label in labels],
            },
            owner=list(range(len(rows))),
        )

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[str]:
        """Return the label with the highest logit, of equals the first."""
        return [task.labels[int(np.argmax(output))] for output in outputs]


FORMAT = Classification()
