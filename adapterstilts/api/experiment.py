"""What nearly everything starts from: a recipe, its plan, and the store that it runs in."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.reaching import network
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.progress import Listener
from adapterstilts.core.records import SCORES, Score, read_rows
from adapterstilts.core.store import Store
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import Recipe, load

if TYPE_CHECKING:
    from adapterstilts.modeling.runtime import Runtime
    from adapterstilts.plan.runners import Summary

ENGINES = ("serial", "pool")
"""Ways of working a plan off: stage by stage, or several side by side."""
STORE = "ADAPTERSTILTS_STORE"
"""Environment variable that names the store."""
_SHOWN = 5
"""Failures that are told in words; the rest is only counted."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A recipe in a store."""

    recipe: Recipe
    """What is asked for."""
    store: Store
    """Where it is kept."""
    plan: Plan
    """How it is made."""

    @property
    def report_folder(self) -> Path:
        """Return the folder of its report."""
        return self.store.root / "reports" / self.recipe.name


def open_experiment(
    recipe_path: Path, store_folder: Path, overrides: Sequence[str] = (), data: Sequence[str] = ()
) -> Experiment:
    """Return the experiment of a recipe; nothing is run and nothing is written."""
    recipe = load(recipe_path, overrides, data=data)
    store = Store(store_folder)
    return Experiment(recipe=recipe, store=store, plan=plan(recipe))


def carry_out(
    experiment: Experiment,
    *,
    part: Plan | None = None,
    engine: str = "",
    offline: bool = False,
    listener: Listener | None = None,
) -> "Summary":
    """Return what came of an experiment's plan, or of a part of it; what stands is not run again.

    Args:
        experiment: The experiment.
        part: What is wanted of its plan; all of it without.
        engine: `serial` or `pool`; what the recipe says without.
        offline: Whether the Hub is out of reach.
        listener: Hears how far it is.
    """
    from adapterstilts.core import hub
    from adapterstilts.plan import publications, runners
    from adapterstilts.plan.needs import check

    wanted = part or experiment.plan
    runtime = _with_engine(experiment.recipe.runtime, engine)
    with network(offline=offline):
        publications.check(wanted.stages, experiment.store, hub.here())
        check(wanted, experiment.store, hub.here())
        return runners.run(wanted, experiment.store, runtime, listener)


def check_failures(summary: "Summary") -> None:
    """Raise what stages failed of, where some did."""
    told = [f"stage {each.stage} failed: {each.message}" for each in summary.failures]
    if len(told) > _SHOWN:
        told = [*told[:_SHOWN], f"{len(told) - _SHOWN} more failed"]
    if summary.failed:
        raise StiltsError("\n".join(told) or f"{summary.failed} stages failed")


def store_folder(given: str | Path | None) -> Path:
    """Return the folder of a store: as it is given, as the environment has it, or `runs`."""
    return Path(given or os.environ.get(STORE) or "runs")


def write_report(experiment: Experiment, out: Path | None = None) -> Path | None:
    """Return the report's page, written where scores have changed; `None` without any scores."""
    folders = [path for path in experiment.plan.scores(experiment.store) if _has_scores(path)]
    if not folders:
        return None
    from adapterstilts.analysis import report
    from adapterstilts.plan.caveats import caveats

    recipe = experiment.recipe
    return report.write(
        folders,
        out or experiment.report_folder,
        title=recipe.name,
        question=recipe.question,
        distances=experiment.plan.distances,
        names=_names(),
        english=english(recipe),
        recipe_text=recipe.document,
        sweeps=experiment.plan.sweeps(experiment.store),
        caveats=caveats(experiment.plan, experiment.store),
    )


def english(recipe: Recipe) -> str:
    """Return the code of the language that training sees."""
    from adapterstilts.tasks.registry import TASKS

    return TASKS.get(recipe.grid[0].targets[0].partition("@")[0]).english


def _with_engine(runtime: "Runtime", engine: str) -> "Runtime":
    """Return the runtime with the workers of an engine: one, or as many as there is room for."""
    if engine and engine not in ENGINES:
        raise UsageError(f"unknown engine '{engine}' (known: {', '.join(ENGINES)})")
    if engine == "serial":
        return replace(runtime, workers=1)
    if engine == "pool" and runtime.workers == 1:
        return replace(runtime, workers=0)
    return runtime


def _has_scores(folder: Path) -> bool:
    """Return whether a score stage found any labels."""
    return any(True for _ in read_rows(folder / SCORES, Score))


def _names() -> Mapping[str, str]:
    """Return the name of every language, generated or real, by its code."""
    from adapterstilts.core.languages import languages
    from adapterstilts.toyworld.languages import LANGUAGES

    known = {code: language.name for code, language in languages().items()}
    return known | {code: language.name for code, language in LANGUAGES.items()}
