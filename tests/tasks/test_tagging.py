from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import IGNORED
from adapterstilts.tasks.formats.tagging import FORMAT
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

LABELS = ("DET", "NOUN", "VERB")


@pytest.fixture(scope="module")
def task(make_task: Callable[..., Task]) -> Task:
    return make_task("tagging", "tokens tags", labels=LABELS)


def test_a_word_is_read_at_its_first_piece(task: Task, tokenizer: Tokenizer) -> None:
    words = ["the", "unbelievable", "cat"]
    row = {"id": "r", "tokens": words, "tags": ["DET", "VERB", 1]}
    encoded = FORMAT.encode(task, [row], tokenizer, split="train", max_length=32)
    assert [len(pieces) for pieces in tokenizer.words(words)] == [1, 3, 1]
    assert encoded.features["positions"] == [[1, 2, 5]]
    assert encoded.features["labels"] == [[IGNORED, 0, 2, IGNORED, IGNORED, 1, IGNORED]]
    assert encoded.examples == [{"id": "r", "reference": ["DET", "VERB", "NOUN"]}]


def test_a_long_sentence_is_cut_between_words_and_joined(task: Task, tokenizer: Tokenizer) -> None:
    words = ["unbelievable", "cat", "the", "unbelievable", "mat"]
    row = {"id": "r", "tokens": words, "tags": ["NOUN"] * 5}
    encoded = FORMAT.encode(task, [row], tokenizer, split="test", max_length=7)
    assert encoded.owner == [0, 0]
    assert encoded.features["positions"] == [[1, 4, 5], [1, 4]]
    first, second = (
        np.zeros((len(input_ids), 3), np.float32) for input_ids in encoded.features["input_ids"]
    )
    first[[1, 4, 5], [0, 1, 2]] = 1
    second[[1, 4], [2, 1]] = 1
    expected = [["DET", "NOUN", "VERB", "VERB", "NOUN"]]
    assert FORMAT.decode(task, encoded, [first, second]) == expected


def test_a_word_longer_than_the_window_keeps_its_tag(task: Task, tokenizer: Tokenizer) -> None:
    row = {"id": "r", "tokens": ["the", "unbelievable" * 9, "cat"], "tags": ["DET", "VERB", "NOUN"]}
    encoded = FORMAT.encode(task, [row], tokenizer, split="test", max_length=8)
    assert [len(input_ids) for input_ids in encoded.features["input_ids"]] == [3, 8, 3]
    assert encoded.features["positions"] == [[1], [1], [1]]


def test_a_sentence_without_words_has_a_feature(task: Task, tokenizer: Tokenizer) -> None:
    sentences: list[tuple[str, list[str]]] = [("r", []), ("s", ["cat"])]
    rows = [{"id": id, "tokens": words, "tags": [0] * len(words)} for id, words in sentences]
    encoded = FORMAT.encode(task, rows, tokenizer, split="test", max_length=8)
    assert encoded.owner == [0, 1]
    outputs = [np.zeros((len(ids), 3), np.float32) for ids in encoded.features["input_ids"]]
    assert FORMAT.decode(task, encoded, outputs) == [[], ["DET"]]


def test_tags_that_do_not_fit_the_tokens_are_refused(task: Task, tokenizer: Tokenizer) -> None:
    row = {"id": "r", "tokens": ["the", "cat"], "tags": ["DET"]}
    with pytest.raises(StiltsError, match=r"row 'r' .*: 2 tokens but 1 tags"):
        FORMAT.encode(task, [row], tokenizer, split="test", max_length=8)


def test_a_token_that_is_no_text_is_refused(task: Task, tokenizer: Tokenizer) -> None:
    row = {"id": "r", "tokens": ["the", 3], "tags": ["DET", "DET"]}
    with pytest.raises(StiltsError, match="not all of it text"):
        FORMAT.encode(task, [row], tokenizer, split="test", max_length=8)


@given(
    words=st.lists(st.text(alphabet="abc你 .", max_size=12), max_size=12),
    max_length=st.integers(3, 12),
)
def test_every_word_gets_its_own_answer(
    task: Task, tokenizer: Tokenizer, words: list[str], max_length: int
) -> None:
    tags = [LABELS[number % 3] for number in range(len(words))]
    row = {"id": "r", "tokens": words, "tags": tags}
    encoded = FORMAT.encode(task, [row], tokenizer, split="test", max_length=max_length)
    assert all(len(input_ids) <= max_length for input_ids in encoded.features["input_ids"])
    outputs = [
        np.eye(3, dtype=np.float32)[np.maximum(labels, 0)] for labels in encoded.features["labels"]
    ]
    assert FORMAT.decode(task, encoded, outputs) == [tags]
