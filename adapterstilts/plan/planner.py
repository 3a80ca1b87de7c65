"""From a recipe to a plan: every stage that it takes, each once, in an order that can be run.

What can be shared is shared because stages are known by their content: a source that is trained
for one target serves every target, every composition and the next recipe.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from adapterstilts.core.errors import UsageError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.composition import COMPOSITIONS, Composition, Needs, Trains
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.methods import METHODS, NONE, Method
from adapterstilts.plan.recipe import Grid, Recipe
from adapterstilts.stages.predict import TRAINED, Predict
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import BACKBONE, Backbone, source_role
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import Config, StageSpec
from adapterstilts.stages.train import DEV, TRAIN, Train
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task
from adapterstilts.toyworld.languages import LANGUAGES

BASELINE = "target"
"""The composition that has no source."""
AS_IT_IS = "zero"
"""The composition that trains nothing."""


@dataclass(frozen=True)
class Plan:
    """A graph of stages."""

    recipe: Recipe
    """What asked for it."""
    stages: Mapping[str, StageSpec] = field(default_factory=dict)
    """Id to stage; what a stage needs stands before it."""

    @property
    def distances(self) -> dict[str, float] | None:
        """Return how far each language lies from the one that is trained on, where that is known."""
        codes = {code for spec in self.stages.values() if spec.kind == "score"
                 for code in spec.config.languages}  # fmt: skip
        if codes and codes <= LANGUAGES.keys():
            return {code: LANGUAGES[code].distance.total for code in sorted(codes)}
        return None

    def scores(self, store: Store) -> list[Path]:
        """Return the folders of the plan's finished score stages."""
        found = (store.find(id) for id, spec in self.stages.items() if spec.kind == "score")
        return [path for path in found if path is not None]


def plan(recipe: Recipe) -> Plan:
    """Return every stage of a recipe, or say what in it cannot be."""
    planner = _Planner(recipe)
    if recipe.pretrain is not None:
        planner.pretrained()
    for grid in recipe.grid:
        planner.grid(grid)
    return Plan(recipe, planner.stages)


class _Planner:
    """Collects stages; the same work asked for twice is one stage."""

    def __init__(self, recipe: Recipe) -> None:
        self.stages: dict[str, StageSpec] = {}
        self._recipe = recipe
        revision = locate.stated_revision(recipe.backbone, recipe.revision)
        self._origin = Backbone(name=recipe.backbone, revision=revision)
        self._backbone, self._below = self._origin, dict[str, str]()
        self._tokenizer = ""
        if locate.is_local(recipe.backbone):
            self._tokenizer = file_digest(locate.folder_of(recipe.backbone) / "tokenizer.json")

    def pretrained(self) -> None:
        """Make the backbone first, and put everything else on it."""
        pretrain = self._recipe.pretrain
        if pretrain is None:
            return
        id = self._train(METHODS.get("full"), COMPOSITIONS.get(BASELINE), (), TASKS.get(pretrain.task),
                         pretrain.seed, pretrain.hyper)  # fmt: skip
        self._backbone = Backbone(name=f"{self._recipe.backbone}+{pretrain.task}", revision="")
        self._below = {BACKBONE: id}

    def grid(self, grid: Grid) -> None:
        """Add every cell of a grid."""
        cells = product(self._recipe.seeds, grid.methods, grid.targets, grid.compositions)
        for seed, method, target, composition in cells:
            for sources in _choices(COMPOSITIONS.get(composition), grid.sources):
                self._cell(
                    METHODS.get(method), COMPOSITIONS.get(composition), sources, TASKS.get(target), seed
                )  # fmt: skip

    def _cell(
        self, method: Method, composition: Composition, sources: tuple[str, ...], task: Task, seed: int
    ) -> None:
        if FORMATS.get(task.format).head == "none" and composition.needs is Needs.NOTHING:
            composition = COMPOSITIONS.get(AS_IT_IS)  # Nothing to train: the backbone itself answers.
        if not _applies(composition, sources, task):
            return
        if refusal := composition.refuses(method):
            raise UsageError(
                f"composition '{composition.name}' in {self._recipe.path} cannot be had with method"
                f" '{method.name}', which {refusal}: take it out, or use"
                f" {' or '.join(each.name for each in METHODS.values() if not composition.refuses(each))}"
            )
        untrained = composition.trains is Trains.NOTHING
        if untrained and not sources:
            method = METHODS.get(NONE)
        needs = {
            source_role(index): self._source(method, TASKS.get(source), seed)
            for index, source in enumerate(sources)
        }
        if not untrained:
            trainee = TASKS.get(task.training or task.name)
            needs[TRAINED] = self._train(method, composition, sources, trainee, seed)
        self._evaluate(method, composition, sources, task, seed, needs)

    def _source(self, method: Method, task: Task, seed: int) -> str:
        return self._train(method, COMPOSITIONS.get(BASELINE), (), task, seed)

    def _train(
        self, method: Method, composition: Composition, sources: tuple[str, ...], task: Task, seed: int,
        hyper: Hyperparameters | None = None,
    ) -> str:  # fmt: skip
        hyper = hyper or self._recipe.hyperparameters(method.name, task.name)
        if "train" not in task.splits:
            raise UsageError(
                f"task '{task.name}' has nothing to train on, but {self._recipe.path} asks for"
                f" composition '{composition.name}': use 'zero' with it"
            )
        needs = {
            **self._below,
            TRAIN: self._prepare(task, task.english, "train", hyper.max_length, hyper.train_examples),
            DEV: self._prepare(task, task.english, "dev", hyper.max_length),
        }
        for index, source in enumerate(sources):
            needs[source_role(index)] = self._source(method, TASKS.get(source), seed)
        config = Train(
            backbone=self._backbone, method=method.name, composition=composition.name,
            sources=sources, task=task.name, seed=seed, hyper=hyper,
        )  # fmt: skip
        return self._add(config, needs)

    def _evaluate(
        self, method: Method, composition: Composition, sources: tuple[str, ...], task: Task, seed: int,
        needs: Mapping[str, str],
    ) -> None:  # fmt: skip
        languages = self._languages(task)
        max_length = self._recipe.hyperparameters(method.name, task.name).max_length
        data = {
            language: self._prepare(task, language, "test", max_length) for language in languages
        }
        predicted = self._add(
            Predict(
                backbone=self._backbone, method=method.name, composition=composition.name, sources=sources,
                task=task.name, languages=languages, split="test",
                layer=self._recipe.layer if FORMATS.get(task.format).head == "none" else None,
                keep_logits=self._recipe.keep_logits,
            ),
            {**self._below, **needs, **data},
        )  # fmt: skip
        self._add(
            Evaluate(
                backbone=self._backbone.name, method=method.name, composition=composition.name,
                source="+".join(sources), task=task.name, languages=languages, split="test", seed=seed,
            ),
            {PREDICTED: predicted},
        )  # fmt: skip

    def _languages(self, task: Task) -> tuple[str, ...]:
        known = tuple(language for language in task.languages if language != "mul")
        asked = self._recipe.languages
        found = tuple(language for language in asked if language in known) if asked else known
        if not found:
            raise UsageError(
                f"task '{task.name}' has none of the languages that {self._recipe.path} asks for"
                f" ({', '.join(asked)}); it has {', '.join(known)}"
            )
        return found

    def _prepare(self, task: Task, language: str, split: str, max_length: int, limit: int = 0) -> str:
        there = task.data.sizes[task.splits[split]]
        return self._add(
            Prepare(
                task=task.name, language=language, split=split, size=min(limit or there, there),
                max_length=max_length, backbone=self._origin, tokenizer=self._tokenizer,
            ),
            {},
        )  # fmt: skip

    def _add(self, config: Config, needs: Mapping[str, str]) -> str:
        spec = StageSpec(config, dict(needs))
        self.stages.setdefault(spec.id, spec)
        return spec.id


def _choices(composition: Composition, sources: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the sources of each cell that a composition makes of those of a grid."""
    if composition.needs is Needs.NOTHING:
        yield ()
    elif composition.needs is Needs.ALL:
        yield sources
    else:
        yield from ((source,) for source in sources)


def _applies(composition: Composition, sources: tuple[str, ...], task: Task) -> bool:
    """Return whether a cell means anything: a source as it is must have the target's head."""
    needs_head = FORMATS.get(task.format).head != "none"
    if composition.trains is not Trains.NOTHING:
        return needs_head
    if not needs_head:
        return True
    return all(
        (TASKS.get(source).format, TASKS.get(source).labels) == (task.format, task.labels)
        for source in sources
    )
