"""What most commands start from: a recipe, its plan, and the store that it runs in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.core.records import Score, read_rows
from adapterstilts.core.store import Store
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import Known, Recipe, load


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
    recipe = load(recipe_path, overrides, known=known_names(), data=data)
    store = Store(store_folder)
    return Experiment(recipe=recipe, store=store, plan=plan(recipe))


def known_names() -> Known:
    """Return the names that a recipe may use: those of the registries."""
    from adapterstilts.modeling.composition import COMPOSITIONS
    from adapterstilts.modeling.methods import method
    from adapterstilts.tasks.registry import TASKS

    return Known(
        method=lambda written, place: method(written, place=place).name,
        compositions=frozenset(COMPOSITIONS.names()),
        tasks=frozenset(TASKS.names()),
        languages=frozenset(code for task in TASKS.values() for code in task.languages),
    )


def write_report(experiment: Experiment, out: Path | None = None) -> Path | None:
    """Return the report's page, written where scores have changed; `None` without any scores."""
    folders = [path for path in experiment.plan.scores(experiment.store) if _has_scores(path)]
    if not folders:
        return None
    from adapterstilts.analysis import report
    from adapterstilts.plan.caveats import caveats

    recipe = experiment.recipe
    set_by_hand = "".join(f"# --set {assignment}\n" for assignment in recipe.overrides)
    return report.write(
        folders,
        out or experiment.report_folder,
        title=recipe.name,
        question=recipe.question,
        distances=experiment.plan.distances,
        names=_names(),
        english=_english(recipe),
        recipe_text=set_by_hand + recipe.text,
        sweeps=experiment.plan.sweeps(experiment.store),
        caveats=caveats(experiment.plan, experiment.store),
    )


def _has_scores(folder: Path) -> bool:
    """Return whether a score stage found any labels."""
    return any(True for _ in read_rows(folder / "scores.jsonl", Score))


def _english(recipe: Recipe) -> str:
    """Return the code of the language that training sees."""
    from adapterstilts.tasks.registry import TASKS

    return TASKS.get(recipe.grid[0].targets[0]).english


def _names() -> Mapping[str, str]:
    """Return the name of every language, generated or real, by its code."""
    from adapterstilts.core.languages import languages
    from adapterstilts.toyworld.languages import LANGUAGES

    known = {code: language.name for code, language in languages().items()}
    return known | {code: language.name for code, language in LANGUAGES.items()}
