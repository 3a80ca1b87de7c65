"""Work that is done in pieces and survives every end: a file that only grows.

The first line says what the work is; then come the lines of one piece after the other, each piece
with a line behind it that closes it. What stands behind the last closed piece is of a process that
was killed, and is cut off when the work goes on.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from adapterstilts.core import disk
from adapterstilts.core.errors import StiltsError

Item = Mapping[str, Any]
_CLOSED = {"closed": True}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Journal:
    """The file of one piece of work."""

    def __init__(self, path: Path) -> None:
        """Say where it is; nothing is written yet."""
        self.path = path

    def header(self) -> dict[str, Any] | None:
        """Return what the work is that somebody has begun; None where nobody has."""
        try:
            with self.path.open("rb") as stream:
                return _parsed(stream.readline())
        except FileNotFoundError:
            return None

    def begin(self, header: Item) -> None:
        """Start anew."""
        with unlost(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            disk.write_synced(self.path, line(header))
            disk.sync(self.path.parent)

    def resume(self) -> int:
        """Return how many items closed pieces hold, after cutting off whatever is behind them."""
        count = 0
        with unlost(self.path), self.path.open("r+b") as stream:
            kept = len(stream.readline())
            for piece, end in _pieces(stream):
                count, kept = count + len(piece), end
            stream.truncate(kept)
            os.fsync(stream.fileno())
        return count

    def append(self, items: Sequence[Item]) -> None:
        """Close a piece: when this returns, its items are on the disk."""
        text = "".join(map(line, [*items, _CLOSED]))
        with unlost(self.path), self.path.open("ab") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the items of all closed pieces."""
        with self.path.open("rb") as stream:
            stream.readline()
            for piece, _ in _pieces(stream):
                yield from piece


def line(value: Item) -> str:
    """Return a value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def document(value: Item) -> str:
    """Return a value as a document of JSON that people read too."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Leave a file that is there as a whole or not at all."""
    written = path.with_name(f"{path.name}.part")
    with unlost(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())
        written.replace(path)
        disk.sync(path.parent)


@contextmanager
def unlost(path: Path) -> Iterator[None]:
    """Say of a full disk which file it is about, and that nothing was lost."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StiltsError(
            f"cannot write {path}: {os.strerror(error.errno)}; free some space there and give the"
            " same command once more: what is finished is kept, and it goes on from there"
        ) from error


def _pieces(stream: BinaryIO) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Yield every closed piece from here on, and where in the file it ends."""
    piece: list[dict[str, Any]] = []
    end = stream.tell()
    for each in stream:
        found, end = _parsed(each), end + len(each)
        if found is None:
            return
        if found == _CLOSED:
            yield piece, end
            piece = []
        else:
            piece.append(found)


def _parsed(text: bytes) -> dict[str, Any] | None:
    """Return what a line says, or None where it is a part of one, or none at all."""
    if not text.endswith(b"\n"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
