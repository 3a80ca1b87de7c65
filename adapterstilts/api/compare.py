"""Compare some ways on the same targets: paired, with intervals and costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.experiment import Experiment, carry_out, check_failures, english
from adapterstilts.api.one_off import METHOD, Choices, Folders, On, Settings, Way, way
from adapterstilts.api.results import within
from adapterstilts.api.reusing import evaluation
from adapterstilts.api.targets import check_once, wanted
from adapterstilts.core.errors import UsageError
from adapterstilts.core.progress import Listener

if TYPE_CHECKING:
    import pandas as pd

    from adapterstilts.plan.runners import Summary


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A comparison, and what it took."""

    gains: "pd.DataFrame"
    """The first way against each other one: see `adapterstilts.analysis.compare.compare`."""
    stages: "Summary"
    """How many stages were run and how many stood already."""


def compare(
    *ways: On,
    target: str | Sequence[str],
    languages: str | Sequence[str] = (),
    method: str = METHOD,
    like: str | Path | None = None,
    backbone: str | Path = "",
    seeds: Sequence[int] = (),
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    engine: str = "",
    offline: bool = False,
    listener: Listener | None = None,
) -> Compared:
    """Return how the first way compares with each other one; what stands already is not run again.

    A row of its `gains` is a target and a language, or `zero-shot`, the mean over every language
    but English: `score` of `way`, `other` of `against`, and their difference `gain` with the 95 %
    interval of a paired bootstrap over the same examples. Seeds and languages are held fixed, so it
    says nothing of what another seed or language would give. Costs are those of one run of either.

    Args:
        *ways: Two or more of `METHOD/COMPOSITION`, as `full/continue(mnli)`; a method alone stands
            for the target without a source, a composition alone for that of `method`.
        target: Task or tasks that all of them answer.
        languages: Language codes, one by one or between commas; every language of a task without.
        method: How modules are made where an expression does not say it.
        like: Recipe that has whatever is not said here, from training to languages.
        backbone: Embedded name, folder or model id; `toyworld` where every task is a toy.
        seeds: Seeds, each a training of its own; 0 without.
        set: Values of a recipe, as `{"training.default.steps": 200}`.
        data: Folder of the official files, or one for each task; the Hub without.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
        engine: `serial` or `pool`.
        offline: Whether the Hub is out of reach.
        listener: Hears how far it is; nobody without.
    """
    choices = Choices(
        like=like,
        backbone=backbone,
        seeds=seeds,
        languages=languages,
        set=set,
        data=data,
        store=store,
    )
    targets = (target,) if isinstance(target, str) else tuple(target)
    experiments = _experiments([way(each, method) for each in ways], targets, choices)
    first, *_ = experiments.values()
    stages = {id: spec for each in experiments.values() for id, spec in each.plan.stages.items()}
    summary = carry_out(
        replace(first, plan=replace(first.plan, stages=stages)),
        engine=engine,
        offline=offline,
        listener=listener,
    )
    check_failures(summary)
    from adapterstilts.analysis import compare as analysis
    from adapterstilts.analysis import table

    frames = {
        name: within(table.load(each.plan.scores(each.store)), each.recipe.languages)
        for name, each in experiments.items()
    }
    gains = analysis.compare(frames, english=english(first.recipe))
    return Compared(gains=gains, stages=summary)


def _experiments(
    ways: Sequence[Way], targets: Sequence[str], choices: Choices
) -> dict[str, Experiment]:
    """Return the experiment of each way by its name, or refuse what is no comparison."""
    if len(ways) < 2 or not targets:
        raise UsageError(
            "a comparison takes two ways or more and a target, as in"
            " adapterstilts compare 'stack(mnli)' target --target xnli"
        )
    check_once(targets)
    found: dict[str, Experiment] = {}
    for each in ways:
        if each.name in found:
            raise UsageError(f"'{each.name}' is named twice: compare it with another way")
        found[each.name] = evaluation([wanted(each, target) for target in targets], choices)
    return found
