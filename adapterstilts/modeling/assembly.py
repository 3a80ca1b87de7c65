"""A backbone, its sources and what the target adds, put together as a composition says.

Only here do a method and a composition become modules. Whoever trains asks `trainable`, whoever
predicts runs `logits`, whoever keeps the result calls `save`; none of them knows which it was.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters import AdapterConfig
from adapters.composition import Fuse, Stack
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import heads
from adapterstilts.modeling.backbone import adapter_model, quiet, whole_model
from adapterstilts.modeling.composition import Activates, Trains
from adapterstilts.modeling.device import Device, drawing
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, Parts


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """A model with the right modules active and the right ones unfrozen."""

    model: Any
    """An `adapters` or a `transformers` model."""
    parts: Parts
    """What it is made of."""
    trainable: Mapping[str, nn.Parameter]
    """What training changes, by name."""

    def logits(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return what the head says of a batch."""
        return heads.logits(self.model, self.parts.head, batch)

    def save(self, folder: Path) -> None:
        """Leave what was trained in the format of its library, weights as safetensors only."""
        parts = self.parts
        if parts.method.whole:
            self.model.save_pretrained(folder / MODEL, safe_serialization=True)
            tokenizer = (parts.backbone.folder / "tokenizer.json").read_bytes()
            (folder / MODEL / "tokenizer.json").write_bytes(tokenizer)
            return
        name, safe = parts.head.name, {"use_safetensors": True}
        with quiet():
            if parts.composition.trains is Trains.FUSION:
                block = _fusion(parts).name
                self.model.save_adapter_fusion(str(folder / FUSION), block, with_head=name, **safe)
            elif parts.method.architecture:
                self.model.save_adapter(str(folder / ADAPTER), name, with_head=True, **safe)
            else:
                self.model.save_head(str(folder / HEAD), name, **safe)


def for_training(parts: Parts, *, seed: int, device: Device) -> Assembly:
    """Return the model with what the composition trains unfrozen.

    The head is new, unless the training goes on from one on another task of the same shape.
    """
    with drawing(seed), quiet():
        if parts.begun is not None:
            model = _trained(parts, parts.begun)
        elif parts.method.whole:
            model = whole_model(parts.backbone, parts.head, new_head=True)
            if parts.composition.trains is Trains.SOURCE:
                _take_encoder(model, parts.sources[0].folder)
        else:
            model = adapter_model(parts.backbone)
            _add_modules(model, parts)
            _add_head(model, parts)
            _activate(model, parts)
    return _finish(model, parts, device)


def for_prediction(parts: Parts, trained: Path | None, *, device: Device) -> Assembly:
    """Return the model as it was when its training ended, in evaluation mode.

    Where nothing was trained on the target, the source itself answers, with its own head, or the
    untouched backbone where there is no source either.
    """
    owner = trained or (parts.sources[0].folder if parts.sources else None)
    with quiet():
        model = adapter_model(parts.backbone) if owner is None else _trained(parts, owner)
    assembly = _finish(model, parts, device)
    assembly.model.eval()
    return assembly


def _trained(parts: Parts, owner: Path) -> Any:
    """Return the model that a training stage left, its head included."""
    if parts.method.whole:
        return whole_model(_kept(parts, owner), parts.head, new_head=False)
    model = adapter_model(parts.backbone)
    _load_modules(model, parts, owner)
    _activate(model, parts)
    return model


def _add_modules(model: Any, parts: Parts) -> None:
    """Load the sources and add what the target is to train."""
    method, trains, own = parts.method, parts.composition.trains, parts.head.name
    if trains is Trains.SOURCE:
        _load_adapter(model, parts.sources[0].folder, own, with_head=False)
        return
    _load_sources(model, parts)
    if trains is Trains.FUSION:
        model.add_adapter_fusion(_fusion(parts))
    elif method.architecture:
        model.add_adapter(own, config=AdapterConfig.load(method.architecture, **method.overrides))


def _add_head(model: Any, parts: Parts) -> None:
    """Add the target's head; that of a language model begins as pretraining left it."""
    heads.add(model, parts.head)
    if parts.head.kind == "lm":
        pretrained = whole_model(parts.backbone, parts.head, new_head=True)
        heads.take_language_model(model, parts.head, pretrained.lm_head)


def _kept(parts: Parts, owner: Path) -> Located:
    """Return a whole model that a stage left."""
    remedy = f"remove the folder {owner} and run again to train it anew"
    return Located(name=parts.backbone.name, folder=owner / MODEL, revision="", remedy=remedy)


def _load_modules(model: Any, parts: Parts, owner: Path) -> None:
    """Load the sources that stay apart, and what was trained."""
    trains, own = parts.composition.trains, parts.head.name
    if parts.composition.activates in (Activates.STACK, Activates.FUSE):
        _load_sources(model, parts)
    if trains is Trains.FUSION:
        with _readable(owner):
            folder = str(owner / FUSION)
            model.load_adapter_fusion(folder, with_head=False, use_safetensors=True)
            model.load_head(folder, load_as=own, use_safetensors=True)
    elif parts.method.architecture:
        _load_adapter(model, owner, own, with_head=parts.head.kind != "none")
    else:
        with _readable(owner):
            model.load_head(str(owner / HEAD), load_as=own, use_safetensors=True)
    if parts.head.kind != "none":
        with _readable(owner):  # `load_adapter` says nothing of a head that is not there.
            if own not in model.heads:
                raise ValueError("it holds no head")
        heads.fit(model, parts.head)


def _load_sources(model: Any, parts: Parts) -> None:
    for source in parts.sources:
        _load_adapter(model, source.folder, source.name, with_head=False)


def _load_adapter(model: Any, folder: Path, name: str, *, with_head: bool) -> None:
    with _readable(folder):
        model.load_adapter(
            str(folder / ADAPTER), load_as=name, with_head=with_head, use_safetensors=True
        )


def _take_encoder(model: Any, folder: Path) -> None:
    """Carry the encoder over and leave the source's head behind, as STILTs does."""
    with _readable(folder):
        state = load_file(folder / MODEL / "model.safetensors")
        prefix = f"{model.base_model_prefix}."
        encoder = {
            name.removeprefix(prefix): weight
            for name, weight in state.items()
            if name.startswith(prefix)
        }
        result = model.base_model.load_state_dict(encoder, strict=False)
        lacking = [name for name in result.missing_keys if not name.startswith("pooler.")]
        if lacking or result.unexpected_keys:
            raise ValueError("its weights are not those of this backbone")


def _activate(model: Any, parts: Parts) -> None:
    """Make the composition's block and the target's head the active ones.

    `train_adapter` of an adapter model leaves `active_head` at whichever came last, so both are
    set here, after everything has been added.
    """
    own = parts.head.name
    if parts.method.architecture:
        block: Any = own
        if parts.composition.activates is Activates.STACK:
            block = Stack(*(source.name for source in parts.sources), own)
        elif parts.composition.activates is Activates.FUSE:
            block = _fusion(parts)
        model.set_active_adapters(block)
    if own in model.heads:
        model.active_head = own


def _fusion(parts: Parts) -> Fuse:
    return Fuse(*(source.name for source in parts.sources))


def _finish(model: Any, parts: Parts, device: Device) -> Assembly:
    """Freeze everything that the composition does not train, heads of others included."""
    trainable = {}
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(_trains(name, parts))
        if parameter.requires_grad:
            trainable[name] = parameter
        elif device.precision == "bf16":
            parameter.data = parameter.data.bfloat16()
    model.to(device.device)
    return Assembly(model=model, parts=parts, trainable=trainable)


def _trains(parameter: str, parts: Parts) -> bool:
    trains, own = parts.composition.trains, parts.head.name
    if trains is Trains.NOTHING:
        return False
    if parts.method.whole:
        return True
    path = parameter.split(".")
    if path[0] == "heads":
        # The output matrix of a language model is the embedding matrix, which is frozen.
        tied = parts.head.kind == "lm" and path[-1] == "weight" and path[-2] == "3"
        return path[1] == own and not tied
    return "adapter_fusion_layer" in path if trains is Trains.FUSION else own in path


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Say which folder is broken, and what to do, where a library stumbles over it."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        raise StiltsError(
            f"broken artifact {folder} ({type(error).__name__}: {reason});"
            " remove the folder and run again to train it anew"
        ) from error
