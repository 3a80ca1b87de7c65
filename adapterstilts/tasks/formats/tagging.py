"""One tag for every word of a sentence."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import IGNORED, Encoded, Format, Output, Row
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import SINGLE_CONTROLS, Tokenizer, Words

Window = list[list[int]]
"""The pieces of each of some words that follow one another."""


class Tagging(Format):
    """Says what each word is: parts of speech, names. A word is read at its first piece."""

    name = "tagging"
    head = "token"
    roles = ("tokens", "tags")
    metrics = ("token_accuracy", "entity_f1", "pos_f1")

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return one feature a row, or several of a sentence that is longer than the window.

        A sentence is cut between words; only a word that alone exceeds the window loses pieces.
        """
        room = max(max_length - SINGLE_CONTROLS, 1)
        sentences = tokenizer.all_words([fields.texts(task, row, "tokens") for row in rows])
        features: dict[str, list[list[int]]] = {"input_ids": [], "labels": [], "positions": []}
        examples: list[dict[str, Any]] = []
        owner = []
        for row, sentence in zip(rows, sentences, strict=True):
            tags = _tags(task, row)
            rest = iter(tags)
            for window in _windows(sentence, room):
                positions = np.cumsum([1, *map(len, window)])[:-1].tolist()
                input_ids = tokenizer.single([piece for word in window for piece in word])
                labels = [IGNORED] * len(input_ids)
                for position in positions:
                    labels[position] = next(rest)
                features["input_ids"].append(input_ids)
                features["labels"].append(labels)
                features["positions"].append(positions)
                owner.append(len(examples))
            reference = [task.labels[tag] for tag in tags]
            examples.append({"id": fields.identity(task, row), "reference": reference})
        return Encoded(examples=examples, features=features, owner=owner)

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


def _windows(sentence: Words, room: int) -> list[Window]:
    """Return the words in windows of at most so many pieces, at least one window."""
    words: Window = [[] for _ in range(sentence.count)]
    for piece, word in zip(sentence.ids, sentence.owner, strict=True):
        words[word].append(piece)
    windows: list[Window] = [[]]
    used = 0
    for word_pieces in words:
        kept = word_pieces[:room]
        if used + len(kept) > room:
            windows.append([])
            used = 0
        windows[-1].append(kept)
        used += len(kept)
    return windows


FORMAT = Tagging()
