"""A backbone, its sources and what the target adds, put together as a composition says.

Only here do a method and a composition become modules. Whoever trains asks `trainable`, whoever
predicts runs `logits`, whoever keeps the result calls `save`; none of them knows which it was.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from adapters.composition import Average, Fuse, Stack
from safetensors.torch import load_file
from torch import Tensor, nn

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling import heads, peft_models, safe_files
from adapterstilts.modeling.averaging import State, averaged, check_alike, shapes
from adapterstilts.modeling.backbone import POOLER, adapter_model, quiet, readable, whole_model
from adapterstilts.modeling.composition import Activates, Trains
from adapterstilts.modeling.configurations import for_adapters
from adapterstilts.modeling.device import Device, drawing
from adapterstilts.modeling.gates import ignore_padding
from adapterstilts.modeling.locate import Located, config
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, Parts
from adapterstilts.modeling.sizes import misfit, shape_of
from adapterstilts.modeling.unfreezing import halves
from adapterstilts.modeling.unfreezing import trained as trained_parameters


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """A model with the right modules active and the right ones unfrozen."""

    model: Any
    """An `adapters` or a `transformers` model."""
    outer: Any
    """The PEFT model around it, which knows how to save it; else the model itself."""
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
        if parts.method.library == "peft":
            peft_models.save(self.outer, folder / ADAPTER)
            return
        name, safe = parts.head.name, {"use_safetensors": True}
        with quiet():
            if parts.composition.trains is Trains.FUSION:
                block = _fusion(parts).name
                self.model.save_adapter_fusion(str(folder / FUSION), block, with_head=name, **safe)
            elif parts.method.architecture:
                safe_files.save_adapter(self.model, folder / ADAPTER, name)
            else:
                self.model.save_head(str(folder / HEAD), name, **safe)


def for_training(parts: Parts, *, seed: int, device: Device) -> Assembly:
    """Return the model with what the composition trains unfrozen.

    The head is new, unless the training goes on from one on another task of the same shape.
    """
    _check_fit(parts)
    owners = [source.folder for source in parts.sources]
    with drawing(seed), quiet():
        if parts.begun is not None:
            model = _trained(parts, parts.begun)
        elif parts.method.whole:
            model = whole_model(parts.backbone, parts.head, new_head=True)
            if parts.composition.trains is Trains.SOURCE:
                encoder = _mean(owners, partial(_encoder, model))
                model.base_model.load_state_dict(encoder, strict=False)
        elif parts.method.library == "peft":
            model = peft_models.new(parts)
            if parts.composition.trains is Trains.SOURCE:
                peft_models.take(model, _mean(owners, partial(peft_models.modules, model)))
        else:
            model = _adapter_model(parts)
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
    with drawing(0), quiet():  # Of what a library draws before it reads, nothing is left.
        model = adapter_model(parts.backbone) if owner is None else _trained(parts, owner)
    assembly = _finish(model, parts, device)
    assembly.model.eval()
    return assembly


def _check_fit(parts: Parts) -> None:
    """Refuse a method that a backbone has no room for, before a library stumbles over it."""
    if complaint := misfit(parts.method, shape_of(config(parts.backbone))):
        raise UsageError(
            f"method '{parts.method.name}' does not fit backbone '{parts.backbone.name}':"
            f" {complaint}"
        )


def _trained(parts: Parts, owner: Path) -> Any:
    """Return the model that a training stage left, its head included."""
    if parts.method.whole:
        return whole_model(_kept(parts, owner), parts.head, new_head=False)
    if parts.method.library == "peft":
        if parts.head.kind == "none":
            model = peft_models.new(parts)
            peft_models.take(model, _mean([owner], partial(peft_models.modules, model)))
            return model
        with _readable(owner):
            return peft_models.kept(parts, owner)
    model = _adapter_model(parts)
    _load_modules(model, parts, owner)
    _activate(model, parts)
    return model


def _adapter_model(parts: Parts) -> Any:
    prompted = parts.method.architecture == "prompt_tuning"
    return adapter_model(parts.backbone, prompted=prompted)


def _add_modules(model: Any, parts: Parts) -> None:
    """Load the sources and add what the target is to train."""
    method, trains, own = parts.method, parts.composition.trains, parts.head.name
    if trains is Trains.SOURCE:
        owners = [source.folder for source in parts.sources]
        _load_adapter(model, owners[0], own, with_head=False)
        safe_files.take(
            model, own, _mean(owners, lambda owner: safe_files.read(owner / ADAPTER, own))
        )
        return
    _load_sources(model, parts)
    if trains is Trains.FUSION:
        model.add_adapter_fusion(_fusion(parts))
    elif method.architecture:
        model.add_adapter(own, config=for_adapters(method))


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
        safe_files.load_adapter(model, folder / ADAPTER, name, with_head=with_head)


def _mean(owners: Sequence[Path], read: Callable[[Path], State]) -> State:
    """Return what some training stages left, averaged where there are several."""
    states: list[State] = []
    for owner in owners:
        with _readable(owner):
            states.append(read(owner))
            check_alike(states[-1], states[0])
    return averaged(states)


def _encoder(model: Any, owner: Path) -> State:
    """Return the encoder of a whole model; its head stays behind, as STILTs has it."""
    prefix = f"{model.base_model_prefix}."
    found = {
        name.removeprefix(prefix): weight
        for name, weight in load_file(owner / MODEL / "model.safetensors").items()
        if name.startswith(prefix)
    }
    theirs, ours = (
        {name: weight for name, weight in state.items() if not name.startswith(POOLER)}
        for state in (found, model.base_model.state_dict())
    )
    if shapes(theirs) != shapes(ours):
        raise ValueError("its weights are not those of this backbone")
    return theirs


def _activate(model: Any, parts: Parts) -> None:
    """Make the composition's block and the target's head the active ones.

    `train_adapter` of an adapter model leaves `active_head` at whichever came last, so both are
    set here, after everything has been added.
    """
    own = parts.head.name
    if parts.method.architecture:
        block: Any = own
        if parts.composition.activates is Activates.STACK:
            block = _stack(parts)
        elif parts.composition.activates is Activates.FUSE:
            block = _fusion(parts)
        model.set_active_adapters(block)
        ignore_padding(model, own)
    if own in model.heads:
        model.active_head = own


def _stack(parts: Parts) -> Stack | Average:
    """Return the block in which the target's module stands on the sources'.

    In `adapters` 1.3 a Stack of LoRA feeds one's update to the next and keeps the last alone, so
    that a new one, whose update is nothing, would wipe out the source below. The sum of updates is
    wanted, which is N times what Average makes of weights that it does not normalise: a mean.
    """
    names = (*(source.name for source in parts.sources), parts.head.name)
    if parts.method.adds:
        return Average(*names, weights=[len(names)] * len(names), normalize_weights=False)
    return Stack(*names)


def _fusion(parts: Parts) -> Fuse:
    return Fuse(*(source.name for source in parts.sources))


def _finish(outer: Any, parts: Parts, device: Device) -> Assembly:
    """Freeze everything that the composition does not train, heads of others included."""
    model = peft_models.inside(outer)
    trainable = dict(trained_parameters(model, parts))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in trainable)
        if device.precision == "bf16" and halves(name, trainable):
            parameter.data = parameter.data.bfloat16()
    model.to(device.device)
    return Assembly(model=model, outer=outer, parts=parts, trainable=trainable)


def _readable(folder: Path) -> AbstractContextManager[None]:
    """Return what says which folder is broken, and what to do, where a library stumbles over it."""
    return readable(
        lambda reason: StiltsError(
            f"broken artifact {folder} ({reason}); remove the folder and run again to train it anew"
        )
    )
