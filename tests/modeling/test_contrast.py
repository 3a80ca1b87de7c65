"""The objective of pairs, against a plain double loop over what it says."""

import math

import pytest
import torch

from adapterstilts.modeling.contrast import TEMPERATURE, loss

Batch = dict[str, torch.Tensor]


def batch(*pairs: tuple[list[int], list[int]]) -> Batch:
    """Return the input of some pairs, padded with 1."""
    width = max(len(side) for pair in pairs for side in pair)
    ids = [[[*side, *[1] * (width - len(side))] for side in pair] for pair in pairs]
    mask = [[[1] * len(side) + [0] * (width - len(side)) for side in pair] for pair in pairs]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


def drawn(count: int) -> torch.Tensor:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(count)
        return torch.randn(count, 2, 5, dtype=torch.float64)


def plainly(embeddings: torch.Tensor, said: Batch) -> float:
    """Return the same, one cosine after the other, of texts without their padding."""

    def text(pair: int, side: int) -> list[int]:
        length = int(said["attention_mask"][pair, side].sum())
        return said["input_ids"][pair, side, :length].tolist()

    def cosine(one: torch.Tensor, other: torch.Tensor) -> float:
        return float(one @ other / (one.norm() * other.norm()))

    def alike(one: int, other: int) -> bool:
        return one != other and any(text(one, side) == text(other, side) for side in (0, 1))

    total, every = 0.0, range(len(embeddings))
    for asked in (0, 1):
        for pair in every:
            query = embeddings[pair, asked]
            powers = [
                math.exp(cosine(query, embeddings[other, 1 - asked]) / TEMPERATURE)
                for other in every
                if not alike(pair, other)
            ]
            right = math.exp(cosine(query, embeddings[pair, 1 - asked]) / TEMPERATURE)
            total -= math.log(right / sum(powers)) / 2
    return total


APART = batch(([0, 5, 2], [0, 6, 2]), ([0, 7, 2], [0, 8, 9, 2]), ([0, 4, 2], [0, 3, 2]))
SAME_QUERY = batch(([0, 5, 2], [0, 6, 2]), ([0, 5, 2], [0, 8, 9, 2]), ([0, 4, 2], [0, 3, 2]))
SAME_CANDIDATE = batch(([0, 5, 2], [0, 8, 2]), ([0, 7, 2], [0, 8, 2]), ([0, 4, 2], [0, 3, 2]))
LONGER = batch(([0, 5], [0, 6, 2]), ([0, 5, 1], [0, 8, 9, 2]), ([0, 4, 2], [0, 3, 2]))


@pytest.mark.parametrize("said", [APART, SAME_QUERY, SAME_CANDIDATE, LONGER])
def test_it_is_what_a_double_loop_says(said: Batch) -> None:
    embeddings = drawn(3)
    assert float(loss(embeddings, said)) == pytest.approx(plainly(embeddings, said), rel=1e-5)


def test_what_reads_the_same_is_not_told_apart() -> None:
    embeddings = drawn(3)
    whole = float(loss(embeddings, APART))
    assert float(loss(embeddings, SAME_QUERY)) < whole
    assert float(loss(embeddings, SAME_CANDIDATE)) < whole


def test_a_text_that_ends_in_the_pad_is_another_text() -> None:
    assert float(loss(drawn(3), LONGER)) == float(loss(drawn(3), APART))


@pytest.mark.parametrize("count", [1, 2])
def test_a_pair_without_another_teaches_nothing_and_does_no_harm(count: int) -> None:
    said = batch(*[([0, 5, 2], [0, 6, 2])] * count)
    embeddings = drawn(count).requires_grad_()
    found = loss(embeddings, said)
    found.backward()
    assert float(found.detach()) == 0.0
    assert embeddings.grad is not None
    assert not embeddings.grad.any()


def test_lengths_of_embeddings_do_not_count_and_nought_does_no_harm() -> None:
    embeddings = drawn(3)
    expected = float(loss(embeddings, APART))
    assert float(loss(embeddings * 7, APART)) == pytest.approx(expected, rel=1e-5)
    embeddings[0, 0] = 0
    assert loss(embeddings, APART).isfinite()


def test_cosines_are_not_rounded_where_the_rest_is() -> None:
    embeddings = drawn(3).float()
    expected = float(loss(embeddings, APART))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert float(loss(embeddings, APART)) == expected
