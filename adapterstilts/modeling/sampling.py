"""Which part of a mixture has its turn at which step: pure functions of settings and a seed.

The order of a whole run follows from them, so a run that was stopped goes on in the same order from
nothing but its step.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adapterstilts.tasks.mixture import Part, Sampling

Counts = npt.NDArray[np.int64]

_TURNS = 1
"""Tells these draws from others of the same seed."""


def check(sampling: Sampling, parts: Sequence[Part]) -> str:
    """Return why a mixture cannot be drawn so, or an empty string."""
    names = [part.task for part in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    weights = sampling.weights
    if twice:
        return (
            f"'{twice[0]}' is named twice, and a task has one head: name its languages together,"
            f" as in translated({twice[0]}, de, sw)"
        )
    if weights and len(weights) != len(parts):
        return (
            f"weights are {len(weights)}, and the tasks {len(parts)}: give one to each task, joined"
            " by +, as in weights=4+1"
        )
    if any(not (math.isfinite(weight) and weight > 0) for weight in weights):
        return "weights must be numbers above 0: leave a task out that is to have no turn"
    if weights and sampling != Sampling(weights=weights, batches=sampling.batches):
        return "weights say every share themselves: take out sampling, cap and temperature"
    if sampling.rule == "uniform" and (sampling.cap or sampling.temperature != 1):
        return "uniform shares know no sizes: take out cap and temperature, or uniform"
    if sampling.cap < 0:
        return f"cap is {sampling.cap}: give a number of rows above 0, or leave it out"
    if not (math.isfinite(sampling.temperature) and sampling.temperature > 0):
        return f"temperature is {sampling.temperature:g}: give a number above 0"
    return ""


def shares(sizes: Sequence[int], sampling: Sampling) -> tuple[float, ...]:
    """Return how large a share of the training each part has, from its number of rows."""
    if sampling.weights:
        raw = [float(weight) for weight in sampling.weights]
    elif sampling.rule == "uniform":
        raw = [1.0] * len(sizes)
    else:
        counted = [min(size, sampling.cap) if sampling.cap else size for size in sizes]
        largest = max(counted)  # So that no power overflows.
        raw = [(count / largest) ** (1 / sampling.temperature) for count in counted]
    total = math.fsum(raw)
    return tuple(each / total for each in raw)


def turns(shares: Sequence[float], steps: int, seed: int) -> Counts:
    """Return which part has its turn at each step.

    Each has as many as its share of the steps, to within one, so that no run is one of a task that
    was lucky; the order is drawn.
    """
    generator = np.random.Generator(np.random.PCG64((seed, _TURNS)))
    order: Counts = generator.permutation(_spread(shares, steps, generator.random()))
    return order


def rows(
    shares: Sequence[float], sampling: Sampling, *, steps: int, size: int, seed: int
) -> Counts:
    """Return how many rows of each part the batch of each step has: an array of steps by parts.

    A row of it sums to `size`, and has as many of a part as its share, to within one; so have all
    of them together, to within two.
    """
    found = np.zeros((steps, len(shares)), dtype=np.int64)
    if sampling.batches == "one":
        found[np.arange(steps), turns(shares, steps, seed)] = size
        return found
    generator = np.random.Generator(np.random.PCG64((seed, _TURNS)))
    offsets = (generator.permutation(steps) + generator.random()) / max(1, steps)
    for step, offset in enumerate(offsets):
        found[step] = np.bincount(_spread(shares, size, offset), minlength=len(shares))
    return found


def _spread(shares: Sequence[float], count: int, offset: float) -> Counts:
    """Return the parts of `count` places that lie evenly over the shares, an offset from 0 in."""
    places = (np.arange(count) + offset) / max(1, count)
    found = np.searchsorted(np.cumsum(shares), places, side="right")
    # The last sum of rounded shares may fall short of 1.
    return np.minimum(found, len(shares) - 1).astype(np.int64)
