"""Names made of content: canonical JSON, its fingerprint, and the digest of a file.

What cannot be written in exactly one way is refused, never guessed: an id that depends on the
machine, the order of a set or the version of a library would silently train everything again.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

LENGTH = 16
"""Hex digits of a fingerprint: 64 bits, no collision to fear among millions of stages."""

_REMEDIES = {
    "bytes": "write its digest",
    "set": "write sorted(...) of it",
    "frozenset": "write sorted(...) of it",
    "PosixPath": "a path is not identity: write the digest of what it holds",
    "WindowsPath": "a path is not identity: write the digest of what it holds",
    "ndarray": "write .tolist() or a digest",
}


class NotCanonical(TypeError):
    """A value that has no canonical form; the message names its place in the whole."""


def canonical(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, floats by their repr."""
    return json.dumps(_plain(value, "$"), sort_keys=True, separators=(",", ":"), allow_nan=False)


def fingerprint(value: object) -> str:
    """Return the first 16 hex digits of the sha256 over the canonical form."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()[:LENGTH]


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes in hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _plain(value: Any, path: str) -> Any:
    """Return the value in terms of JSON; types are exact, for subclasses change their repr."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        if not math.isfinite(value):
            raise NotCanonical(f"{path} is {value}, which JSON cannot write: use None or a string")
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(item, f"{path}.{key}") for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type) and _is_frozen(value):
        return {
            each.name: _plain(getattr(value, each.name), f"{path}.{each.name}")
            for each in fields(value)
        }
    raise NotCanonical(f"{path} is of type {type(value).__name__}, {_remedy(value)}")


def _key(key: object, path: str) -> str:
    if type(key) is not str:
        raise NotCanonical(
            f"{path} has the key {key!r} of type {type(key).__name__}: make every key a str"
        )
    return key


def _is_frozen(value: Any) -> bool:
    return bool(value.__dataclass_params__.frozen)


def _remedy(value: object) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return "a dataclass that can change: declare it frozen=True"
    if isinstance(value, Enum):
        return "an enumeration: write its .value"
    advice = _REMEDIES.get(type(value).__name__)
    for plain in (bool, int, float, str):
        if advice is None and isinstance(value, plain):
            advice = f"a subclass of {plain.__name__}: write {plain.__name__}(...) of it"
    return "which has no canonical form: " + (
        advice or "write None, bool, int, float, str, list, tuple, dict or a frozen dataclass"
    )
