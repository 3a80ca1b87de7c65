"""A request without a file: what is named becomes the recipe that says the same.

It is read, planned and run as every other recipe, in the same store, so that nothing is computed
again that a recipe has computed, and the other way round.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from adapterstilts.api.experiment import Experiment, store_folder
from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.core.expressions import Term, halves, parse
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.methods import METHODS
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.readers import mapping
from adapterstilts.plan.recipe import Recipe, build
from adapterstilts.plan.ways import BASELINE, check_is_no_source
from adapterstilts.plan.yaml_nodes import Node, read
from adapterstilts.tasks.registry import TASKS

METHOD = "seq_bn"
"""Method of what names none."""
PLACE = "this request"
"""What messages call the recipe that nobody has written."""
EXAMPLE = "FacebookAI/xlm-roberta-base"
"""Backbone that a message gives for an example."""
_TOY = "toy"

On: TypeAlias = Any
"""An expression, as `stack(mnli)`, or a Stack, Fuse or Average of `adapters` over sources."""
Settings: TypeAlias = Mapping[str, object] | Sequence[str]
"""Values of a recipe by their key, as `{"training.default.steps": 200}`, or `KEY=VALUE` each."""
Folders: TypeAlias = str | Path | Mapping[str, str | Path] | Sequence[str]
"""Folder of every task, folders by task, or `DIR` and `TASK=DIR` each."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to a target."""

    method: str
    """How modules are made."""
    composition: str
    """How source and target meet: an expression."""

    @property
    def name(self) -> str:
        """Return the one text of it, however it was written."""
        return f"{parse(self.method).text}/{parse(self.composition).text}"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One way for some targets."""

    way: Way
    """How."""
    targets: tuple[str, ...]
    """What for."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a request says beside what it is about."""

    like: str | Path | None = None
    """Recipe that has whatever is not said here; None for what every recipe has by default."""
    backbone: str | Path = ""
    """Embedded name, folder or model id; empty for `toyworld` where every task is a toy."""
    seeds: Sequence[int] = ()
    """Seeds, each a run of its own; 0 where it is empty."""
    languages: str | Sequence[str] = ()
    """Languages of the evaluation, one by one or between commas; all where it is empty."""
    set: Settings = ()
    """Values that go over what a recipe has by default."""
    data: Folders = ()
    """Folders of the official files."""
    store: str | Path | None = None
    """Folder of the store; None for that of the environment, or `runs`."""

    def __post_init__(self) -> None:
        seeds: object = self.seeds
        if not isinstance(seeds, Sequence) or isinstance(seeds, str):
            raise UsageError(f"seeds={seeds!r} is no list: write them in one, as seeds=[0, 1]")


def one_off(wanted: Iterable[Wanted], choices: Choices) -> Experiment:
    """Return the experiment of a request; nothing is run and nothing is written."""
    return experiment(recipe(wanted, choices), choices)


def recipe(wanted: Iterable[Wanted], choices: Choices) -> Recipe:
    """Return the recipe that says what is wanted."""
    asked = list(wanted)
    overrides = assignments(choices.set)
    said: dict[str, object] = {
        "question": " and ".join(dict.fromkeys(each.way.name for each in asked)),
        "grid": [_entry(each) for each in asked],
    }
    if choices.backbone or not choices.like:
        said["backbone"] = choices.backbone or locate.TOYWORLD
    if choices.seeds:
        said["seeds"] = list(choices.seeds)
    if languages := _languages(choices.languages):
        said["languages"] = languages
    root = _over(_mapping(said), choices)
    found = build(root, overrides, path=Path(PLACE), text="", data=folders(choices.data))
    keys = [each.partition("=")[0].strip() for each in overrides]
    if not (choices.backbone or choices.like or "backbone" in keys or all(map(_is_toy, asked))):
        raise UsageError(
            "only the toy world has a backbone by default: name one, as in"
            f" --backbone {EXAMPLE} (from Python backbone='{EXAMPLE}')"
        )
    return found


def experiment(recipe: Recipe, choices: Choices, planned: Plan | None = None) -> Experiment:
    """Return a recipe with its plan, or another one, in the store that was chosen."""
    store = Store(store_folder(choices.store))
    return Experiment(recipe=recipe, store=store, plan=planned or plan(recipe))


def check_name(task: object) -> None:
    """Refuse what is no name of a task, or of a source."""
    if not isinstance(task, str):
        raise UsageError(f"{task!r} is no task: name each by itself, as in 'xnli', 'panx'")


def way(on: On, method: str = METHOD) -> Way:
    """Return what `METHOD/COMPOSITION` says, or either of them alone.

    Args:
        on: What was written: `full/continue(mnli)`, `stack(mnli)`, `full` for `full/target`, or a
            block of the library over sources, `Stack("mnli")`.
        method: The method of a composition that comes without.
    """
    text = _expression(on)
    before, after = (half.strip() for half in halves(text))
    if before and after:
        return Way(method=before, composition=after)
    if before:
        raise UsageError(
            f"'{text}' names a method and no composition: write {before} alone for"
            f" {before}/{BASELINE}"
        )
    if after != text.strip():
        raise UsageError(f"'{text}' names a composition and no method: write {after or BASELINE}")
    term = parse(text)
    if term.word in COMPOSITIONS:
        return Way(method=method, composition=text.strip())
    if term.word in METHODS and not term.called:
        return Way(method=text.strip(), composition=BASELINE)
    check_is_no_source(term)
    known = [*COMPOSITIONS.names(), *METHODS.names()]
    raise term.refused(f"unknown composition or method '{term.word}'{suggest(term.word, known)}")


def _expression(on: On) -> str:
    """Return the text of what may be a block of the library, which is there where one is."""
    if isinstance(on, str):
        return on
    from adapterstilts.modeling.blocks import written

    return written(on)


def assignments(given: Settings) -> tuple[str, ...]:
    """Return settings as `KEY=VALUE` each."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        return tuple(f"{key}={_written(value)}" for key, value in given.items())
    return tuple(given)


def folders(given: Folders) -> tuple[str, ...]:
    """Return folders as `DIR` or `TASK=DIR` each."""
    if isinstance(given, str | Path):
        return (str(given),)
    if isinstance(given, Mapping):
        return tuple(f"{task}={folder}" for task, folder in given.items())
    return tuple(map(str, given))


def _written(value: object) -> str:
    """Return a value as YAML has it: that of JSON is the same."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _languages(given: str | Sequence[str]) -> str | list[str]:
    """Return languages as a recipe has them: a list, or `all`."""
    codes = given.split(",") if isinstance(given, str) else given
    found = [code.strip() for code in map(str, codes) if code.strip()]
    return "all" if found == ["all"] else found


def _over(said: Node, choices: Choices) -> Node:
    """Return what is said over the recipe that it is like."""
    if choices.like is None:
        return said
    path = Path(choices.like)
    _, below = read(path)
    kept = dict(mapping(below))
    # A backbone that is named is taken as it comes, sources are those of the expressions, and
    # nothing is published that nobody has asked for here.
    for key in ("sources", "publish", *(["pretrain", "revision"] if choices.backbone else [])):
        kept.pop(key, None)
    if "data" in kept:
        kept["data"] = _moved(kept["data"], path.parent)
    return Node(
        value={**kept, **mapping(said)}, place=below.place, keys={**below.keys, **said.keys}
    )


def _moved(node: Node, home: Path) -> Node:
    """Return folders that were relative to a recipe as they are from here."""
    if isinstance(node.value, str):
        return replace(node, value=str(home / Path(node.value).expanduser()))
    entries = mapping(node)
    return replace(node, value={key: _moved(each, home) for key, each in entries.items()})


def _is_toy(wanted: Wanted) -> bool:
    """Return whether every task of a way is of the toy world."""
    texts = (wanted.way.composition, *wanted.targets)
    named = {word.partition("@")[0] for text in texts for word in words(parse(text))}
    return all(TASKS.get(name).suite == _TOY for name in named if name in TASKS)


def words(term: Term) -> Iterator[str]:
    """Yield every word of an expression."""
    yield term.word
    for argument in term.arguments:
        yield from words(argument)


def _entry(wanted: Wanted) -> dict[str, object]:
    """Return the entry of a grid that says the same."""
    return {
        "methods": wanted.way.method,
        "compositions": wanted.way.composition,
        "targets": list(wanted.targets),
    }


def _mapping(values: Mapping[str, object]) -> Node:
    """Return a document as it would be read from a file."""
    found = {key: _node(value, key) for key, value in values.items()}
    return Node(value=found, place=PLACE, keys=dict.fromkeys(values, PLACE))


def _node(value: object, key: str = "") -> Node:
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list):
        return Node(value=tuple(map(_node, value)), place=PLACE, key=key)
    return Node(value=str(value), place=PLACE, key=key)
