"""What files of weights and configurations say, read strictly: no tensor, and nothing guessed.

A file of safetensors begins with the length of its header, and the header names every tensor, its
type, its shape and its place. All of it is checked here, so that a file that is cut short, or says
of itself what is not so, is refused before anybody makes room for what it claims to hold.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, NoReturn

from adapterstilts.core.errors import StiltsError

LONGEST = 16 * 2**20
"""Bytes that a header may have; that of a model with 10,000 tensors has one."""
DOCUMENT = 2**20
"""Bytes that a configuration may have."""
_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "U16": 2,
    "I16": 2,
    "F16": 2,
    "BF16": 2,
    "U32": 4,
    "I32": 4,
    "F32": 4,
    "U64": 8,
    "I64": 8,
    "F64": 8,
}
"""Types of safetensors to the bytes of one number."""
_PREFIX = 8
_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Held:
    """A tensor as a file declares it."""

    dtype: str
    """Type, as `F32`."""
    shape: tuple[int, ...]
    """Its sizes."""

    @property
    def numbers(self) -> int:
        """Return how many numbers it has."""
        return prod(self.shape)


def document(path: Path, *, most: int = DOCUMENT) -> dict[str, Any]:
    """Return what a configuration says, or refuse what can be read in more than one way."""
    try:
        if path.stat().st_size > most:
            raise ValueError(f"it has more than {most} bytes")
        found = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StiltsError(f"{path} is not JSON ({error}); save or fetch it again") from error
    if not isinstance(found, dict):
        raise StiltsError(f"{path} is not a JSON object; save or fetch it again")
    return found


def shown(text: object) -> str:
    """Return what a file says as people may be shown it: short, and without what steers screens."""
    said = "".join(sign if sign.isprintable() else "�" for sign in f"{text}")
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"


def tensors(path: Path) -> dict[str, Held]:
    """Return every tensor that a file of safetensors holds, or refuse the file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(_PREFIX), "little")
            if size < _PREFIX or length > size - _PREFIX:
                _broken(path, "it is cut short, or no file of safetensors")
            if length > LONGEST:
                _broken(path, f"its header claims {length} bytes")
            header = _parsed(stream.read(length).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        _broken(path, f"its header cannot be read: {error}", error)
    if not isinstance(header, dict):
        _broken(path, "its header is no table")
    header.pop("__metadata__", None)
    places = {name: _place(path, name, said) for name, said in header.items()}
    end = 0
    for name, (_, begin, stop) in sorted(places.items(), key=lambda item: item[1][1:]):
        if begin != end:
            _broken(path, f"'{shown(name)}' is not where the one before it ends")
        end = stop
    if end != size - _PREFIX - length:
        _broken(path, f"it should have {end + _PREFIX + length} bytes and has {size}")
    return {name: held for name, (held, _, _) in places.items()}


def _place(path: Path, name: str, said: Any) -> tuple[Held, int, int]:
    """Return a tensor with the bytes at which it begins and ends."""
    fields: Mapping[str, Any] = said if isinstance(said, dict) else {}
    if fields.keys() != {"dtype", "shape", "data_offsets"} or not _known(fields["dtype"]):
        _broken(path, f"'{shown(name)}' is of no known type")
    shape, place = fields["shape"], fields["data_offsets"]
    if not (_whole(shape) and _whole(place) and len(place) == 2):
        _broken(path, f"'{shown(name)}' has no shape and place of whole numbers")
    held, (begin, end) = Held(dtype=fields["dtype"], shape=tuple(shape)), place
    if end - begin != held.numbers * _BYTES[held.dtype]:
        _broken(path, f"'{shown(name)}' of {shown(shape)} does not fit its {end - begin} bytes")
    return held, begin, end


def _known(dtype: Any) -> bool:
    return isinstance(dtype, str) and dtype in _BYTES


def _whole(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"'{shown(key)}' stands twice")
        found[key] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _broken(path: Path, why: str, error: Exception | None = None) -> NoReturn:
    raise StiltsError(f"{path} is broken: {why}; save or fetch it again") from error
