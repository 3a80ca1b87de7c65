"""Suites of tasks, and the only rule by which a suite's scores become one number.

A suite is told which tasks it has and how their metrics are called, and knows nothing else of
them. XTREME's rule is that of its `evaluate.py`: a task's average is the unweighted mean over its
languages, English included; a question-answering task is the mean of exact match and F1; a group
and the whole are unweighted means of tasks. XTREME-R is reported task by task.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from adapterstilts.core.registry import Registry

Values = Mapping[str, Mapping[str, float]]
"""Language to metric to value."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One task of a suite."""

    folder: str
    """What the suite calls it, and its folder in a submission."""
    task: str
    """Name of the task's declaration."""
    metrics: Mapping[str, str]
    """What the suite calls a metric to the metric's name."""
    score: tuple[str, ...]
    """Metrics of the suite whose mean is the task's score."""
    languages: int = 0
    """Number of languages that it is scored in; 0 where the suite does not say."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Tasks that are reported together."""

    name: str
    """Name on the command line and in score rows."""
    description: str
    """One sentence for people."""
    members: tuple[Member, ...]
    """Its tasks, in the order of reports."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Group to the folders of its tasks."""
    overall: bool = False
    """Whether the mean over all tasks means something."""
    benchmark: bool = False
    """Whether others report their scores by its rule, so that ours may stand beside theirs."""

    def member(self, folder: str) -> Member | None:
        """Return the task that the suite calls so."""
        return next((each for each in self.members if each.folder == folder), None)


@dataclass(frozen=True, kw_only=True)
class TaskSummary:
    """One task's numbers."""

    languages: Values
    """Every number that went in."""
    average: Mapping[str, float]
    """Metric to its mean over languages; empty where a language is missing."""
    score: float | None
    """The task's score; None where a language is missing."""
    missing: tuple[str, ...] = ()
    """Languages that the task has and no number came for."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A suite's numbers."""

    tasks: Mapping[str, TaskSummary]
    """Folder to numbers, of every task that anything came for."""
    groups: Mapping[str, float | None]
    """Group to the mean of its tasks; None where one of them is missing or not whole."""
    overall: float | None
    """Mean of all tasks; None where one is missing or not whole, or the suite has none."""
    missing: tuple[str, ...] = ()
    """Tasks of the suite that nothing came for."""


def summarise(
    suite: Suite, values: Mapping[str, Values], *, languages: Mapping[str, Sequence[str]]
) -> Summary:
    """Return the averages, groups and overall score of a suite.

    Args:
        suite: Which tasks belong together.
        values: Folder to language to metric to value, with the suite's names of metrics.
        languages: Folder to the languages that its average is taken over.
    """
    tasks = {
        each.folder: _task(each, values[each.folder], languages[each.folder])
        for each in suite.members
        if each.folder in values
    }
    folders = [each.folder for each in suite.members]
    return Summary(
        tasks=tasks,
        groups={name: _mean(tasks, some) for name, some in suite.groups.items()},
        overall=_mean(tasks, folders) if suite.overall else None,
        missing=tuple(folder for folder in folders if folder not in tasks),
    )


def _task(member: Member, values: Values, languages: Sequence[str]) -> TaskSummary:
    counted = {code: values[code] for code in languages if code in values}
    missing = tuple(code for code in languages if code not in values)
    if missing or not counted:
        return TaskSummary(languages=counted, average={}, score=None, missing=missing)
    average = {
        name: fmean(value[name] for value in counted.values())
        for name in member.metrics
        if all(name in value for value in counted.values())
    }
    whole = set(member.score) <= average.keys()
    score = fmean(average[name] for name in member.score) if whole else None
    return TaskSummary(languages=counted, average=average, score=score)


def _mean(tasks: Mapping[str, TaskSummary], folders: Iterable[str]) -> float | None:
    scores = [tasks[folder].score if folder in tasks else None for folder in folders]
    known = [score for score in scores if score is not None]
    return fmean(known) if known and len(known) == len(scores) else None


def _one(
    folder: str, languages: int, *, task: str = "", metric: str = "accuracy", name: str = ""
) -> Member:
    """Return a task with one metric, which the suite may call by another name."""
    called = name or metric
    return Member(
        folder=folder,
        task=task or folder,
        metrics={called: metric},
        score=(called,),
        languages=languages,
    )


def _f1(folder: str, kind: str, languages: int, *, task: str = "", also: str = "") -> Member:
    named = {short: f"{kind}_{short}" for short in ("f1", "precision", "recall")}
    return Member(
        folder=folder,
        task=task or folder,
        metrics={**named, also: also} if also else named,
        score=("f1",),
        languages=languages,
    )


def _answers(folder: str, languages: int, *, task: str = "", rule: str = "") -> Member:
    return Member(
        folder=folder,
        task=task or folder,
        metrics={"exact_match": f"{rule}exact_match", "f1": f"{rule}f1"},
        score=("exact_match", "f1"),
        languages=languages,
    )


def _ranking(folder: str, languages: int) -> Member:
    return _one(folder, languages, metric="map_at_20", name="map@20")


def _english(*tasks: str) -> tuple[Member, ...]:
    return tuple(_one(task, 1) for task in tasks)


def _toy() -> tuple[Member, ...]:
    return (
        *(
            _one(f"toy-{name}", 8)
            for name in ("nli", "swag", "xnli", "pawsx", "xcopa", "tatoeba", "answers")
        ),
        *(_answers(f"toy-{name}", 8) for name in ("squad", "xquad")),
        _f1("toy-udpos", "pos", 8, also="token_accuracy"),
        _f1("toy-panx", "entity", 8),
        *(_one(f"toy-{name}", 0, metric="masked_accuracy") for name in ("mlm", "text")),
    )


def _declared() -> tuple[Suite, ...]:
    return (
        Suite(
            name="xtreme",
            description="Nine tasks in up to 40 languages (Hu et al. 2020), with one overall mean.",
            members=(
                _one("xnli", 15),
                _one("pawsx", 7),
                _f1("udpos", "pos", 33, also="token_accuracy"),
                _f1("panx", "entity", 40),
                _answers("xquad", 11),
                _answers("mlqa", 7, rule="mlqa_"),
                _answers("tydiqa", 9),
                _f1("bucc2018", "bucc", 4),
                _one("tatoeba", 36),
            ),
            groups={
                "classification": ("pawsx", "xnli"),
                "tagging": ("udpos", "panx"),
                "qa": ("xquad", "mlqa", "tydiqa"),
                "retrieval": ("bucc2018", "tatoeba"),
            },
            overall=True,
            benchmark=True,
        ),
        Suite(
            name="xtreme-r",
            description="Ten tasks in up to 48 languages (Ruder et al. 2021), reported per task.",
            members=(
                _one("xnli", 15),
                _one("xcopa", 11),
                _f1("udpos", "pos", 38, task="udpos-xr", also="token_accuracy"),
                _f1("panx", "entity", 48, task="panx-xr"),
                _answers("xquad", 12, task="xquad-xr"),
                _answers("mlqa", 7, rule="mlqa_"),
                _answers("tydiqa", 9),
                _one("tatoeba", 41, task="tatoeba-xr"),
                _ranking("mewslix", 11),
                _ranking("lareqa", 11),
            ),
            benchmark=True,
        ),
        Suite(
            name="reasoning",
            description="Commonsense and science questions with choices, reported per task.",
            members=(
                *_english("arc-easy", "arc-challenge", "copa", "hellaswag", "siqa", "cosmosqa"),
                _one("m-arc", 0),
                _one("m-hellaswag", 0),
            ),
        ),
        Suite(
            name="intermediate",
            description="English sources: those of Phang et al. 2020, and text in many languages.",
            members=(
                *_english("anli-plus", "mnli", "qqp"),
                _answers("squad-v2", 1, rule="squad2_"),
                _answers("squad", 1),
                *_english("hellaswag"),
                _one("ccg", 1, metric="token_accuracy"),
                *_english("cosmosqa", "commonsenseqa", "siqa", "anli", "snli"),
                *_english("arc-easy", "arc-challenge", "copa"),
                _one("mlm", 0, metric="masked_accuracy"),
            ),
        ),
        Suite(
            name="toy",
            description="Tasks of a generated family of languages, which need no data.",
            members=_toy(),
        ),
    )


SUITES: Registry[Suite] = Registry("suite", entries=_declared)
"""Every suite by name."""
