"""The block of a composition, and the fusions in it: added, kept and read again.

A fusion has layers of its own wherever adapters sit that it chooses among. `adapters` 1.3 adds them
to every layer, and gives two fusions whose names begin alike each other's weights. Of `seq_bn` it
normalises once more what a stack in a fusion reads, in `fuse(stack(a, b), c)`; so it is here, for
the files are to answer the same in both.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.composition import Average, Fuse, Stack
from safetensors.torch import load_file
from torch import nn

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling import filenames, headers
from adapterstilts.modeling.composition import KIND, LAST_LAYER, Activates, Block, Node
from adapterstilts.modeling.locate import config
from adapterstilts.modeling.parts import FUSION, Parts, folder_of

LEFT_OUT = "leave_out"
"""Key of a fusion's configuration, and of an adapter's: layers that have none."""
_LAYERS = "adapter_fusion_layer"


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """One fusion of a composition."""

    name: str
    """What `adapters` calls it."""
    over: tuple[str, ...]
    """Adapters that it chooses among: of a stack the uppermost."""
    within: tuple[str, ...]
    """Every adapter that stands in it."""
    kind: str
    """`dynamic` or `static`."""
    folder: str
    """Sub-folder of the training stage that it is kept in."""
    given: Path | None = None
    """Where it came trained with a source, and stays: its folder, and no stage of ours keeps it."""


def active(parts: Parts) -> Any:
    """Return what is active in a forward pass: a name, or a block over names.

    In `adapters` 1.3 a Stack of LoRA feeds one's update to the next and keeps the last alone, so
    that a new one, whose update is nothing, would wipe out the source below. The sum of updates is
    wanted, which is N times what Average makes of weights that it does not normalise: a mean.
    """
    if not parts.composition.groups:
        return parts.own
    block = _block(parts.block, parts)
    if parts.composition.activates is Activates.FUSE:
        return block
    if parts.method.adds:
        names = (*block, parts.own)
        return Average(*names, weights=[len(names)] * len(names), normalize_weights=False)
    return Stack(*block, parts.own)


def fusions(parts: Parts) -> tuple[Fusion, ...]:
    """Return the fusions of a composition in order of appearance."""
    found, own = list[Fusion](), 0
    for block in parts.block.blocks():
        if block.fuses:
            fuse, given = _block(block, parts), parts.given.get(len(found))
            found.append(
                Fusion(
                    name=fuse.name,
                    over=over(fuse),
                    within=tuple(flat(fuse)),
                    kind=str(block.composition.value(KIND)),
                    folder=folder_of(own),
                    given=given,
                )
            )
            own += given is None
    return tuple(found)


def over(fuse: Any) -> tuple[str, ...]:
    """Return the adapters that a Fuse chooses among."""
    return tuple(child if isinstance(child, str) else child.last() for child in fuse)


def fuses(block: Any) -> Iterator[Fuse]:
    """Yield every Fuse in a block, in order of appearance."""
    if isinstance(block, Fuse):
        yield block
    for child in () if block is None or isinstance(block, str) else block:
        yield from fuses(child)


def flat(block: Any) -> Iterator[str]:
    """Yield the names in a block in their order."""
    for child in [block] if isinstance(block, str) else block:
        if isinstance(child, str):
            yield child
        else:
            yield from flat(child)


def left_out(parts: Parts) -> tuple[int, ...]:
    """Return the layers in which the sources do not take part.

    Without a fusion the last layer has no adapters either: that is how Poth et al. (2021) drop it,
    and in `adapters` 1.3 a forward pass breaks where there are adapters to fuse and no fusion.
    """
    if not parts.block.fuses or parts.composition.value(LAST_LAYER):
        return ()
    depth = int(config(parts.backbone)["num_hidden_layers"])
    layers = {
        layer
        for source in parts.sources
        for layer in range(depth)
        if layer not in _leaves_out(source.place)
    }
    if len(layers) < 2:
        raise UsageError(
            f"composition '{parts.composition.name}' leaves no layer with a fusion: its sources"
            f" have adapters in {len(layers)} alone; take {LAST_LAYER}=false out"
        )
    return (max(layers),)


def add(model: Any, parts: Parts) -> None:
    """Put new fusions on a model that has all the adapters of a composition."""
    found = fusions(parts)
    if found:
        check_places(model, list(flat(active(parts))))
    for fusion in found:
        put(model, fusion.name, fusion.over, fusion.within, fusion.kind)
        if fusion.given is not None:
            take(model, fusion.name, fusion.given)


def load(model: Any, parts: Parts, owner: Path) -> None:
    """Put the fusions on a model that a training stage left."""
    add(model, parts)
    for fusion in fusions(parts):
        if fusion.given is None:
            take(model, fusion.name, owner / fusion.folder)


def save(model: Any, parts: Parts, folder: Path, *, head: str = "") -> None:
    """Leave every fusion in a folder of its own, and a head in that of the first."""
    layers = left_out(parts)
    for fusion in fusions(parts):
        if fusion.given is not None:
            continue
        model.save_adapter_fusion(
            str(folder / fusion.folder),
            fusion.name,
            with_head=head if fusion.folder == FUSION else False,
            # What whoever loads the adapters by hand has to leave out.
            meta_dict={LEFT_OUT: list(layers)} if layers else None,
            use_safetensors=True,
        )


def put(
    model: Any,
    name: str,
    over: Sequence[str],
    within: Collection[str],
    kind: str | Mapping[str, Any],
) -> None:
    """Put a new fusion into the layers in which it has something to choose among."""
    model.add_adapter_fusion(list(over), kind, name=name, set_active=False)
    for module in model.modules():
        layers = getattr(module, _LAYERS, None)
        if isinstance(layers, nn.ModuleDict) and name in layers:
            if not {*within} & {*module.adapters}:
                del layers[name]


def belongs(name: str, parameter: str) -> bool:
    """Return whether a parameter is a fusion's."""
    return f".{_LAYERS}.{name}." in parameter


def take(model: Any, name: str, folder: Path) -> None:
    """Put the weights of a folder into a fusion, all that it has."""
    theirs = headers.document(folder / filenames.FUSION_CONFIG)["name"]
    state = {
        key.replace(f".{_LAYERS}.{theirs}.", f".{_LAYERS}.{name}."): value
        for key, value in load_file(folder / filenames.FUSION_WEIGHTS).items()
    }
    ours = {key: value for key, value in model.state_dict().items() if belongs(name, key)}
    if lacking := [key for key in ours if key not in state]:
        raise ValueError(f"it lacks {lacking[0]}")
    for key, value in ours.items():
        value.copy_(state[key])


def check_places(model: Any, names: Sequence[str]) -> None:
    """Refuse adapters around a fusion that do not sit in the same places.

    In `adapters` 1.3 a forward pass breaks in a layer in which some of them are and others are not.
    """
    first, *others = names
    for name in others:
        one, other = (_places(model.adapters_config.get(each)) for each in (first, name))
        if one != other:
            raise StiltsError(
                f"'{first}' and '{name}' cannot be fused: they sit in different places ({one} and"
                f" {other}); take adapters of one method with the same leave_out"
            )


def _block(node: Node, parts: Parts) -> Any:
    """Return a part of a composition as the library's own block."""
    if not isinstance(node, Block):
        return parts.sources[node].name
    members = [_block(member, parts) for member in node.members]
    return Fuse(*members) if node.fuses else Stack(*members)


def _places(config: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: bool(config.get(key)) for key in ("mh_adapter", "output_adapter")}
    return {**said, LEFT_OUT: sorted(config.get(LEFT_OUT) or ())}


def _leaves_out(folder: Path) -> list[int]:
    said = headers.document(folder / filenames.ADAPTER_CONFIG)
    return list(said["config"].get(LEFT_OUT) or ())
