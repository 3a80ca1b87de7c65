from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adapterstilts.tasks.formats.format import IGNORED, Encoded
from adapterstilts.tasks.formats.masked_lm import FORMAT
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

TEXT = "the cat sat on the mat and the unbelievable dog sat on 你好 "


@pytest.fixture(scope="module")
def task(make_task: Callable[..., Task]) -> Task:
    return make_task("masked_lm", "text")


def rows(count: int, text: str = TEXT) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "text": text} for number in range(count)]


def encode(task: Task, tokenizer: Tokenizer, given: list[dict[str, Any]], split: str) -> Encoded:
    return FORMAT.encode(task, given, tokenizer, split=split, max_length=64)


def test_training_text_is_left_to_the_trainer(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, rows(2), "train")
    assert list(encoded.features) == ["input_ids"]
    assert encoded.features["input_ids"] == tokenizer.singles([TEXT, TEXT], max_length=64)


def test_other_splits_hide_some_pieces_and_ask_for_them(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, rows(50), "dev")
    (whole,) = tokenizer.singles([TEXT], max_length=64)
    for example, input_ids, labels in zip(
        encoded.examples, encoded.features["input_ids"], encoded.features["labels"], strict=True
    ):
        asked = [place for place, label in enumerate(labels) if label != IGNORED]
        assert example["reference"] == len(asked) >= 1
        assert [labels[place] for place in asked] == [whole[place] for place in asked]
        assert not {labels[place] for place in asked} & tokenizer.controls
        rest = set(range(len(whole))) - set(asked)
        assert all(input_ids[place] == whole[place] for place in rest)
        assert not {input_ids[place] for place in asked} & (tokenizer.controls - {tokenizer.mask})


def test_the_shares_are_those_of_bert(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, rows(3000), "test")
    (whole,) = tokenizer.singles([TEXT], max_length=64)
    asked, kinds = 0, {"masked": 0, "kept": 0, "replaced": 0}
    for input_ids, labels in zip(
        encoded.features["input_ids"], encoded.features["labels"], strict=True
    ):
        for given, label in zip(input_ids, labels, strict=True):
            if label != IGNORED:
                asked += 1
                kind = "masked" if given == tokenizer.mask else "kept"
                kinds["replaced" if kind == "kept" and given != label else kind] += 1
    places = 3000 * len([id for id in whole if id not in tokenizer.controls])
    assert asked / places == pytest.approx(0.15, abs=0.02)
    assert kinds["masked"] / asked == pytest.approx(0.8, abs=0.02)
    assert kinds["replaced"] / asked == pytest.approx(0.1, abs=0.015)
    assert kinds["kept"] / asked == pytest.approx(0.1, abs=0.015)


def test_what_is_hidden_depends_on_the_id_alone(task: Task, tokenizer: Tokenizer) -> None:
    three = encode(task, tokenizer, rows(3), "dev")
    last = encode(task, tokenizer, rows(3)[2:], "test")
    assert last.features["labels"][0] == three.features["labels"][2]
    assert last.features["input_ids"][0] == three.features["input_ids"][2]
    assert three.features["labels"][0] != three.features["labels"][1]


@pytest.mark.parametrize(("text", "asked"), [("a", 1), ("", 0), ("🂡", 1)])
def test_short_texts(task: Task, tokenizer: Tokenizer, text: str, asked: int) -> None:
    encoded = encode(task, tokenizer, rows(1, text), "test")
    assert encoded.examples[0]["reference"] == asked
    outputs = [np.zeros((asked, 2), np.float32)]
    assert FORMAT.decode(task, encoded, outputs) == [{"hits": 0, "total": asked, "loss": 0.0}]


def test_a_second_segment_makes_a_pair(
    make_task: Callable[..., Task], tokenizer: Tokenizer
) -> None:
    task = make_task("masked_lm", "text second")
    row = {"id": "r", "text": "the cat", "second": "dog"}
    encoded = encode(task, tokenizer, [row], "train")
    assert encoded.features["input_ids"] == [tokenizer.pair(*tokenizer.ids(["the cat", "dog"]))]


def test_hits_and_losses_are_summed(task: Task) -> None:
    encoded = Encoded(
        examples=[{}, {}],
        features={"labels": [[IGNORED, 7, IGNORED, 9, 8], [5]]},
        owner=[0, 1],
    )
    outputs = [
        np.asarray(pairs, np.float32) for pairs in ([[7, 0.5], [1, 2.0], [8, 0.25]], [[4, 1.0]])
    ]
    assert FORMAT.decode(task, encoded, outputs) == [
        {"hits": 2, "total": 3, "loss": 2.75},
        {"hits": 0, "total": 1, "loss": 1.0},
    ]
