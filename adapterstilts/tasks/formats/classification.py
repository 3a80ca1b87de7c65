"""One label for a text or for a pair of texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Encoded, Format, Output, Row
from adapterstilts.tasks.ragged import Ragged
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
        examples: list[dict[str, Any]] = [
            {"id": fields.identity(task, row), "reference": None} for row in rows
        ]
        inputs = fields.inputs(
            task, rows, tokenizer, roles=("first", "second"), max_length=max_length
        )
        features = {"input_ids": inputs}
        if fields.labelled(task, rows, "label", split=split):
            labels = [fields.label(task, row, row["label"], known=task.labels) for row in rows]
            for example, label in zip(examples, labels, strict=True):
                example["reference"] = task.labels[label]
            features["labels"] = Ragged.column(labels)
        return Encoded(examples=examples, features=features, owner=list(range(len(rows))))

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[str]:
        """Return the label with the highest logit, of equals the first."""
        return [task.labels[int(np.argmax(output))] for output in outputs]


FORMAT = Classification()
