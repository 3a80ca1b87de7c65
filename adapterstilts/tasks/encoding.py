"""Encoded splits on disk: examples as JSON lines, features as flat integers with their lengths."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.ragged import Integers, Ragged

EXAMPLES = "examples.jsonl"
FEATURES = "features.safetensors"
HEADER = {"schema": "adapterstilts/encoded", "version": 1}
"""First line of the examples; a reader refuses what it does not know."""
_LENGTHS = ".lengths"
_OWNER = "owner"


def write(encoded: Encoded, folder: Path) -> None:
    """Leave an encoded split in a folder that exists."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
    with (folder / EXAMPLES).open("w", encoding="utf-8") as stream:
        for document in chain([HEADER], encoded.examples):
            stream.write(encode(document) + "\n")
    tensors = {_OWNER: np.asarray(encoded.owner, dtype=np.int32)}
    for name, rows in encoded.features.items():
        ragged = Ragged.of(rows)
        tensors[name] = ragged.flat
        tensors[name + _LENGTHS] = ragged.lengths
    save_file(tensors, folder / FEATURES)


def read(folder: Path) -> Encoded:
    """Return the encoded split of a folder, or refuse it with the reason."""
    examples = _examples(folder / EXAMPLES)
    path = folder / FEATURES
    try:
        tensors: dict[str, Integers] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise _broken(path, str(error)) from error
    if _OWNER not in tensors:
        raise _broken(path, f"no tensor '{_OWNER}'")
    owner = tensors.pop(_OWNER)
    steps = np.diff(owner, prepend=-1, append=len(examples))
    if not np.isin(steps, (0, 1)).all() or (len(owner) and (steps[0], steps[-1]) != (1, 1)):
        raise _broken(path, f"its features belong to other examples than the {len(examples)} here")
    features = {
        name: _rows(path, tensors, name, len(owner))
        for name in tensors
        if not name.endswith(_LENGTHS)
    }
    return Encoded(examples=examples, features=features, owner=owner.tolist())


def _examples(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            header, *examples = map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if header != HEADER:
        raise _broken(path, f"its first line is {header!r} where {HEADER!r} belongs")
    return examples


def _rows(path: Path, tensors: dict[str, Integers], name: str, count: int) -> Ragged:
    flat, lengths = tensors[name], tensors.get(name + _LENGTHS, np.empty(0, np.int32))
    if len(lengths) != count or (lengths < 0).any() or lengths.sum() != len(flat):
        raise _broken(path, f"tensor '{name}' and its lengths do not fit together")
    return Ragged.joined(flat, lengths)


def _broken(path: Path, reason: str) -> StiltsError:
    return StiltsError(
        f"broken artifact {path}: {reason}; remove the folder {path.parent}"
        " and run again to compute it anew"
    )
