"""What a composition of folders asks for: which adapters, under which names, in which block.

Blocks that `adapters` 1.3 computes as something else than they say are refused here, with what to
do instead.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from adapterstilts.core.errors import UsageError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.modeling.blocks import (
    AdapterCompositionBlock,
    Fuse,
    LibraryAverage,
    Stack,
    weighed,
)
from adapterstilts.modeling.composition import Activates, Block, Node
from adapterstilts.modeling.filenames import ADAPTER_WEIGHTS
from adapterstilts.modeling.folders import Left, left
from adapterstilts.modeling.foreign import arrangement
from adapterstilts.modeling.foreign.arrangement import Arranged
from adapterstilts.modeling.fusions import LEFT_OUT, flat, over
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, SETUP

_UNFIT = re.compile(r"[.,\s/]+")
"""What no name of a module may hold, nor one of a fusion's adapters."""
_INSTEAD = "use one of them alone, or adapters of seq_bn"
_Block = Any
"""A name, or a block of `adapters` over names."""
_Child = tuple[_Block, Left | None]
"""A block over names, and what has the head of whatever lies uppermost."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Adapters, fusions and the block over them."""

    block: _Block
    """What is to be active; None where only a head was trained."""
    adapters: Mapping[str, Left]
    """Name in the model to what is loaded under it."""
    fusions: Mapping[str, Left]
    """The same of fusion layers."""
    left_out: tuple[int, ...]
    """Layers of the backbone in which no adapter takes part."""
    head: Left | None
    """Whose head answers, or one of whose heads."""
    top: tuple[str, ...]
    """Names of the uppermost adapters, or of the fusion over them."""


@dataclass(kw_only=True)
class _Found:
    """What has been met on the way through a composition."""

    adapters: dict[str, Left] = field(default_factory=dict)
    """Name to adapter."""
    fusions: dict[str, Left] = field(default_factory=dict)
    """Name to fusion layer."""

    def add(self, adapter: Left) -> str:
        """Return the name under which an adapter is loaded; two of one name are told apart."""
        wanted = _UNFIT.sub("-", str(adapter.config.get("name") or adapter.folder.name))
        name, number = wanted, 2
        while name in self.adapters and self.adapters[name].folder != adapter.folder:
            name, number = f"{wanted}-{number}", number + 1
        self.adapters[name] = adapter
        return name


def setup(composition: Any, *, head: Left | None = None) -> Setup:
    """Return what is to be loaded for a folder, or for a block over folders."""
    found = _Found()
    block, own = _walk(composition, found, alone=True)
    _check_names(found)
    kept = head or own
    return Setup(
        block=block,
        adapters=found.adapters,
        fusions=found.fusions,
        left_out=_left_out(block, found),
        head=kept if kept is not None and kept.heads() else None,
        top=_top(block),
    )


def _left_out(block: _Block, found: _Found) -> tuple[int, ...]:
    """Return the layers that a fusion was trained without, and its adapters with it."""
    for name, layer in found.fusions.items():
        layers = tuple(layer.config.get(LEFT_OUT) or ())
        if layers and not (isinstance(block, Fuse) and block.name == name):
            raise UsageError(
                f"{layer.asked} was trained without layer {', '.join(map(str, layers))}, in which"
                " nothing else can stand then: load it by itself, or train it with last_layer=true"
            )
        if layers:
            return layers
    return ()


def _walk(node: Any, found: _Found, *, alone: bool = False) -> _Child:
    """Return the block over names, and what has the head of whatever lies uppermost."""
    if isinstance(node, str):
        return _leaf(left(node), found, alone=alone)
    if isinstance(node, Stack | LibraryAverage) and not len(node):
        raise UsageError(
            f"a {type(node).__name__} of nothing cannot be loaded: name a folder in it"
        )
    if isinstance(node, Stack):
        return _stacked(_each_once([_walk(child, found) for child in node], found), found)
    if isinstance(node, Fuse):
        return _fused(node, found)
    if isinstance(node, LibraryAverage):
        names = [_walk(child, found)[0] for child in node]
        _check_all(names, found, ("bottleneck", "lora"), "Average", "whose outputs have no mean")
        return weighed(names, node.weights), None
    if isinstance(node, AdapterCompositionBlock):
        raise UsageError(
            f"{type(node).__name__} cannot be loaded: use Stack, Fuse or Average over folders"
        )
    raise UsageError(
        f"{node!r} is no composition: give the folder of a training stage as a text, or a Stack,"
        " Fuse or Average of such"
    )


def _leaf(leaf: Left, found: _Found, *, alone: bool) -> _Child:
    """Return a folder's own block; alone, a stack comes with the sources that it was trained on."""
    if leaf.kind == FUSION:
        if leaf.block is not Activates.FUSE:
            raise UsageError(
                f"{leaf.asked} is a fusion layer alone: say what it fuses, with"
                f" Fuse(…, …, name={leaf.asked!r})"
            )
        inner = iter(leaf.fusions()[1:])
        return _over([block for block, _ in _again(leaf, inner, found)], leaf, found)
    if leaf.kind == SETUP:
        return _saved(arrangement.read(leaf.folder).block, leaf, found)[0], leaf
    if alone and leaf.kind == HEAD:
        return None, leaf
    if leaf.kind != ADAPTER:
        raise UsageError(
            f"{leaf.asked} is no adapter of the library `adapters`, so it has no place in a block:"
            " load it alone"
        )
    if alone and leaf.block is Activates.STACK:
        sources = _again(leaf, iter(leaf.fusions()), found)
        return _stacked([*sources, (found.add(leaf), leaf)], found)
    return found.add(leaf), leaf


def _saved(block: Arranged | str, leaf: Left, found: _Found) -> _Child:
    """Return a block that `adapters` has saved whole, each part of it in a folder of its own."""
    if isinstance(block, str):
        # What was trained over it knows it by the stage that took all of it over.
        part = replace(left(str(leaf.folder / block)), record=leaf.record)
        return _leaf(part, found, alone=False)
    children = [_saved(each, leaf, found) for each in block.members]
    names = [child for child, _ in children]
    if block.kind == arrangement.FUSE:
        layer = left(str(leaf.folder / block.layer))
        return _over(names, layer, found)
    if block.kind == arrangement.AVERAGE:
        _check_all(names, found, ("bottleneck", "lora"), "Average", "whose outputs have no mean")
        return weighed(names, block.weights), None
    updates = [name for each in names for name in flat(each)]
    if len(updates) > 1 and all(_kind(found.adapters[name]) == "lora" for name in updates):
        raise UsageError(
            f"{leaf.asked} is a Stack of LoRA, of which the library keeps the last alone; save it"
            f" as an Average of weights {len(updates)}, unnormalised, or load that adapter alone"
        )
    return _stacked(children, found)


def _again(leaf: Left, layers: Iterator[Left], found: _Found) -> list[_Child]:
    """Return the sources of a training stage as blocks, nested as they were in it."""
    folders = leaf.sources()

    def again(node: Node) -> _Child:
        if not isinstance(node, Block):
            return _walk(folders[node], found)
        if not node.fuses:
            return _stacked([again(member) for member in node.members], found)
        layer = next(layers)
        return _over([again(member)[0] for member in node.members], layer, found)

    return [again(node) for node in leaf.nodes]


def _each_once(children: Sequence[_Child], found: _Found) -> list[_Child]:
    """Return what is stacked, without what a saved Stack brings that stands below it already.

    What was trained on `mnli` is published with it, and is named above `mnli` all the same.
    """
    kept: list[_Child] = []
    below: list[str] = []
    for block, head in children:
        whole = head is not None and head.kind == SETUP and isinstance(block, Stack)
        names = list(block) if whole else []
        again = names[: len(below)]
        if below and len(names) > len(again) and all(map(partial(_alike, found), again, below)):
            for name in again:
                found.adapters.pop(name, None)
            rest = names[len(again) :]
            block = rest[0] if len(rest) == 1 else Stack(*rest)
        below += flat(block)
        kept.append((block, head))
    return kept


def _alike(found: _Found, one: Any, other: str) -> bool:
    """Return whether two names in a model are those of one adapter, kept twice."""
    if not isinstance(one, str) or one == other:
        return False
    ours, theirs = found.adapters[one], found.adapters[other]
    first, second = (each.folder / ADAPTER_WEIGHTS for each in (ours, theirs))
    alike = ours.config["config"] == theirs.config["config"]
    return alike and file_digest(first) == file_digest(second)


def _stacked(children: Sequence[_Child], found: _Found) -> _Child:
    """Return the children one on the other; updates of LoRA are added up.

    In `adapters` 1.3 a Stack of LoRA keeps the last update alone: see `fusions`.
    """
    blocks = [part for block, _ in children for part in _open(block)]
    names = [name for block in blocks for name in flat(block)]
    kinds = {name: _kind(found.adapters[name]) for name in names}
    _check_all(names, found, tuple(_STACKS), "Stack", "below which the library drops what stands")
    updates = [name for name in names if kinds[name] == "lora"]
    if len(updates) > 1:
        if len(updates) < len(names) or any(not isinstance(block, str) for block in blocks):
            raise UsageError(
                f"Stack of {', '.join(names)}: the library adds up updates of LoRA only where"
                f" nothing else is in the Stack; {_INSTEAD}"
            )
        return weighed(names, [len(names)] * len(names)), children[-1][1]
    inverting = [name for name in names if found.adapters[name].config["config"].get("inv_adapter")]
    if inverting not in ([], names[:1]):
        raise UsageError(
            f"Stack of {', '.join(names)}: the library inverts the embeddings with the lowest"
            f" adapter alone; put {inverting[0]} at the bottom, and no other of its kind above it"
        )
    return Stack(*blocks), children[-1][1]


def _open(block: _Block) -> tuple[_Block, ...]:
    """Return what a block is to a stack that it stands in: a stack is nothing of its own there."""
    opened = isinstance(block, Stack) or (isinstance(block, LibraryAverage) and _summed(block))
    return tuple(block) if opened else (block,)


def _fused(node: Any, found: _Found) -> tuple[_Block, Left]:
    """Return the children under the fusion layer whose folder is the block's name."""
    if not node._name:
        raise UsageError(
            f"{node} has no fusion layer, and what is not trained answers at random: name the"
            " folder of one with Fuse(…, …, name=FOLDER); a training stage of `fuse` leaves it"
        )
    layer = left(node._name)
    if layer.kind != FUSION:
        raise UsageError(
            f"{layer.asked} holds no fusion layer: name a folder with adapter_fusion_config.json"
        )
    return _over([_walk(child, found)[0] for child in node], layer, found)


def _over(children: Sequence[_Block], layer: Left, found: _Found) -> tuple[_Block, Left]:
    """Return a Fuse of some children with a layer that was trained over them."""
    if len(children) < 2:
        raise UsageError(
            f"a Fuse of {len(children)} has nothing to choose from: give it two adapters or more"
        )
    names = [name for child in children for name in flat(child)]
    _check_all(names, found, ("bottleneck",), "Fuse", "which AdapterFusion cannot read")
    block = Fuse(*children)
    ours = [found.adapters[name] for name in over(block)]
    if not _of(layer, ours):
        trained = layer.config.get("adapter_names", layer.config.get("name", ""))
        asked = ", ".join(str(each.config.get("name", each.asked)) for each in ours)
        raise UsageError(
            f"{layer.asked} was trained over {', '.join(_names(trained))}, not over {asked}: name"
            " the adapters that it belongs to"
        )
    if found.fusions.setdefault(block.name, layer).folder != layer.folder:
        raise UsageError(
            f"{layer.asked} and {found.fusions[block.name].asked} fuse the same adapters, which"
            " cannot be in one model: take one of them out"
        )
    return block, layer


def _of(layer: Left, adapters: Sequence[Left]) -> bool:
    """Return whether a fusion was trained over some adapters: their stages, or their names."""
    trained = layer.config.get("adapter_names", layer.config.get("name", ""))
    if sorted(_names(trained)) == sorted(str(each.config.get("name")) for each in adapters):
        return True
    stages = layer.record.needs.values() if layer.record else ()
    return all(each.record is not None and each.record.id in stages for each in adapters)


def _names(trained: Any) -> list[str]:
    return trained.split(",") if isinstance(trained, str) else [str(each) for each in trained]


def _check_all(
    blocks: Sequence[_Block], found: _Found, kinds: tuple[str, ...], block: str, why: str
) -> None:
    """Refuse adapters that the library would meet in a block and compute something else with."""
    for name in (name for each in blocks for name in flat(each)):
        adapter = found.adapters[name]
        if _kind(adapter) not in kinds:
            architecture = adapter.config["config"].get("architecture") or "a parallel bottleneck"
            raise UsageError(
                f"{adapter.asked} is {architecture}, {why}, so {block} cannot take it; {_INSTEAD}"
            )


_STACKS = ("bottleneck", "lora", "scale", "prefix")


def _kind(adapter: Left) -> str:
    """Return what an adapter is to a block, by its configuration."""
    config = adapter.config.get("config")
    if not isinstance(config, Mapping):
        raise UsageError(f"{adapter.asked} has no configuration that can be read: save it again")
    architecture = config.get("architecture")
    if architecture is None and "reduction_factor" in config:
        return "parallel" if config.get("is_parallel") else "bottleneck"
    if architecture == "lora":
        return "lora" if config.get("composition_mode") == "add" else "scale"
    return "prefix" if architecture == "prefix_tuning" else "other"


def _top(block: _Block) -> tuple[str, ...]:
    if block is None or isinstance(block, str):
        return (block,) if block else ()
    if isinstance(block, Fuse):
        return (block.name,)
    if isinstance(block, Stack):
        return _top(block[-1])
    return ([*flat(block)][-1],) if _summed(block) else tuple(flat(block))


def _summed(block: _Block) -> bool:
    """Return whether a block is a stack of LoRA, whose last member is the uppermost one."""
    return {*block.weights} == {len(block)} and len(block) > 1


def _check_names(found: _Found) -> None:
    clash = found.adapters.keys() & found.fusions.keys()
    if clash:
        raise UsageError(f"'{clash.pop()}' is the name of an adapter and of a fusion: rename one")
