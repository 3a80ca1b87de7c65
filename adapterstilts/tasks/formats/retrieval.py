"""The translation of an English sentence among all sentences of the other language."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import PARTNER, Asked, Encoded, Format, Output, Row
from adapterstilts.tasks.neighbours import directions, nearest
from adapterstilts.tasks.ragged import Ragged
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

QUERY, CANDIDATE = 0, 1
"""Sides of a pair, in the order of its two features."""
MATCH = "match"
"""Role of the right candidate's id, in tasks whose rows are not all pairs of translations."""


class Retrieval(Format):
    """Says which candidate is nearest to each query by the cosine of their embeddings.

    Queries are English and candidates foreign, as in XTREME's Tatoeba, and every candidate of the
    split is in the pool. Row i's candidate is the right one for row i's query, unless the task has
    the role `match`, which says so, or is None where nobody knows. Where there are rows to learn
    from, embeddings are trained to find each other; no head is.
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
        right: Sequence[str | None] = names
        if MATCH in task.roles:
            labelled = fields.labelled(task, rows, MATCH, split=split)
            right = [fields.text(task, row, MATCH) if labelled else None for row in rows]
        queries = [fields.text(task, row, "query") for row in rows]
        texts = chain.from_iterable(
            (query, fields.text(task, row, "candidate"))
            for query, row in zip(queries, rows, strict=True)
        )
        training = {PARTNER: _partners(task, rows, names, right)} if split == "train" else {}
        places = np.empty(len(rows), np.int64)
        places[sorted(range(len(rows)), key=lambda row: queries[row].strip())] = range(len(rows))
        return Encoded(
            examples=[
                {"id": name, "reference": match, "line": line}
                for name, match, line in zip(names, right, places.tolist(), strict=True)
            ],
            features={
                "input_ids": tokenizer.singles(list(texts), max_length=max_length),
                "side": Ragged.column(side for _ in rows for side in (QUERY, CANDIDATE)),
                **training,
            },
            owner=[number for number in range(len(rows)) for _ in (QUERY, CANDIDATE)],
        )

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[str]:
        """Return the id of the nearest candidate, of equals the first."""
        if not encoded.examples:
            return []
        sides = np.asarray(encoded.features["side"])[:, 0]
        embeddings = directions(outputs)
        found = nearest(embeddings[sides == QUERY], embeddings[sides == CANDIDATE], k=1)
        return [encoded.examples[number]["id"] for number in found.indices[:, 0].tolist()]

    def answers(
        self, task: Task, asked: Asked, *, dev: Asked | None = None, pool: Asked | None = None
    ) -> Iterator[tuple[Mapping[str, Any], Any]]:
        """Yield the examples with their answers, and their lines where queries are sorted.

        XTREME's files list the English side as a sorted text, so that the line that an answer
        belongs to is not the number of its row.
        """
        for example, answer in super().answers(task, asked, dev=dev, pool=pool):
            yield {**example, "extra": {"line": example["line"]}}, answer

    def outputs(self, task: Task) -> int:
        """Return none: there is no head."""
        return 0


def _partners(
    task: Task, rows: Sequence[Row], names: Sequence[str], right: Sequence[str | None]
) -> Ragged:
    """Return how far behind each query its candidate stands, and 0 for a candidate.

    Distances stay what they are where languages are taken together, and ids do not.
    """
    known = {name: number for number, name in enumerate(names)}
    found: list[int] = []
    for number, (row, match) in enumerate(zip(rows, right, strict=True)):
        if match not in known:
            raise fields.refuse(
                task, row, f"its {MATCH} '{match}' is no row of the split; mend the data"
            )
        found += (2 * (known[match] - number) + 1, 0)
    return Ragged.column(found)


FORMAT = Retrieval()
