from collections.abc import Callable

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.classification import FORMAT
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

LABELS = ("entailment", "neutral", "contradiction")


def test_a_pair_and_a_single_text(make_task: Callable[..., Task], tokenizer: Tokenizer) -> None:
    row = {"id": "r", "first": "the cat", "second": "sat", "label": "neutral"}
    pair = FORMAT.encode(
        make_task("classification", "first second label", labels=LABELS),
        [row],
        tokenizer,
        split="train",
        max_length=32,
    )
    single = FORMAT.encode(
        make_task("classification", "first label", labels=LABELS),
        [row],
        tokenizer,
        split="train",
        max_length=32,
    )
    first, second = tokenizer.ids(["the cat", "sat"])
    assert pair.features["input_ids"] == [tokenizer.pair(first, second)]
    assert single.features["input_ids"] == [tokenizer.single(first)]
    assert pair.features["labels"] == single.features["labels"] == [[1]]
    assert pair.examples == [{"id": "r", "reference": "neutral"}]


def test_a_number_is_an_id_too(make_task: Callable[..., Task], tokenizer: Tokenizer) -> None:
    task = make_task("classification", "first label", labels=LABELS)
    row = {"id": 7, "first": "cat", "label": 2}
    encoded = FORMAT.encode(task, [row], tokenizer, split="test", max_length=32)
    assert encoded.examples == [{"id": "7", "reference": "contradiction"}]


@pytest.mark.parametrize(
    ("labels", "label", "index"),
    [(("0", "1"), "1", 1), (("0", "1"), 1, 1), (("1", "0"), "0", 1), (("1", "0"), 0, 0)],
)
def test_a_label_is_itself_before_it_is_an_index(
    make_task: Callable[..., Task],
    tokenizer: Tokenizer,
    labels: tuple[str, ...],
    label: str | int,
    index: int,
) -> None:
    task = make_task("classification", "first label", labels=labels)
    row = {"id": "r", "first": "cat", "label": label}
    encoded = FORMAT.encode(task, [row], tokenizer, split="test", max_length=32)
    assert encoded.features["labels"] == [[index]]
    assert encoded.examples[0]["reference"] == labels[index]


@pytest.mark.parametrize("label", ["neutrl", 3, -1, True, "neutral\r"])
def test_an_unknown_label_is_named(
    make_task: Callable[..., Task], tokenizer: Tokenizer, label: object
) -> None:
    task = make_task("classification", "first label", labels=LABELS)
    with pytest.raises(StiltsError, match=r"row 'r'.*none of entailment, neutral, contradiction"):
        FORMAT.encode(
            task,
            [{"id": "r", "first": "cat", "label": label}],
            tokenizer,
            split="test",
            max_length=32,
        )


def test_of_equal_logits_the_first_label_wins(make_task: Callable[..., Task]) -> None:
    task = make_task("classification", "first label", labels=LABELS)
    encoded = Encoded(examples=[{}, {}], features={}, owner=[0, 1])
    outputs = list(np.asarray([[1, 3, 3], [0, 0, 0]], np.float32))
    assert FORMAT.decode(task, encoded, outputs) == ["neutral", "entailment"]
