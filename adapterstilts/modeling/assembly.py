"""A backbone, its sources and what the target adds, put together as a composition says.

Only here do a method and a composition become modules. Whoever trains asks `trainable`, whoever
predicts runs `logits`, whoever keeps the result calls `save`; none of them knows which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling import fusions, heads, peft_models, safe_files, setups, several
from adapterstilts.modeling.backbone import (
    POOLER,
    adapter_model,
    add_heads,
    quiet,
    readable_stage,
    whole_model,
)
from adapterstilts.modeling.composition import Trains
from adapterstilts.modeling.configurations import for_adapters
from adapterstilts.modeling.device import Device, drawing
from adapterstilts.modeling.foreign import arrangement
from adapterstilts.modeling.gates import ignore_padding
from adapterstilts.modeling.locate import Located, config
from adapterstilts.modeling.methods import cannot_stand_under
from adapterstilts.modeling.mounting import mounted
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, SETUP, Head, Parts
from adapterstilts.modeling.sizes import misfit, shape_of, unread
from adapterstilts.modeling.unfreezing import halves
from adapterstilts.modeling.unfreezing import trained as trained_parameters
from adapterstilts.modeling.weights import State, shapes


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """A model with the right modules active and the right ones unfrozen."""

    model: Any
    """An `adapters` or a `transformers` model."""
    outer: Any
    """The PEFT model around it, which knows how to save it; else the model itself. It is the model,
    too, where a prompt is put before every input."""
    parts: Parts
    """What it is made of."""
    trainable: Mapping[str, nn.Parameter]
    """What training changes, by name."""

    def logits(self, batch: Mapping[str, Tensor], head: Head | None = None) -> Tensor:
        """Return what a head says of a batch: the first where none is named."""
        return heads.logits(self.model, head or self.parts.head, batch)

    def save(self, folder: Path) -> None:
        """Leave what was trained in the format of its library, weights as safetensors only."""
        parts = self.parts
        if parts.others:
            several.save(self.model, folder, parts.heads)
        if parts.method.whole:
            whole = several.encoder(self.model, parts) if parts.others else self.model
            whole.save_pretrained(folder / MODEL, safe_serialization=True)
            tokenizer = (parts.backbone.folder / "tokenizer.json").read_bytes()
            (folder / MODEL / "tokenizer.json").write_bytes(tokenizer)
            return
        if parts.method.library == "peft":
            peft_models.save(self.outer, folder / ADAPTER)
            return
        kept = not parts.others and parts.head.kind != "none"
        name, safe = parts.head.name if kept else "", {"use_safetensors": True}
        with quiet():
            fuses = parts.composition.trains is Trains.FUSION
            fusions.save(self.model, parts, folder, head=name if fuses else "")
            if fuses:
                return
            if parts.method.architecture:
                safe_files.save_adapter(self.model, folder / ADAPTER, parts.own, head=name)
            elif name:
                self.model.save_head(str(folder / HEAD), name, **safe)


def for_training(parts: Parts, *, seed: int, device: Device) -> Assembly:
    """Return the model with what the composition trains unfrozen.

    The head is new, unless the training goes on from one on another task of the same shape.
    """
    _check_fit(parts)
    _check_heads(parts)
    with drawing(seed), quiet():
        if parts.begun is not None:
            model = _trained(parts, parts.begun)
        elif parts.method.whole:
            whole = partial(whole_model, parts.backbone, parts.head, new_head=True)
            model = several.new(parts) if parts.others else whole()
            if parts.composition.trains is Trains.SOURCE:
                (source,) = parts.sources
                with readable_stage(source.folder):
                    encoder = _encoder(model, source.folder)
                model.base_model.load_state_dict(encoder, strict=False)
        elif parts.method.library == "peft":
            model = peft_models.new(parts)
            if parts.composition.trains is Trains.SOURCE:
                (source,) = parts.sources
                _take_modules(model, source.folder)
        else:
            model = _adapter_model(parts)
            _add_modules(model, parts)
            add_heads(model, parts.backbone, parts.heads)
            _activate(model, parts)
    return _finish(model, parts, device)


def for_prediction(parts: Parts, trained: Path | None, *, device: Device) -> Assembly:
    """Return the model as it was when its training ended, in evaluation mode.

    Where nothing was trained on the target, the source itself answers, with its own head, or the
    untouched backbone where there is no source either.
    """
    _check_heads(parts)
    owner = trained or (parts.sources[0].folder if parts.sources else None)
    with drawing(0), quiet():  # Of what a library draws before it reads, nothing is left.
        model = adapter_model(parts.backbone) if owner is None else _trained(parts, owner)
    assembly = _finish(model, parts, device)
    assembly.model.eval()
    return assembly


def _check_fit(parts: Parts) -> None:
    """Refuse a method that a backbone has no room for, before a library stumbles over it."""
    shape = shape_of(config(parts.backbone))
    complaint = misfit(parts.method, shape)
    if not complaint and any(head.kind == "none" for head in parts.heads):
        complaint = unread(parts.method, shape)
    if complaint:
        raise UsageError(
            f"method '{parts.method.name}' does not fit backbone '{parts.backbone.name}':"
            f" {complaint}"
        )


def _check_heads(parts: Parts) -> None:
    """Refuse a method that would stay unread under the heads that are wanted."""
    if complaint := cannot_stand_under(parts.method, [head.kind for head in parts.heads]):
        raise UsageError(f"method '{parts.method.name}' {complaint}")


def _trained(parts: Parts, owner: Path) -> Any:
    """Return the model that a training stage left, its head included."""
    one_of_several = several.are_in(owner) and parts.head.kind != "none"
    if parts.method.whole and not one_of_several:
        return whole_model(_kept(parts, owner), parts.head, new_head=False)
    if parts.method.whole:
        model = adapter_model(_kept(parts, owner))
        _load_heads(model, parts, owner)
        return model
    if parts.method.library == "peft":
        if one_of_several:
            model = peft_models.headless(parts)
            _take_modules(model, owner)
            _load_heads(peft_models.inside(model), parts, owner)
            return model
        if parts.head.kind == "none":
            model = peft_models.new(parts)
            _take_modules(model, owner)
            return model
        with readable_stage(owner):
            return peft_models.kept(parts, owner)
    if arrangement.is_in(owner / SETUP):
        return _block(parts, owner)
    model = _adapter_model(parts)
    _load_modules(model, parts, owner)
    _activate(model, parts)
    return model


def _block(parts: Parts, owner: Path) -> Any:
    """Return the model of a block that was taken over whole, under the head that came with it."""
    with readable_stage(owner):
        wanted = setups.setup(str(owner))
        model = mounted(wanted, parts.backbone)
    if several.are_in(owner) and parts.head.kind != "none":
        _load_heads(model, parts, owner)
    elif parts.head.kind != "none":
        with readable_stage(owner):
            for head in list(wanted.head.heads().values() if wanted.head else ())[:1]:
                model.load_head(str(head.folder), load_as=parts.head.name, use_safetensors=True)
            _check_crowned(model, parts.head)
        model.active_head = parts.head.name
    return model


def _adapter_model(parts: Parts) -> Any:
    prompted = parts.method.architecture == "prompt_tuning"
    return adapter_model(parts.backbone, prompted=prompted)


def _add_modules(model: Any, parts: Parts) -> None:
    """Load the sources and add what the target is to train."""
    method, trains, own = parts.method, parts.composition.trains, parts.own
    if trains is Trains.SOURCE:
        (source,) = parts.sources
        _load_adapter(model, source.folder, own)
        return
    _load_sources(model, parts)
    if trains is not Trains.FUSION and method.architecture:
        model.add_adapter(own, config=for_adapters(method))
    fusions.add(model, parts)


def _kept(parts: Parts, owner: Path) -> Located:
    """Return a whole model that a stage left."""
    remedy = f"remove the folder {owner} and run again to train it anew"
    return Located(name=parts.backbone.name, folder=owner / MODEL, revision="", remedy=remedy)


def _load_modules(model: Any, parts: Parts, owner: Path) -> None:
    """Load the sources that stay apart, and what was trained."""
    trains, own, head = parts.composition.trains, parts.own, parts.head
    one_of_several = several.are_in(owner) and head.kind != "none"
    if parts.composition.groups:
        _load_sources(model, parts)
    if trains is Trains.FUSION:
        if head.kind != "none":
            with readable_stage(owner):
                model.load_head(str(owner / FUSION), load_as=head.name, use_safetensors=True)
    elif parts.method.architecture:
        with_head = head.kind != "none" and not one_of_several
        _load_adapter(model, owner, own, with_head=with_head)
    elif not one_of_several:
        with readable_stage(owner):
            model.load_head(str(owner / HEAD), load_as=head.name, use_safetensors=True)
    with readable_stage(owner):
        fusions.load(model, parts, owner)
    if one_of_several:
        _load_heads(model, parts, owner)
    elif head.kind != "none":
        with readable_stage(owner):  # `load_adapter` says nothing of a head that is not there.
            _check_crowned(model, head)


def _check_crowned(model: Any, head: Head) -> None:
    if head.name not in model.heads:
        raise ValueError("it holds no head")
    heads.fit(model, head)


def _load_heads(model: Any, parts: Parts, owner: Path) -> None:
    with readable_stage(owner):
        several.load(model, owner, parts)


def _load_sources(model: Any, parts: Parts) -> None:
    layers = fusions.left_out(parts)
    for source in parts.sources:
        _load_adapter(model, source.folder, source.name, within=source.within, leave_out=layers)


def _load_adapter(
    model: Any,
    folder: Path,
    name: str,
    *,
    with_head: bool = False,
    within: str = ADAPTER,
    leave_out: Sequence[int] = (),
) -> None:
    with readable_stage(folder):
        safe_files.load_adapter(
            model, folder / within, name, with_head=with_head, leave_out=leave_out
        )


def _take_modules(model: Any, owner: Path) -> None:
    """Put what a training stage left in the encoder into a model of PEFT."""
    with readable_stage(owner):
        peft_models.take(model, peft_models.modules(model, owner))


def _encoder(model: Any, owner: Path) -> State:
    """Return the encoder of a whole model; its head stays behind, as STILTs has it."""
    prefix, left = f"{model.base_model_prefix}.", load_file(owner / MODEL / "model.safetensors")
    alone = not any(name.startswith(prefix) for name in left)  # Of several tasks, or merged.
    found = {
        name.removeprefix(prefix): weight
        for name, weight in left.items()
        if alone or name.startswith(prefix)
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
    own = parts.own
    if parts.method.architecture:
        model.set_active_adapters(fusions.active(parts))
        ignore_padding(model, own)
    if parts.head.name in model.heads:
        model.active_head = parts.head.name


def _finish(outer: Any, parts: Parts, device: Device) -> Assembly:
    """Freeze everything that the composition does not train, heads of others included."""
    model = peft_models.running(outer)
    trainable = dict(trained_parameters(model, parts))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in trainable)
        # Of a whole model that is trained, what is not read is kept as it came.
        kept = parts.method.whole and bool(trainable)
        if device.precision == "bf16" and not kept and halves(name, trainable):
            parameter.data = parameter.data.bfloat16()
    model.to(device.device)
    return Assembly(model=model, outer=outer, parts=parts, trainable=trainable)
