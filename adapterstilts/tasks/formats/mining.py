"""Translations hidden among the sentences of two languages, most of which have none."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Asked, Encoded, Format, Output, Row
from adapterstilts.tasks.mining import Pairs, best_threshold, mine
from adapterstilts.tasks.neighbours import normalise
from adapterstilts.tasks.ragged import Ragged
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

SIDES = ("source", "target")
"""What the role `side` says: the language that is mined, and English."""


class Mining(Format):
    """Says which sentences of the two sides are translations, as XTREME mines BUCC.

    A row is one sentence of either side. `targets` are the ids of a source sentence's translations,
    none for most, and None where they are not given away. Sentences that stand twice on a side are
    mined once and then left out of the pairs, for nobody can say which of them is meant. Pairs
    count from a threshold on, which is the best one for the dev split of the same language.
    """

    name = "mining"
    head = "none"
    roles = ("text", "side", "targets")
    metrics = ("bucc_f1", "bucc_precision", "bucc_recall")
    calibrated = True

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return one feature a sentence, `<s> a </s>`; `same` is the first that says the same."""
        labelled = fields.labelled(task, rows, "targets", split=split)
        texts = [fields.text(task, row, "text") for row in rows]
        sides = [_side(task, row) for row in rows]
        first: dict[tuple[int, str], int] = {}
        examples = []
        same = []
        for number, (row, side, text) in enumerate(zip(rows, sides, texts, strict=True)):
            reference = list(fields.texts(task, row, "targets")) if labelled else None
            examples.append({"id": fields.identity(task, row), "reference": reference})
            same.append(first.setdefault((side, text.strip()), number))
        return Encoded(
            examples=examples,
            features={
                "input_ids": tokenizer.singles(texts, max_length=max_length),
                "side": Ragged.column(sides),
                "same": Ragged.column(same),
            },
            owner=list(range(len(rows))),
        )

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[list[str]]:
        """Return the targets of each sentence, whatever their score; none for a target."""
        return _answered(encoded, _mined(encoded, outputs), threshold=0.0)

    def answers(
        self, task: Task, asked: Asked, *, dev: Asked | None = None, pool: Asked | None = None
    ) -> Iterator[tuple[Mapping[str, Any], Any]]:
        """Yield the source sentences that have a target in the data or in what was mined.

        All others count as much and have nothing to say; `row` and `rows` tell where they are.
        """
        if dev is None:
            raise ValueError("mined pairs need the dev split of their language for a threshold")
        threshold = _best(dev.encoded, _mined(dev.encoded, dev.outputs))
        encoded = asked.encoded
        found = _answered(encoded, _mined(encoded, asked.outputs), threshold=threshold)
        sources = _places(encoded, "source").tolist()
        for row, number in enumerate(sources):
            example, answer = encoded.examples[number], found[number]
            if answer or example["reference"]:
                extra = {"row": row, "rows": len(sources)}
                yield {**example, "extra": extra}, answer

    def outputs(self, task: Task) -> int:
        """Return none: there is no head."""
        return 0


def _side(task: Task, row: Row) -> int:
    side = fields.text(task, row, "side")
    if side not in SIDES:
        raise fields.refuse(task, row, f"side is '{side}', not source or target; mend the data")
    return SIDES.index(side)


def _column(encoded: Encoded, name: str) -> npt.NDArray[np.int64]:
    column = encoded.features[name]
    if isinstance(column, Ragged):
        return column.flat.astype(np.int64)
    return np.asarray(column, dtype=np.int64).reshape(-1)


def _places(encoded: Encoded, side: str) -> npt.NDArray[np.int64]:
    return np.flatnonzero(_column(encoded, "side") == SIDES.index(side))


def _mined(encoded: Encoded, outputs: Sequence[Output]) -> Pairs:
    """Return the pairs of a split, in places of its examples, without the ambiguous ones."""
    embeddings, same = np.asarray(outputs, dtype=np.float32), _column(encoded, "same")
    unique = same == np.arange(len(same))
    left, right = (places[unique[places]] for places in (_places(encoded, side) for side in SIDES))
    # Copies of their own, so that half a million vectors need no third copy to have length 1.
    ones, others = embeddings[left], embeddings[right]
    normalise(ones)
    normalise(others)
    pairs = mine(ones, others)
    counts = np.bincount(same, minlength=len(same))
    sources, targets = left[pairs.left], right[pairs.right]
    kept = (counts[sources] == 1) & (counts[targets] == 1)
    return Pairs(left=sources[kept], right=targets[kept], scores=pairs.scores[kept])


def _best(encoded: Encoded, pairs: Pairs) -> float:
    """Return the threshold at which the pairs are the best."""
    gold = Counter(
        (example["id"], target)
        for example in encoded.examples
        for target in example["reference"] or ()
    )
    names = [example["id"] for example in encoded.examples]
    right = [
        (names[one], names[other]) in gold
        for one, other in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    ]
    return best_threshold(pairs.scores, np.asarray(right, dtype=np.bool_), len(gold))


def _answered(encoded: Encoded, pairs: Pairs, *, threshold: float) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in encoded.examples]
    kept = pairs.scores >= threshold
    for one, other in zip(pairs.left[kept].tolist(), pairs.right[kept].tolist(), strict=True):
        found[one].append(encoded.examples[other]["id"])
    return found


FORMAT = Mining()
