"""What there is to be published: one training that is asked for, or all of a recipe."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from adapterstilts.api.experiment import Experiment
from adapterstilts.api.one_off import METHOD, Choices, Way, assignments, folders
from adapterstilts.api.train import training
from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse, spelled
from adapterstilts.modeling.composition import OWN, composition
from adapterstilts.modeling.merges import AVERAGE
from adapterstilts.plan import ways
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import Recipe
from adapterstilts.plan.ways import BASELINE
from adapterstilts.publishing.shelf import SOURCE
from adapterstilts.stages.merge import Merge
from adapterstilts.stages.predict import TRAINED
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import Config, StageSpec
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS

SOURCES, TARGETS = "sources", "targets"
"""What of a recipe is published, where not all of it is."""
MADE = ("train", "merge", "adopt")
"""Kinds of stages that leave modules."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A stage that is to be published, whether it has been run or not."""

    config: Train | Merge
    """What it does."""
    needs: Mapping[str, str]
    """What it needs."""
    id: str
    """Its id."""
    expression: str
    """Task or source that it answers or is."""
    way: str
    """How it is made, as `METHOD/COMPOSITION`."""

    @property
    def seed(self) -> int:
        """Return the seed of its training; of a merge 0."""
        return self.config.seed if isinstance(self.config, Train) else self.config.how.seed

    @property
    def is_evaluated(self) -> bool:
        """Return whether it answers a task of its own, which has a test split."""
        name = self.expression.partition("@")[0]
        return name in TASKS and "test" in TASKS.get(name).splits


def one(task: str, way: Way, choices: Choices) -> tuple[Experiment, Thing]:
    """Return the training that a request names, by the first of its seeds.

    Args:
        task: A task, or a source.
        way: How it was trained.
        choices: What else is said.
    """
    asked = training(task, way, choices, once=True)
    (id,) = _ends(asked.plan)
    spec, (entry,) = asked.plan.stages[id], asked.recipe.grid
    if not isinstance(spec.config, Train | Merge):
        raise UsageError(
            f"'{task}' was not trained here but taken over: whoever made it has published it, and"
            " what builds on it can be published"
        )
    (composed,), (method,) = entry.compositions, entry.methods
    (found,) = ways.ways(composed, entry.sources, place=str(asked.recipe.path))
    term = parse(task)
    expression, written = spec.config.title, BASELINE
    if term.word.partition("@")[0] in TASKS and not (term.called or term.settings):
        expression, written = term.text, spelled(found.composition.name, {}, found.arguments)
    return asked, _thing(spec, expression, f"{method}/{written}")


def every(recipe: Recipe, *, only: str = "") -> Iterator[Thing]:
    """Yield all that a recipe trains with its first seed, what is built on first.

    The backbone that a recipe may make is no part of it, nor what a training only goes on from
    because its target names several tasks to be trained on.

    Args:
        recipe: The recipe.
        only: `sources` or `targets`; both without.
    """
    if only not in ("", SOURCES, TARGETS):
        raise UsageError(f"only='{only}' is neither '{SOURCES}' nor '{TARGETS}'")
    stages = plan(replace(recipe, seeds=recipe.seeds[:1])).stages
    targets = _targets(stages) if only != SOURCES else {}
    sources = _sources(stages) if only != TARGETS else {}
    for id in stages:
        if id in targets or id in sources:
            yield targets.get(id) or sources[id]


def command(verb: str, task: str, way: Way, choices: Choices) -> str:
    """Return the command line that trains or evaluates what a request names."""
    words = ["adapterstilts", verb, task]
    words += ["--on", way.composition] * (way.composition != BASELINE)
    words += ["--method", way.method] * (way.method != METHOD)
    words += ["--like", str(choices.like)] * (choices.like is not None)
    words += ["--backbone", str(choices.backbone)] * bool(choices.backbone)
    words += [word for seed in choices.seeds for word in ("--seed", str(seed))]
    words += [word for each in assignments(choices.set) for word in ("--set", each)]
    words += [word for each in folders(choices.data) for word in ("--data", each)]
    words += ["--store", str(choices.store)] * (str(choices.store or "runs") != "runs")
    return shlex.join(words)


def text_of(recipe: Recipe) -> str:
    """Return a recipe as it was written, with what was set by hand above it."""
    return "".join(f"# --set {each}\n" for each in recipe.overrides) + recipe.text


def _thing(spec: StageSpec, expression: str, way: str) -> Thing:
    assert isinstance(spec.config, Train | Merge)
    return Thing(config=spec.config, needs=spec.needs, id=spec.id, expression=expression, way=way)


def _ends(plan: Plan) -> list[str]:
    """Return the stages of a plan that leave modules which no other one builds on."""
    made = {id: spec for id, spec in plan.stages.items() if spec.kind in MADE}
    needed = {id for spec in made.values() for id in spec.needs.values()}
    return [id for id in made if id not in needed]


def _targets(stages: Mapping[str, StageSpec]) -> dict[str, Thing]:
    """Return what is trained on the targets, under the names that score rows have for it."""
    found: dict[str, Thing] = {}
    for spec in stages.values():
        if isinstance(about := spec.config, Evaluate):
            id = stages[spec.needs[PREDICTED]].needs.get(TRAINED, "")
            if id and id not in found:
                found[id] = _thing(stages[id], about.target, _way(about, stages[id].config))
    return found


def _way(about: Evaluate, config: Config) -> str:
    """Return how a target was trained, as it was written: a stage knows what comes of it."""
    assert isinstance(config, Train)
    met, arguments = composition(about.composition), config.sources
    if met.base == AVERAGE:
        arguments = tuple(each.text for each in parse(arguments[0]).arguments)
    elif met.overrides.get(OWN):
        arguments = arguments[:-1]
    return f"{about.method}/{spelled(met.name, {}, arguments)}"


def _sources(stages: Mapping[str, StageSpec]) -> dict[str, Thing]:
    """Return what others build on, or what answers as it is."""
    needed = [
        id for spec in stages.values() for role, id in spec.needs.items() if role.startswith(SOURCE)
    ]
    return {
        id: _thing(stages[id], config.title, f"{config.method}/{BASELINE}")
        for id in dict.fromkeys(needed)
        if isinstance(config := stages[id].config, Train | Merge)
    }
