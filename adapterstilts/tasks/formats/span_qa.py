"""The answer to a question, cut out of a passage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from adapterstilts.tasks.formats import fields
from adapterstilts.tasks.formats.format import Encoded, Format, Output, Row
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import PAIR_CONTROLS, Pieces, Tokenizer

MAX_QUESTION = 64
"""Longest question in pieces, as in XTREME's SQuAD scripts."""
MAX_ANSWER = 30
"""Longest answer in pieces, as there."""
WINDOWS = 3
"""A window begins every third of the longest input, as every 128 of 384 pieces there."""
NOWHERE = (0, 0)
"""Where the answer is in a window that does not hold it: at `<s>`."""

Place = tuple[int, int]


class SpanQA(Format):
    """Says which characters of the passage answer the question.

    A passage that is longer than the window is read in overlapping windows, and the best span of
    all windows is the answer. There is always one, as in XQuAD, MLQA and TyDiQA; a question
    without an answer teaches the place of `<s>`.
    """

    name = "span_qa"
    head = "span"
    roles = ("context", "question", "answers")
    metrics = ("f1", "exact_match")

    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return `<s> question </s></s> passage </s>` for each window of each passage."""
        passages = tokenizer.all_pieces([fields.text(task, row, "context") for row in rows])
        questions = tokenizer.ids([fields.text(task, row, "question") for row in rows])
        names = ("input_ids", "labels", "starts", "ends", "first")
        features: dict[str, list[list[int]]] = {name: [] for name in names}
        examples: list[dict[str, Any]] = []
        owner = []
        room = max(max_length - PAIR_CONTROLS, 2)
        for row, pieces, question in zip(rows, passages, questions, strict=True):
            context, answers = fields.text(task, row, "context"), _answers(task, row)
            asked = question[: min(MAX_QUESTION, room // 2)]
            first = len(asked) + PAIR_CONTROLS - 1
            gold = _pieces_of(pieces, answers[0]) if answers else None
            step = max(max_length // WINDOWS, 1)
            for low, high in _windows(len(pieces.ids), room=room - len(asked), step=step):
                place = _inside(gold, low, high, first)
                features["input_ids"].append(tokenizer.pair(asked, pieces.ids[low:high]))
                features["labels"].append(list(place))
                features["starts"].append(pieces.starts[low:high])
                features["ends"].append(pieces.ends[low:high])
                features["first"].append([first])
                owner.append(len(examples))
            reference = [answer["text"] for answer in answers]
            identity = fields.identity(task, row)
            examples.append({"id": identity, "reference": reference, "context": context})
        return Encoded(examples=examples, features=features, owner=owner)

    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[str]:
        """Return the span with the highest sum of start and end logits, of equals the first."""
        answers = [""] * len(encoded.examples)
        best = [-np.inf] * len(encoded.examples)
        places = zip(*(encoded.features[name] for name in ("starts", "ends", "first")), strict=True)
        for owner, (starts, ends, (first,)), output in zip(
            encoded.owner, places, outputs, strict=True
        ):
            if not starts:
                continue
            score, low, high = _best_span(output[first : first + len(starts)])
            if score > best[owner]:
                best[owner] = score
                answers[owner] = encoded.examples[owner]["context"][starts[low] : ends[high]]
        return answers

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
    inside = [
        number
        for number, (start, end) in enumerate(zip(pieces.starts, pieces.ends, strict=True))
        if start < high and end > low
    ]
    return (inside[0], inside[-1]) if inside else None


def _inside(gold: Place | None, low: int, high: int, first: int) -> Place:
    """Return the answer's place in a window's input, where the window holds all of it."""
    if gold is None or gold[0] < low or gold[1] >= high:
        return NOWHERE
    return gold[0] - low + first, gold[1] - low + first


def _windows(length: int, *, room: int, step: int) -> Iterator[Place]:
    """Yield where the windows over a passage begin and end; there is always one."""
    low = 0
    while low + room < length:
        yield low, low + room
        low += min(step, room)
    yield low, length


def _best_span(logits: Output) -> tuple[float, int, int]:
    """Return the score, the first and the last piece of the best span that is not too long."""
    starts, ends = logits[:, 0], logits[:, 1]
    padded = np.pad(ends, (0, MAX_ANSWER - 1), constant_values=-np.inf)
    sums = starts[:, None] + sliding_window_view(padded, MAX_ANSWER)
    low, more = divmod(int(np.argmax(sums)), MAX_ANSWER)
    return float(sums[low, more]), low, low + more


FORMAT = SpanQA()
