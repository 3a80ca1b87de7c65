"""The stages that make modules: data that are read, trainings, merges, and what is taken over."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.composition import Trains
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.merges import merging
from adapterstilts.plan.bases import Base, Ground
from adapterstilts.plan.data import Finder
from adapterstilts.plan.feasible import (
    check_heads,
    check_learned,
    check_length,
    heads_have_a_mean,
)
from adapterstilts.plan.recipe import Recipe
from adapterstilts.plan.sources import Adopted, Learned, Merged, Source
from adapterstilts.plan.ways import AS_IT_IS, NOTHING, Way
from adapterstilts.stages import adopt
from adapterstilts.stages.merge import Merge
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import source_role
from adapterstilts.stages.stage import Config, StageSpec
from adapterstilts.stages.train import BEGUN, DEV, TRAIN, Train, data_role
from adapterstilts.tasks import drawing, translated
from adapterstilts.tasks.mixture import Part, is_plain
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task, ToyData


class Trainings:
    """Collects stages; the same work asked for twice is one stage."""

    def __init__(self, recipe: Recipe) -> None:
        self.stages: dict[str, StageSpec] = {}
        """Id to stage; what a stage needs stands before it."""
        self.data = Finder(recipe.data, recipe.path)
        """Where the data are."""
        self._recipe = recipe

    def add(self, config: Config, needs: Mapping[str, str]) -> str:
        """Add a stage; return its id."""
        spec = StageSpec(config, dict(needs))
        self.stages.setdefault(spec.id, spec)
        return spec.id

    def in_order(self) -> dict[str, StageSpec]:
        """Return every stage, what others have made first: a fault in it is told at once."""
        first: dict[str, StageSpec] = {}
        for id, spec in self.stages.items():
            if spec.kind == "adopt":
                first |= {need: self.stages[need] for need in spec.needs.values()}
                first[id] = spec
        return {**first, **self.stages}

    def prepared(
        self,
        base: Base,
        task: Task,
        language: str,
        split: str,
        *,
        length: int,
        limit: int = 0,
        drawn: int = 0,
        seed: int = 0,
    ) -> str:
        """Add a split in one language as pieces of the backbone's tokenizer."""
        if isinstance(task.data, ToyData):
            there = task.data.sizes[split]
            # A draw is of all rows, however many a training may take.
            limit = there if drawn else min(limit or there, there)
        config = Prepare(
            task=task.name,
            language=language,
            split=split,
            size=0 if drawn and not isinstance(task.data, ToyData) else limit,
            max_length=length,
            backbone=base.origin,
            tokenizer=base.tokenizer,
            origin=self.data.find(task, language, split),
            drawn=drawn,
            seed=seed if drawn else 0,
        )
        return self.add(config, {})

    def sources(self, ground: Ground, way: Way) -> dict[str, str]:
        """Add what makes the sources of a way; return the stages by role."""
        exact = way.composition.trains is Trains.SOURCE
        return self._made(ground, way.sources, exact=exact)

    def learned(
        self,
        ground: Ground,
        learned: Learned,
        way: Way,
        *,
        hyper: Hyperparameters | None = None,
    ) -> str:
        """Add the training of a source or a target, and what it goes on from, each in turn."""
        begun = ""
        for task in learned.after:
            before = Learned(parts=(Part(task=task),))
            begun = self._train(ground, before, way, begun=begun)
        return self._train(ground, learned, way, begun=begun, hyper=hyper)

    def _train(
        self,
        ground: Ground,
        learned: Learned,
        way: Way,
        *,
        begun: str = "",
        hyper: Hyperparameters | None = None,
    ) -> str:
        names = [part.task for part in learned.parts] if len(learned.parts) == 1 else []
        hyper = hyper or self._recipe.hyperparameters(ground.method.name, *names, learned.text)
        check_learned(ground, learned, hyper, place=str(self._recipe.path))
        needs = {
            **ground.base.below,
            **self._rows(ground, learned, hyper),
            **({BEGUN: begun} if begun else {}),
            **self.sources(ground, way),
        }
        config = Train(
            backbone=ground.base.backbone,
            method=ground.method.name,
            composition=way.composition.name,
            sources=way.arguments,
            parts=learned.parts,
            sampling=learned.sampling,
            seed=ground.seed,
            hyper=hyper,
        )
        return self.add(config, needs)

    def _rows(self, ground: Ground, learned: Learned, hyper: Hyperparameters) -> dict[str, str]:
        """Add the data of every part; return them by role."""
        plain, place = is_plain(learned.parts), str(self._recipe.path)
        check_heads(ground, [part.task for part in learned.parts], place=place)
        found: dict[str, str] = {}
        for part in learned.parts:
            task = TASKS.get(part.task)
            _check_trainable(task, self._recipe)
            _check_drawn(task, part, self._recipe)
            own = hyper if len(learned.parts) == 1 else self._own(ground, part)
            check_length(ground, task, own.max_length, place=place)
            for split, language in _read(task, part):
                training = split == TRAIN
                role = split if plain else data_role(split, task.name, language)
                found[role] = self.prepared(
                    ground.base,
                    task,
                    language,
                    split,
                    length=own.max_length,
                    limit=own.train_examples if training else own.dev_examples,
                    drawn=part.examples if training else 0,
                    seed=ground.seed,
                )
        return found

    def _own(self, ground: Ground, part: Part) -> Hyperparameters:
        """Return how a task of a mix is read: as it would be alone."""
        return self._recipe.hyperparameters(ground.method.name, part.task)

    def _made(self, ground: Ground, sources: Iterable[Source], *, exact: bool) -> dict[str, str]:
        """Add what makes some sources; those of others must have the very same settings if so."""
        return {
            source_role(index): self._source(ground, each, exact=exact)
            for index, each in enumerate(sources)
        }

    def _source(self, ground: Ground, source: Source, *, exact: bool) -> str:
        if isinstance(source, Learned):
            return self.learned(ground, source, NOTHING)
        if isinstance(source, Merged):
            return self._merged(ground, source)
        return self._adopted(ground, source, exact=exact)

    def _merged(self, ground: Ground, merged: Merged) -> str:
        roles = self._made(ground, merged.sources, exact=True)
        config = Merge(
            backbone=ground.base.backbone,
            method=ground.method.name,
            sources=tuple(each.text for each in merged.sources),
            how=merging(merged.overrides, seed=ground.seed),
            head=heads_have_a_mean(merged),
        )
        return self.add(config, {**ground.base.below, **roles})

    def _adopted(self, ground: Ground, adopted: Adopted, *, exact: bool) -> str:
        base = ground.base
        given: dict[str, Any] = {
            "method": ground.method.name,
            "exact": exact,
            "backbone": base.backbone,
            "origin": base.origin,
        }
        if adopted.kind == "path":
            return self.add(adopt.of_path(adopted.name, **given), base.below)
        return self.add(adopt.of_hub(adopted.name, adopted.revision, **given), base.below)


def _read(task: Task, part: Part) -> Iterator[tuple[str, str]]:
    """Yield the splits and languages that a part reads."""
    yield from ((TRAIN, language) for language in part.languages or (task.english,))
    yield from ((DEV, language) for language in translated.selection(task, part.languages))


def _check_drawn(task: Task, part: Part, recipe: Recipe) -> None:
    """Refuse to draw more rows than a plan knows that there are."""
    for split, language in _read(task, part):
        there = drawing.available(task, split=split, language=language)
        if split == TRAIN and there is not None and part.examples > there:
            raise UsageError(
                f"{part.examples:,} training rows of '{task.name}' are asked for in {recipe.path},"
                f" and there are {there:,} ({language}): ask for as many, or fewer"
            )


def _check_trainable(task: Task, recipe: Recipe) -> None:
    if not {TRAIN, DEV} <= set(task.splits):
        raise UsageError(
            f"task '{task.name}' in {recipe.path} cannot be trained on, for it has no training"
            f" data: name another source, or use it as a target of '{AS_IT_IS}'"
        )
