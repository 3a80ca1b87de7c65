"""Scores as the Hub's `model-index`, and back: every number exactly as the store has it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from adapterstilts.core.records import Score, StageRecord
from adapterstilts.publishing.card import origins, vocabulary
from adapterstilts.publishing.card.escaping import plain
from adapterstilts.publishing.card.front_matter import refused

LEVEL = 0.95
"""Share of the draws that an interval holds (`adapterstilts.core.statistics`)."""
MOST_RESULTS = 2_000
"""Results of one card; more would take long to read."""
_MOST = 2**63


@dataclass(frozen=True, kw_only=True)
class Result:
    """One number of a card."""

    target: str
    """What was evaluated."""
    language: str
    """Language code."""
    split: str
    """Evaluated split."""
    perturbation: str
    """Name of the perturbation of the input, or an empty string."""
    seed: int
    """Seed of the training."""
    metric: str
    """Name of the metric."""
    value: float
    """The number."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end of its interval."""
    n: int
    """Number of examples."""
    primary: bool
    """Whether the target is ranked by this metric."""
    level: float = LEVEL
    """Share of the draws that the interval holds."""


def result(score: Score) -> Result:
    """Return what a card says of a score."""
    return Result(
        target=score.target,
        language=score.language,
        split=score.split,
        perturbation=score.perturbation,
        seed=score.seed,
        metric=score.metric,
        value=float(score.value),
        low=float(score.low),
        high=float(score.high),
        n=score.n,
        primary=score.primary,
    )


def model_index(
    name: str,
    scores: Iterable[Score],
    *,
    evaluated: Mapping[str, Mapping[str, StageRecord]] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Return the `model-index` of some scores; nothing where there is none.

    What tells two results of one dataset apart stands beside the metric: the Hub's own library
    puts results of one dataset, configuration and split together and keeps the first's words.

    Args:
        name: What is evaluated.
        scores: Its scores.
        evaluated: Score stage to language to what prepared the examples, for the commits of data.
    """
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for score in scores:
        if not all(map(math.isfinite, (score.value, score.low, score.high))):
            continue  # The Hub reads JSON, which has no such number.
        target = score.target.partition("@")[0]
        records = evaluated.get(score.stage, {})
        commit = origins.revision(records, score.language, vocabulary.dataset(target))
        key = (target, score.language, score.split, commit)
        group = groups.setdefault(key, _group(score, commit))
        group["metrics"].append(_metric(result(score)))
    results = [*groups.values()]
    return [{"name": name, "results": results}] if results else []


def results_of(head: Mapping[str, Any]) -> list[Result]:
    """Return the numbers of ours in a card's metadata; those in another form are passed over."""
    index = head.get("model-index")
    found: list[Result] = []
    for model in index if isinstance(index, list) else []:
        for each in _listed(model, "results"):
            for metric in _listed(each, "metrics"):
                if len(found) == MOST_RESULTS:
                    raise refused(f"it has more than {MOST_RESULTS:,} results")
                read = _result(metric)
                found += [read] if read else []
    return found


def _group(score: Score, commit: str) -> dict[str, Any]:
    target = score.target.partition("@")[0]
    kind = vocabulary.pipeline(target)
    named = f"{target}, {vocabulary.language(score.language)}"
    return {
        "task": {"type": kind, "name": plain(kind.replace("-", " ").title())},
        "dataset": {
            "type": vocabulary.dataset(target),
            "name": plain(named),
            "config": score.language,
            "split": score.split,
            **({"revision": commit} if commit else {}),
        },
        "metrics": [],
    }


def _metric(found: Result) -> dict[str, Any]:
    about = {
        "target": found.target,
        "language": found.language,
        "split": found.split,
        "perturbation": found.perturbation,
        "seed": found.seed,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "n": found.n,
        "primary": found.primary,
    }
    kind = vocabulary.metric_type(found.metric)
    return {"type": kind, "value": found.value, "name": found.metric, "args": about}


def _listed(table: object, key: str) -> Iterator[Mapping[str, Any]]:
    found = table.get(key) if isinstance(table, dict) else None
    for each in found if isinstance(found, list) else []:
        if isinstance(each, dict):
            yield each


def _result(metric: Mapping[str, Any]) -> Result | None:
    """Return a result that is whole and in the words of ours, or None."""
    about = metric.get("args")
    said = {
        **(about if isinstance(about, dict) else {}),
        "metric": metric.get("name"),
        "value": metric.get("value"),
    }
    read = {each.name: _read(each.type, said.get(each.name)) for each in fields(Result)}
    return None if None in read.values() else Result(**read)


def _read(kind: object, value: object) -> Any:
    """Return a value of a field of a result, or None where it is of another kind or no number."""
    if kind is str:
        return plain(value) if isinstance(value, str) else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST < value < _MOST:
        return None
    return float(value) if kind is float else value if isinstance(value, int) else None
