from itertools import chain
from typing import Any

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.batching import training_batches
from adapterstilts.modeling.sampling import rows, shares
from adapterstilts.modeling.tracks import batches, tracks
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.mixture import PLAIN, Sampling

TASKS = ("toy-nli", "toy-squad", "toy-swag")
MIXED = Sampling(batches="mixed", weights=(3.0, 2.0, 1.0))


@pytest.fixture(scope="module")
def learned(lab: Any) -> Any:
    heads = [lab.head(task) for task in TASKS]
    encoded = [lab.encoded(task, "train") for task in TASKS]
    return tracks(heads, encoded, pad=lab.tokenizer.pad, seed=5)


def taken(learned: Any, how: Sampling, *, start: int = 0, steps: int = 40) -> list[Any]:
    """Return head and rows of every share of every step."""
    asked = shares([len(track.items) for track in learned], how)
    counts = rows(asked, how, steps=steps, size=4, seed=5)
    mixed = how.batches == "mixed"
    found = batches(learned, counts, size=4, mixed=mixed, start=start)
    return [[(share.track.head.name, share.rows) for share in step] for step in found]


def rows_of(steps: list[Any], head: str) -> list[list[int]]:
    return [rows for step in steps for name, rows in step if name == head]


def test_a_plain_task_has_the_batches_that_it_would_have_without_a_mixture(learned: Any) -> None:
    (step, *others) = taken(learned[:1], PLAIN)
    expected = training_batches(learned[0].items.lengths, size=4, seed=5)
    assert [share for each in (step, *others) for share in each] == [
        ("toy-nli", next(expected)) for _ in range(40)
    ]


@pytest.mark.parametrize("how", [Sampling(rule="uniform"), MIXED])
@pytest.mark.parametrize("start", [1, 7, 39])
def test_beginning_late_is_the_same_as_skipping(learned: Any, how: Sampling, start: int) -> None:
    assert taken(learned, how, start=start) == taken(learned, how)[start:]


def test_a_step_is_one_part_and_each_goes_through_its_own_rows(learned: Any) -> None:
    steps = taken(learned, Sampling(rule="uniform"))
    assert {len(step) for step in steps} == {1}
    for track in learned:
        own = rows_of(steps, track.head.name)
        assert {len(rows) for rows in own} == {4}
        expected = training_batches(track.items.lengths, size=4, seed=track.seed)
        assert own == [next(expected) for _ in own]
        assert sorted(chain(*own[:3])) == list(range(12))


def test_a_mixed_step_is_of_several_parts_and_each_goes_through_its_own_rows(learned: Any) -> None:
    steps = taken(learned, MIXED)
    assert all(sum(len(rows) for _, rows in step) == 4 for step in steps)
    assert all(len(step) > 1 for step in steps)
    for track, share in zip(learned, (3 / 6, 2 / 6, 1 / 6), strict=True):
        own = list(chain(*rows_of(steps, track.head.name)))
        assert sorted(own[:12]) == list(range(12))
        assert len(own) == pytest.approx(160 * share, abs=8)


def test_parts_of_equal_size_have_orders_of_their_own(learned: Any) -> None:
    assert len({track.seed for track in learned}) == len(learned)
    assert learned[0].seed == 5
    assert len({len(track.items) for track in learned}) == 1
    orders = [
        list(chain(*(next(stream) for _ in range(3))))
        for stream in (training_batches([7] * 12, size=4, seed=track.seed) for track in learned)
    ]
    assert orders[0] != orders[1] != orders[2]


def test_a_part_with_fewer_rows_than_a_batch_begins_anew(learned: Any) -> None:
    counts = np.array([[24, 0, 0], [24, 0, 0]])
    for step in batches(learned, counts, size=24, mixed=True):
        (share,) = step
        assert sorted(share.rows) == sorted([*range(12), *range(12)])


def test_a_split_that_holds_nothing_is_refused_by_the_name_of_its_task(lab: Any) -> None:
    empty = Encoded(examples=[], features={"input_ids": [], "labels": []}, owner=[])
    heads = [lab.head("toy-nli"), lab.head("toy-squad")]
    with pytest.raises(StiltsError, match=r"split of 'toy-squad' is empty: .*train_examples"):
        tracks(heads, [lab.encoded("toy-nli", "train"), empty], pad=1, seed=0)
