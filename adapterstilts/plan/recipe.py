"""A recipe: one strict YAML file that says which experiment is run and why.

The recipe is the only carrier of parameters. Every key is checked, every name must exist, and an
error tells the file and the line. What an expression means is said in `sources` and `ways`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.modeling.hyperparameters import Hyperparameters, out_of_range
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import destination, readers, retrieval, ways
from adapterstilts.plan.destination import Destination
from adapterstilts.plan.readers import Reader
from adapterstilts.plan.retrieval import Retrieval
from adapterstilts.plan.sources import Reading
from adapterstilts.plan.yaml_nodes import Node, override, read
from adapterstilts.tasks.registry import TASKS

_SEEDS = 1_000
"""Seeds of a recipe: each is a run of its own."""


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
    """Ways in which source and target meet: `stack` with each of the sources, or one that is
    written out, `stack(mnli, squad)`."""
    targets: tuple[str, ...]
    """Evaluated tasks; `xnli@16` learns from 16 examples of its own."""
    sources: tuple[str, ...] = ()
    """Expressions of sources; those of the recipe where the entry names none."""
    backbones: tuple[str, ...] = ()
    """Backbones as they come; the recipe's own, pretrained if it says so, where it names none."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """Hyperparameters that differ from the defaults, from general to particular."""

    default: Mapping[str, Any] = field(default_factory=dict)
    """For every stage."""
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """For the stages that learn a task, or the source or target of an expression, which wins over
    its task; they win over `default`."""
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
    define: Mapping[str, str] = field(default_factory=dict)
    """Names that expressions use for others, to write them once."""
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
    publish: Destination | None = None
    """What goes to the Hub, and where to; nothing where it is not there."""

    @property
    def document(self) -> str:
        """Return what the file says, with what was set by hand above it."""
        return "".join(f"# --set {each}\n" for each in self.overrides) + self.text

    def hyperparameters(self, method: str, *learned: str) -> Hyperparameters:
        """Return how a method learns: defaults, then what is learned, then the method's.

        Args:
            method: Name of the method.
            *learned: What is learned, the general first: a task, and the expression with it.
        """
        training = self.training
        found = dict(training.default)
        for name in learned:
            found.update(training.tasks.get(name, {}))
        for name in (method.partition("[")[0], method):
            found.update(training.methods.get(name, {}))
        return Hyperparameters(**found)


def load(path: Path, overrides: Sequence[str] = (), *, data: Sequence[str] = ()) -> Recipe:
    """Return the recipe of a file, or refuse it with the line, the reason and the remedy.

    Args:
        path: The file.
        overrides: Assignments that go over what it says, as `training.default.steps=200`.
        data: Folders that go over its `data`: `DIR`, or `TASK=DIR` for one task.
    """
    written, root = read(path)
    return build(root, overrides, path=path, text=written, data=data)


def build(
    root: Node,
    overrides: Sequence[str] = (),
    *,
    path: Path,
    text: str,
    data: Sequence[str] = (),
) -> Recipe:
    """Return the recipe that a document is, wherever it came from; `load` says the rest.

    Args:
        root: The document.
        overrides: Assignments that go over what it says.
        path: What messages call it; its own paths start in the folder of this one.
        text: The document as it is shown in a report.
        data: Folders that go over its `data`.
    """
    for assignment in overrides:
        root = override(root, assignment)
    about = {"name": path.stem, "path": path, "text": text, "overrides": tuple(overrides)}
    reading = _reading(root, path.parent)
    recipe = readers.record(Recipe, _recipe_readers(reading), **about)(root)
    if not recipe.grid and recipe.pretrain is None:
        raise UsageError(f"{path} asks for nothing: give it a 'grid' or a 'pretrain'")
    if len(recipe.seeds) > _SEEDS:
        raise UsageError(f"{path} has {len(recipe.seeds):,} seeds: name {_SEEDS:,} at most")
    grid = tuple(replace(entry, sources=entry.sources or recipe.sources) for entry in recipe.grid)
    recipe = replace(recipe, grid=grid, data=_given(recipe.data, data))
    _check_training(recipe)
    return recipe


def _reading(root: Node, home: Path) -> Reading:
    """Return what the expressions of a recipe are read with: the names that it defines."""
    node = readers.mapping(root).get("define", Node(value=None, place=root.place))
    names = {
        name: parse(readers.text(value), place=value.place)
        for name, value in readers.mapping(node).items()
    }
    for name in names:
        if name in ways.TAKEN or name in TASKS or name in METHODS:
            raise UsageError(
                f"'{name}' in {node.keys[name]} has a meaning already: choose another name"
            )
    return Reading(names=names, home=home)


def _recipe_readers(reading: Reading) -> dict[str, Reader[Any]]:
    """Return the reader of each key that a recipe may have."""
    source, target, composition, defined = (
        _expression(partial(check, reading=reading))
        for check in (
            ways.written_source,
            ways.written_target,
            ways.written_composition,
            ways.defined,
        )
    )
    trained = _expression(lambda text, place: reading.expanded(parse(text, place=place)).text)
    languages = frozenset(code for task in TASKS.values() for code in task.languages)
    hyper = readers.partial(
        {key: _ranged(key, reader) for key, reader in readers.readers_of(Hyperparameters).items()}
    )
    training = {
        "default": hyper,
        "tasks": readers.table(partial(ways.learned, reading=reading), hyper),
        "methods": readers.table(_method, hyper),
    }
    grid = {
        "methods": readers.several(readers.named(_method)),
        "compositions": readers.several(composition),
        "sources": readers.several(source),
        "targets": readers.several(target),
        "backbones": readers.several(readers.text),
    }
    return {
        "question": readers.text,
        "backbone": readers.text,
        "revision": readers.text,
        "pretrain": readers.optional(_pretrain_reader(hyper)),
        "seeds": readers.several(_natural),
        "languages": _all_or(readers.several(readers.name("language", languages))),
        "define": readers.table(lambda name, place: name, defined),
        "sources": readers.several(source),
        "data": _folders_reader(reading.home),
        "grid": readers.several(readers.record(Grid, grid)),
        "training": readers.record(Training, training),
        "runtime": readers.record(Runtime, readers.readers_of(Runtime)),
        "keep_logits": readers.flag,
        "retrieval": retrieval.reader(_natural),
        "publish": readers.optional(destination.reader(_natural, trained)),
    }


def _expression(check: Callable[[str, str], str]) -> Reader[str]:
    """Return a reader of expressions that says so where YAML has cut one in two."""
    reader = readers.named(check)

    def read(node: Node) -> str:
        try:
            return reader(node)
        except UsageError as error:
            written = str(node.value)
            if written.count("(") == written.count(")"):
                raise
            remedy = "within the brackets of a YAML list, an expression with commas needs quotes"
            raise UsageError(f"{error} ({remedy})") from error

    return read


def _method(written: str, place: str) -> str:
    return method_of(written, place=place).name


def _folders_reader(home: Path) -> Reader[Folders]:
    def folder(node: Node) -> Path:
        return home / Path(readers.text(node)).expanduser()

    tasks = readers.table(readers.among("task", TASKS), folder)

    def read(node: Node) -> Folders:
        if isinstance(node.value, str):
            return Folders(every=folder(node))
        return Folders(tasks=tasks(node))

    return read


def folders(data: Sequence[str]) -> Folders:
    """Return the folders of a command line that has no recipe: `DIR`, `TASK=DIR`."""
    return _given(Folders(), data)


def _given(folders: Folders, data: Sequence[str]) -> Folders:
    """Return the folders after those of the command line: one for all replaces every other."""
    general = [Path(each).expanduser() for each in data if not _task_of(each)]
    if len(general) > 1:
        raise UsageError(
            f"--data names two folders for every task, {general[0]} and {general[1]}: write"
            " --data TASK=DIR for those of single tasks"
        )
    if general:
        folders = Folders(every=general[0])
    own = {
        task: Path(each.partition("=")[2]).expanduser() for each in data if (task := _task_of(each))
    }
    return replace(folders, tasks={**folders.tasks, **own})


def _task_of(assignment: str) -> str:
    """Return the task that `TASK=DIR` is about, or an empty string where it is a folder alone."""
    task, equals, folder = assignment.partition("=")
    if not equals or Path(assignment).expanduser().is_dir() or "/" in task:
        return ""
    if not folder:
        raise UsageError(f"'--data {assignment}' names no folder: write --data TASK=DIR")
    return readers.known_name(task, f"--data {assignment}", "task", TASKS)


def _pretrain_reader(hyper: Reader[dict[str, Any]]) -> Reader[Pretrain]:
    keys: dict[str, Reader[Any]] = {
        "task": readers.name("task", TASKS),
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
            for names in ((), *((name,) for name in recipe.training.tasks)):
                try:
                    recipe.hyperparameters(method, *names)
                except UsageError as error:
                    of = f" and task {names[0]}" if names else ""
                    where = f"{error}; so {recipe.path} has it for method {method}{of}"
                    raise UsageError(where) from error
