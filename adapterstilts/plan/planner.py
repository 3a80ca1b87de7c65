"""From a recipe to a plan: every stage that it takes, each once, in an order that can be run.

What can be shared is shared because stages are known by their content: a source that is trained
for one target serves every target, every composition and the next recipe.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from adapterstilts.core.errors import UsageError
from adapterstilts.core.store import Store
from adapterstilts.modeling.composition import COMPOSITIONS, Needs, Trains
from adapterstilts.modeling.methods import METHODS, NONE
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.plan.bases import Ground, base
from adapterstilts.plan.feasible import (
    answering_head,
    changes_embeddings,
    check_heads,
    check_length,
    check_method,
)
from adapterstilts.plan.publications import publications
from adapterstilts.plan.recipe import Grid, Recipe
from adapterstilts.plan.retrieval import ALL
from adapterstilts.plan.sources import Learned
from adapterstilts.plan.trainings import Trainings
from adapterstilts.plan.ways import AS_IT_IS, NOTHING, Way, learner, target, trains, ways
from adapterstilts.stages.predict import TRAINED, Predict, dev_role
from adapterstilts.stages.references import BACKBONE, Backbone
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import StageSpec
from adapterstilts.stages.sweep import Sweep
from adapterstilts.stages.train import DEV
from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.mixture import Part
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.rows import MULTILINGUAL

WHOLE = "full"
"""The method that makes a backbone."""


@dataclass(frozen=True)
class Plan:
    """A graph of stages."""

    recipe: Recipe
    """What asked for it."""
    stages: Mapping[str, StageSpec] = field(default_factory=dict)
    """Id to stage; what a stage needs stands before it."""

    @property
    def distances(self) -> dict[str, float] | None:
        """Return how far each language is from the one that is trained on, where that is known."""
        configs = (spec.config for spec in self.stages.values())
        codes = {
            code for config in configs if isinstance(config, Evaluate) for code in config.languages
        }
        if codes and codes <= LANGUAGES.keys():
            return {code: LANGUAGES[code].distance.total for code in sorted(codes)}
        return None

    def scores(self, store: Store) -> list[Path]:
        """Return the folders of the plan's finished score stages."""
        return self._finished("score", store)

    def sweeps(self, store: Store) -> list[Path]:
        """Return the folders of its finished stages that score one layer after the other."""
        return self._finished("sweep", store)

    def _finished(self, kind: str, store: Store) -> list[Path]:
        found = (store.find(id) for id, spec in self.stages.items() if spec.kind == kind)
        return [path for path in found if path is not None]


def plan(recipe: Recipe, *, evaluated: bool = True) -> Plan:
    """Return every stage of a recipe, or say what in it cannot be.

    Args:
        recipe: What is asked for.
        evaluated: Whether what is trained on the targets is evaluated, or trained and left.
    """
    planner = _Planner(recipe, evaluated=evaluated)
    if recipe.pretrain is not None:
        planner.pretrained()
    for grid in recipe.grid:
        planner.grid(grid)
    planner.trainings.data.check()
    stages = planner.trainings.in_order()
    published = publications(recipe, stages) if evaluated else ()
    return Plan(recipe, {**stages, **{spec.id: spec for spec in published}})


def plan_sources(recipe: Recipe) -> Plan:
    """Return what makes the sources of a recipe's grid, and nothing that builds on them."""
    trainings, place = Trainings(recipe), str(recipe.path)
    below = base(recipe.backbone, recipe.revision)
    for seed, grid in product(recipe.seeds, recipe.grid):
        for method, composition in product(grid.methods, grid.compositions):
            ground = Ground(base=below, method=method_of(method), seed=seed)
            for way in ways(composition, grid.sources, place=place):
                check_method(ground, way, place=place)
                trainings.sources(ground, way)
    trainings.data.check()
    return Plan(recipe, trainings.in_order())


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """One comparison of a grid."""

    ground: Ground
    """What it stands on."""
    way: Way
    """How the sources are put together."""
    task: Task
    """The target."""
    part: Part
    """The same, with how much of it is learned from."""

    @property
    def headless(self) -> bool:
        """Return whether the target is read without a head, so that every source answers it."""
        return FORMATS.get(self.task.format).head == "none"

    @property
    def untouched(self) -> bool:
        """Return whether the backbone itself answers: nothing is, or is to be, trained on it."""
        nothing = not trains(self.task) or (self.headless and self.ground.method.name == NONE)
        return nothing and self.way.composition.needs is Needs.NOTHING


class _Planner:
    """Goes through the cells of a recipe."""

    def __init__(self, recipe: Recipe, *, evaluated: bool) -> None:
        self.trainings = Trainings(recipe)
        self._recipe = recipe
        self._evaluated = evaluated
        self._base = base(recipe.backbone, recipe.revision)

    def pretrained(self) -> None:
        """Make the backbone first, and put everything that names no other on it."""
        pretrain = self._recipe.pretrain
        if pretrain is None:
            return
        ground = Ground(base=self._base, method=METHODS.get(WHOLE), seed=pretrain.seed)
        learned = Learned(parts=(Part(task=pretrain.task),))
        made = self.trainings.learned(ground, learned, NOTHING, hyper=pretrain.hyper)
        title = f"{self._base.title}+{pretrain.task}"
        self._base = replace(
            self._base,
            backbone=Backbone(name=title, revision=""),
            title=title,
            below={BACKBONE: made},
        )

    def grid(self, grid: Grid) -> None:
        """Add every cell of a grid."""
        found, place = False, str(self._recipe.path)
        bases = [base(name, "main") for name in grid.backbones] or [self._base]
        cells = product(bases, self._recipe.seeds, grid.methods, grid.targets, grid.compositions)
        for below, seed, method, written, composition in cells:
            part = target(written, place=place)
            several = list(ways(composition, grid.sources, place=place))
            if not several:
                raise UsageError(
                    f"composition '{composition}' in {place} needs a source, and none is"
                    " named: give the recipe or the grid entry 'sources', or write them out, as in"
                    f" '{composition}(mnli)'"
                )
            for way in several:
                ground = Ground(base=below, method=method_of(method), seed=seed)
                cell = _Cell(ground=ground, way=way, task=TASKS.get(part.task), part=part)
                found |= self._cell(cell)
        if not found:
            raise UsageError(
                f"a grid entry of {place} holds nothing that can be: none of"
                f" {', '.join(grid.compositions)} goes with {', '.join(grid.targets)}; see"
                " `adapterstilts compositions`"
            )

    def _cell(self, cell: _Cell) -> bool:
        """Add a cell; return whether it means anything."""
        bare = cell.untouched
        if bare:
            untouched = replace(cell.way, composition=COMPOSITIONS.get(AS_IT_IS))
            cell = replace(cell, way=untouched)
        head = self._head(cell)
        if head is None:
            return False
        place = str(self._recipe.path)
        if not bare or cell.ground.method.name != NONE:
            check_method(cell.ground, cell.way, place=place)
        untrained = cell.way.composition.trains is Trains.NOTHING
        if cell.way.sources or not untrained:
            check_heads(cell.ground, [cell.task.name], place=place)
        if untrained and not cell.way.sources:
            cell = replace(cell, ground=replace(cell.ground, method=METHODS.get(NONE)))
        learned = learner(cell.part)
        trained = cell.way.trained(learned)
        needs = self.trainings.sources(cell.ground, trained)
        if not untrained:
            needs[TRAINED] = self.trainings.learned(cell.ground, learned, trained)
        if self._evaluated:
            self._evaluate(cell, trained, needs, head)
        return True

    def _head(self, cell: _Cell) -> str | None:
        """Return which head of a source answers; None where the cell means nothing.

        On some targets nothing can be trained, and a source as it is must have the target's head.
        What was written out is refused then, and what a grid made is passed over.
        """
        if cell.way.composition.trains is not Trains.NOTHING:
            if trains(cell.task):
                return ""
            if cell.way.asked:
                raise cell.way.term.refused(
                    f"nothing trains on '{cell.task.name}', which is read without a head and has no"
                    f" training data: write {AS_IT_IS}({cell.way.name})"
                )
            return None
        if cell.headless:
            return "" if changes_embeddings(cell.ground, cell.way, cell.task) else None
        return answering_head(cell.way, cell.task, method=cell.ground.method)

    def _evaluate(self, cell: _Cell, way: Way, needs: Mapping[str, str], head: str) -> None:
        ground, task, languages = cell.ground, cell.task, self._languages(cell.task)
        split = "test"
        data = self._asked(cell, languages, split)
        reading = self._recipe.retrieval
        predicted = self.trainings.add(
            Predict(
                backbone=ground.base.backbone,
                method=ground.method.name,
                composition=way.composition.name,
                sources=way.arguments,
                task=task.name,
                head=head,
                languages=languages,
                split=split,
                layer=reading.layer if cell.headless else None,
                pooling=reading.pooling if cell.headless else "",
                keep_logits=self._recipe.keep_logits,
            ),
            {**ground.base.below, **needs, **data},
        )
        about = Evaluate(
            backbone=ground.base.title,
            method=ground.method.name,
            composition=cell.way.composition.name,
            source=cell.way.name,
            task=task.name,
            shots=cell.part.examples,
            languages=languages,
            split=split,
            seed=ground.seed,
        )
        self.trainings.add(about, {PREDICTED: predicted})
        untrained = cell.headless and not needs
        if untrained and reading.layers and ground.seed == self._recipe.seeds[0]:
            sweep = Sweep(
                backbone=ground.base.backbone,
                about=about,
                layers=() if reading.layers == ALL else reading.layers,
                pooling=reading.pooling,
            )
            self.trainings.add(sweep, {**ground.base.below, **data})

    def _asked(self, cell: _Cell, languages: Iterable[str], split: str) -> dict[str, str]:
        """Add the encoded data that answers take; return them by role."""
        task, form, below = cell.task, FORMATS.get(cell.task.format), cell.ground.base
        hyper = self._recipe.hyperparameters(cell.ground.method.name, task.name)
        check_length(cell.ground, task, hyper.max_length, place=str(self._recipe.path))

        def prepared(language: str, split: str) -> str:
            length = hyper.max_length
            return self.trainings.prepared(below, task, language, split, length=length)

        found = {code: prepared(code, split) for code in languages}
        if form.calibrated:
            found |= {dev_role(code): prepared(code, DEV) for code in languages}
        if form.pooled:
            # One for all languages, which is filed under English.
            found[POOL] = prepared(task.english, POOL)
        return found

    def _languages(self, task: Task) -> tuple[str, ...]:
        known = tuple(language for language in task.languages if language != MULTILINGUAL)
        asked = self._recipe.languages
        found = tuple(language for language in asked if language in known) if asked else known
        if not found:
            raise UsageError(
                f"task '{task.name}' has none of the languages that {self._recipe.path} asks for"
                f" ({', '.join(asked)}): name some of {', '.join(known)}"
            )
        return found
