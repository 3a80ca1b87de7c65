"""What a training stage left that is published: its modules, its heads, and what each is for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.expressions import slug
from adapterstilts.modeling import filenames, headers, locate
from adapterstilts.modeling.composition import LAST_LAYER, arranged, composition, leaves
from adapterstilts.modeling.foreign import arrangement
from adapterstilts.modeling.locate import RANDOM
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import (
    ADAPTER,
    FUSION,
    HEAD,
    HEADS,
    MODEL,
    SETUP,
    Source,
    folder_of,
)
from adapterstilts.modeling.spreading import Spread, spread
from adapterstilts.publishing.folder import blocks
from adapterstilts.publishing.folder.blocks import Block
from adapterstilts.publishing.item import Item
from adapterstilts.publishing.scrubbing.texts import Scrubber
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task

PROMPTS = ("prompt_tuning", "PROMPT_TUNING")
"""What the libraries call a prompt that is learned, which has places before the input's own."""
Library = Literal["adapters", "peft", "transformers"]
_PARTS = (ADAPTER, FUSION, HEAD, MODEL)
"""Sub-folders of a stage, of which the first that is there has what was trained last: a new module
may stand on a fusion of sources."""
_CONFIGS = {ADAPTER: filenames.ADAPTER_CONFIG, MODEL: locate.CONFIG}


@dataclass(frozen=True, kw_only=True)
class Head:
    """A head, and what it answers."""

    name: str
    """What `adapters` calls it; empty of one that is part of a class of `transformers`."""
    kind: str
    """`sequence`, `token`, `span`, `choice`, `lm` or `none`."""
    folder: Path | None = None
    """Where its own files are; None where they are one with the model's."""
    labels: tuple[str, ...] = ()
    """Words of its outputs, where it has labels."""
    choices: int = 0
    """How many choices a head of `adapters` groups its answers by."""
    task: Task | None = None
    """What it was trained on, where that is a task that is known here."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What is loaded of a training stage."""

    part: str
    """Sub-folder of the stage with its module: `adapter`, `fusion`, `head` or `model`."""
    library: Library
    """`adapters`, `peft` or `transformers`."""
    config: Mapping[str, Any]
    """Configuration of the module."""
    heads: tuple[Head, ...]
    """Its heads, the first task's first."""

    @property
    def name(self) -> str:
        """Return what a module of `adapters` is called; empty where there is none."""
        return str(self.config["name"]) if self.part == ADAPTER else ""

    @property
    def prompted(self) -> bool:
        """Return whether a learned prompt stands before every input."""
        said = self.config.get("config") or {}
        architecture = said.get("architecture") if isinstance(said, Mapping) else ""
        return architecture in PROMPTS or self.config.get("peft_type") in PROMPTS

    @property
    def several(self) -> bool:
        """Return whether its heads lie apart, as those of a mix do."""
        return any(head.folder and head.folder.parent.name == HEADS for head in self.heads)


def trained(item: Item) -> Trained:
    """Return what the last stage of a thing has left, or refuse what nobody can load."""
    folder = item.own.folder
    part = next((part for part in _PARTS if (folder / part).is_dir()), "")
    if not part:
        raise StiltsError(
            f"{item.title} has trained no weights, so that there is nothing to"
            f" publish ({folder} holds none): publish what was trained, or its source"
        )
    if item.base.title == RANDOM and part != MODEL:
        raise StiltsError(
            f"{item.title} stands on {RANDOM}, whose weights are drawn and in no"
            " file that others could load: train it on another backbone, or publish a full model"
        )
    config = headers.document(folder / part / _CONFIGS[part]) if part in _CONFIGS else {}
    library: Library = (
        "transformers" if part == MODEL else "peft" if "peft_type" in config else "adapters"
    )
    found = [*_apart(item), *_beside(item, part)] or [_within(item, library, config)]
    return Trained(part=part, library=library, config=config, heads=tuple(found))


def joins(item: Item) -> bool:
    """Return whether a thing is loaded together with the sources that it was trained on."""
    record = item.own.record
    return record.kind == "train" and composition(str(record.identity["composition"])).groups


def names(item: Item, scrubber: Scrubber) -> tuple[str, ...]:
    """Return what the modules of its sources are called where it is published."""
    said = leaves(tuple(map(str, item.own.record.identity["sources"])))
    if len(said) != len(item.sources):
        raise StiltsError(
            f"{item.title} stands on {', '.join(said)}, of which"
            f" {len(item.sources)} are at hand: copy their stages to the store"
        )
    return tuple(slug(scrubber.text(each.name)) for each in sources(item).sources)


def sources(item: Item) -> Spread:
    """Return its sources one by one, those spread out that were taken over as blocks."""
    said = item.own.record.identity
    written = tuple(map(str, said["sources"]))
    found = [
        Source(name=name, folder=module.folder)
        for name, module in zip(leaves(written), item.sources, strict=True)
    ]
    whole = {index: each.folder / SETUP for index, each in enumerate(found)}
    saved = {at: arrangement.read(each) for at, each in whole.items() if arrangement.is_in(each)}
    return spread(composition(str(said["composition"])), arranged(written), found, saved)


def block(item: Item, own: str, names: tuple[str, ...]) -> Block:
    """Return what is active of modules that are loaded together."""
    said = item.own.record.identity
    architecture = said.get("method", {}).get("architecture", "")
    adds = any(
        each.adds
        for each in METHODS.values()
        if (each.library, each.architecture) == ("adapters", architecture)
    )
    return blocks.active(sources(item).nodes, names, own=own, adds=adds)


def left_out(item: Item) -> tuple[int, ...]:
    """Return the layers in which no source takes part, because its fusion has none there."""
    met = composition(str(item.own.record.identity["composition"]))
    if LAST_LAYER not in met.settings or met.value(LAST_LAYER):
        return ()
    config = headers.document(item.own.folder / FUSION / filenames.FUSION_CONFIG)
    return tuple(config.get("leave_out") or ())


def fusions(item: Item, active: Block) -> Iterator[tuple[str, Path]]:
    """Yield the name of each fusion and the folder that its layer is in."""
    fused = [each for each in active.blocks() if each.word == blocks.FUSE]
    given, own = sources(item).given, 0
    for place, each in enumerate(fused):
        yield each.name, given.get(place, item.own.folder / folder_of(own))
        own += place not in given


def _beside(item: Item, part: str) -> Iterator[Head]:
    """Yield the head that lies beside the module."""
    folder = item.own.folder / part
    if (folder / filenames.HEAD_CONFIG).is_file():
        yield _head(folder, _task(str(item.own.record.identity.get("task", ""))))


def _apart(item: Item) -> Iterator[Head]:
    """Yield the heads of a mix in the order of its tasks."""
    parts = [str(part["task"]) for part in item.own.record.identity.get("parts", ())]
    found = [_head(place, _task(place.name)) for place in (item.own.folder / HEADS).glob("*")]
    order = [slug(name) for name in parts]
    yield from sorted(found, key=lambda head: (*order, slug(head.name)).index(slug(head.name)))


def _head(folder: Path, task: Task | None) -> Head:
    config = headers.document(folder / filenames.HEAD_CONFIG)
    said = config["config"]
    kind = filenames.HEAD_TYPES.get(str(said.get("head_type")), "")
    if not kind:
        raise StiltsError(
            f"{folder} holds a head of type {headers.shown(said.get('head_type'))}, which is none"
            f" of {', '.join(filenames.HEAD_TYPES)}: train it again"
        )
    words = {index: label for label, index in (said.get("label2id") or {}).items()}
    return Head(
        name=str(config["name"]),
        kind=kind,
        folder=folder,
        labels=tuple(str(words[index]) for index in sorted(words)),
        choices=int(said.get("num_choices") or 0),
        task=task if task is not None and FORMATS.get(task.format).head == kind else None,
    )


def _within(item: Item, library: str, config: Mapping[str, Any]) -> Head:
    """Return the head that is part of a model of `transformers`, or none."""
    task = _task(str(item.own.record.identity.get("task", "")))
    if library == "transformers":
        kind = filenames.head_of_class(str((config.get("architectures") or [""])[0])) or "none"
        named = config.get("id2label") or {}
        labels = tuple(str(named[index]) for index in sorted(named, key=int))
    elif library == "peft":
        mapped = (config.get("auto_mapping") or {}).get("base_model_class", "")
        kind = (
            filenames.PEFT_TASKS.get(str(config.get("task_type")))
            or filenames.head_of_class(str(mapped))
            or "none"
        )
        labels = _counted(item, kind, task)
    else:
        kind, labels = "none", ()
    known = task if task is not None and FORMATS.get(task.format).head == kind else None
    return Head(name="", kind=kind, labels=labels, task=known)


def _counted(item: Item, kind: str, task: Task | None) -> tuple[str, ...]:
    """Return the labels of a head in a file of PEFT, which knows their number alone."""
    if kind not in ("sequence", "token"):
        return ()
    held = headers.tensors(item.own.folder / ADAPTER / filenames.PEFT_WEIGHTS)
    ends = filenames.OUTPUTS
    count = next((each.shape[0] for name, each in held.items() if name.endswith(ends)), 0)
    labels = task.labels if task is not None else ()
    return labels if len(labels) == count else tuple(f"LABEL_{index}" for index in range(count))


def _task(name: str) -> Task | None:
    return TASKS.get(name) if name in TASKS else None
