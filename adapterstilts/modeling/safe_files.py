"""Adapters of every method as safetensors, kept whole and read whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from adapters.loading import AdapterLoader
from adapters.utils import CONFIG_NAME, SAFE_WEIGHTS_NAME
from safetensors.torch import load_file, save_file
from torch import Tensor


def save_adapter(model: Any, folder: Path, name: str) -> None:
    """Leave an adapter and its head in the format of `adapters`, weights as safetensors only.

    Prefixes are one module that every layer calls its own, and a layer norm before a bottleneck
    has two names. `adapters` 1.3 gives all the names to safetensors, which refuses what shares
    memory; one is enough for `load_adapter`.
    """
    state, config = AdapterLoader(model).save_to_state_dict(name)
    folder.mkdir()
    save_file(_once(state), folder / SAFE_WEIGHTS_NAME)
    text = json.dumps(config, indent=2, sort_keys=True)
    (folder / CONFIG_NAME).write_text(text, encoding="utf-8")
    model.save_head(str(folder), name, use_safetensors=True)


def load_adapter(model: Any, folder: Path, name: str, *, with_head: bool) -> None:
    """Add an adapter from its files under a name of ours."""
    model.load_adapter(str(folder), load_as=name, with_head=with_head, use_safetensors=True)
    take(model, name, read(folder, name))


def read(folder: Path, name: str) -> dict[str, Tensor]:
    """Return an adapter's weights as they are called under a name of ours."""
    theirs = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))["name"]
    state: dict[str, Tensor] = load_file(folder / SAFE_WEIGHTS_NAME)
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
        with torch.no_grad():
            ours[key].copy_(value)
        there.add(ours[key].data_ptr())
    lacking = [key for key, value in ours.items() if value.data_ptr() not in there]
    if lacking:
        raise ValueError(f"it lacks {lacking[0]}")


def _once(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return every tensor under the shortest of its names."""
    found: dict[int, str] = {}
    for key in sorted(state, key=len):
        found.setdefault(state[key].data_ptr(), key)
    return {key: state[key].contiguous() for key in found.values()}
