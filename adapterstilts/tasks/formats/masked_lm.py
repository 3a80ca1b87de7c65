"""The words behind the masks: what backbones are pretrained on, and a source of its own."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from typing import Any

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import IGNORED, Encoded, Format, Output, Row
from adapterstilts.tasks.ragged import Ragged
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

SHARE = 0.15
"""Share of the pieces that are asked (Devlin et al. 2019, section 3.1), as are the shares below."""
SALIENT = 0.8
"""Share that is asked of `salient` spans, `[segment, start, end]` in characters, where a task has
such a column: what only understanding can supply is asked more often than the rest (salient span
masking, Guu et al. 2020, section 3.4)."""
MASKED = 0.8
"""Share of the asked pieces that become `<mask>`."""
REPLACED = 0.1
"""Share of the asked pieces that become any other piece; the rest stay as they are."""


class MaskedLM(Format):
    """Says which pieces were masked, and how surprising the right ones were.

    Training text is left as it is, for the trainer masks it anew in every epoch; other splits are
    masked here, by the example's id alone, so that every model is asked the same.
    """

    name = "masked_lm"
    head = "lm"
    roles = ("text",)
    metrics = ("masked_accuracy", "masked_loss")
    labelled = False

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return one feature a row, cut to the window; masked where it is not to be learned."""
        inputs = fields.inputs(
            task, rows, tokenizer, roles=("text", "second"), max_length=max_length
        )
        names = [fields.identity(task, row) for row in rows]
        owner = list(range(len(rows)))
        if split == "train":
            features = {"input_ids": inputs}
            if "salient" in task.roles:
                features["salient"] = Ragged.of(_salient(task, rows, tokenizer, inputs, max_length))
            examples = [{"id": name, "reference": 0} for name in names]
            return Encoded(examples=examples, features=features, owner=owner)
        pieces = [id for id in range(tokenizer.size) if id not in tokenizer.controls]
        masked = [
            _masked(ids, name, tokenizer=tokenizer, pieces=pieces)
            for ids, name in zip(inputs, names, strict=True)
        ]
        return Encoded(
            examples=[
                {"id": name, "reference": sum(label != IGNORED for label in labels)}
                for name, (_, labels) in zip(names, masked, strict=True)
            ],
            features={
                "input_ids": Ragged.of(ids for ids, _ in masked),
                "labels": Ragged.of(labels for _, labels in masked),
            },
            owner=owner,
        )

    def decode(
        self, task: Task, encoded: Encoded, outputs: Sequence[Output]
    ) -> list[dict[str, Any]]:
        """Return how many masks were filled rightly, of how many, and the sum of their losses."""
        return [
            _outcome([label for label in labels if label != IGNORED], output)
            for labels, output in zip(encoded.features["labels"], outputs, strict=True)
        ]

    def outputs(self, task: Task) -> int:
        """Return none: the backbone brings its own head."""
        return 0


def _salient(
    task: Task,
    rows: Sequence[Row],
    tokenizer: Tokenizer,
    inputs: Sequence[Sequence[int]],
    max_length: int,
) -> Iterator[list[int]]:
    """Yield 1 for every piece of a salient span and 0 for the rest, one number a piece."""
    firsts = tokenizer.all_pieces([fields.text(task, row, "text") for row in rows])
    paired = "second" in task.roles
    seconds = tokenizer.all_pieces(
        [fields.text(task, row, "second") if paired else "" for row in rows]
    )
    for row, ids, *sides in zip(rows, inputs, firsts, seconds, strict=True):
        flags = [0] * len(ids)
        first, _ = tokenizer.fit_pair(sides[0].ids, sides[1].ids, max_length)
        offsets, ends = (1, len(first) + 3), (len(first) + 1, len(ids) - 1)
        for segment, start, end in fields.items(task, row, "salient"):
            side, offset = sides[segment], offsets[segment]
            for place, (low, high) in enumerate(zip(side.starts, side.ends, strict=True)):
                if low < end and start < high and place + offset < ends[segment]:
                    flags[place + offset] = 1
        yield flags


def _masked(
    ids: Sequence[int], name: str, *, tokenizer: Tokenizer, pieces: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Return the ids with some of them hidden, and labels that are set at just these places."""
    controls = tokenizer.controls
    draw = random.Random(hashlib.sha256(name.encode()).digest()).random
    places = [place for place, id in enumerate(ids) if id not in controls]
    asked = [place for place in places if draw() < SHARE]
    if places and not asked:
        asked = [places[int(draw() * len(places))]]
    hidden, labels = list(ids), [IGNORED] * len(ids)
    for place in asked:
        labels[place] = ids[place]
        lot = draw()
        if lot < MASKED:
            hidden[place] = tokenizer.mask
        elif lot < MASKED + REPLACED:
            hidden[place] = pieces[int(draw() * len(pieces))]
    return hidden, labels


def _outcome(right: Sequence[int], output: Output) -> dict[str, Any]:
    best, losses = output[:, 0], output[:, 1]
    hits = sum(int(answer) == label for answer, label in zip(best, right, strict=True))
    return {"hits": hits, "total": len(right), "loss": float(sum(map(float, losses)))}


FORMAT = MaskedLM()
