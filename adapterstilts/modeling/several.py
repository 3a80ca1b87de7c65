"""Models under several heads: made anew, kept, and read again under one of them or all.

They stand on flexible heads of `adapters`, whichever library trains the encoder below, for in
`transformers` a model has one head. Files stay each library's own: the encoder's as ever, and
beside it one folder a head.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adapterstilts.core.expressions import slug
from adapterstilts.modeling import heads
from adapterstilts.modeling.backbone import adapter_model, add_heads, whole_model
from adapterstilts.modeling.parts import HEADS, NO_HEAD, Head, Parts


def new(parts: Parts) -> Any:
    """Return the backbone under new heads."""
    model = adapter_model(parts.backbone)
    add_heads(model, parts.backbone, parts.heads)
    return model


def encoder(model: Any, parts: Parts) -> Any:
    """Return the encoder below the heads as `transformers` itself has it."""
    alone = whole_model(parts.backbone, NO_HEAD, new_head=True)
    state = model.base_model.state_dict()  # Its embeddings have another name there as well.
    alone.load_state_dict({name: state[name] for name in alone.state_dict()})
    return alone


def save(model: Any, folder: Path, kept: Iterable[Head]) -> None:
    """Leave each head in a folder of its own, in the format of `adapters`; none of embeddings."""
    there = [head for head in kept if head.kind != "none"]
    if there:
        (folder / HEADS).mkdir()
    for head in there:
        model.save_head(str(_place(folder, head.name)), head.name, use_safetensors=True)


def are_in(owner: Path) -> bool:
    """Return whether a training stage left heads of several tasks, each apart."""
    return (owner / HEADS).is_dir()


def load(model: Any, owner: Path, parts: Parts) -> None:
    """Put the heads that are read on a model, from a stage that left several.

    The first may answer for a task of another name: that of `mnli` for `xnli`.
    """
    for head in parts.heads:
        if head.kind == "none":
            continue
        left = (parts.answers if head is parts.head else "") or head.name
        place = _place(owner, left)
        if not place.is_dir():
            raise ValueError(f"it holds no head '{left}'")
        model.load_head(str(place), load_as=head.name, use_safetensors=True)
        heads.fit(model, head)
    if parts.head.name in model.heads:
        model.active_head = parts.head.name


def _place(folder: Path, name: str) -> Path:
    return folder / HEADS / slug(name)
