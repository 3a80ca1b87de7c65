"""Choices of unequal number, from rows to a batch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.multiple_choice import FORMAT
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.tasks.tokenizing import Tokenizer
from adapterstilts.toyworld.tokenizer import build

ARC = Task(
    name="arc",
    format="multiple_choice",
    suite="test",
    data=ToyData(generator="none", sizes={}),
    roles=("context", "choices", "label"),
    languages={"en": "en"},
    metrics=(),
    primary="",
    description="Three to five choices, as in ARC.",
    licence="CC0-1.0",
    citation="",
    choices=5,
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    build().save(str(folder / "tokenizer.json"))
    return Tokenizer.load(folder)


@given(counts=st.lists(st.integers(3, 5), min_size=1, max_size=6), data=st.data())
def test_examples_with_3_to_5_choices_share_a_batch(
    tokenizer: Tokenizer, counts: list[int], data: st.DataObject
) -> None:
    right = [data.draw(st.integers(0, count - 1)) for count in counts]
    rows = [
        {
            "id": str(number),
            "context": "which?",
            "choices": [f"{number} {choice} " + "x" * choice for choice in range(count)],
            "label": label,
        }
        for number, (count, label) in enumerate(zip(counts, right, strict=True))
    ]
    encoded = FORMAT.encode(ARC, rows, tokenizer, split="train", max_length=24)
    items = Items(encoded, Head(name="x", kind="choice", outputs=5), pad=tokenizer.pad)
    order = data.draw(st.permutations(range(len(rows))))
    batch = items.batch(order, torch.device("cpu"))
    assert batch["labels"].tolist() == [right[number] for number in order]
    assert batch["there"].sum(1).tolist() == [counts[number] for number in order]
    features = iter(range(len(encoded.owner)))
    places = {
        (number, slot): next(features)
        for number in range(len(rows))
        for slot in range(counts[number])
    }
    for row, number in enumerate(order):
        for slot in range(5):
            mask = batch["attention_mask"][row, slot].bool()
            ids = batch["input_ids"][row, slot][mask].tolist()
            place = places.get((number, slot))
            there = [tokenizer.pad] if place is None else encoded.features["input_ids"][place]
            assert ids == there


def test_a_batch_of_choices_is_answered_from_its_own(tokenizer: Tokenizer) -> None:
    rows = [
        {"id": "a", "context": "which?", "choices": ["x", "y", "z", "u", "v"], "label": 4},
        {"id": "b", "context": "which?", "choices": ["x", "y", "z"], "label": 2},
    ]
    encoded = FORMAT.encode(ARC, rows, tokenizer, split="test", max_length=24)
    outputs = [np.float32([value]) for value in (0, 1, 2, 3, 4, 0, 1, 2)]
    assert FORMAT.decode(ARC, encoded, outputs) == [4, 2]
