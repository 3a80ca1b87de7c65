"""What a source brought: paired differences on the same examples, with their intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from adapterstilts.analysis.pairing import pair, side_of
from adapterstilts.analysis.table import CONDITION, complete
from adapterstilts.core.statistics import paired_gain

NO_SOURCE = "no_source"
"""Baseline of every gain: the same method without a source."""
FULL_STILTS = "full_stilts"
"""Second baseline: full fine-tuning on the same source, and then on the target."""
COLUMNS = (
    *CONDITION, "metric", "baseline", "baseline_method", "baseline_composition", "baseline_source",
    "gain", "low", "high", "p", "seeds", "languages", "n",
)  # fmt: skip
"""Columns of `gains`."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One way that was tried, with its zero-shot scores by the primary metric."""

    names: Mapping[str, str]
    """Column of `CONDITION` to its value."""
    scores: pd.DataFrame
    """Its rows, one a seed and language."""

    def like(self, **changes: str) -> tuple[str, ...]:
        """Return the key of this condition with some of its names changed."""
        return tuple({**self.names, **changes}[name] for name in CONDITION)


Conditions = Mapping[tuple[str, ...], Condition]
"""Conditions by their key, the values of `CONDITION`."""


def gains(frame: pd.DataFrame, *, english: str, draws: int = 2000) -> pd.DataFrame:
    """Return the gain of every condition over each baseline that it has.

    A gain is the zero-shot mean minus that of a baseline, by the metric that ranks the target.
    The first baseline, `no_source`, is the same method trained on the target alone; for a target
    that nothing is trained on it is the untrained backbone. The second, `full_stilts`, is full
    fine-tuning on the same source and then on the target, where that was run. Both sides answer
    the same examples in the same languages with the same seeds; the untrained backbone, which has
    no seed, stands for every one.

    The 95 % interval of a gain is a paired percentile bootstrap over examples. Languages and
    seeds are held fixed, so it says nothing of what another seed or language would give. A star
    marks an interval that excludes zero. None is corrected for the number of comparisons: of
    twenty without any effect, about one has a star.

    Args:
        frame: Scores, as `adapterstilts.analysis.table.load` returns them.
        english: Code of the language that training has seen.
        draws: Number of resamples.
    """
    conditions = _conditions(frame, english)
    pairs = [
        (name, ours, conditions[key])
        for ours in conditions.values()
        for name, find in _BASELINES.items()
        if (key := find(ours, conditions)) in conditions
    ]
    rows = [row for name, ours, base in pairs if (row := _compare(name, ours, base, draws))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def gain_over(
    name: str, ours: pd.DataFrame, base: pd.DataFrame, *, english: str, draws: int = 2000
) -> dict[str, Any] | None:
    """Return the gain of one condition over another, as a row of `gains`; None where none is known.

    Args:
        name: What the other one is to the first; the same name gives the same interval.
        ours: Scores of the one, as `adapterstilts.analysis.table.load` returns them.
        base: Scores of the other.
        english: Code of the language that training has seen.
        draws: Number of resamples.
    """
    left, right = (list(_conditions(frame, english).values()) for frame in (ours, base))
    if len(left) != 1 or len(right) != 1:
        return None
    return _compare(name, left[0], right[0], draws)


def zero_shot_intervals(frame: pd.DataFrame, *, english: str, draws: int = 2000) -> pd.DataFrame:
    """Return the 95 % interval of every condition's zero-shot mean.

    The 95 % interval of a zero-shot mean is a percentile bootstrap over examples. Where all
    languages have the same number of examples, which are then translations of one another, the
    same ones are drawn in each.

    Args:
        frame: Scores, as `adapterstilts.analysis.table.load` returns them.
        english: Code of the language that training has seen.
        draws: Number of resamples.
    """
    rows = []
    for ours in _conditions(frame, english).values():
        side = side_of(ours.scores)
        nothing = {name: [np.zeros_like(seeds[0])] for name, seeds in side.tallies.items()}
        key = "|".join(("mean", *ours.names.values()))
        found = paired_gain(side.tallies, nothing, key=key, draws=draws, scale=side.scale)
        rows.append({**ours.names, "low": found.low, "high": found.high})
    return pd.DataFrame(rows, columns=[*CONDITION, "low", "high"])


def _conditions(frame: pd.DataFrame, english: str) -> Conditions:
    ranked = frame["primary"].astype(bool) & (frame["language"] != english)
    found = {}
    for key, scores in complete(frame[ranked]).groupby(list(CONDITION), sort=False):
        values = tuple(map(str, key))
        names = dict(zip(CONDITION, values, strict=True))
        found[values] = Condition(names=names, scores=scores)
    return found


def _alone(ours: Condition, known: Conditions) -> tuple[str, ...]:
    """Return the key of the same method without a source, whether it was run or not."""
    if not ours.names["source"]:
        return ()
    if _is_trained(ours.names["target"], known):
        return ours.like(composition="target", source="")
    return ours.like(method="none", composition="zero", source="")


def _full_stilts(ours: Condition, known: Conditions) -> tuple[str, ...]:
    """Return the key of full fine-tuning on the same source, whether it was run or not."""
    if not ours.names["source"] or ours.names["method"] == "full":
        return ()
    trained = _is_trained(ours.names["target"], known)
    return ours.like(method="full", composition="continue" if trained else "zero")


_BASELINES: Mapping[str, Callable[[Condition, Conditions], tuple[str, ...]]] = {
    NO_SOURCE: _alone,
    FULL_STILTS: _full_stilts,
}


def _is_trained(target: str, known: Conditions) -> bool:
    """Return whether anything was trained on a target: `zero` alone trains nothing."""
    return any(
        each.names["target"] == target and each.names["composition"] != "zero"
        for each in known.values()
    )


def _compare(name: str, ours: Condition, base: Condition, draws: int) -> dict[str, Any] | None:
    """Return one row of `gains`, or nothing where the two have no seed or language in common."""
    found = pair(ours.scores, base.scores, key="|".join((name, *ours.names.values())), draws=draws)
    if found is None:
        return None
    return {
        **ours.names,
        "metric": found.metric,
        "baseline": name,
        "baseline_method": base.names["method"],
        "baseline_composition": base.names["composition"],
        "baseline_source": base.names["source"],
        **found.numbers(),
    }
