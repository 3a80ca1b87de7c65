"""One way against others on the same examples: by target, zero-shot and language by language."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from adapterstilts.analysis.pairing import pair
from adapterstilts.analysis.table import COSTS, complete, task_means
from adapterstilts.core.errors import StiltsError

ZERO_SHOT = "zero-shot"
"""What stands for a language where the row is the mean over all of them but English."""
COLUMNS = (
    "target", "language", "metric", "way", "against", "score", "other", "gain", "low", "high", "p",
    "seeds", "languages", "n", *COSTS, *(f"other_{cost}" for cost in COSTS),
)  # fmt: skip
"""Columns of `compare`."""


def compare(frames: Mapping[str, pd.DataFrame], *, english: str, draws: int = 2000) -> pd.DataFrame:
    """Return how the first way compares with each other one, by the metric that ranks a target.

    A row has the score of `way`, that of `against` as `other`, and `gain`, the first minus the
    second; its `language` is a code, or `zero-shot` for the mean over every language but English.
    Both answered the same examples with the same seeds, and `low` to `high` is the 95 % interval
    of a paired bootstrap over these examples, `p` that of no difference. Seeds and languages are
    held fixed: neither says anything of what another seed or language would give, and neither is
    corrected for the number of comparisons. Costs are those of one run.

    Args:
        frames: Way to its scores, as `adapterstilts.analysis.table.load` returns them; the first
            is compared with the others.
        english: Code of the language that training has seen.
        draws: Number of resamples.
    """
    first, *others = frames
    rows = [
        row
        for other in others
        for row in _rows(first, other, frames[first], frames[other], english, draws)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    way: str, against: str, ours: pd.DataFrame, base: pd.DataFrame, english: str, draws: int
) -> Iterator[dict[str, Any]]:
    ours, base = (complete(each[each["primary"].astype(bool)]) for each in (ours, base))
    targets = [name for name in dict.fromkeys(ours["target"]) if name in set(base["target"])]
    if not targets:
        raise StiltsError(
            f"{way} and {against} have no target in common that was scored: evaluate both on the"
            " same one, and on a split with labels"
        )
    for target in targets:
        left, right = (each[each["target"] == target] for each in (ours, base))
        about = {"target": target, "way": way, "against": against, **_costs(left, right, english)}
        for language in (ZERO_SHOT, *dict.fromkeys(left["language"])):
            one, other = (_in(each, language, english) for each in (left, right))
            key = "|".join(("compare", target, language, way, against))
            found = pair(one, other, key=key, draws=draws)
            if found is not None:
                scores = {"score": found.ours, "other": found.base}
                said = {"metric": found.metric, "language": language, **scores}
                yield {**about, **said, **found.numbers()}


def _in(scores: pd.DataFrame, language: str, english: str) -> pd.DataFrame:
    """Return the scores that a row is about."""
    if language == ZERO_SHOT:
        return scores[scores["language"] != english]
    return scores[scores["language"] == language]


def _costs(ours: pd.DataFrame, base: pd.DataFrame, english: str) -> dict[str, Any]:
    """Return what one run of either took."""
    found: dict[str, Any] = {}
    for prefix, scores in (("", ours), ("other_", base)):
        means = task_means(scores, english=english)
        found |= {prefix + cost: means[cost].iloc[0] for cost in COSTS}
    return found
