"""Files of safetensors copied under other names of tensors, without a number being read.

What a file holds is a header and a run of bytes. The header is made anew, and the bytes follow in
the order in which they were, a piece at a time, so that no model is ever in memory.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import headers

_PREFIX = 8
_PIECE = 1 << 20
"""Bytes that are copied at a time."""
_FORMAT = {"format": "pt"}
"""What `transformers` and PEFT ask of a file; whatever else somebody has put there stays behind."""

Rename = Callable[[str], str]
"""Name of a tensor to its new one; an empty text leaves the tensor out."""


@dataclass(frozen=True, kw_only=True)
class _Copy:
    """What is to be written."""

    header: bytes
    """Its beginning: the length of what it declares, and that."""
    pieces: tuple[tuple[int, int], ...]
    """Places in the file that is read: first byte and length, in order."""

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        return len(self.header) + sum(length for _, length in self.pieces)


def module(old: str, new: str) -> Rename:
    """Return what gives the tensors of one module of `adapters` the name of another."""
    return lambda name: name.replace(f".{old}.", f".{new}.")


def copy(source: Path, target: Path, rename: Rename = str) -> None:
    """Leave a file with the tensors of another, every claim of whose header is checked."""
    planned = _planned(source, rename)
    with source.open("rb") as stream, target.open("wb") as out:
        out.write(planned.header)
        for begin, length in planned.pieces:
            stream.seek(begin)
            _pour(stream, out, length)


def size(source: Path, rename: Rename = str) -> int:
    """Return the bytes that a copy will have."""
    return _planned(source, rename).size


def same(source: Path, target: Path) -> None:
    """Leave a copy of any file, so that what is changed in one is not in the other."""
    with source.open("rb") as stream, target.open("wb") as out:
        shutil.copyfileobj(stream, out, _PIECE)


def _planned(source: Path, rename: Rename) -> _Copy:
    headers.tensors(source)  # Refuses what is broken.
    with source.open("rb") as stream:
        length = int.from_bytes(stream.read(_PREFIX), "little")
        said = json.loads(stream.read(length))
    known = said.pop("__metadata__", None) or {}
    begun = _PREFIX + length
    header: dict[str, Any] = {"__metadata__": _FORMAT} if _FORMAT.items() <= known.items() else {}
    pieces, at = list[tuple[int, int]](), 0
    for name, held in sorted(said.items(), key=lambda item: (item[1]["data_offsets"], item[0])):
        begin, end = held["data_offsets"]
        if not (new := rename(name)):
            continue
        if new in header:
            raise StiltsError(
                f"two tensors of {source} would be called '{headers.shown(new)}': rename the module"
                " and save it again"
            )
        header[new] = {**held, "data_offsets": [at, at + end - begin]}
        at += end - begin
        pieces.append((begun + begin, end - begin))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % _PREFIX)  # The format wants numbers to begin at a multiple.
    return _Copy(header=len(text).to_bytes(_PREFIX, "little") + text, pieces=tuple(pieces))


def _pour(stream: BinaryIO, out: BinaryIO, count: int) -> None:
    while count:
        piece = stream.read(min(count, _PIECE))
        if not piece:
            raise StiltsError(f"{stream.name} has become shorter while it was read: run again")
        out.write(piece)
        count -= len(piece)
