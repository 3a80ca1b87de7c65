"""One tag for every word of a sentence."""

from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import IGNORED, Encoded, Format, Output, Row
from adapterstilts.tasks.ragged import Growing
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import SINGLE_CONTROLS, Tokenizer, Words


class Tagging(Format):
    """Says what each word is: parts of speech, names. A word is read at its first piece."""

    name = "tagging"
    head = "token"
    roles = ("tokens", "tags")
    metrics = (
        "token_accuracy",
        "entity_f1",
        "entity_precision",
        "entity_recall",
        "pos_f1",
        "pos_precision",
        "pos_recall",
    )

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return one feature a row, or several of a sentence that is longer than the window.

        A sentence is cut between words; only a word that alone exceeds the window loses pieces.
        """
        room = max(max_length - SINGLE_CONTROLS, 1)
        sentences = tokenizer.all_words([fields.texts(task, row, "tokens") for row in rows])
        labelled = fields.labelled(task, rows, "tags", split=split)
        names = ("input_ids", "positions", *(["labels"] if labelled else []))
        features = {name: Growing() for name in names}
        examples: list[dict[str, Any]] = []
        owner = []
        for row, sentence in zip(rows, sentences, strict=True):
            tags = _tags(task, row) if labelled else None
            done = 0
            for window in _windows(sentence, room):
                positions = list(accumulate(map(len, window[:-1]), initial=1)) if window else []
                input_ids = tokenizer.single(list(chain.from_iterable(window)))
                features["input_ids"].append(input_ids)
                features["positions"].append(positions)
                owner.append(len(examples))
                if tags is not None:
                    labels = [IGNORED] * len(input_ids)
                    some = tags[done : done + len(window)]
                    for position, tag in zip(positions, some, strict=True):
                        labels[position] = tag
                    features["labels"].append(labels)
                done += len(window)
            reference = None if tags is None else [task.labels[tag] for tag in tags]
            examples.append({"id": fields.identity(task, row), "reference": reference})
        columns = {name: growing.ragged() for name, growing in features.items()}
        return Encoded(examples=examples, features=columns, owner=owner)

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[list[str]]:
        """Return one tag a word, of equals the first; a sentence's windows are joined again."""
        answers: list[list[str]] = [[] for _ in encoded.examples]
        for owner, positions, output in zip(
            encoded.owner, encoded.features["positions"], outputs, strict=True
        ):
            best = np.argmax(output[np.asarray(positions, dtype=np.intp)], axis=-1).tolist()
            answers[owner].extend(task.labels[tag] for tag in best)
        return answers


def _tags(task: Task, row: Row) -> list[int]:
    tags = [
        fields.label(task, row, tag, known=task.labels) for tag in fields.items(task, row, "tags")
    ]
    words = len(fields.items(task, row, "tokens"))
    if len(tags) != words:
        raise fields.refuse(task, row, f"{words} tokens but {len(tags)} tags; mend the data")
    return tags


def _windows(words: Words, room: int) -> list[Words]:
    """Return the words in windows of at most so many pieces, at least one window."""
    windows: list[Words] = [[]]
    used = 0
    for pieces in words:
        kept = pieces[:room]
        if used + len(kept) > room:
            windows.append([])
            used = 0
        windows[-1].append(kept)
        used += len(kept)
    return windows


FORMAT = Tagging()
