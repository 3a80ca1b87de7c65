from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import Asked, Encoded
from adapterstilts.tasks.formats.mining import FORMAT
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


@pytest.fixture(scope="module")
def task(make_task: Callable[..., Task]) -> Task:
    return make_task("mining", "text side targets")


def row(name: str, text: str, *targets: str) -> dict[str, Any]:
    side = "source" if name.startswith("s") else "target"
    return {"id": name, "text": text, "side": side, "targets": list(targets)}


def asked(task: Task, tokenizer: Tokenizer, rows: list[dict[str, Any]], *points: Any) -> Asked:
    """Return rows with embeddings that point in a few directions each."""
    encoded = FORMAT.encode(task, rows, tokenizer, split="test", max_length=16)
    outputs = [np.asarray(point, np.float32) for point in points]
    return Asked(encoded=encoded, outputs=outputs)


def answered(task: Task, some: Asked, dev: Asked) -> dict[str, list[str]]:
    return {example["id"]: answer for example, answer in FORMAT.answers(task, some, dev=dev)}


@pytest.fixture
def easy(task: Task, tokenizer: Tokenizer) -> Asked:
    """Return a dev split in which the first pair is right and the second, less sure, is not."""
    rows = [row("s1", "cat", "t1"), row("s2", "dog"), row("t1", "mat"), row("t2", "the")]
    return asked(task, tokenizer, rows, [1, 0, 0], [3, 4, 0], [1, 0, 0], [0, 4, 3])


def test_a_feature_for_each_sentence_says_its_side_and_its_first_double(
    task: Task, tokenizer: Tokenizer
) -> None:
    rows = [row("s1", "cat "), row("s2", "dog", "t1"), row("s3", " cat"), row("t1", "cat")]
    encoded = FORMAT.encode(task, rows, tokenizer, split="test", max_length=16)
    assert list(encoded.features["side"]) == [[0], [0], [0], [1]]
    # A sentence of the other side is no double.
    assert list(encoded.features["same"]) == [[0], [1], [0], [3]]
    assert encoded.examples[1] == {"id": "s2", "reference": ["t1"]}
    assert encoded.owner == [0, 1, 2, 3]


def test_pairs_below_the_threshold_of_dev_are_left_out(
    task: Task, tokenizer: Tokenizer, easy: Asked
) -> None:
    assert FORMAT.decode(task, easy.encoded, easy.outputs) == [["t1"], ["t2"], [], []]
    assert answered(task, easy, easy) == {"s1": ["t1"]}


def test_only_sentences_with_something_to_say_are_told_and_where_they_are(
    task: Task, tokenizer: Tokenizer, easy: Asked
) -> None:
    rows = [row("s1", "a"), row("s2", "b", "t9"), row("s3", "c"), row("t1", "d"), row("t9", "e")]
    points = [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 1, 1]
    found = list(FORMAT.answers(task, asked(task, tokenizer, rows, *points), dev=easy))
    assert [(example["id"], answer) for example, answer in found] == [("s2", []), ("s3", ["t1"])]
    assert [example["extra"] for example, _ in found] == [
        {"row": 1, "rows": 3},
        {"row": 2, "rows": 3},
    ]


def test_a_sentence_that_stands_twice_on_a_side_is_in_no_pair(
    task: Task, tokenizer: Tokenizer, easy: Asked
) -> None:
    """As in XTREME: it is mined once, may take its partner from others, and is then dropped."""
    rows = [
        row("s1", "cat", "t1"),
        row("s2", "dog", "t2"),
        row("s3", "cat"),
        row("t1", "mat"),
        row("t2", "the"),
    ]
    points = [1, 0, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]
    once = [*rows[:2], row("s3", "sat"), *rows[3:]]
    assert answered(task, asked(task, tokenizer, rows, *points), easy) == {"s1": [], "s2": ["t2"]}
    others = [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]
    whole = answered(task, asked(task, tokenizer, once, *others), easy)
    assert whole == {"s1": ["t1"], "s2": ["t2"]}


def test_without_gold_what_was_mined_is_predicted_all_the_same(
    task: Task, tokenizer: Tokenizer, easy: Asked
) -> None:
    names = ("s1", "cat"), ("s2", "dog"), ("t1", "mat"), ("t2", "the")
    rows = [{**row(*each), "targets": None} for each in names]
    some = asked(task, tokenizer, rows, [1, 0], [0, 1], [1, 0], [0, 1])
    found = list(FORMAT.answers(task, some, dev=easy))
    assert [(example["reference"], answer) for example, answer in found] == [
        (None, ["t1"]),
        (None, ["t2"]),
    ]


def test_dev_is_needed(task: Task, easy: Asked) -> None:
    with pytest.raises(ValueError, match="dev split"):
        list(FORMAT.answers(task, easy))


def test_a_side_that_is_neither_is_refused(task: Task, tokenizer: Tokenizer) -> None:
    rows = [{**row("s1", "cat"), "side": "left"}]
    with pytest.raises(StiltsError, match="side is 'left', not source or target"):
        FORMAT.encode(task, rows, tokenizer, split="dev", max_length=16)


def test_an_empty_side_gives_nothing(task: Task, tokenizer: Tokenizer, easy: Asked) -> None:
    some = asked(task, tokenizer, [row("s1", "cat"), row("s2", "dog", "t1")], [1, 0], [0, 1])
    assert answered(task, some, easy) == {"s2": []}
    assert (
        FORMAT.decode(task, Encoded(examples=[], features={"side": [], "same": []}, owner=[]), [])
        == []
    )


def test_nothing_is_trained(task: Task) -> None:
    assert (FORMAT.head, FORMAT.outputs(task), FORMAT.calibrated) == ("none", 0, True)
