"""Scores as the Hub's `model-index`, and back: every number exactly as the store has it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import yaml

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Score
from adapterstilts.publishing.card import vocabulary
from adapterstilts.publishing.card.escaping import plain

LEVEL = 0.95
"""Share of the draws that an interval holds (`adapterstilts.core.statistics`)."""
LONGEST_CARD, LONGEST_HEAD = 4_000_000, 1_500_000
"""Signs of a card and of its YAML; more is an attack."""
MOST_RESULTS, MOST_NODES, DEEPEST = 2_000, 200_000, 12
"""Results, nodes of YAML and levels of nesting; more would take long to read."""
_MOST = 2**63
_LONGEST_NUMBER = 100
# libyaml's parser is some fifty times faster, but not every platform's PyYAML has it.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _whole(loader: Any, node: yaml.ScalarNode) -> Any:
    return node.value if len(node.value) > _LONGEST_NUMBER else loader.construct_yaml_int(node)


def _broken(loader: Any, node: yaml.ScalarNode) -> Any:
    return node.value if len(node.value) > _LONGEST_NUMBER else loader.construct_yaml_float(node)


class _Loader(_PARSER):  # type: ignore[misc]
    """Reads plain values; what is too long for a number stays text.

    YAML 1.1 has numbers to the base of 60, `1:1:1`, and PyYAML takes minutes for a long one.
    """

    yaml_constructors = _PARSER.yaml_constructors | {
        "tag:yaml.org,2002:int": _whole,
        "tag:yaml.org,2002:float": _broken,
    }


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


def model_index(name: str, scores: Iterable[Score]) -> list[dict[str, Any]]:
    """Return the `model-index` of some scores; nothing where there is none.

    What tells two results of one dataset apart stands beside the metric: the Hub's own library
    puts results of one dataset, configuration and split together and keeps the first's words.
    """
    groups: dict[tuple[str, str, str], dict[str, Any]] = {}
    for score in scores:
        if not all(map(math.isfinite, (score.value, score.low, score.high))):
            continue  # The Hub reads JSON, which has no such number.
        key = (score.target.partition("@")[0], score.language, score.split)
        group = groups.setdefault(key, _group(score))
        group["metrics"].append(_metric(result(score)))
    results = [*groups.values()]
    return [{"name": name, "results": results}] if results else []


def results_of(card: str) -> list[Result]:
    """Return the numbers that a card of ours has, or refuse a card that is not well-formed.

    Results that others have written in another way are passed over.
    """
    head = metadata_of(card)
    index = head.get("model-index")
    found: list[Result] = []
    for model in index if isinstance(index, list) else []:
        for each in _listed(model, "results"):
            for metric in _listed(each, "metrics"):
                if len(found) == MOST_RESULTS:
                    raise _refused(f"it has more than {MOST_RESULTS:,} results")
                read = _result(metric)
                found += [read] if read else []
    return found


def metadata_of(card: str) -> dict[str, Any]:
    """Return the YAML that a card begins with, empty where it has none, or refuse it."""
    if len(card) > LONGEST_CARD:
        raise _refused(f"it has more than {LONGEST_CARD:,} signs")
    lines = card.replace("\r\n", "\n").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    if not lines.startswith("---\n"):
        return {}
    head, closed, _ = f"{lines[3:]}\n".partition("\n---\n")
    if not closed or len(head) > LONGEST_HEAD:
        raise _refused("its YAML does not end" if not closed else "its YAML is too long")
    try:
        _check(head)
        found = yaml.load(head, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refused(plain(error)) from error
    if found is not None and not isinstance(found, dict):
        raise _refused("its YAML is no table")
    return {str(key): value for key, value in (found or {}).items()}


def _group(score: Score) -> dict[str, Any]:
    target = score.target.partition("@")[0]
    kind = vocabulary.pipeline(target)
    named = f"{target} ({vocabulary.language(score.language)})"
    return {
        "task": {"type": kind, "name": plain(kind.replace("-", " "))},
        "dataset": {
            "type": vocabulary.dataset(target),
            "name": plain(named),
            "config": score.language,
            "split": score.split,
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


def _check(head: str) -> None:
    """Refuse YAML that is deep or refers to itself before anything is built of it."""
    depth = 0
    for number, event in enumerate(yaml.parse(head, Loader=_PARSER)):
        if number > MOST_NODES:
            raise ValueError(f"its YAML has more than {MOST_NODES:,} nodes")
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("its YAML refers to itself")
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"its YAML is deeper than {DEEPEST} levels")


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


def _refused(reason: str) -> StiltsError:
    return StiltsError(f"refused the model card: {reason}; see the README.md of the repository")
