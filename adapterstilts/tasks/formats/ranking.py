"""Queries of one language, looked up among the candidates of all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Asked, Encoded, Format, Output, Row
from adapterstilts.tasks.neighbours import directions, nearest
from adapterstilts.tasks.rankings import CUTOFF
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


class Ranking(Format):
    """Says which candidates are nearest to each query by the cosine of their embeddings.

    A row is one query, or one candidate of the split `pool`. `targets` are the ids of the right
    candidates, none for a candidate itself, and None where they are not given away. The answer is
    a list of at most 20 ids, the nearest first. Nothing is trained.
    """

    name = "ranking"
    head = "none"
    roles = ("text", "targets")
    metrics = ("map_at_20",)
    pooled = True

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return one feature a row, `<s> a </s>`."""
        labelled = fields.labelled(task, rows, "targets", split=split)
        texts = [fields.text(task, row, "text") for row in rows]
        return Encoded(
            examples=[
                {
                    "id": fields.identity(task, row),
                    "reference": list(fields.texts(task, row, "targets")) if labelled else None,
                }
                for row in rows
            ],
            features={"input_ids": tokenizer.singles(texts, max_length=max_length)},
            owner=list(range(len(rows))),
        )

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[list[str]]:
        """Return what is nearest among the rows themselves, each of which finds itself first."""
        return _ranked(outputs, Asked(encoded=encoded, outputs=outputs))

    def answers(
        self, task: Task, asked: Asked, *, dev: Asked | None = None, pool: Asked | None = None
    ) -> Iterator[tuple[Mapping[str, Any], Any]]:
        """Yield the queries with the ids of the nearest candidates."""
        if pool is None:
            raise ValueError("queries need the pool that they are looked up in")
        yield from zip(asked.encoded.examples, _ranked(asked.outputs, pool), strict=True)

    def outputs(self, task: Task) -> int:
        """Return none: there is no head."""
        return 0


def _ranked(queries: Sequence[Output], pool: Asked) -> list[list[str]]:
    if not len(queries):
        return []
    names = [example["id"] for example in pool.encoded.examples]
    found = nearest(directions(queries), directions(pool.outputs), k=CUTOFF)
    return [[names[place] for place in row] for row in found.indices.tolist()]


FORMAT = Ranking()
