"""Lines of text files with their places, read the same on every machine.

A line ends with LF or CRLF and with nothing else: `str.splitlines` and Python's universal newlines
would also break a sentence at U+2028, at U+0085 or at a lone CR, which real data have in them.
"""

import codecs
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, cast

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Request, refuse

LONGEST = 8_000_000
"""Bytes of the longest line; a paragraph of Wikipedia has some 10,000."""
_TRAILING = 1_000
"""Empty lines at the end of a file of records that are none of them."""
_TIMES, _SPARED = 50, 16_000_000
"""Times that text becomes longer when it is unpacked, and bytes that do not count: text packs to a
quarter, and a file that is made to fill a memory to a thousandth."""


_PACKED: Mapping[str, Callable[[Path], Any]] = MappingProxyType(
    {".gz": gzip.GzipFile, ".xz": lzma.LZMAFile}
)


class Line(NamedTuple):
    """One line of a file; a tuple, because there are half a million of them in some."""

    place: str
    """File and line, for messages."""
    text: str
    """What it holds, without its end; of the first line without a byte order mark."""


def lines(path: Path, request: Request) -> Iterator[Line]:
    """Yield every line of a file, empty ones too, but none after the last line end."""
    name = request.name(path)
    try:
        with _opened(path) as file:
            packed = path.suffix in _PACKED
            most = _TIMES * path.stat().st_size + _SPARED
            for number, line in enumerate(iter(partial(file.readline, LONGEST + 1), b""), start=1):
                place = f"{name}:{number}"
                if len(line) > LONGEST:
                    raise refuse(place, f"the line has more than {LONGEST:,} bytes; mend the file")
                if packed and (most := most - len(line)) < 0:
                    raise refuse(
                        place, f"it is unpacked to more than {_TIMES} times its size; get it again"
                    )
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                yield Line(place, _decoded(line, place))
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise StiltsError(f"{name} cannot be unpacked: {error}; get the file again") from error
    except OSError as error:
        raise StiltsError(f"{name} cannot be read: {error.strerror}; look at {path}") from error


def filled(path: Path, request: Request) -> Iterator[Line]:
    """Yield the lines of a file of records: empty ones at its end are none, elsewhere refused."""
    empty, count = "", 0
    for line in lines(path, request):
        # Columns that are all empty are a record, and what is wrong with it is said of them.
        if not line.text.strip() and "\t" not in line.text:
            empty, count = empty or line.place, count + 1
            if count <= _TRAILING:
                continue
        if empty:
            raise refuse(empty, "an empty line where a record belongs; mend the file")
        else:
            yield line


def _opened(path: Path) -> BinaryIO:
    """Return the bytes of a file, unpacked where its name says that they are packed."""
    unpacked = _PACKED.get(path.suffix)
    return cast("BinaryIO", unpacked(path)) if unpacked else path.open("rb")


def _decoded(line: bytes, place: str) -> str:
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse(
            place,
            f"byte {error.start + 1} of the line is not UTF-8 ({error.reason}); write the file anew"
            " in UTF-8",
        ) from error
