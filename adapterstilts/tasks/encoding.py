"""Encoded splits on disk: examples as JSON lines, features as flat integers with their lengths."""

import json
from collections.abc import Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import Encoded

EXAMPLES = "examples.jsonl"
FEATURES = "features.safetensors"
HEADER = {"schema": "adapterstilts/encoded", "version": 1}
"""First line of the examples; a reader refuses what it does not know."""
_LENGTHS = ".lengths"
_OWNER = "owner"

Integers = npt.NDArray[np.int32]


def write(encoded: Encoded, folder: Path) -> None:
    """Leave an encoded split in a folder that exists."""
    lines = [
        json.dumps(document, ensure_ascii=False, sort_keys=True)
        for document in (HEADER, *encoded.examples)
    ]
    (folder / EXAMPLES).write_text("\n".join(lines) + "\n", encoding="utf-8")
    tensors = {_OWNER: np.asarray(encoded.owner, dtype=np.int32)}
    for name, rows in encoded.features.items():
        tensors[name] = np.fromiter(chain.from_iterable(rows), dtype=np.int32)
        tensors[name + _LENGTHS] = np.asarray([len(row) for row in rows], dtype=np.int32)
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
    owner = tensors.pop(_OWNER).tolist()
    if owner != sorted(owner) or set(owner) != set(range(len(examples))):
        raise _broken(path, f"its features belong to other examples than the {len(examples)} here")
    features = {
        name: _rows(path, tensors, name, len(owner))
        for name in tensors
        if not name.endswith(_LENGTHS)
    }
    return Encoded(examples=examples, features=features, owner=owner)


def _examples(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            header, *examples = map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if header != HEADER:
        raise _broken(path, f"its first line is {header!r} where {HEADER!r} belongs")
    return examples


def _rows(path: Path, tensors: dict[str, Integers], name: str, count: int) -> list[list[int]]:
    flat = tensors[name].tolist()
    lengths: Sequence[int] = tensors.get(name + _LENGTHS, np.empty(0, np.int32)).tolist()
    if len(lengths) != count or min(lengths, default=0) < 0 or sum(lengths) != len(flat):
        raise _broken(path, f"tensor '{name}' and its lengths do not fit together")
    stops = np.cumsum([0, *lengths]).tolist()
    return [flat[start:stop] for start, stop in pairwise(stops)]


def _broken(path: Path, reason: str) -> StiltsError:
    return StiltsError(
        f"broken artifact {path}: {reason}; remove the folder {path.parent}"
        " and run again to compute it anew"
    )
