"""The answer to a question, cut out of a passage."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Encoded, Format, Output, Row
from adapterstilts.tasks.places import Pieces
from adapterstilts.tasks.ragged import Growing
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import PAIR_CONTROLS, Tokenizer

MAX_QUESTION = 64
"""Longest question in pieces, as in XTREME's SQuAD scripts."""
MAX_ANSWER = 30
"""Longest answer in pieces, as there."""
WINDOWS = 3
"""A window begins every third of the longest input, as every 128 of 384 pieces there."""
NOWHERE = (0, 0)
"""Where the answer is in a window that does not hold it: at `<s>`."""

Place = tuple[int, int]
_PLACES = ("starts", "ends", "first")
"""Columns that say which characters a window's pieces are, and where the first of them is."""


class SpanQA(Format):
    """Says which characters of the passage answer the question.

    A passage that is longer than the window is read in overlapping windows, and the best span of
    all windows is the answer. There is always one, as in XQuAD, MLQA and TyDiQA, unless the task
    says that some questions have none: then it must beat `<s>` in the window where that is worst,
    as in SQuAD 2.0 with a threshold of 0. A question without an answer teaches the place of `<s>`.
    """

    name = "span_qa"
    head = "span"
    roles = ("context", "question", "answers")
    metrics = (
        "f1",
        "exact_match",
        "squad2_f1",
        "squad2_exact_match",
        "mlqa_f1",
        "mlqa_exact_match",
    )

    longest: ClassVar[int] = MAX_ANSWER
    """Most pieces of an answer that is given."""

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return `<s> question </s></s> passage </s>` for each window of each passage.

        What is only there to cut answers out is left out of training text.
        """
        passages = tokenizer.all_pieces([fields.text(task, row, "context") for row in rows])
        questions = tokenizer.ids([fields.text(task, row, "question") for row in rows])
        labelled = fields.labelled(task, rows, "answers", split=split)
        answered = split != "train"
        names = ["input_ids", *_PLACES * answered, *["labels"] * labelled]
        features = {name: Growing() for name in names}
        examples: list[dict[str, Any]] = []
        owner = []
        room = max(max_length - PAIR_CONTROLS, 2)
        for row, pieces, question in zip(rows, passages, questions, strict=True):
            answers = _answers(task, row) if labelled else None
            asked = question[: min(MAX_QUESTION, room // 2)]
            first = len(asked) + PAIR_CONTROLS - 1
            gold = _pieces_of(pieces, answers[0]) if answers else None
            for low, high in _windows(len(pieces.ids), room - len(asked), max_length):
                features["input_ids"].append(tokenizer.pair(asked, pieces.ids[low:high]))
                if answered:
                    features["starts"].append(pieces.starts[low:high])
                    features["ends"].append(pieces.ends[low:high])
                    features["first"].append([first])
                if labelled:
                    features["labels"].append(_inside(gold, low, high, first))
                owner.append(len(examples))
            reference = None if answers is None else [answer["text"] for answer in answers]
            examples.append({"id": fields.identity(task, row), "reference": reference})
            if answered:
                examples[-1]["context"] = row["context"]
        columns = {name: growing.ragged() for name, growing in features.items()}
        return Encoded(examples=examples, features=columns, owner=owner)

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[str]:
        """Return the span with the highest sum of start and end logits, of equals the first."""
        answers = [""] * len(encoded.examples)
        best = [-math.inf] * len(encoded.examples)
        nothing = [math.inf] * len(encoded.examples)
        places = zip(*(encoded.features[name] for name in _PLACES), strict=True)
        for owner, (starts, ends, (first,)), output in zip(
            encoded.owner, places, outputs, strict=True
        ):
            nothing[owner] = min(nothing[owner], float(output[NOWHERE, (0, 1)].sum()))
            if not starts:
                continue
            score, low, high = _best_span(output[first : first + len(starts)], self.longest)
            if score > best[owner]:
                best[owner] = score
                answers[owner] = encoded.examples[owner]["context"][starts[low] : ends[high]]
        if not task.unanswerable:
            return answers
        return [
            answer if score >= none else ""
            for answer, score, none in zip(answers, best, nothing, strict=True)
        ]

    def outputs(self, task: Task) -> int:
        """Return two: a start and an end."""
        return 2


def _answers(task: Task, row: Row) -> Sequence[Mapping[str, Any]]:
    """Return the right answers, each seen to stand where it says."""
    context, answers = fields.text(task, row, "context"), fields.items(task, row, "answers")
    for answer in answers:
        try:
            start, text = int(answer["start"]), str(answer["text"])
        except (KeyError, TypeError, ValueError) as error:
            reason = f"answer {answer!r} is not a `text` with its `start`; mend the data"
            raise fields.refuse(task, row, reason) from error
        if context[start : start + len(text)] != text:
            raise fields.refuse(
                task, row, f"the answer {text!r} does not stand at {start}; mend the data"
            )
    return answers


def _pieces_of(pieces: Pieces, answer: Mapping[str, Any]) -> Place | None:
    """Return the first and the last piece that share a character with the answer."""
    low, high = answer["start"], answer["start"] + len(answer["text"])
    first, last = bisect_right(pieces.ends, low), bisect_left(pieces.starts, high) - 1
    while first <= last and pieces.starts[first] == pieces.ends[first]:
        first += 1
    return (first, last) if first <= last else None


def _inside(gold: Place | None, low: int, high: int, first: int) -> Place:
    """Return the answer's place in a window's input, where the window holds all of it."""
    if gold is None or gold[0] < low or gold[1] >= high:
        return NOWHERE
    return gold[0] - low + first, gold[1] - low + first


def _windows(length: int, room: int, max_length: int) -> Iterator[Place]:
    """Yield where the windows over a passage begin and end; there is always one.

    Neighbours share so many pieces that every answer that can be given is whole in one of them;
    two thirds of a window, where it is too small for that.
    """
    most = max(room - MAX_ANSWER + 1, room // WINDOWS, 1)
    step = min(max(max_length // WINDOWS, 1), most)
    low = 0
    while low + room < length:
        yield low, low + room
        low += step
    yield low, length


def _best_span(logits: Output, longest: int) -> tuple[float, int, int]:
    """Return the score, the first and the last piece of the best span that is not too long."""
    starts, ends = logits[:, 0], logits[:, 1]
    padded = np.pad(ends, (0, longest - 1), constant_values=-np.inf)
    sums = starts[:, None] + sliding_window_view(padded, longest)
    low, more = divmod(int(np.argmax(sums)), longest)
    return float(sums[low, more]), low, low + more


FORMAT = SpanQA()
