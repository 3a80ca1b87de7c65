"""What a thing scored, beside its baselines: by the rules of `analysis`, and no other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from adapterstilts.analysis.gains import gain_over, zero_shot_intervals
from adapterstilts.analysis.table import frame_of, task_means
from adapterstilts.core.records import Score
from adapterstilts.publishing.card import origins, vocabulary
from adapterstilts.publishing.card.origins import Data
from adapterstilts.publishing.gathering import conditions
from adapterstilts.publishing.gathering.conditions import Condition
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE, Item

TITLES = {NO_SOURCE: "no source", FULL: "full fine-tuning", FULL_STILTS: "full STILTs"}
"""What tables call the baselines, in the order of their columns."""

Ends = tuple[float, float]
"""Both ends of an interval."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A baseline on one target."""

    name: str
    """Which baseline it is."""
    way: str
    """How it was made, as its score rows say it."""
    values: Mapping[str, float]
    """Language to its score; only where it was measured in the same way."""
    mean: float | None
    """Its zero-shot mean; None where it has no score in another language than the trained one."""
    gain: float | None
    """What the published has more in the mean over the languages of both."""
    ends: Ends | None = None
    """The paired interval of the gain; None where the tallies are not at hand."""

    @property
    def title(self) -> str:
        """Return what tables call it."""
        return TITLES.get(self.name, self.name)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What was scored on one target by the metric that ranks it."""

    target: str
    """The target."""
    split: str
    """Evaluated split."""
    perturbation: str
    """Name of the perturbation of the input, or an empty string."""
    metric: str
    """The metric."""
    english: str
    """Code of the language that training has seen."""
    scores: Mapping[str, Score]
    """Language to score, the trained one first."""
    mean: float | None
    """The zero-shot mean; None where there is no score in another language."""
    ends: Ends | None = None
    """Its interval; None where the tallies are not at hand."""
    beside: tuple[Beside, ...] = ()
    """The baselines that were run."""
    missing: tuple[str, ...] = ()
    """Names of the baselines that were not."""
    data: tuple[Data, ...] = ()
    """Where its examples came from."""
    others: Mapping[str, Mapping[str, Score]] = field(default_factory=dict)
    """Every other metric to its score in each language."""

    @property
    def losses(self) -> dict[str, float]:
        """Return language to what was lost there against the same method without a source."""
        alone = next((each for each in self.beside if each.name == NO_SOURCE), None)
        lower = vocabulary.lower_is_better(self.metric)
        found = {
            code: self.scores[code].value - value
            for code, value in (alone.values if alone else {}).items()
        }
        return {code: lost for code, lost in found.items() if (lost > 0 if lower else lost < 0)}


def goals(item: Item) -> list[Goal]:
    """Return what a thing scored, target by target."""
    groups: dict[tuple[str, str, str, str], list[Score]] = {}
    for row in item.scores:
        # A source that is published may answer as it is, beside what it was trained for.
        groups.setdefault((row.target, row.split, row.perturbation, row.composition), []).append(
            row
        )
    return [goal for rows in groups.values() for goal in _goal(item, rows)]


def _goal(item: Item, rows: Sequence[Score]) -> Iterator[Goal]:
    """Yield what was scored on one target, if one of its metrics ranks it."""
    first = rows[0]
    ranked = [row for row in rows if row.primary]
    if not ranked:
        return
    english = vocabulary.english(first.target)
    scores = _by_language(ranked, english)
    wanted = [name for name in TITLES if _means_something(name, first)]
    measured = {name: _alike(item.baselines.get(name, ()), scores) for name in wanted}
    known = {name: found for name, found in measured.items() if found}
    means = _means(item, [ranked, *known.values()], english)
    ours = _frame(item, ranked)
    beside = [
        _beside(name, item, found, ours, means=means, english=english)
        for name, found in known.items()
    ]
    others = dict.fromkeys(row.metric for row in rows if not row.primary)
    yield Goal(
        target=first.target,
        split=first.split,
        perturbation=first.perturbation,
        metric=ranked[0].metric,
        english=english,
        scores=scores,
        mean=means.get(_condition(first)),
        ends=_ends(ours, english),
        beside=tuple(beside),
        missing=tuple(name for name in wanted if name not in known),
        data=_data(item, scores),
        others={
            name: _by_language([row for row in rows if row.metric == name], english)
            for name in others
        },
    )


def _data(item: Item, scores: Mapping[str, Score]) -> tuple[Data, ...]:
    """Return where the examples of some languages came from."""
    target = next(iter(scores.values())).target
    known = (item.evaluated.get(row.stage, {}).get(code) for code, row in scores.items())
    return tuple(origins.evaluated(target, known))


def _means_something(name: str, own: Score) -> bool:
    """Return whether a baseline is another thing than what it is compared with, and can be run."""
    found = conditions.baselines(_condition(own), trained=True)
    return name in found and (name != FULL or vocabulary.is_trained(own.target))


def _alike(rows: Sequence[Score], scores: Mapping[str, Score]) -> list[Score]:
    """Return the rows of a baseline that were measured as some scores were, on the same target."""
    of = next(iter(scores.values()))
    about = (of.target, of.split, of.perturbation, of.metric)
    return [
        row
        for row in rows
        if (row.target, row.split, row.perturbation, row.metric) == about
        and row.language in scores
        and row.signature == scores[row.language].signature
    ]


def _beside(
    name: str,
    item: Item,
    rows: Sequence[Score],
    ours: pd.DataFrame,
    *,
    means: Mapping[Condition, float],
    english: str,
) -> Beside:
    """Return a baseline beside what it is compared with."""
    theirs, there = _frame(item, rows), means.get(_condition(rows[0]))
    shared = ours[ours["language"].isin(theirs["language"])]
    here = _zero_shot(shared, english)
    paired = _paired(name, ours, theirs, english) if there is not None else None
    return Beside(
        name=name,
        way=_way(rows[0]),
        values={row.language: row.value for row in rows},
        mean=there,
        gain=None if there is None else next(iter(here.values())) - there,
        ends=paired,
    )


def _paired(name: str, ours: pd.DataFrame, theirs: pd.DataFrame, english: str) -> Ends | None:
    if not _has_tallies(ours) or not _has_tallies(theirs):
        return None
    found = gain_over(name, ours, theirs, english=english)
    return None if found is None else (found["low"], found["high"])


def _ends(frame: pd.DataFrame, english: str) -> Ends | None:
    if not _has_tallies(frame):
        return None
    found = zero_shot_intervals(frame, english=english)
    return None if found.empty else (float(found["low"].iloc[0]), float(found["high"].iloc[0]))


def _means(item: Item, groups: Sequence[Sequence[Score]], english: str) -> dict[Condition, float]:
    """Return the zero-shot mean of each of some conditions that has one."""
    return _zero_shot(_frame(item, [row for rows in groups for row in rows]), english)


def _zero_shot(frame: pd.DataFrame, english: str) -> dict[Condition, float]:
    found = task_means(frame, english=english).dropna(subset=["zero_shot"])
    names = found[["method", "composition", "source"]].astype(str).to_numpy()
    means = found["zero_shot"]
    return {
        (one, two, three): float(mean) for (one, two, three), mean in zip(names, means, strict=True)
    }


def _condition(row: Score) -> Condition:
    return row.method, row.composition, row.source


def _frame(item: Item, rows: Sequence[Score]) -> pd.DataFrame:
    folders: Mapping[str, Path] = item.scored
    return frame_of((row, folders.get(row.stage)) for row in rows)


def _has_tallies(frame: pd.DataFrame) -> bool:
    return bool((frame["folder"] != "").all())


def _by_language(rows: Sequence[Score], english: str) -> dict[str, Score]:
    """Return the scores by language, the one that training has seen before the others."""
    seen = sorted(rows, key=lambda row: row.language != english)
    return {row.language: row for row in seen}


def _way(row: Score) -> str:
    via = f"({row.source})" if row.source else ""
    return f"{row.method}/{row.composition}{via}"
