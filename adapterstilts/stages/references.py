"""What stages say of models and tasks: names in a recipe become identity here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adapterstilts.core.expressions import slug
from adapterstilts.core.progress import Report, unheard
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate, spreading
from adapterstilts.modeling.composition import arranged, composition, leaves
from adapterstilts.modeling.foreign import arrangement
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import MODEL, SETUP, Head, Parts, Source
from adapterstilts.stages.stage import Context
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.toyworld.rows import VERSION as WORLD

BACKBONE = "backbone"
"""Role of the training stage that made the backbone, where the recipe makes its own."""


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """A backbone as a recipe names it."""

    name: str
    """Embedded name, folder or model id."""
    revision: str
    """Digest of local files, or what was asked of the Hub; empty where a stage makes it."""

    def identity(self) -> dict[str, str]:
        """Return what is hashed: of local files what they hold, never where they lie."""
        if not self.revision:
            return {}
        if locate.is_local(self.name):
            return {"digest": self.revision}
        return {"name": self.name, "revision": self.revision}

    def files(
        self, store: Store, inputs: Mapping[str, Path], *, report: Report = unheard
    ) -> Located:
        """Return the files, and keep the commit of a Hub repository from its first use on."""
        if BACKBONE in inputs:
            return locate.trained(self.name, inputs[BACKBONE] / MODEL)
        if locate.is_local(self.name):
            return locate.locate(self.name, self.revision)
        return locate.locate(self.name, self.revision, pins=store, report=report)


class Setup(Protocol):
    """What the training and the prediction of one model have in common."""

    @property
    def backbone(self) -> Backbone:
        """Return what the model stands on."""

    @property
    def method(self) -> str:
        """Return how its modules are made."""

    @property
    def composition(self) -> str:
        """Return how they are put together."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what has been trained before: `mnli`, or nested, `fuse(squad, hellaswag)`."""


def source_role(index: int) -> str:
    """Return the role of a source among a stage's inputs."""
    return f"source:{index}"


def heard(context: Context) -> Report:
    """Return what passes on how far the fetching of files is, in kilobytes."""
    return lambda done, total, name: context.report(
        done // 1000, total // 1000, f"kB are here, {name}"
    )


def parts_of(setup: Setup, task: Task, context: Context) -> Parts:
    """Return what the model of a stage is made of, for a task's head."""
    names = [slug(source) for source in leaves(setup.sources)]
    # A module of the target beside a source of the same name needs a name of its own.
    name = f"{task.name}-target" if task.name in names else task.name
    found, nodes = composition(setup.composition), arranged(setup.sources)
    sources = tuple(
        Source(name=source, folder=context.inputs[source_role(index)])
        for index, source in enumerate(names)
    )
    given: Mapping[int, Path] = {}
    whole = {index: each.folder / SETUP for index, each in enumerate(sources)}
    blocks = {i: arrangement.read(each) for i, each in whole.items() if arrangement.is_in(each)}
    if blocks and found.groups:
        spread = spreading.spread(found, nodes, sources, blocks)
        sources, nodes, given = tuple(spread.sources), spread.nodes, spread.given
    return Parts(
        backbone=setup.backbone.files(context.store, context.inputs, report=heard(context)),
        method=method(setup.method),
        composition=found,
        head=head_of(task, name),
        sources=sources,
        given=given,
        nodes=nodes,
    )


def head_of(task: Task, name: str = "") -> Head:
    """Return the head of a task, under another name than the task's where one is given."""
    form = FORMATS.get(task.format)
    return Head(
        name=name or task.name, kind=form.head, outputs=form.outputs(task), labels=task.labels
    )


def method_identity(name: str) -> dict[str, Any]:
    """Return what is hashed of a method."""
    found = method(name)
    return {
        "library": found.library,
        "architecture": found.architecture,
        "overrides": dict(found.overrides),
    }


def task_identity(name: str) -> dict[str, Any]:
    """Return what is hashed of a task: how its rows are read, and which are generated.

    Rows that are somewhere are known by their origin, which is part of the stage that reads them.
    """
    task: Task = TASKS.get(name)
    data: dict[str, Any] = {}
    if isinstance(task.data, ToyData):
        toy = {"generator": task.data.generator, "start": task.data.start, "world": WORLD}
        data = {"data": toy}
    return {
        "format": task.format,
        **data,
        "roles": list(task.roles),
        "labels": list(task.labels),
        "choices": task.choices,
    }
