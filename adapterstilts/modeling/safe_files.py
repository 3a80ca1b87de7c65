"""Adapters of every method as safetensors, kept whole and read whole."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from adapters.loading import AdapterLoader
from safetensors.torch import load_file, save_file
from torch import Tensor

from adapterstilts.modeling.filenames import ADAPTER_CONFIG, ADAPTER_WEIGHTS

GREATEST = 2.0**24
"""Number that no weight reaches: half precision has none beyond 2¹⁶."""


def save_adapter(model: Any, folder: Path, name: str, *, head: str) -> None:
    """Leave an adapter, and its head where one is named, in the format of `adapters`.

    Prefixes are one module that every layer calls its own, and a layer norm before a bottleneck
    has two names. `adapters` 1.3 gives all the names to safetensors, which refuses what shares
    memory; one is enough for `load_adapter`.
    """
    state, config = AdapterLoader(model).save_to_state_dict(name)
    write(folder, _once(state), config)
    if head:
        model.save_head(str(folder), head, use_safetensors=True)


def write(
    folder: Path,
    state: Mapping[str, Tensor],
    config: Mapping[str, Any],
    names: tuple[str, str] = (ADAPTER_WEIGHTS, ADAPTER_CONFIG),
) -> None:
    """Leave weights, and what says how they are made, under the names of `adapters`."""
    folder.mkdir(exist_ok=True)
    save_file(dict(state), folder / names[0])
    text = json.dumps(config, indent=2, sort_keys=True)
    (folder / names[1]).write_text(text, encoding="utf-8")


def load_adapter(
    model: Any, folder: Path, name: str, *, with_head: bool, leave_out: Sequence[int] = ()
) -> None:
    """Add an adapter from its files under a name of ours, in all layers but some."""
    model.load_adapter(
        str(folder),
        load_as=name,
        with_head=with_head,
        leave_out=list(leave_out) or None,
        use_safetensors=True,
    )
    absent = tuple(f".layer.{layer}." for layer in leave_out)
    state = read(folder, name).items()
    take(model, name, {key: value for key, value in state if not any(at in key for at in absent)})


def read(folder: Path, name: str) -> dict[str, Tensor]:
    """Return an adapter's weights as they are called under a name of ours."""
    theirs = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))["name"]
    state: dict[str, Tensor] = load_file(folder / ADAPTER_WEIGHTS)
    return {key.replace(f".{theirs}.", f".{name}."): value for key, value in state.items()}


def take(model: Any, name: str, state: Mapping[str, Tensor]) -> None:
    """Put weights into an adapter, all of them and no others.

    `adapters` 1.3 leaves random what a file lacks, and a prompt that gets another name, without a
    word: so every weight is put in here once more, and counted.
    """
    belongs = AdapterLoader(model).filter_func(name)
    ours = {key: value for key, value in model.state_dict().items() if belongs(key)}
    there = set()
    for key, value in state.items():
        if key not in ours or ours[key].shape != value.shape:
            raise ValueError(f"its {key} has no place of {list(value.shape)} there")
        with torch.no_grad():
            ours[key].copy_(value)
        there.add(ours[key].data_ptr())
    lacking = [key for key, value in ours.items() if value.data_ptr() not in there]
    if lacking:
        raise ValueError(f"it lacks {lacking[0]}")


def sound(value: Tensor) -> bool:
    """Return whether a weight holds numbers, none of them so large that what is made of it is none.

    Both ends of a tensor are no number as soon as one part of it is none.
    """
    low, high = value.aminmax() if value.numel() else (torch.zeros(()), torch.zeros(()))
    return bool(low >= -GREATEST) and bool(high <= GREATEST)


def _once(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return every tensor under the shortest of its names."""
    found: dict[int, str] = {}
    for key in sorted(state, key=len):
        found.setdefault(state[key].data_ptr(), key)
    return {key: state[key].contiguous() for key in found.values()}
