"""What weights make together, beside plain formulas and what PEFT makes of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft.utils import merge_utils
from torch import Tensor

from adapterstilts.modeling.merges import RULES, Merging
from adapterstilts.modeling.weights import check_alike, merged

UP, DOWN = "x.lora_B.weight", "x.lora_A.weight"
RANDOM = ("dare_linear", "dare_ties")


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def pair(seed: int, rank: int, out: int, into: int) -> dict[str, Tensor]:
    found = drawn(seed, rank, into + out)
    return {DOWN: found[:, :into], UP: found[:, into:].T.contiguous()}


def product(state: dict[str, Tensor]) -> Tensor:
    return state[UP] @ state[DOWN]


def largest(values: np.ndarray, density: float) -> np.ndarray:
    """Return an array in which only the largest numbers are left."""
    order = np.argsort(-np.abs(values), axis=None)[: int(density * values.size)]
    kept = np.zeros(values.size, dtype=bool)
    kept[order] = True
    return np.where(kept.reshape(values.shape), values, 0)


def by_hand(rule: str, changes: Sequence[Tensor], weights: Sequence[float], density: float) -> Any:
    """Return what a rule makes of changes, place by place."""
    kept = [change.numpy().astype(float) for change in changes]
    if rule in ("ties", "magnitude_prune"):
        kept = [largest(each, density) for each in kept]
    found = np.zeros(kept[0].shape)
    for place in np.ndindex(found.shape):
        here = [(weight, each[place]) for weight, each in zip(weights, kept, strict=True)]
        if rule in ("ties", "dare_ties"):
            sign = 1 if sum(weight * value for weight, value in here) >= 0 else -1
            here = [(weight, value) for weight, value in here if value * sign > 0]
        whole = sum(weight for weight, _ in here)
        found[place] = sum(weight * value for weight, value in here) / whole if whole else 0
    return torch.from_numpy(found).float()


@pytest.mark.parametrize("count", range(2, 8))
def test_the_plain_mean_is_that_of_torch_bit_by_bit(count: int) -> None:
    states = [{"bias": drawn(seed, 37), "weight": drawn(seed, 5, 64)} for seed in range(count)]
    for name, mean in merged(states).items():
        assert torch.equal(mean, torch.stack([state[name] for state in states]).mean(0))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("weights", [(), (2.0, 1.0, 5.0), (1.0, 0.0, 0.25)])
def test_a_rule_does_to_changes_what_its_formula_says(
    rule: str, weights: tuple[float, ...]
) -> None:
    origin = {"bias": drawn(9, 4, 11)}
    changes = [drawn(seed, 4, 11) for seed in range(3)]
    states = [{"bias": origin["bias"] + change} for change in changes]
    density = 1.0 if rule in RANDOM else 0.4
    found = merged(states, Merging(rule=rule, weights=weights, density=density), origin=origin)
    wanted = origin["bias"] + by_hand(rule, changes, weights or (1, 1, 1), density)
    torch.testing.assert_close(found["bias"], wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_what_is_merged_of_low_rank_updates_is_their_product(rule: str) -> None:
    pairs = [pair(seed, 2, 5, 6) for seed in range(2)]
    density = 1.0 if rule in RANDOM else 0.5
    found = merged(pairs, Merging(rule=rule, weights=(3, 1), density=density))
    assert {name: each.shape for name, each in found.items()} == {
        name: each.shape for name, each in pairs[0].items()
    }
    whole = by_hand(rule, [product(each) for each in pairs], (3, 1), density)
    left, sizes, right = torch.linalg.svd(whole)
    best = left[:, :2] * sizes[:2] @ right[:2]
    torch.testing.assert_close(product(found), best, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rule", ["ties", "magnitude_prune"])
def test_weights_that_are_equal_give_what_peft_makes_of_ones(rule: str) -> None:
    changes = [drawn(seed, 8, 9) for seed in range(3)]
    ones = torch.ones(3) if rule == "ties" else torch.ones(3) / 3
    wanted = getattr(merge_utils, rule)(changes, ones, density=0.4)
    found = merged([{"bias": each} for each in changes], Merging(rule=rule, density=0.4))
    torch.testing.assert_close(found["bias"], wanted)


@pytest.mark.parametrize("rule", ["ties", "dare_ties"])
def test_weights_of_peft_that_add_up_to_one_shrink_what_agrees(rule: str) -> None:
    same = [drawn(0, 8, 9)] * 2
    halved = getattr(merge_utils, rule)(same, torch.tensor([0.5, 0.5]), density=1.0)
    torch.testing.assert_close(halved, same[0] / 2)
    ours = merged([{"bias": each} for each in same], Merging(rule=rule, density=1))
    torch.testing.assert_close(ours["bias"], same[0])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("weights", [(), (2.0, 1.0), (0.3, 0.7)])
def test_what_is_the_same_in_every_source_stays_as_it_is(
    rule: str, weights: tuple[float, ...]
) -> None:
    state = {**pair(1, 3, 6, 7), "bias": drawn(2, 7)}
    found = merged([state, state], Merging(rule=rule, weights=weights, density=1))
    torch.testing.assert_close(found["bias"], state["bias"], atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(product(found), product(state), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_a_source_that_weighs_everything_is_what_comes_out(rule: str) -> None:
    states = [{**pair(seed, 3, 6, 7), "bias": drawn(seed, 7)} for seed in range(2)]
    found = merged(states, Merging(rule=rule, weights=(1, 0), density=1))
    torch.testing.assert_close(found["bias"], states[0]["bias"], atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(product(found), product(states[0]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rule", RANDOM)
def test_what_is_dropped_is_drawn_by_the_seed_and_by_nothing_else(rule: str) -> None:
    states = [{"bias": drawn(seed, 50), "other": drawn(seed, 50)} for seed in range(2)]

    def found(seed: int) -> dict[str, Tensor]:
        torch.manual_seed(int(torch.randint(1000, ())))
        return merged(states, Merging(rule=rule, density=0.5, seed=seed))

    with torch.random.fork_rng(devices=[]):
        first, again, other = found(1), found(1), found(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["bias"], other["bias"])
    assert not torch.equal(first["bias"] == 0, first["other"] == 0)


def test_what_is_left_at_random_makes_up_for_what_is_dropped() -> None:
    states = [{"bias": torch.ones(20_000)}, {"bias": torch.ones(20_000)}]
    found = merged(states, Merging(rule="dare_linear", density=0.25))["bias"]
    values, counts = found.unique(return_counts=True)
    assert values.tolist() == [0, 2, 4]
    wanted = np.array([9, 6, 1]) / 16
    assert counts.numpy() / 20_000 == pytest.approx(wanted, abs=0.015)


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 4),
    rank=st.integers(1, 4),
    sides=st.tuples(st.integers(4, 12), st.integers(4, 12)),
)
def test_the_mean_of_low_rank_updates_is_the_best_of_their_rank(
    seed: int, count: int, rank: int, sides: tuple[int, int]
) -> None:
    pairs = [pair(seed * 10 + index, rank, *sides) for index in range(count)]
    mean = merged(pairs)
    wanted = torch.stack([product(each) for each in pairs]).mean(0)
    left, sizes, right = torch.linalg.svd(wanted)
    best = left[:, :rank] * sizes[:rank] @ right[:rank]
    error, least = (float((wanted - each).norm()) for each in (product(mean), best))
    assert error <= least + 1e-3
    # The mean of each factor apart would mix one source's with the other's.
    apart = {key: torch.stack([each[key] for each in pairs]).mean(0) for key in pairs[0]}
    assert error <= float((wanted - product(apart)).norm()) + 1e-3


def test_weights_of_another_shape_are_not_alike() -> None:
    with pytest.raises(ValueError, match="not of the shape of the first source's"):
        check_alike(pair(0, 2, 5, 5), pair(0, 3, 5, 5))
