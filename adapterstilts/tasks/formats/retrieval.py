"""The translation of an English sentence among all sentences of the other language."""

from collections.abc import Sequence

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Encoded, Format, Output, Row
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

QUERY, CANDIDATE = 0, 1
"""Sides of a pair, in the order of its two features."""
_CHUNK = 1024
"""Queries at a time, so that a large pool needs no square matrix of itself."""


class Retrieval(Format):
    """Says which candidate is nearest to each query by the cosine of their embeddings.

    Row i's candidate is the right one for row i's query, and every candidate of the split is in
    the pool (Tatoeba as in XTREME). Nothing is trained.
    """

    name = "retrieval"
    head = "none"
    roles = ("query", "candidate")
    metrics = ("accuracy",)

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return two features a row: the query and its candidate, each `<s> a </s>`."""
        names = [fields.identity(task, row) for row in rows]
        texts = [fields.text(task, row, role) for row in rows for role in self.roles]
        return Encoded(
            examples=[{"id": name, "reference": name} for name in names],
            features={
                "input_ids": tokenizer.singles(texts, max_length=max_length),
                "side": [[side] for _ in rows for side in (QUERY, CANDIDATE)],
            },
            owner=[number for number in range(len(rows)) for _ in (QUERY, CANDIDATE)],
        )

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[str]:
        """Return the id of the nearest candidate, of equals the first."""
        if not encoded.examples:
            return []
        sides = np.asarray(encoded.features["side"])[:, 0]
        embeddings = np.stack(list(outputs))
        norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
        directions = embeddings / np.maximum(norms, np.finfo(np.float32).tiny)
        queries, pool = directions[sides == QUERY], directions[sides == CANDIDATE]
        nearest = [
            number
            for low in range(0, len(queries), _CHUNK)
            for number in np.argmax(queries[low : low + _CHUNK] @ pool.T, axis=1).tolist()
        ]
        return [encoded.examples[number]["id"] for number in nearest]

    def outputs(self, task: Task) -> int:
        """Return none: there is no head."""
        return 0


FORMAT = Retrieval()
