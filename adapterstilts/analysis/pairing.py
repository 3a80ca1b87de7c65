"""Two ways on the same examples: the paired difference of their scores, with its interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from adapterstilts.analysis.table import describe
from adapterstilts.analysis.tallies import read_ids, read_tally
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.statistics import Gain, Tally, paired_gain, ratio

UNTRAINED = "none"
"""Method of the untrained backbone, which has no seed and stands for every one."""
_WHERE = ["folder", "language", "metric", "value"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a comparison."""

    tallies: Mapping[str, Sequence[Tally]]
    """Language to one tally a seed."""
    scale: float
    """What the metric multiplies its ratio with; 0 where every ratio is 0 and nothing shows it."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What one side has more than the other."""

    metric: str
    """What both were measured by."""
    ours: float
    """Mean of the one over languages and seeds."""
    base: float
    """Mean of the other."""
    gain: Gain
    """The difference and how sure it is."""
    seeds: int
    """Seeds that both have."""
    languages: int
    """Languages that both have."""
    n: int
    """Examples in all of these languages."""

    def numbers(self) -> dict[str, float | int]:
        """Return the numbers by the columns of a table."""
        gain = self.gain
        return {
            "gain": gain.value, "low": gain.low, "high": gain.high, "p": gain.p,
            "seeds": self.seeds, "languages": self.languages, "n": self.n,
        }  # fmt: skip


def pair(ours: pd.DataFrame, base: pd.DataFrame, *, key: str, draws: int) -> Pair | None:
    """Return how two sides compare, or nothing where they share no seed or language.

    Args:
        ours: Scores of one condition by one metric, one a seed and language.
        base: Those of another, over the same examples.
        key: What the random draws belong to: the same key gives the same interval.
        draws: Number of resamples.
    """
    untrained = UNTRAINED in {*ours["method"], *base["method"]}
    shared = ["language"] if untrained else ["language", "seed"]
    left, right = _common(ours, base, shared), _common(base, ours, shared)
    if left.empty or right.empty:
        return None
    _check_alike(left, right)
    side, against = side_of(left), side_of(right)
    gain = paired_gain(
        side.tallies, against.tallies, key=key, draws=draws, scale=side.scale or against.scale
    )
    return Pair(
        metric=left["metric"].iloc[0],
        ours=_mean(left),
        base=_mean(right),
        gain=gain,
        seeds=max(left["seed"].nunique(), right["seed"].nunique()),
        languages=len(side.tallies),
        n=sum(len(seeds[0]) for seeds in side.tallies.values()),
    )


def side_of(scores: pd.DataFrame) -> Side:
    """Return the tallies of some scores, or refuse scores that disagree with their tallies."""
    tallies: dict[str, list[Tally]] = {}
    stated: list[tuple[float, float]] = []
    rows = scores.sort_values(["language", "seed"])
    for folder, language, metric, value in rows[_WHERE].to_numpy():
        tally = read_tally(Path(folder), language, metric)
        tallies.setdefault(language, []).append(tally)
        stated.append((ratio(tally), value))
    largest, value = max(stated, key=lambda pair: abs(pair[0]))
    scale = float(f"{value / largest:.6g}") if largest else 0.0
    for folder, (found, value) in zip(rows["folder"], stated, strict=True):
        if not math.isclose(scale * found, value, rel_tol=1e-4, abs_tol=1e-3):
            raise StiltsError(
                f"broken artifact {folder}: a score of {value:g} beside a tally of"
                f" {scale * found:g}; remove the folder and run again to compute it anew"
            )
    return Side(tallies=tallies, scale=scale)


def _mean(scores: pd.DataFrame) -> float:
    return float(scores.groupby("language")["value"].mean().mean())


def _common(scores: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the scores whose values in the columns the others have too."""
    for column in columns:
        scores = scores[scores[column].isin(others[column])]
    return scores


def _check_alike(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Refuse to compare what was measured in another way or on other examples."""
    both = pd.concat([left, right])
    ids = {folder: read_ids(Path(folder)) for folder in both["folder"].unique()}
    places = both[["folder", "language"]].to_numpy()
    digests = [ids[folder].get(language, "") for folder, language in places]
    for column, what in (("signature", "measured in another way"), ("ids", "of other examples")):
        kinds = both.assign(ids=digests).drop_duplicates(["language", column])
        unlike = kinds[kinds.duplicated("language", keep=False)].sort_values("language")
        if not unlike.empty:
            one, other = unlike["folder"].iloc[:2]
            raise StiltsError(
                f"cannot compare {describe(left.iloc[0])} with {describe(right.iloc[0])}: the"
                f" scores in '{unlike['language'].iloc[0]}' of {one} are {what} than those of"
                f" {other}; remove the older folder and run again to score both alike"
            )
