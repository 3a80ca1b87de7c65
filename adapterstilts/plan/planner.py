"""From a recipe to a plan: every stage that it takes, each once, in an order that can be run.

What can be shared is shared because stages are known by their content: a source that is trained
for one target serves every target, every composition and the next recipe.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from adapterstilts.core.errors import UsageError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.composition import COMPOSITIONS, Composition, Needs, Trains
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.methods import METHODS, NONE, Method
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.sizes import Shape, misfit, shape_of
from adapterstilts.plan.data import Finder
from adapterstilts.plan.recipe import Grid, Recipe
from adapterstilts.plan.retrieval import ALL
from adapterstilts.stages.predict import TRAINED, Predict, dev_role
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import BACKBONE, Backbone, source_role
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import Config, StageSpec
from adapterstilts.stages.sweep import Sweep
from adapterstilts.stages.train import BEGUN, DEV, TRAIN, Train
from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.rows import MULTILINGUAL

BASELINE = "target"
"""The composition that has no source."""
AS_IT_IS = "zero"
"""The composition that trains nothing."""
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


def plan(recipe: Recipe) -> Plan:
    """Return every stage of a recipe, or say what in it cannot be."""
    planner = _Planner(recipe)
    if recipe.pretrain is not None:
        planner.pretrained()
    for grid in recipe.grid:
        planner.grid(grid)
    planner.data.check()
    return Plan(recipe, planner.stages)


@dataclass(frozen=True, kw_only=True)
class _Base:
    """What everything in a cell stands on."""

    backbone: Backbone
    """The backbone that is trained on and predicts."""
    origin: Backbone
    """Whose tokenizer reads the data: itself, or what it was pretrained from."""
    tokenizer: str
    """Digest of the tokenizer where it is on this machine, else empty."""
    title: str
    """What score rows say of it: a name, never where it lies."""
    shape: Shape | None = None
    """Its sizes, where its files are on this machine."""
    below: Mapping[str, str] = field(default_factory=dict)
    """Stage that makes it, by role, where one does."""


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """One comparison of a grid."""

    base: _Base
    """What it stands on."""
    method: Method
    """How modules are made."""
    composition: Composition
    """How they are put together."""
    sources: tuple[str, ...]
    """What is trained first."""
    task: Task
    """The target."""
    seed: int
    """Seed of every training."""

    @property
    def headless(self) -> bool:
        """Return whether the target is read without a head, so that nothing trains on it."""
        return FORMATS.get(self.task.format).head == "none"


class _Planner:
    """Collects stages; the same work asked for twice is one stage."""

    def __init__(self, recipe: Recipe) -> None:
        self.stages: dict[str, StageSpec] = {}
        self.data = Finder(recipe.data, recipe.path)
        self._recipe = recipe
        self._base = _base(recipe.backbone, recipe.revision)

    def pretrained(self) -> None:
        """Make the backbone first, and put everything that names no other on it."""
        pretrain = self._recipe.pretrain
        if pretrain is None:
            return
        cell = _Cell(
            base=self._base,
            method=METHODS.get(WHOLE),
            composition=COMPOSITIONS.get(BASELINE),
            sources=(),
            task=TASKS.get(pretrain.task),
            seed=pretrain.seed,
        )
        title = f"{self._base.title}+{pretrain.task}"
        self._base = replace(
            self._base,
            backbone=Backbone(name=title, revision=""),
            title=title,
            below={BACKBONE: self._train(cell, pretrain.hyper)},
        )

    def grid(self, grid: Grid) -> None:
        """Add every cell of a grid."""
        found = False
        bases = [_base(name, "main") for name in grid.backbones] or [self._base]
        cells = product(bases, self._recipe.seeds, grid.methods, grid.targets, grid.compositions)
        for base, seed, method, target, name in cells:
            composition = COMPOSITIONS.get(name)
            if composition.needs is not Needs.NOTHING and not grid.sources:
                raise UsageError(
                    f"composition '{name}' in {self._recipe.path} needs a source, and none is"
                    " named: give the recipe or the grid entry 'sources'"
                )
            for sources in _choices(composition, grid.sources):
                cell = _Cell(
                    base=base,
                    method=method_of(method),
                    composition=composition,
                    sources=sources,
                    task=TASKS.get(target),
                    seed=seed,
                )
                found |= self._cell(cell)
        if not found:
            raise UsageError(
                f"a grid entry of {self._recipe.path} holds nothing that can be: none of"
                f" {', '.join(grid.compositions)} goes with {', '.join(grid.targets)}; see"
                " `adapterstilts compositions`"
            )

    def _cell(self, cell: _Cell) -> bool:
        """Add a cell; return whether it means anything."""
        if cell.headless and cell.composition.needs is Needs.NOTHING:
            # There is nothing to train: the backbone itself answers.
            cell = replace(cell, composition=COMPOSITIONS.get(AS_IT_IS))
        if not _applies(cell):
            return False
        if refusal := cell.composition.refuses(cell.method):
            others = [each.name for each in METHODS.values() if not cell.composition.refuses(each)]
            raise UsageError(
                f"composition '{cell.composition.name}' in {self._recipe.path} cannot be had with"
                f" method '{cell.method.name}', which {refusal}: take it out, or use"
                f" {' or '.join(others)}"
            )
        self._check_fit(cell)
        untrained = cell.composition.trains is Trains.NOTHING
        if untrained and not cell.sources:
            cell = replace(cell, method=METHODS.get(NONE))
        needs = self._sources(cell)
        if not untrained:
            needs[TRAINED] = self._learned(cell)
        self._evaluate(cell, needs)
        return True

    def _check_fit(self, cell: _Cell) -> None:
        """Refuse a method that the backbone has no room for, where its shape is known."""
        complaint = misfit(cell.method, cell.base.shape) if cell.base.shape else ""
        if complaint:
            raise UsageError(
                f"method '{cell.method.name}' in {self._recipe.path} does not fit backbone"
                f" '{cell.base.title}': {complaint}"
            )

    def _sources(self, cell: _Cell) -> dict[str, str]:
        """Add the stages that train a cell's sources; return them by role."""
        baseline = replace(cell, composition=COMPOSITIONS.get(BASELINE), sources=())
        return {
            source_role(index): self._train(replace(baseline, task=TASKS.get(source)))
            for index, source in enumerate(cell.sources)
        }

    def _learned(self, cell: _Cell) -> str:
        """Add the trainings that a cell's target names, each going on from the one before."""
        begun = ""
        for name in cell.task.training or (cell.task.name,):
            begun = self._train(replace(cell, task=TASKS.get(name)), begun=begun)
        return begun

    def _train(self, cell: _Cell, hyper: Hyperparameters | None = None, *, begun: str = "") -> str:
        task = cell.task
        hyper = hyper or self._recipe.hyperparameters(cell.method.name, task.name)
        length = hyper.max_length
        if not {TRAIN, DEV} <= set(task.splits):
            raise UsageError(
                f"task '{task.name}' in {self._recipe.path} cannot be trained on, for it has no"
                f" training data: name another source, or use it as a target of '{AS_IT_IS}'"
            )
        needs = {
            **cell.base.below,
            TRAIN: self._prepare(cell, task.english, TRAIN, length, hyper.train_examples),
            DEV: self._prepare(cell, task.english, DEV, length, hyper.dev_examples),
            **({BEGUN: begun} if begun else {}),
            **self._sources(cell),
        }
        config = Train(
            backbone=cell.base.backbone,
            method=cell.method.name,
            composition=cell.composition.name,
            sources=cell.sources,
            task=task.name,
            seed=cell.seed,
            hyper=hyper,
        )
        return self._add(config, needs)

    def _evaluate(self, cell: _Cell, needs: Mapping[str, str]) -> None:
        task, languages, split = cell.task, self._languages(cell.task), "test"
        data = self._asked(cell, languages, split)
        reading = self._recipe.retrieval
        predicted = self._add(
            Predict(
                backbone=cell.base.backbone,
                method=cell.method.name,
                composition=cell.composition.name,
                sources=cell.sources,
                task=task.name,
                languages=languages,
                split=split,
                layer=reading.layer if cell.headless else None,
                pooling=reading.pooling if cell.headless else "",
                keep_logits=self._recipe.keep_logits,
            ),
            {**cell.base.below, **needs, **data},
        )
        about = Evaluate(
            backbone=cell.base.title,
            method=cell.method.name,
            composition=cell.composition.name,
            source="+".join(cell.sources),
            task=task.name,
            languages=languages,
            split=split,
            seed=cell.seed,
        )
        self._add(about, {PREDICTED: predicted})
        untrained = cell.headless and not needs
        if untrained and reading.layers and cell.seed == self._recipe.seeds[0]:
            sweep = Sweep(
                backbone=cell.base.backbone,
                about=about,
                layers=() if reading.layers == ALL else reading.layers,
                pooling=reading.pooling,
            )
            self._add(sweep, {**cell.base.below, **data})

    def _asked(self, cell: _Cell, languages: Iterable[str], split: str) -> dict[str, str]:
        """Add the encoded data that answers take; return them by role."""
        task, form = cell.task, FORMATS.get(cell.task.format)
        length = self._recipe.hyperparameters(cell.method.name, task.name).max_length
        found = {code: self._prepare(cell, code, split, length) for code in languages}
        if form.calibrated:
            found |= {dev_role(code): self._prepare(cell, code, DEV, length) for code in languages}
        if form.pooled:
            # One for all languages, which is filed under English.
            found[POOL] = self._prepare(cell, task.english, POOL, length)
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

    def _prepare(
        self, cell: _Cell, language: str, split: str, max_length: int, limit: int = 0
    ) -> str:
        task = cell.task
        if isinstance(task.data, ToyData):
            there = task.data.sizes[split]
            limit = min(limit or there, there)
        config = Prepare(
            task=task.name,
            language=language,
            split=split,
            size=limit,
            max_length=max_length,
            backbone=cell.base.origin,
            tokenizer=cell.base.tokenizer,
            origin=self.data.find(task, language, split),
        )
        return self._add(config, {})

    def _add(self, config: Config, needs: Mapping[str, str]) -> str:
        spec = StageSpec(config, dict(needs))
        self.stages.setdefault(spec.id, spec)
        return spec.id


def _base(name: str, revision: str) -> _Base:
    """Return a backbone as it comes; one that is on this machine has been checked."""
    tokenizer, shape = "", None
    if locate.is_local(name):
        located = locate.locate(name, revision)
        revision, tokenizer = located.revision, file_digest(located.folder / locate.TOKENIZER)
        shape = shape_of(locate.config(located))
    backbone = Backbone(name=name, revision=revision)
    return _Base(
        backbone=backbone,
        origin=backbone,
        tokenizer=tokenizer,
        title=locate.title(name),
        shape=shape,
    )


def _choices(composition: Composition, sources: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the sources of each cell that a composition makes of those of a grid."""
    if composition.needs is Needs.NOTHING:
        yield ()
    elif composition.needs is Needs.ALL:
        yield sources
    else:
        yield from ((source,) for source in sources)


def _applies(cell: _Cell) -> bool:
    """Return whether a cell means anything: a source as it is must have the target's head."""
    if cell.composition.trains is not Trains.NOTHING:
        return not cell.headless
    if cell.headless:
        return True
    task = cell.task
    return bool(cell.sources) and all(
        (TASKS.get(source).format, TASKS.get(source).labels) == (task.format, task.labels)
        for source in cell.sources
    )
