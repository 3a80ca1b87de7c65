"""JSON of data files, read strictly: bounded in depth and in size, with every key once."""

from pathlib import Path
from typing import Any

from adapterstilts.core import strict
from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Request, refuse

_LARGEST = 500_000_000
"""Bytes of the largest document; the longest translation of SQuAD has 120,000,000."""
_MOST = 3_000_000
"""Objects and lists of a document; SQuAD 2.0 has 400,000, and each takes memory, however short."""


def value(text: str, place: str) -> Any:
    """Return what the JSON of one line says."""
    try:
        _count(text)
        return strict.parsed(text)
    except ValueError as error:
        raise refuse(place, f"no JSON: {strict.reason(error)}; mend the line") from error


def document(path: Path, request: Request) -> Any:
    """Return what a file of JSON says; a byte order mark is no part of it."""
    name = request.name(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST:,} bytes")
        text = content.decode("utf-8-sig")
        del content
        _count(text)
        return strict.parsed(text)
    except OSError as error:
        raise StiltsError(f"{name} cannot be read: {error.strerror}; look at {path}") from error
    except ValueError as error:
        raise refuse(name, f"no JSON: {strict.reason(error)}; get the file again") from error


def _count(text: str) -> None:
    """Refuse what would take a hundred times its own memory: empty objects do."""
    if text.count("{") + text.count("[") > _MOST:
        raise ValueError(f"it has more than {_MOST:,} objects and lists")
