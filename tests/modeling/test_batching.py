import random
from itertools import chain, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.modeling.batching import evaluation_batches, training_batches

LENGTHS = random.Random(3).choices(range(3, 61), k=96)


def taken(count: int, **options: int) -> list[list[int]]:
    return list(islice(training_batches(LENGTHS, **options), count))


def test_batches_are_a_function_of_lengths_seed_and_start_alone() -> None:
    assert taken(30, size=8, seed=1) == taken(30, size=8, seed=1)
    assert taken(30, size=8, seed=1) != taken(30, size=8, seed=2)


@pytest.mark.parametrize("start", [1, 11, 12, 13, 29])
def test_beginning_late_is_the_same_as_skipping(start: int) -> None:
    assert taken(20, size=8, seed=4, start=start) == taken(start + 20, size=8, seed=4)[start:]


def test_every_epoch_holds_each_index_once_in_an_order_of_its_own() -> None:
    batches = taken(24, size=8, seed=0)
    first, second = batches[:12], batches[12:]
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(96))
    assert first != second
    assert {len(batch) for batch in batches} == {8}


def test_what_does_not_fill_a_batch_has_its_turn_in_another_epoch() -> None:
    batches = list(islice(training_batches(LENGTHS[:10], size=4, seed=0), 40))
    assert {len(batch) for batch in batches} == {4}
    for epoch in range(20):
        indices = list(chain(*batches[2 * epoch : 2 * epoch + 2]))
        assert len(set(indices)) == 8
    assert set(chain(*batches)) == set(range(10))


def test_few_examples_make_one_batch_an_epoch() -> None:
    batches = list(islice(training_batches([5, 3, 4], size=8, seed=0), 3))
    assert [sorted(batch) for batch in batches] == [[0, 1, 2]] * 3


def test_no_examples_make_no_batches() -> None:
    assert list(training_batches([], size=8, seed=0)) == []
    assert evaluation_batches([], tokens=10) == []


def test_batches_are_made_of_like_lengths_and_not_in_the_order_of_length() -> None:
    batches = taken(12, size=8, seed=0)
    padded = sum(max(LENGTHS[index] for index in batch) * len(batch) for batch in batches)
    assert padded < 1.2 * sum(LENGTHS)
    longest = [max(LENGTHS[index] for index in batch) for batch in batches]
    assert longest not in (sorted(longest), sorted(longest, reverse=True))


@given(st.lists(st.integers(1, 60), max_size=80), st.integers(1, 200))
def test_evaluation_reads_each_index_once_within_the_budget(
    lengths: list[int], tokens: int
) -> None:
    batches = evaluation_batches(lengths, tokens=tokens)
    assert sorted(chain(*batches)) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or len(batch) * longest <= tokens
    assert [max(lengths[index] for index in batch) for batch in batches] == sorted(
        (max(lengths[index] for index in batch) for batch in batches), reverse=True
    )
