from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.formats.multiple_choice import FORMAT
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

ROW = {"id": "r", "context": "the cat", "question": "on", "choices": ["mat", "dog"], "label": 1}


def encode(task: Task, tokenizer: Tokenizer, **changes: Any) -> Encoded:
    return FORMAT.encode(task, [{**ROW, **changes}], tokenizer, split="test", max_length=32)


def test_a_feature_a_choice(make_task: Callable[..., Task], tokenizer: Tokenizer) -> None:
    encoded = encode(make_task("multiple_choice", "context question choices label"), tokenizer)
    asked, mat, dog = tokenizer.ids(["the cat on", "mat", "dog"])
    assert encoded.features["input_ids"] == [tokenizer.pair(asked, mat), tokenizer.pair(asked, dog)]
    assert encoded.features["labels"] == [[0], [1]]
    assert encoded.owner == [0, 0]
    assert encoded.examples == [{"id": "r", "reference": 1}]


def test_the_question_is_optional(make_task: Callable[..., Task], tokenizer: Tokenizer) -> None:
    without = encode(make_task("multiple_choice", "context choices label"), tokenizer)
    empty = encode(
        make_task("multiple_choice", "context question choices label"), tokenizer, question=""
    )
    assert without == empty
    assert without.features["input_ids"][0] == tokenizer.pair(*tokenizer.ids(["the cat", "mat"]))


def test_the_highest_choice_wins_whatever_their_number(make_task: Callable[..., Task]) -> None:
    task = make_task("multiple_choice", "context choices label")
    encoded = Encoded(examples=[{}, {}, {}], features={}, owner=[0, 0, 1, 2, 2, 2])
    outputs = [np.asarray([value], np.float32) for value in (1, 2, -9, 3, 4, 4)]
    assert FORMAT.decode(task, encoded, outputs) == [1, 0, 1]
    assert FORMAT.outputs(task) == task.choices
    assert FORMAT.grouped


@pytest.mark.parametrize(
    ("labels", "label", "index"),
    [((), 0, 0), ((), "1", 1), (("A", "B", "C"), "B", 1), (("1", "2"), "2", 1), (("1", "2"), 0, 0)],
)
def test_a_label_may_have_a_name(
    make_task: Callable[..., Task],
    tokenizer: Tokenizer,
    labels: tuple[str, ...],
    label: str | int,
    index: int,
) -> None:
    task = make_task("multiple_choice", "context choices label", labels=labels)
    assert encode(task, tokenizer, label=label).examples[0]["reference"] == index


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"label": 2}, "label 2 is none of 0, 1"),
        ({"label": ""}, "label '' is none of 0, 1"),
        ({"choices": []}, "0 choices, not 1 to 2"),
        ({"choices": ["a", "b", "c"]}, "3 choices, not 1 to 2"),
        ({"choices": ["a", None]}, "not all of it text"),
    ],
)
def test_rows_that_cannot_be_asked_are_refused(
    make_task: Callable[..., Task], tokenizer: Tokenizer, changes: dict[str, Any], reason: str
) -> None:
    task = make_task("multiple_choice", "context choices label", choices=2)
    with pytest.raises(StiltsError, match=rf"row 'r' .*{reason}"):
        encode(task, tokenizer, **changes)
