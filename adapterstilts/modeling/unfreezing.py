"""Which parameters a composition trains, by name."""

from collections.abc import Container, Iterator
from itertools import pairwise
from typing import Any

from torch import nn

from adapterstilts.modeling import fusions
from adapterstilts.modeling.composition import Trains
from adapterstilts.modeling.parts import Head, Parts
from adapterstilts.modeling.reading import depth
from adapterstilts.modeling.sizes import height

_SAVED = "modules_to_save"
_ADDED = (
    "fourierft_",
    "hada_",
    "ia3_",
    "ln_tuning_",
    "lokr_",
    "lora_",
    "oft_",
    "prompt_encoder",
    "vera_lambda_",
)
"""How names of what the methods of PEFT train begin."""


def trained(model: Any, parts: Parts) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield every parameter that training changes; what no forward pass reads is none of them."""
    if parts.composition.trains is Trains.NOTHING:
        return
    for name, parameter in model.named_parameters():
        if parts.headless and _above(name, height(depth(model))):
            continue
        if _of_whole(name, parts) if parts.method.whole else _of_ours(model, name, parts):
            yield name, parameter


def halves(name: str, trainable: Container[str]) -> bool:
    """Return whether a parameter can be bf16: a frozen one that needs no finer arithmetic.

    Norms count in fp32 under autocast, and a method may train their biases; what keeps ReFT
    orthogonal has no arithmetic in bf16.
    """
    norm = "norm" in name.replace(".base_layer.", ".").split(".")[-2].lower()
    return name not in trainable and not norm and ".parametrizations." not in name


def _above(name: str, layer: int) -> bool:
    """Return whether a parameter lies above the layer that embeddings are read at."""
    path = name.split(".")
    numbers = [int(after) for part, after in pairwise(path) if part == "layer" and after.isdigit()]
    return "pooler" in path or any(number >= layer for number in numbers[:1])


def _of_whole(name: str, parts: Parts) -> bool:
    """Return whether a weight of a whole model is read: with several heads it has a pooler."""
    return not parts.others or ".pooler." not in name


def _of_ours(model: Any, name: str, parts: Parts) -> bool:
    path, own = name.split("."), parts.own
    if path[0] == "heads":
        return any(_of_head(path, head) for head in parts.heads)
    if parts.method.library == "peft":
        return _of_peft(name, parts)
    if "adapter_fusion_layer" in path:
        return path[path.index("adapter_fusion_layer") + 1] not in _kept(parts)
    return parts.composition.trains is not Trains.FUSION and own in path and not _idle(path, parts)


def _kept(parts: Parts) -> set[str]:
    """Return the fusions that came trained with a source, and stay as they are."""
    return {each.name for each in fusions.fusions(parts) if each.given} if parts.given else set()


def _of_head(path: list[str], head: Head) -> bool:
    # The output matrix of a language model is the embedding matrix, which is frozen.
    tied = head.kind == "lm" and path[-1] == "weight" and path[-2] == "3"
    return path[1] == head.name and not tied


def _of_peft(name: str, parts: Parts) -> bool:
    path = name.split(".")
    if _SAVED in path:
        return True
    if parts.method.architecture == "bitfit":
        unread = "original_module" in path or (bool(parts.others) and "pooler" in path)
        return path[-1] == "bias" and not unread
    return any(each.startswith(_ADDED) for each in path)


def _idle(path: list[str], parts: Parts) -> bool:
    """Return whether a ReFT unit edits no place: one is for prefixes, the other for suffixes."""
    if "units" not in path or parts.method.value("tied_weights"):
        return False
    unit = path[path.index("units") + 1]
    side = "prefix_positions" if unit == "0" else "suffix_positions"
    return parts.method.value(side) == 0
