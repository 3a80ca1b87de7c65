import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.modeling.sampling import check, rows, shares, turns
from adapterstilts.tasks.mixture import PLAIN, Part, Sampling

SIZES = (6000, 6000, 4000, 2000, 600, 300, 300, 300, 300)
RULES = {
    "proportional": PLAIN,
    "capped": Sampling(cap=1000),
    "by temperature": Sampling(temperature=2.0),
    "capped, by temperature": Sampling(cap=500, temperature=5.0),
    "uniform": Sampling(rule="uniform"),
    "given": Sampling(weights=(4.0, 1, 1, 1, 1, 1, 1, 1, 0.5)),
}
STEPS = 2000


def deviation(share: float, draws: int) -> float:
    return math.sqrt(share * (1 - share) / draws)


def test_shares_follow_the_rule_that_is_asked_for() -> None:
    assert shares((300, 100), PLAIN) == (0.75, 0.25)
    assert shares((300, 100), Sampling(cap=100)) == (0.5, 0.5)
    assert shares((300, 100), Sampling(cap=200)) == pytest.approx((2 / 3, 1 / 3))
    assert shares((400, 100), Sampling(temperature=2.0)) == pytest.approx((2 / 3, 1 / 3))
    assert shares((400, 100), Sampling(cap=400, temperature=2.0)) == pytest.approx((2 / 3, 1 / 3))
    assert shares((400, 100), Sampling(rule="uniform")) == (0.5, 0.5)
    assert shares((400, 100), Sampling(weights=(1.0, 4.0))) == (0.2, 0.8)
    assert shares((7,), PLAIN) == (1.0,)


def test_a_temperature_near_nothing_leaves_the_largest_alone_and_no_infinity() -> None:
    assert shares((400, 100), Sampling(temperature=1e-3)) == (1.0, 0.0)
    assert shares((400, 100), Sampling(temperature=1e9)) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("rule", RULES)
def test_over_two_thousand_steps_every_share_is_within_three_deviations_of_the_asked_one(
    rule: str, seed: int
) -> None:
    asked = shares(SIZES, RULES[rule])
    assert sum(asked) == pytest.approx(1)
    found = np.bincount(turns(asked, STEPS, seed), minlength=len(SIZES)) / STEPS
    for share, taken in zip(asked, found, strict=True):
        assert abs(taken - share) <= 3 * deviation(share, STEPS)
        assert abs(taken - share) <= 1 / STEPS


def test_every_step_may_be_any_parts_turn() -> None:
    """Its chance is the share, at the first step and at the last."""
    asked = (0.7, 0.2, 0.1)
    drawn = np.stack([turns(asked, 10, seed) for seed in range(3000)])
    for step in (0, 4, 9):
        found = np.bincount(drawn[:, step], minlength=3) / len(drawn)
        for share, taken in zip(asked, found, strict=True):
            assert abs(taken - share) <= 4 * deviation(share, len(drawn))


def test_the_order_is_drawn_by_the_seed_alone() -> None:
    asked = shares(SIZES, PLAIN)
    first, again, other = (turns(asked, 50, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert first.tolist() not in (sorted(first), sorted(first, reverse=True))


@pytest.mark.parametrize("batches", ["one", "mixed"])
def test_a_batch_is_full_and_each_part_has_its_share_of_the_rows(batches: Any) -> None:
    asked = shares(SIZES, Sampling(temperature=2.0))
    how = Sampling(temperature=2.0, batches=batches)
    found = rows(asked, how, steps=STEPS, size=16, seed=3)
    assert found.shape == (STEPS, len(SIZES))
    assert (found.sum(axis=1) == 16).all()
    assert rows(asked, how, steps=STEPS, size=16, seed=3).tolist() == found.tolist()
    assert rows(asked, how, steps=STEPS, size=16, seed=4).tolist() != found.tolist()
    for share, taken in zip(asked, found.sum(axis=0) / found.sum(), strict=True):
        assert abs(taken - share) <= 3 * deviation(share, STEPS)
        assert abs(taken - share) <= (16 if batches == "one" else 2) / found.sum()
    together = (found > 0).sum(axis=1)
    if batches == "one":
        assert (together == 1).all()
        assert found.argmax(axis=1).tolist() == turns(asked, STEPS, 3).tolist()
    else:
        assert (together > 1).all()
        wanted = np.asarray(asked) * 16
        assert ((found >= np.floor(wanted)) & (found <= np.ceil(wanted))).all()


def test_one_part_has_every_turn_and_every_row() -> None:
    assert rows((1.0,), PLAIN, steps=4, size=8, seed=0).tolist() == [[8]] * 4
    assert rows((1.0,), PLAIN, steps=0, size=8, seed=0).shape == (0, 1)


@given(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=12),
    st.integers(0, 10**7),
    st.floats(0.1, 50),
    st.integers(0, 200),
    st.integers(1, 64),
    st.sampled_from(["one", "mixed"]),
)
def test_whatever_the_sizes_no_row_is_lost(
    sizes: list[int], cap: int, temperature: float, steps: int, size: int, batches: Any
) -> None:
    how = Sampling(cap=cap, temperature=temperature, batches=batches)
    asked = shares(sizes, how)
    assert sum(asked) == pytest.approx(1)
    assert len(asked) == len(sizes)
    assert sorted(asked) == [share for _, share in sorted(zip(sizes, asked, strict=True))]
    found = rows(asked, how, steps=steps, size=size, seed=1)
    assert (found.sum(axis=1) == size).all()


TWO = (Part(task="mnli"), Part(task="squad"))
REFUSED = {
    "weights are 3, and the tasks 2": Sampling(weights=(1.0, 2.0, 3.0)),
    "weights must be numbers above 0": Sampling(weights=(1.0, 0.0)),
    "weights must be numbers": Sampling(weights=(1.0, math.nan)),
    "weights say every share themselves: take out sampling": Sampling(weights=(1.0, 2), cap=10),
    "weights say every share": Sampling(weights=(1.0, 2.0), rule="uniform"),
    "uniform shares know no sizes": Sampling(rule="uniform", temperature=2.0),
    "cap is -1": Sampling(cap=-1),
    "temperature is 0": Sampling(temperature=0.0),
}


@pytest.mark.parametrize("complaint", REFUSED)
def test_what_cannot_be_drawn_is_refused_with_the_remedy(complaint: str) -> None:
    said = check(REFUSED[complaint], TWO)
    assert said.startswith(complaint)
    assert ": " in said


def test_a_task_that_is_named_twice_is_refused_for_it_has_one_head() -> None:
    twice = (*TWO, Part(task="mnli", languages=("de",)))
    assert check(PLAIN, twice).startswith("'mnli' is named twice, and a task has one head")


@pytest.mark.parametrize("rule", RULES)
def test_what_can_be_drawn_is_not_refused(rule: str) -> None:
    parts = [Part(task=f"task-{number}") for number in range(len(SIZES))]
    assert check(RULES[rule], parts) == ""
    assert check(replace(RULES[rule], batches="mixed"), parts) == ""
