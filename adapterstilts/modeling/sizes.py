"""How much a method trains and stores on a backbone of some shape, and whether it fits there.

Plain arithmetic, so that a plan and a table can have it without a model; heads are not counted, for
they are the task's. The tests count real modules.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.settings import ALL

BYTES = 4
"""Bytes of a stored number: everything that is trained is kept in fp32."""


PADDING = 2
"""Positions that no piece of an input has: XLM-R counts from the one after that of padding."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The numbers of a backbone of XLM-R's kind that sizes depend on."""

    hidden: int
    """Width of the hidden states."""
    layers: int
    """Layers of the encoder."""
    intermediate: int
    """Width inside the feed-forward block."""
    vocabulary: int
    """Pieces."""
    positions: int
    """Places that have an embedding."""


BASE = Shape(hidden=768, layers=12, intermediate=3072, vocabulary=250002, positions=514)
"""XLM-R base (config.json of FacebookAI/xlm-roberta-base)."""
LARGE = Shape(hidden=1024, layers=24, intermediate=4096, vocabulary=250002, positions=514)
"""XLM-R large (config.json of FacebookAI/xlm-roberta-large)."""
_USUAL = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "intermediate_size": 3072,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
}
"""What a configuration leaves out where it is so (transformers 4.57, XLMRobertaConfig)."""


def shape_of(config: Mapping[str, Any]) -> Shape:
    """Return the shape that a backbone's config.json declares, as `transformers` reads it."""
    said = {key: config.get(key, usual) for key, usual in _USUAL.items()}
    for key, value in said.items():
        if type(value) is not int or value < 1:
            raise StiltsError(
                f"the backbone's config.json has {key} {value!r}, where a whole number above 0"
                " belongs: save the model again"
            )
    return Shape(
        hidden=said["hidden_size"],
        layers=said["num_hidden_layers"],
        intermediate=said["intermediate_size"],
        vocabulary=said["vocab_size"],
        positions=said["max_position_embeddings"],
    )


def trainable(method: Method, shape: Shape) -> int:
    """Return how many parameters a method trains on a backbone, the head not among them."""
    return _COUNTS[method.architecture or ("full" if method.whole else "")](method, shape)


def stored_bytes(method: Method, shape: Shape) -> int:
    """Return how many bytes of weights a method leaves, the head and file headers not counted."""
    numbers = trainable(method, shape)
    if method.architecture == "loreft":
        # The file holds both units and the square matrices that orthogonality is counted from.
        units = 1 if method.value("tied_weights") else 2
        each = _reft_unit(method, shape) + shape.hidden**2
        numbers = len(_layers(method, shape)) * units * each
    elif method.architecture == "bitfit":
        numbers += 2 * shape.hidden  # The update of nothing that makes it a LoRA file.
    elif method.architecture == "vera":
        numbers += 2 * _count(method, "r") * shape.hidden  # The random update that all share.
    return BYTES * numbers


def virtual(method: Method) -> int:
    """Return how many positions of the backbone a method takes for itself."""
    return _count(method, "num_virtual_tokens") if method.architecture == "prompt" else 0


def too_long(method: Method, shape: Shape, length: int) -> str:
    """Return why inputs of so many pieces cannot be read (`…`), or an empty string."""
    own, most = virtual(method), shape.positions - PADDING
    if length + own <= most:
        return ""
    theirs = f" and the {own} of its prompt are" if own else " is"
    return f"max_length {length}{theirs} more than the {most} positions of the backbone"


def misfit(method: Method, shape: Shape) -> str:
    """Return why a method cannot be had on a backbone (`…`), or an empty string."""
    asked = _asked_layers(method)
    beyond = [layer for layer in asked if layer >= shape.layers]
    if beyond:
        return f"it names layer {beyond[0]}, and the last of the backbone is {shape.layers - 1}"
    if asked and not _layers(method, shape):
        return "it leaves out every layer"
    if method.architecture == "loreft" and not (
        _count(method, "prefix_positions") or _count(method, "suffix_positions")
    ):
        return "it edits no place: give it prefix_positions or suffix_positions"
    if method.architecture == "oft" and shape.hidden % _count(method, "oft_block_size"):
        size = _count(method, "oft_block_size")
        return f"oft_block_size {size} does not divide the width of {shape.hidden}"
    if method.architecture == "fourierft" and _count(method, "n_frequency") > shape.hidden**2:
        return f"a projection of width {shape.hidden} has {shape.hidden**2} frequencies"
    if virtual(method) >= shape.positions - PADDING:
        return f"its prompt leaves none of {shape.positions - PADDING} positions to an input"
    if "reduction_factor" in method.settings:
        width = _width(method, shape)
        if not width:
            return f"its reduction_factor leaves nothing of a width of {shape.hidden}"
        if "phm_dim" in method.settings:
            dim = _count(method, "phm_dim")
            if shape.hidden % dim or width % dim:
                return (
                    f"phm_dim {dim} does not divide the width of {shape.hidden} and that of the"
                    f" bottleneck, {width}; set reduction_factor"
                )
    return ""


def height(layers: int) -> int:
    """Return the layer that embeddings are read at where none is named, of so many.

    XTREME reads block 14 of 24 (and mBERT's 7 of 12): the same height in any depth.
    """
    return round(layers * 14 / 24)


def unread(method: Method, shape: Shape | None) -> str:
    """Return why a method changes nothing of what embeddings are (`…`), or an empty string.

    Of a shape that is not known yet, no layer is above another.
    """
    if not method.changes_encoder:
        return "it trains a head alone"
    if shape is None:
        return ""
    read = height(shape.layers)
    inverts = "inv_adapter_reduction_factor" in method.settings
    if _asked_layers(method) and not inverts and not _layers(method, replace(shape, layers=read)):
        return f"embeddings are read above layer {read - 1}, and all that it trains lies higher"
    return ""


def _count(method: Method, setting: str) -> int:
    return cast(int, method.value(setting))


def _factor(method: Method, setting: str) -> float:
    return cast(float, method.value(setting))


def _width(method: Method, shape: Shape) -> int:
    return int(shape.hidden // _factor(method, "reduction_factor"))


def _asked_layers(method: Method) -> tuple[int, ...]:
    value = method.overrides.get("leave_out", method.overrides.get("layers", ()))
    return cast(tuple[int, ...], value)


def _layers(method: Method, shape: Shape) -> list[int]:
    """Return the layers that a method puts something into."""
    everywhere = range(shape.layers)
    if "layers" in method.settings:
        asked = method.value("layers")
        return [layer for layer in everywhere if asked == ALL or layer in _asked_layers(method)]
    return [layer for layer in everywhere if layer not in _asked_layers(method)]


def _bottleneck(method: Method, shape: Shape, *, gates: bool = False) -> int:
    hidden, width = shape.hidden, _width(method, shape)
    norms = sum(
        name in method.settings and bool(method.value(name)) for name in ("ln_before", "ln_after")
    )
    return 2 * hidden * width + width + hidden + 2 * hidden * norms + gates * (hidden + 1)


def _sequential(method: Method, shape: Shape) -> int:
    return len(_layers(method, shape)) * _bottleneck(method, shape)


def _double(method: Method, shape: Shape) -> int:
    return 2 * _sequential(method, shape)


def _scaled(method: Method, shape: Shape) -> int:
    return _sequential(method, shape) + len(_layers(method, shape))


def _invertible(method: Method, shape: Shape) -> int:
    """Bottlenecks, and two small networks between the halves of an embedding."""
    one, other = shape.hidden // 2, shape.hidden - shape.hidden // 2
    factor = _factor(method, "inv_adapter_reduction_factor")
    both = 0
    for into, out in ((other, one), (one, other)):
        width = int(into // factor)
        both += into * width + width + width * out + out
    return _sequential(method, shape) + both


def _compacter(method: Method, shape: Shape) -> int:
    """Two factors for each projection, its bias, and one rule for all of them."""
    width = _width(method, shape)
    both = 2 * (shape.hidden + width) + width + shape.hidden
    return 2 * len(_layers(method, shape)) * both + _count(method, "phm_dim") ** 3


def _prefixes(method: Method, shape: Shape, *, bottleneck: int) -> int:
    """Keys and values of every layer, directly or out of a small network."""
    hidden, length = shape.hidden, _count(method, "prefix_length")
    out = 2 * hidden * len(_layers(method, shape))
    if not bottleneck:
        return length * out
    return length * hidden + hidden * bottleneck + bottleneck + bottleneck * out + out


def _prefix_tuning(method: Method, shape: Shape) -> int:
    flat = method.value("flat")
    return _prefixes(method, shape, bottleneck=0 if flat else _count(method, "bottleneck_size"))


def _prompt_tuning(method: Method, shape: Shape) -> int:
    return _count(method, "prompt_length") * shape.hidden


def _projections(method: Method, shape: Shape) -> list[tuple[int, int]]:
    """Return the width in and out of every matrix of a layer that LoRA or IA3 changes."""
    hidden, inner = shape.hidden, shape.intermediate
    if "target_modules" in method.settings:
        return [(hidden, hidden)] * len(cast(tuple[str, ...], method.value("target_modules")))
    found = [(hidden, hidden)] * len(cast(tuple[str, ...], method.value("attn_matrices")))
    if method.value("intermediate_lora"):
        found.append((hidden, inner))
    if method.value("output_lora"):
        found.append((inner, hidden))
    return found


def _lora(method: Method, shape: Shape) -> int:
    rank = _count(method, "r")
    each = sum(rank * (into + out) for into, out in _projections(method, shape))
    return len(_layers(method, shape)) * each


def _dora(method: Method, shape: Shape) -> int:
    sizes = sum(out for _, out in _projections(method, shape))
    return _lora(method, shape) + shape.layers * sizes


def _loha(method: Method, shape: Shape) -> int:
    return 2 * _lora(method, shape)


def _lokr(method: Method, shape: Shape) -> int:
    """Two factors of about the root of the width, of two of their own where these are smaller."""
    rank, hidden = _count(method, "r"), shape.hidden
    low = next(size for size in range(math.isqrt(hidden), 0, -1) if hidden % size == 0)
    high = hidden // low
    left = min(low**2, 2 * low * rank) if method.value("decompose_both") else low**2
    right = min(high**2, 2 * high * rank)
    return shape.layers * len(_projections(method, shape)) * (left + right)


def _vera(method: Method, shape: Shape) -> int:
    each = sum(_count(method, "r") + out for _, out in _projections(method, shape))
    return shape.layers * each


def _oft(method: Method, shape: Shape) -> int:
    """The upper half of a skew-symmetric matrix for every block."""
    size = _count(method, "oft_block_size")
    each = sum(into // size * (size * (size - 1) // 2) for into, _ in _projections(method, shape))
    return shape.layers * each


def _fourierft(method: Method, shape: Shape) -> int:
    return shape.layers * len(_projections(method, shape)) * _count(method, "n_frequency")


def _norms(method: Method, shape: Shape) -> int:
    return (1 + 2 * shape.layers) * 2 * shape.hidden


def _prompt(method: Method, shape: Shape) -> int:
    return virtual(method) * shape.hidden


def _ia3(method: Method, shape: Shape) -> int:
    if method.library == "peft":
        return shape.layers * (2 * shape.hidden + shape.intermediate)
    scales = sum(out for _, out in _projections(method, shape))
    return len(_layers(method, shape)) * scales


def _mam(method: Method, shape: Shape) -> int:
    prefixes = _prefixes(method, shape, bottleneck=_count(method, "bottleneck_size"))
    return prefixes + _sequential(method, shape)


def _unipelt(method: Method, shape: Shape) -> int:
    """Prefixes (out of a network 512 wide), bottlenecks and LoRA, and a gate before each."""
    gate, rank = shape.hidden + 1, _count(method, "r")
    each = _bottleneck(method, shape, gates=True) + gate + 2 * (2 * rank * shape.hidden + gate)
    return _prefixes(method, shape, bottleneck=512) + len(_layers(method, shape)) * each


def _reft_unit(method: Method, shape: Shape) -> int:
    return _count(method, "r") * (2 * shape.hidden + 1)


def _loreft(method: Method, shape: Shape) -> int:
    sides = ("prefix_positions", "suffix_positions")
    used = 1 if method.value("tied_weights") else sum(bool(method.value(side)) for side in sides)
    return len(_layers(method, shape)) * used * _reft_unit(method, shape)


def _bitfit(method: Method, shape: Shape) -> int:
    return shape.hidden + shape.layers * (7 * shape.hidden + shape.intermediate)


def _full(method: Method, shape: Shape) -> int:
    hidden, inner = shape.hidden, shape.intermediate
    embeddings = (shape.vocabulary + shape.positions + 1) * hidden + 2 * hidden
    attention = 4 * (hidden * hidden + hidden) + 2 * hidden
    feed_forward = 2 * hidden * inner + inner + hidden + 2 * hidden
    return embeddings + shape.layers * (attention + feed_forward)


_COUNTS: Mapping[str, Callable[[Method, Shape], int]] = {
    "seq_bn": _sequential,
    "double_seq_bn": _double,
    "par_bn": _sequential,
    "scaled_par_bn": _scaled,
    "seq_bn_inv": _invertible,
    "compacter": _compacter,
    "prefix_tuning": _prefix_tuning,
    "prompt_tuning": _prompt_tuning,
    "lora": _lora,
    "dora": _dora,
    "loha": _loha,
    "lokr": _lokr,
    "vera": _vera,
    "oft": _oft,
    "fourierft": _fourierft,
    "ln_tuning": _norms,
    "prompt": _prompt,
    "ia3": _ia3,
    "mam": _mam,
    "unipelt": _unipelt,
    "loreft": _loreft,
    "bitfit": _bitfit,
    "full": _full,
    "": lambda method, shape: 0,
}
