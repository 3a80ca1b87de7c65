import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core import statistics
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.statistics import Gain, Tally, interval, paired_gain, ratio

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


def tally(*pairs: tuple[float, float]) -> Tally:
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def answers(chance: float, n: int, seed: int) -> Tally:
    """Return the tally of n answers, each right with a chance."""
    right = np.random.default_rng(seed).random(n) < chance
    return np.stack([right, np.ones(n)], axis=1).astype(np.float64)


def test_a_ratio_is_of_sums_and_not_a_mean_of_ratios() -> None:
    assert ratio(tally((1, 1), (1, 3))) == 0.5


@pytest.mark.parametrize("empty", [tally(), tally((0, 0), (0, 0)), tally((3, 0))])
def test_a_ratio_over_nothing_is_zero(empty: Tally) -> None:
    assert ratio(empty) == 0.0


@pytest.mark.parametrize(
    "broken", [np.ones(4), np.ones((2, 3)), tally((np.nan, 1)), tally((1, np.inf))]
)
def test_what_is_no_tally_is_refused(broken: Tally) -> None:
    with pytest.raises(ValueError, match="not a tally"):
        ratio(broken)
    with pytest.raises(ValueError, match="not a tally"):
        interval(broken, key="k")


@given(PAIRS)
def test_the_value_lies_in_its_interval(pairs: list[tuple[int, int]]) -> None:
    sample = tally(*pairs)
    low, high = interval(sample, key="k", draws=50)
    assert low <= 100 * ratio(sample) <= high


@given(pair=st.tuples(st.floats(0, 1), st.floats(0.1, 1)), n=st.integers(1, 50))
def test_where_all_examples_are_alike_the_interval_is_the_value(
    pair: tuple[float, float], n: int
) -> None:
    sample = tally(*[pair] * n)
    low, high = interval(sample, key="k", draws=20, scale=1.0)
    assert low == pytest.approx(ratio(sample)) == high


def test_an_interval_over_nothing_is_zero() -> None:
    assert interval(tally(), key="k") == (0.0, 0.0)


def test_the_same_key_gives_the_same_interval_and_another_key_another() -> None:
    sample = answers(0.7, 200, seed=0)
    assert interval(sample, key="a") == interval(sample, key="a")
    assert interval(sample, key="a") != interval(sample, key="b")


def test_the_draws_are_pinned() -> None:
    # Changed only on purpose: stored scores hold such numbers.
    assert interval(tally(*[(1, 1)] * 140, *[(0, 1)] * 60), key="pinned") == (63.5, 76.0)


def test_the_scale_is_that_of_the_metric() -> None:
    sample = answers(0.5, 100, seed=0)
    low, high = interval(sample, key="k")
    assert interval(sample, key="k", scale=1.0) == pytest.approx((low / 100, high / 100))


def test_the_order_of_examples_does_not_matter() -> None:
    sample = answers(0.5, 100, seed=0)
    assert interval(sample, key="k") == interval(sample[::-1], key="k")


def test_an_interval_is_as_wide_as_theory_says() -> None:
    low, high = interval(answers(0.5, 400, seed=0), key="k", draws=4000)
    # Two standard errors of a share: 2 * 1.96 * sqrt(0.25 / 400) = 9.8 points.
    assert high - low == pytest.approx(9.8, abs=0.7)


def test_ninety_five_percent_of_intervals_cover_the_truth() -> None:
    covered = 0
    for seed in range(200):
        low, high = interval(answers(0.7, 150, seed=seed), key=str(seed), draws=300)
        covered += low <= 70 <= high
    assert 0.90 <= covered / 200 <= 0.99


@pytest.mark.parametrize("cells", [1, 1000, 2_000_000])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    sample, better = answers(0.5, 60, seed=0), answers(0.7, 60, seed=1)
    expected = interval(sample, key="k"), paired_gain({"a": [better]}, {"a": [sample]}, key="k")
    monkeypatch.setattr(statistics, "_CELLS", cells)
    found = interval(sample, key="k"), paired_gain({"a": [better]}, {"a": [sample]}, key="k")
    assert found == expected


def test_a_hundred_thousand_examples_are_done_in_chunks() -> None:
    low, high = interval(answers(0.5, 100_000, seed=0), key="k")
    assert high - low == pytest.approx(0.62, abs=0.1)
    assert all(size * 100_000 <= statistics._CELLS for size in statistics._chunks(1000, 100_000))
    assert sum(statistics._chunks(1000, 100_000)) == 1000


# Gains


def test_the_gain_is_the_mean_over_languages_of_the_mean_over_seeds() -> None:
    ours = {"a": [tally((1, 1), (1, 1)), tally((1, 1), (0, 1))], "b": [tally((1, 1), (1, 1))] * 2}
    base = {"a": [tally((0, 1), (1, 1)), tally((0, 1), (0, 1))], "b": [tally((0, 1), (0, 1))] * 2}
    # a: (1.0 + 0.5) / 2 - (0.5 + 0.0) / 2 = 0.5; b: 1.0.
    assert paired_gain(ours, base, key="k").value == pytest.approx(75.0)
    assert paired_gain(ours, base, key="k", scale=1.0).value == pytest.approx(0.75)


def test_languages_weigh_the_same_whatever_their_size() -> None:
    ours = {"a": [tally(*[(1, 1)] * 10)], "b": [tally((0, 1))]}
    base = {"a": [tally(*[(0, 1)] * 10)], "b": [tally((0, 1))]}
    assert paired_gain(ours, base, key="k").value == pytest.approx(50.0)


def test_the_number_of_seeds_may_differ() -> None:
    ours = {"a": [tally((1, 1)), tally((0, 1)), tally((1, 1))]}
    assert paired_gain(ours, {"a": [tally((0, 1))]}, key="k").value == pytest.approx(200 / 3)


def test_no_difference_is_no_gain() -> None:
    same = {"a": [answers(0.5, 50, seed=0)], "b": [answers(0.6, 70, seed=1)]}
    assert paired_gain(same, same, key="k") == Gain(value=0.0, low=0.0, high=0.0, p=1.0)


def planted(gain: float, sizes: dict[str, int], seed: int) -> Gain:
    """Return what is found where a gain was put in, over examples of differing difficulty."""
    dice = np.random.default_rng(seed)
    ours: dict[str, list[Tally]] = {}
    base: dict[str, list[Tally]] = {}
    for name, n in sizes.items():
        ease = dice.random(n) * 0.8
        for side, extra in ((ours, gain), (base, 0.0)):
            right = [dice.random(n) < ease + extra for _ in range(2)]
            side[name] = [np.stack([r, np.ones(n)], 1).astype(np.float64) for r in right]
    return paired_gain(ours, base, key=str(seed), draws=400)


@pytest.mark.parametrize("sizes", [{"a": 150, "b": 150}, {"a": 150, "b": 100}])
@pytest.mark.parametrize("gain", [0.0, 0.15])
def test_intervals_cover_the_gain_that_was_put_in(gain: float, sizes: dict[str, int]) -> None:
    found = [planted(gain, sizes, seed) for seed in range(80)]
    assert sum(each.low <= 100 * gain <= each.high for each in found) >= 0.88 * 80
    assert np.mean([each.value for each in found]) == pytest.approx(100 * gain, abs=1.5)
    significant = sum(each.p < 0.05 for each in found)
    assert significant <= 12 if gain == 0 else significant >= 68


def test_p_and_interval_agree() -> None:
    for seed in range(20):
        found = planted(0.06, {"a": 150}, seed)
        assert (found.low > 0 or found.high < 0) == (found.p < 0.05) or 0.03 < found.p < 0.07
        assert found.low <= found.value <= found.high


def test_both_directions_are_treated_alike() -> None:
    one, other = {"a": [answers(0.8, 90, seed=0)]}, {"a": [answers(0.5, 90, seed=1)]}
    gain, loss = paired_gain(one, other, key="k"), paired_gain(other, one, key="k")
    assert (loss.value, loss.low, loss.high) == pytest.approx((-gain.value, -gain.high, -gain.low))
    assert loss.p == gain.p == pytest.approx(2 / 2001)


def test_translations_are_drawn_together() -> None:
    ours, base = answers(0.6, 100, seed=0), answers(0.5, 100, seed=1)
    alone = paired_gain({"a": [ours]}, {"a": [base]}, key="k")
    twice = paired_gain({"a": [ours], "b": [ours]}, {"a": [base], "b": [base]}, key="k")
    # The same examples in two languages tell no more than in one.
    assert (twice.low, twice.high) == pytest.approx((alone.low, alone.high))


def test_languages_that_are_no_translations_are_drawn_apart() -> None:
    long, short = answers(0.6, 101, seed=0), answers(0.6, 100, seed=1)
    zeros = tally(*[(0, 1)] * 101)
    both = paired_gain({"a": [long], "b": [short]}, {"a": [zeros], "b": [zeros[:100]]}, key="k")
    one = paired_gain({"a": [long]}, {"a": [zeros]}, key="k")
    # Two independent halves: the interval is narrower by the root of two.
    assert (both.high - both.low) / (one.high - one.low) == pytest.approx(0.707, abs=0.08)


def test_seeds_are_held_fixed() -> None:
    sure = tally(*[(1, 1)] * 50)
    never = tally(*[(0, 1)] * 50)
    gain = paired_gain({"a": [sure, never]}, {"a": [never, never]}, key="k")
    assert (gain.low, gain.value, gain.high) == (50.0, 50.0, 50.0)


def test_it_is_deterministic_and_the_order_of_languages_does_not_matter() -> None:
    ours = {name: [answers(0.7, n, seed=n)] for name, n in (("a", 40), ("b", 50))}
    base = {name: [answers(0.5, n, seed=n + 1)] for name, n in (("b", 50), ("a", 40))}
    turned = dict(reversed(ours.items()))
    assert paired_gain(ours, base, key="k") == paired_gain(turned, base, key="k")
    assert paired_gain(ours, base, key="k") != paired_gain(ours, base, key="l")


@pytest.mark.parametrize(
    ("ours", "base", "words"),
    [
        ({"a": 5}, {"b": 5}, r"scores in \['a'\] with scores in \['b'\]"),
        ({}, {}, r"cannot compare scores in \[\]"),
        ({"a": 5}, {"a": 6}, r"in 'a' over \[5, 6\] examples"),
        ({"a": 0}, {"a": 0}, r"in 'a' over \[0\] examples"),
    ],
)
def test_only_like_is_compared_with_like(
    ours: dict[str, int], base: dict[str, int], words: str
) -> None:
    sides = [{k: [answers(0.5, n, seed=0)] for k, n in side.items()} for side in (ours, base)]
    with pytest.raises(StiltsError, match=words):
        paired_gain(*sides, key="k")


def test_a_language_without_a_seed_is_not_compared() -> None:
    with pytest.raises(StiltsError, match="in 'a'"):
        paired_gain({"a": []}, {"a": [answers(0.5, 5, seed=0)]}, key="k")
