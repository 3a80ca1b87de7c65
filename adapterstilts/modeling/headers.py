"""What files of weights and configurations say, read strictly: no tensor, and nothing guessed.

A file of safetensors begins with the length of its header, and the header names every tensor, its
type, its shape and its place. All of it is checked here, so that a file that is cut short, or says
of itself what is not so, is refused before anybody makes room for what it claims to hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, NoReturn

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import parsed, reason, shown

__all__ = ["DOCUMENT", "LONGEST", "Held", "document", "is_readable", "shown", "tensors"]

LONGEST = 4 * 2**20
"""Bytes that a header may have; that of a model with 10,000 tensors has one quarter of it."""
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
_LONGEST_NAME, _MOST = 300, 20_000
_SIZES = 8
"""Sizes that one tensor may have: a matrix has two."""


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


def is_readable(label: str) -> bool:
    """Return whether a label can be answered with: short, and without what steers screens."""
    return label.isprintable() and len(label) <= _LONGEST_NAME


def document(path: Path, *, most: int = DOCUMENT) -> dict[str, Any]:
    """Return what a configuration says, or refuse what can be read in more than one way."""
    try:
        _check_kind(path)
        with path.open("rb") as stream:
            content = stream.read(most + 1)
        if len(content) > most:
            raise ValueError(f"it has more than {most} bytes")
        found = parsed(content.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise StiltsError(
            f"{path} is not JSON ({reason(error)}); save or fetch it again"
        ) from error
    if not isinstance(found, dict):
        raise StiltsError(f"{path} is not a JSON object; save or fetch it again")
    return found


def tensors(path: Path) -> dict[str, Held]:
    """Return every tensor that a file of safetensors holds, or refuse the file."""
    try:
        _check_kind(path)
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(_PREFIX), "little")
            if size < _PREFIX or length > size - _PREFIX:
                _broken(path, "it is cut short, or no file of safetensors")
            if length > LONGEST:
                _broken(path, f"its header claims {length} bytes")
            said = stream.read(length)
            if said[:1].isspace():
                _broken(path, "its header does not begin as one")
            header = parsed(said.decode("utf-8"))
    except (OSError, ValueError) as error:
        _broken(path, f"its header cannot be read: {reason(error)}", error)
    if not isinstance(header, dict):
        _broken(path, "its header is no table")
    if len(header) > _MOST:
        _broken(path, f"it has {len(header):,} tensors")
    remarks = header.pop("__metadata__", {})
    if not isinstance(remarks, dict) or not all(isinstance(each, str) for each in remarks.values()):
        _broken(path, "its remarks are no texts")
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
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        _broken(path, f"it has a tensor called '{shown(name)}'")
    fields: Mapping[str, Any] = said if isinstance(said, dict) else {}
    if fields.keys() != {"dtype", "shape", "data_offsets"} or not _known(fields["dtype"]):
        _broken(path, f"'{shown(name)}' is of no known type")
    shape, place = fields["shape"], fields["data_offsets"]
    if not (_whole(shape) and _whole(place) and len(place) == 2 and len(shape) <= _SIZES):
        _broken(path, f"'{shown(name)}' has no shape and place of whole numbers")
    held, (begin, end) = Held(dtype=fields["dtype"], shape=tuple(shape)), place
    if end - begin != held.numbers * _BYTES[held.dtype]:
        _broken(path, f"'{shown(name)}' of {shown(shape)} does not fit its {end - begin} bytes")
    return held, begin, end


def _check_kind(path: Path) -> None:
    """Refuse what is there and no file: a pipe would be waited for, and a device never ends."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no file")


def _known(dtype: Any) -> bool:
    return isinstance(dtype, str) and dtype in _BYTES


def _whole(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _broken(path: Path, why: str, error: Exception | None = None) -> NoReturn:
    raise StiltsError(f"{path} is broken: {why}; save or fetch it again") from error
