import pytest
import torch

from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.format import Encoded

CPU = torch.device("cpu")
PAD = 1


def encoded(owner: list[int] | None = None, **features: list[list[int]]) -> Encoded:
    owner = owner if owner is not None else list(range(len(features["input_ids"])))
    examples = [{"id": str(index), "reference": 0} for index in range(max(owner) + 1)]
    return Encoded(examples=examples, features=features, owner=owner)


def head(kind: str, outputs: int = 0) -> Head:
    return Head(name="x", kind=kind, outputs=outputs)


def test_rows_are_padded_to_the_longest_and_the_mask_says_so() -> None:
    items = Items(
        encoded(input_ids=[[0, 5, 2], [0, 6, 7, 8, 2]], labels=[[2], [0]]),
        head("sequence", 3),
        pad=PAD,
    )
    assert items.lengths == [3, 5]
    assert len(items) == 2
    batch = items.batch([1, 0], CPU)
    assert batch["input_ids"].tolist() == [[0, 6, 7, 8, 2], [0, 5, 2, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert batch["labels"].tolist() == [0, 2]
    assert set(batch) == {"input_ids", "attention_mask", "labels"}


def test_a_text_that_spells_out_the_pad_is_still_read() -> None:
    items = Items(encoded(input_ids=[[0, PAD, 5, 2]]), head("none"), pad=PAD)
    batch = items.batch([0], CPU)
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1]]
    assert "labels" not in batch


@pytest.mark.parametrize("kind", ["token", "lm"])
def test_labels_of_places_are_ignored_where_there_is_padding(kind: str) -> None:
    items = Items(
        encoded(input_ids=[[0, 5, 2], [0, 6, 7, 2]], labels=[[-100, 4, -100], [-100, 3, 2, -100]]),
        head(kind, 5),
        pad=PAD,
    )
    labels = items.batch([0, 1], CPU)["labels"]
    assert labels.tolist() == [[-100, 4, -100, -100], [-100, 3, 2, -100]]


def test_spans_keep_both_ends() -> None:
    items = Items(encoded(input_ids=[[0, 5, 2]], labels=[[1, 2]]), head("span"), pad=PAD)
    assert items.batch([0], CPU)["labels"].tolist() == [[1, 2]]


def test_salient_places_come_along() -> None:
    features = {"input_ids": [[0, 5, 2], [0, 5, 6, 2]], "salient": [[0, 1, 0], [0, 0, 1, 0]]}
    batch = Items(encoded(**features), head("lm"), pad=PAD).batch([0, 1], CPU)
    assert batch["salient"].tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]


def test_choices_of_one_example_stay_together_even_where_there_are_fewer() -> None:
    items = Items(
        encoded(
            owner=[0, 0, 0, 1, 1],
            input_ids=[[0, 5, 2], [0, 5, 6, 7, 2], [0, 2], [0, 8, 2], [0, 9, 2]],
            labels=[[0], [1], [0], [1], [0]],
        ),
        head("choice", 3),
        pad=PAD,
    )
    assert items.groups == [[0, 1, 2], [3, 4]]
    assert items.lengths == [15, 9]
    batch = items.batch([1, 0], CPU)
    assert batch["input_ids"].shape == (2, 3, 5)
    assert batch["labels"].tolist() == [0, 1]
    assert batch["there"].tolist() == [[True, True, False], [True, True, True]]
    assert batch["input_ids"][0, 2].tolist() == [PAD] * 5
    # It looks at itself, for a row that looks at nothing is NaN.
    assert batch["attention_mask"][0, 2].tolist() == [1, 0, 0, 0, 0]
    assert batch["attention_mask"][1, 1].tolist() == [1] * 5


def test_the_length_of_an_item_is_what_it_takes_in_a_batch() -> None:
    """Else a token budget would be broken by examples with fewer choices."""
    items = Items(
        encoded(owner=[0, 0, 1, 1, 1], input_ids=[[0, 5, 6, 2], [0, 2], [0, 2], [0, 2], [0, 2]]),
        head("choice", 3),
        pad=PAD,
    )
    for index in range(2):
        assert items.batch([index], CPU)["input_ids"].numel() == items.lengths[index]


def test_a_pair_is_a_query_and_its_candidate_wherever_that_stands() -> None:
    items = Items(
        encoded(
            [0, 0, 1, 1],
            input_ids=[[0, 5, 2], [0, 6, 7, 2], [0, 8, 2], [0, 2]],
            side=[[0], [1], [0], [1]],
            partner=[[3], [0], [-1], [0]],
        ),
        head("none"),
        pad=PAD,
        pairs=True,
    )
    assert (len(items), items.groups, items.lengths) == (2, [[0, 3], [2, 1]], [6, 8])
    batch = items.batch([1, 0], CPU)
    assert batch["input_ids"].tolist() == [
        [[0, 8, 2, 1], [0, 6, 7, 2]],
        [[0, 5, 2, 1], [0, 2, 1, 1]],
    ]
    assert batch["attention_mask"].sum(-1).tolist() == [[3, 4], [3, 2]]
    assert set(batch) == {"input_ids", "attention_mask"}
