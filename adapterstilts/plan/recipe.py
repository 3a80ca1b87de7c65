"""A recipe: one strict YAML file that says which experiment is run and why.

The recipe is the only carrier of parameters. Every key is checked, every name must exist, and an
error tells the file and the line. Nothing here knows what a method or a task is beyond its name.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.hyperparameters import Hyperparameters, out_of_range
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import readers, retrieval
from adapterstilts.plan.readers import Reader
from adapterstilts.plan.retrieval import Retrieval
from adapterstilts.plan.yaml_nodes import Node, override, read


@dataclass(frozen=True, kw_only=True)
class Known:
    """The names that a recipe may use."""

    method: Callable[[str, str], str]
    """Gives the one name of a method that is written at a place, or refuses it."""
    compositions: Collection[str]
    """Ways in which source and target meet."""
    tasks: Collection[str]
    """Sources and targets."""
    languages: Collection[str]
    """Language codes."""


@dataclass(frozen=True, kw_only=True)
class Pretrain:
    """How the backbone itself is made, before anything is trained on it."""

    task: str
    """The masked-language-modelling task that it learns from."""
    seed: int = 0
    """Seed of its weights and batches."""
    hyper: Hyperparameters = field(default_factory=Hyperparameters)
    """How it trains; `training` in the recipe."""


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Folders that data are in; what is in none of them comes from the Hub."""

    every: Path | None = None
    """Folder of every task that has none of its own."""
    tasks: Mapping[str, Path] = field(default_factory=dict)
    """Task to its folder."""

    def of(self, task: str) -> Path | None:
        """Return the folder of a task's data."""
        return self.tasks.get(task, self.every)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Every combination of some methods, compositions, sources and targets."""

    methods: tuple[str, ...]
    """Adapter architectures, or `full`."""
    compositions: tuple[str, ...]
    """Ways in which source and target meet."""
    targets: tuple[str, ...]
    """Evaluated tasks."""
    sources: tuple[str, ...] = ()
    """English intermediate tasks; those of the recipe where the entry names none."""
    backbones: tuple[str, ...] = ()
    """Backbones as they come; the recipe's own, pretrained if it says so, where it names none."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """Hyperparameters that differ from the defaults, from general to particular."""

    default: Mapping[str, Any] = field(default_factory=dict)
    """For every stage."""
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """For the stages that learn one task; they win over `default`."""
    methods: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """For the stages of one method, whatever its settings or with just these; they win over
    `tasks`."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One experiment: what is trained on what, and how it is evaluated."""

    name: str
    """Stem of the file's name."""
    path: Path
    """The file."""
    text: str
    """What the file says, word for word."""
    overrides: tuple[str, ...] = ()
    """Assignments of the command line that went over the file."""
    question: str
    """The question that the experiment answers, for the report."""
    backbone: str
    """`toyworld`, `toyworld-random`, a folder, or a model id of the Hub."""
    revision: str = "main"
    """Branch, tag or commit of a backbone from the Hub."""
    pretrain: Pretrain | None = None
    """How the backbone is made first, where it is."""
    seeds: tuple[int, ...] = (0,)
    """Seeds of every random draw in training; each is a run of its own."""
    languages: tuple[str, ...] = ()
    """Languages of the evaluation; empty for every language of the task."""
    sources: tuple[str, ...] = ()
    """Sources of the grid entries that name none of their own."""
    data: Folders = field(default_factory=Folders)
    """Folders of the data that do not come from the Hub; generated data are in none."""
    grid: tuple[Grid, ...] = ()
    """What is compared with what."""
    training: Training = field(default_factory=Training)
    """How the stages train."""
    runtime: Runtime = field(default_factory=Runtime)
    """Where and how the work is done; no result depends on it."""
    keep_logits: bool = False
    """Whether predictions keep the raw outputs of the head."""
    retrieval: Retrieval = field(default_factory=Retrieval)
    """How embeddings are read where no head answers."""

    def hyperparameters(self, method: str, task: str) -> Hyperparameters:
        """Return how a method learns a task: defaults, then the task's, then the method's."""
        training = self.training
        base = method.partition("[")[0]
        named = {**training.methods.get(base, {}), **training.methods.get(method, {})}
        return Hyperparameters(**{**training.default, **training.tasks.get(task, {}), **named})


def load(
    path: Path, overrides: Sequence[str] = (), *, known: Known, data: Sequence[str] = ()
) -> Recipe:
    """Return the recipe of a file, or refuse it with the line, the reason and the remedy.

    Args:
        path: The file.
        overrides: Assignments that go over what it says, as `training.default.steps=200`.
        known: The names that it may use.
        data: Folders that go over its `data`: `DIR`, or `TASK=DIR` for one task.
    """
    written, root = read(path)
    for assignment in overrides:
        root = override(root, assignment)
    about = {"name": path.stem, "path": path, "text": written, "overrides": tuple(overrides)}
    recipe = readers.record(Recipe, _recipe_readers(known, path.parent), **about)(root)
    if not recipe.grid and recipe.pretrain is None:
        raise UsageError(f"{path} asks for nothing: give it a 'grid' or a 'pretrain'")
    grid = tuple(replace(entry, sources=entry.sources or recipe.sources) for entry in recipe.grid)
    recipe = replace(recipe, grid=grid, data=_given(recipe.data, data, known))
    _check_training(recipe)
    return recipe


def _recipe_readers(known: Known, home: Path) -> dict[str, Reader[Any]]:
    """Return the reader of each key that a recipe may have; its paths start in `home`."""
    source, target, composition, language = (
        readers.name(kind, names)
        for kind, names in (
            ("source", known.tasks),
            ("target", known.tasks),
            ("composition", known.compositions),
            ("language", known.languages),
        )
    )
    hyper = readers.partial(
        {key: _ranged(key, reader) for key, reader in readers.readers_of(Hyperparameters).items()}
    )
    training = {
        "default": hyper,
        "tasks": readers.table(readers.among("task", known.tasks), hyper),
        "methods": readers.table(known.method, hyper),
    }
    grid = {
        "methods": readers.several(readers.named(known.method)),
        "compositions": readers.several(composition),
        "sources": readers.several(source),
        "targets": readers.several(target),
        "backbones": readers.several(readers.text),
    }
    return {
        "question": readers.text,
        "backbone": readers.text,
        "revision": readers.text,
        "pretrain": readers.optional(_pretrain_reader(known, hyper)),
        "seeds": readers.several(_natural),
        "languages": _all_or(readers.several(language)),
        "sources": readers.several(source),
        "data": _folders_reader(known, home),
        "grid": readers.several(readers.record(Grid, grid)),
        "training": readers.record(Training, training),
        "runtime": readers.record(Runtime, readers.readers_of(Runtime)),
        "keep_logits": readers.flag,
        "retrieval": retrieval.reader(_natural),
    }


def _folders_reader(known: Known, home: Path) -> Reader[Folders]:
    def folder(node: Node) -> Path:
        return home / Path(readers.text(node)).expanduser()

    tasks = readers.table(readers.among("task", known.tasks), folder)

    def read(node: Node) -> Folders:
        if isinstance(node.value, str):
            return Folders(every=folder(node))
        return Folders(tasks=tasks(node))

    return read


def _given(folders: Folders, data: Sequence[str], known: Known) -> Folders:
    """Return the folders after those of the command line: one for all replaces every other."""
    general = [Path(each).expanduser() for each in data if not _task_of(each, known)]
    if len(general) > 1:
        raise UsageError(
            f"--data names two folders for every task, {general[0]} and {general[1]}: write"
            " --data TASK=DIR for those of single tasks"
        )
    if general:
        folders = Folders(every=general[0])
    own = {
        task: Path(each.partition("=")[2]).expanduser()
        for each in data
        if (task := _task_of(each, known))
    }
    return replace(folders, tasks={**folders.tasks, **own})


def _task_of(assignment: str, known: Known) -> str:
    """Return the task that `TASK=DIR` is about, or an empty string where it is a folder alone."""
    task, equals, folder = assignment.partition("=")
    if not equals or Path(assignment).expanduser().is_dir() or "/" in task:
        return ""
    if not folder:
        raise UsageError(f"'--data {assignment}' names no folder: write --data TASK=DIR")
    return readers.known_name(task, f"--data {assignment}", "task", known.tasks)


def _pretrain_reader(known: Known, hyper: Reader[dict[str, Any]]) -> Reader[Pretrain]:
    keys: dict[str, Reader[Any]] = {
        "task": readers.name("task", known.tasks),
        "seed": _natural,
        "training": hyper,
    }

    def build(*, task: str, seed: int = 0, training: Mapping[str, Any] | None = None) -> Pretrain:
        return Pretrain(task=task, seed=seed, hyper=Hyperparameters(**(training or {})))

    return readers.record(build, keys)


def _ranged(key: str, reader: Reader[Any]) -> Reader[Any]:
    def read(node: Node) -> Any:
        value = reader(node)
        if complaint := out_of_range(key, value):
            raise UsageError(f"{complaint} in {node.place}")
        return value

    return read


def _natural(node: Node) -> int:
    value = readers.integer(node)
    if value < 0:
        raise readers.wrong(node, "a whole number from 0")
    return value


def _all_or(reader: Reader[tuple[str, ...]]) -> Reader[tuple[str, ...]]:
    return lambda node: () if node.value == "all" else reader(node)


def _check_training(recipe: Recipe) -> None:
    """Refuse hyperparameters that contradict one another before anything has run."""
    for grid in recipe.grid:
        for method in grid.methods:
            for task in (*grid.sources, *grid.targets):
                try:
                    recipe.hyperparameters(method, task)
                except UsageError as error:
                    where = f"{error}; so {recipe.path} has it for method {method} and task {task}"
                    raise UsageError(where) from error
