"""How sure a number is: bootstrap intervals of scores and of gains.

Every metric of this project is a ratio of sums over examples, so that a *tally* of two numbers an
example, what it got and what there was to get, is all that an interval needs. Only examples are
resampled: an interval says nothing of what another seed or another language would have given.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adapterstilts.core.errors import StiltsError

Floats = npt.NDArray[np.float64]
"""An array of numbers."""
Tally = Floats
"""One row an example: numerator, denominator."""

_CELLS = 2_000_000
"""Numbers that are held at once while drawing: 16 MB."""
_TAILS = (0.025, 0.975)
"""What a 95 % interval leaves out on either side."""


@dataclass(frozen=True, kw_only=True)
class Gain:
    """How much better one way is than another on the same examples, and how sure that is."""

    value: float
    """Mean over languages of the mean over seeds of the difference, in the metric's points."""
    low: float
    """Lower end of the 95 % interval over examples."""
    high: float
    """Upper end of the 95 % interval over examples."""
    p: float
    """Two-sided bootstrap p-value of no difference; never below 1 / (draws + 1)."""


def ratio(tally: Tally) -> float:
    """Return the sum of numerators over the sum of denominators; 0 where there was nothing."""
    return float(_divided(_checked(tally).sum(axis=0)))


def interval(
    tally: Tally, *, key: str, draws: int = 1000, scale: float = 100.0
) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of `scale * ratio(tally)`.

    Args:
        tally: One row an example.
        key: What the random draws belong to: the same key gives the same interval.
        draws: Number of resamples.
        scale: What the metric multiplies its ratio with.
    """
    if len(_checked(tally)) == 0:
        return 0.0, 0.0
    # Equal examples are interchangeable: their numbers in a resample are multinomial, and drawing
    # those is exact and much cheaper than drawing examples.
    rows, counts = np.unique(tally, axis=0, return_counts=True)
    shares = counts / counts.sum()
    generator = _generator(key)
    values = np.concatenate(
        [
            _divided(np.einsum("dk,kc->dc", generator.multinomial(len(tally), shares, size), rows))
            for size in _chunks(draws, len(rows))
        ]
    )
    value = ratio(tally)
    low, high = np.quantile(values, _TAILS)
    # Rounding must not put the value itself outside where all examples are alike.
    return scale * min(float(low), value), scale * max(float(high), value)


def paired_gain(
    ours: Mapping[str, Sequence[Tally]],
    base: Mapping[str, Sequence[Tally]],
    *,
    key: str,
    draws: int = 2000,
    scale: float = 100.0,
) -> Gain:
    """Return the gain over a baseline with its paired bootstrap interval.

    The gain is the mean over languages of the mean over seeds of the difference of ratios. A
    resample draws examples with replacement, the same for both sides and for every seed, for they
    answered the same questions. Where every language has the same number of examples, they are
    taken for translations of one another and the same ones are drawn in every language; where
    not, each language is drawn by itself. Seeds and languages are held fixed.

    Args:
        ours: Language to one tally a seed.
        base: The same languages to one tally a seed of the baseline, over the same examples.
        key: What the random draws belong to: the same key gives the same interval.
        draws: Number of resamples.
        scale: What the metric multiplies its ratio with.
    """
    sizes = _sizes(ours, base)
    generator = _generator(key)
    value, resampled = 0.0, np.zeros(draws)
    groups = [list(sizes)] if len(set(sizes.values())) == 1 else [[name] for name in sizes]
    for group in groups:
        sides = [(ours[name], base[name]) for name in group]
        weight = len(group) / len(sizes)
        value += weight * float(_gain(np.ones((1, sizes[group[0]])), sides)[0])
        drawn = [_gain(w, sides) for w in _resamples(generator, sizes[group[0]], draws)]
        resampled += weight * np.concatenate(drawn)
    low, high = np.quantile(resampled, _TAILS)
    beyond = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
    return Gain(
        value=scale * value,
        low=scale * min(float(low), value),
        high=scale * max(float(high), value),
        p=min(1.0, 2 * (beyond + 1) / (draws + 1)),
    )


def _gain(weights: Floats, sides: Sequence[tuple[Sequence[Tally], Sequence[Tally]]]) -> Floats:
    """Return the gain under each row of weights, one weight an example."""
    gains = [_mean(weights, ours) - _mean(weights, base) for ours, base in sides]
    gain: Floats = np.mean(gains, axis=0)
    return gain


def _mean(weights: Floats, seeds: Sequence[Tally]) -> Floats:
    mean: Floats = np.mean([_divided(weights @ tally) for tally in seeds], axis=0)
    return mean


def _resamples(generator: np.random.Generator, n: int, draws: int) -> Iterator[Floats]:
    """Yield how often each of n examples was drawn, one row a resample."""
    for size in _chunks(draws, n):
        drawn = generator.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _sizes(
    ours: Mapping[str, Sequence[Tally]], base: Mapping[str, Sequence[Tally]]
) -> dict[str, int]:
    """Return the number of examples of each language, or say what cannot be compared."""
    if not ours or set(ours) != set(base):
        raise StiltsError(
            f"cannot compare scores in {sorted(ours)} with scores in {sorted(base)}: score both"
            " in the same languages"
        )
    sizes: dict[str, int] = {}
    for name in sorted(ours):
        found = {len(_checked(tally)) for tally in (*ours[name], *base[name])}
        if len(found) != 1 or not ours[name] or not base[name] or found == {0}:
            raise StiltsError(
                f"cannot compare scores in '{name}' over {sorted(found)} examples: score both on"
                " the same examples, and at least one"
            )
        sizes[name] = found.pop()
    return sizes


def _divided(sums: Floats) -> Floats:
    """Return numerators over denominators along the last axis; 0 over 0 is 0."""
    over, under = sums[..., 0], sums[..., 1]
    return np.divide(over, under, out=np.zeros_like(over, dtype=np.float64), where=under != 0)


def _chunks(draws: int, width: int) -> Iterator[int]:
    step = max(1, _CELLS // max(1, width))
    for start in range(0, draws, step):
        yield min(step, draws - start)


def _checked(tally: Tally) -> Tally:
    if tally.ndim != 2 or tally.shape[1] != 2 or not np.isfinite(tally).all():
        raise ValueError(f"not a tally of finite pairs, one an example: shape {tally.shape}")
    return tally


def _generator(key: str) -> np.random.Generator:
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest(), "big")
    return np.random.Generator(np.random.PCG64(seed))
