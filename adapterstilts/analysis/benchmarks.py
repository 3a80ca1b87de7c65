"""What a recipe's scores are by the rules of the benchmarks, and beside what others published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from adapterstilts.analysis.results import plain
from adapterstilts.analysis.table import complete
from adapterstilts.analysis.words import points, signed
from adapterstilts.core.published import Result, published
from adapterstilts.core.suites import SUITES, Member, Suite, Summary, summarise

MISSING = "–"
"""Cell of what was not scored, or not in every language."""
WORDS = 3
"""Columns that say what was tried."""
_WAY = ["backbone", "method", "composition", "source"]
_KEY = [*_WAY, "target", "metric", "language"]

Way = tuple[str, ...]
"""Backbone, method, composition and source."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells for people; numbers are written out already."""

    title: str
    """What stands above it."""
    notes: tuple[str, ...]
    """Paragraphs below the title."""
    heads: tuple[str, ...]
    """Names of the columns; the first `WORDS` are words, the others numbers."""
    groups: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    """Rows under a name of their own."""
    footnotes: tuple[str, ...] = ()
    """Paragraphs below the rows."""


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """One way of training by the rule of a suite."""

    way: Way
    """What was tried."""
    summary: Summary
    """Its numbers, of the tasks that are there in every language."""


def tables(scores: pd.DataFrame) -> list[Table]:
    """Return the tables of every benchmark that scores have a task of; none for other tasks.

    Args:
        scores: Scores, as `adapterstilts.analysis.table.load` returns them.
    """
    found = []
    for suite in SUITES.values():
        if suite.benchmark and suite.name in set(scores["suite"]):
            scored = _scored(suite, scores)
            found += [_own(suite, scored), *_beside(suite, scored)]
    return found


def summaries(suite: Suite, scores: pd.DataFrame) -> dict[Way, Summary]:
    """Return the numbers of every way by the rule of a suite.

    A task counts only where it was scored in all of its languages.
    """
    return {row.way: row.summary for row in _scored(suite, scores)}


def _own(suite: Suite, scored: Sequence[_Scored]) -> Table:
    """Return the suite's scores of every way, with groups and overall where all is there."""
    folders = [each.folder for each in suite.members if _any(scored, each.folder)]
    groups = [name for name in suite.groups if any(row.summary.groups[name] for row in scored)]
    whole = any(row.summary.overall is not None for row in scored)
    rows = [
        (
            *_words(row.way),
            *(_score(row.summary, folder) for folder in folders),
            *(points(row.summary.groups[name]) or MISSING for name in groups),
            *([points(row.summary.overall) or MISSING] if whole else []),
        )
        for row in scored
    ]
    notes = [
        f"By the rule of {suite.name}: means over all languages of a task, English included; a"
        " question-answering task is the mean of exact match and F1."
        + (" Groups and the whole are means of tasks." if groups or whole else "")
        + f" {MISSING} is a task that was not scored in every language of the benchmark.",
        "Where nothing is trained on a task, as on retrieval, the row has the number of its source"
        " as it is, or of the untrained backbone.",
    ]
    if suite.overall and not whole:
        notes.append(
            "There is no overall score, for it takes every task of"
            f" {suite.name}: {', '.join(each.folder for each in suite.members)}."
        )
    return Table(
        title=f"{suite.name} by its own rule",
        notes=tuple(notes),
        heads=("backbone", "way", "source", *folders, *groups, *(["overall"] if whole else [])),
        groups=(("", tuple(rows)),),
    )


def _beside(suite: Suite, scored: Sequence[_Scored]) -> Iterator[Table]:
    """Yield the published numbers of the tasks and groups that ours has, beside ours."""
    known = [each for each in published().results if each.suite == suite.name]
    shown = [each for each in known if any(_same(row.summary, each) for row in scored)]
    columns = list(dict.fromkeys((each.task, each.metric, each.group) for each in shown))
    if not columns:
        return
    sample = {(each.task, each.metric, each.group): each for each in shown}
    values = {
        (each.model, (each.task, each.metric, each.group)): points(each.value) for each in shown
    }
    models = list(dict.fromkeys(each.model for each in shown))
    ours = tuple(
        (*_words(row.way), *(_same(row.summary, sample[column]) for column in columns))
        for row in scored
    )
    theirs = tuple(
        (
            model.backbone,
            model.name,
            "best for each target" if model.name == "X-STILTs" else "",
            *(values.get((model, column), "") for column in columns),
        )
        for model in models
    )
    yield Table(
        title=f"{suite.name} beside published numbers",
        notes=(
            "Means over all languages, English included. Published numbers are of other backbones,"
            " trained otherwise and run by others; none of them enters any other table here.",
        ),
        heads=("backbone", "way", "source", *(_head(*column) for column in columns)),
        groups=(("this recipe", ours), ("published", theirs)),
        footnotes=(
            *(f"{model.name}: {model.trained}." for model in models),
            *dict.fromkeys(f"Read in: {each.source.title}, {each.source.place}." for each in shown),
            *_claims(),
        ),
    )


def _claims() -> Iterator[str]:
    """Yield what is said of intermediate tasks, those together that stand on the same text."""
    told: dict[tuple[str, str], list[str]] = {}
    for claim in published().claims:
        said = f"{claim.intermediate} {signed(claim.gain)}"
        told.setdefault((claim.measured, claim.standing), []).append(said)
    for (measured, standing), some in told.items():
        yield (
            "Said of intermediate tasks for XLM-R large, in points"
            f" ({measured}): {'; '.join(some)}. {standing}."
        )


def _scored(suite: Suite, scores: pd.DataFrame) -> list[_Scored]:
    members = {each.task: each for each in suite.members}
    ours = scores[scores["target"].isin(members) & (scores["perturbation"] == "")]
    means = complete(ours).groupby(_KEY, sort=False)["value"].mean().reset_index()
    values: dict[Way, dict[str, dict[str, dict[str, float]]]] = {}
    for row in plain(means):
        tasks = values.setdefault(tuple(row[name] for name in _WAY), {})
        task = tasks.setdefault(row["target"], {})
        task.setdefault(row["language"], {})[row["metric"]] = row["value"]
    trained = {task for way, tasks in values.items() if way[2] != "zero" for task in tasks}
    found = []
    for way, tasks in values.items():
        if way[2] == "zero" and trained and not set(tasks) & trained:
            continue
        filled = {**_untrained(way, values, trained), **tasks}
        found.append(_Scored(way=way, summary=_summary(suite, members, filled)))
    return found


def _untrained(
    way: Way, values: Mapping[Way, Mapping[str, dict[str, dict[str, float]]]], trained: set[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return what the source of a way answers as it is, in tasks that nothing is trained on."""
    backbone, method, _, source = way
    answers = (backbone, method if source else "none", "zero", source)
    return {task: found for task, found in values.get(answers, {}).items() if task not in trained}


def _summary(
    suite: Suite,
    members: Mapping[str, Member],
    tasks: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Summary:
    """Return the suite's numbers of the tasks that are there in all of its languages."""
    values = {
        members[task].folder: {
            code: _renamed(members[task], metrics) for code, metrics in languages.items()
        }
        for task, languages in tasks.items()
        if len(languages) >= members[task].languages
    }
    return summarise(suite, values, languages={name: list(some) for name, some in values.items()})


def _renamed(member: Member, metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: metrics[own] for name, own in member.metrics.items() if own in metrics}


def _any(scored: Sequence[_Scored], folder: str) -> bool:
    return any(folder in row.summary.tasks for row in scored)


def _score(summary: Summary, folder: str) -> str:
    task = summary.tasks.get(folder)
    return points(task.score if task else None) or MISSING


def _same(summary: Summary, result: Result) -> str:
    """Return our number for what was published; nothing where we have none."""
    if result.group:
        return points(summary.groups.get(result.group))
    task = summary.tasks.get(result.task)
    return points(task.average.get(result.metric) if task else None)


def _words(way: Way) -> tuple[str, str, str]:
    backbone, method, composition, source = way
    return backbone, f"{method} · {composition}", source


def _head(task: str, metric: str, group: str) -> str:
    return f"{task} {metric}" if task else group
