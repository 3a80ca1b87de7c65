"""Files of JSON that are none, or can be read in more than one way, or are too much."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.hub.hostile.case import Spoil

Change = Callable[[bytes], bytes]
_LAST = b"}"


def changes(file: str) -> Iterator[tuple[str, Spoil]]:
    """Yield every way to spoil a file of JSON, with its name."""
    for name, change in _BYTES.items():
        yield name, _changed(file, change)
    for name, spoil in _PLACES.items():
        yield name, _placed(file, spoil)


def _changed(file: str, change: Change) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / file
        path.write_bytes(change(path.read_bytes()))

    return spoil


def _placed(file: str, spoil: Callable[[Path], None]) -> Spoil:
    return lambda folder: spoil(folder / file)


def _with(text: bytes) -> Change:
    """Return what adds something to a table."""
    return lambda raw: raw.rstrip()[:-1] + b", " + text + _LAST


_BYTES: Mapping[str, Change] = {
    "empty": lambda raw: b"",
    "of blanks": lambda raw: b" \n" * 100,
    "cut in the middle": lambda raw: raw[: len(raw) // 2],
    "that is a list": lambda raw: b"[" + raw + b"]",
    "that is nothing": lambda raw: b"null",
    "that is a text": lambda raw: b'"config"',
    "that is a number": lambda raw: b"17",
    "that says nothing": lambda raw: b"{}",
    "that is nested 10,000 deep": _with(b'"x": ' + b"[" * 10_000 + b"]" * 10_000),
    "of tables nested 10,000 deep": _with(b'"x": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "that is nested 400 deep": _with(b'"x": ' + b"[" * 400 + b"]" * 400),
    "that is never closed": lambda raw: b'{"x":' * 200_000,
    "with two megabytes of blanks": lambda raw: raw + b" " * 2_000_000,
    "with a text of two megabytes": _with(b'"x": "' + b"a" * 2_000_000 + b'"'),
    "with a key twice": lambda raw: raw.rstrip()[:-1] + b", " + raw.lstrip()[1:],
    "with what is no number": _with(b'"x": NaN'),
    "with an infinite number": _with(b'"x": Infinity'),
    "with a number less than all": _with(b'"x": -Infinity'),
    "with a number of 5,000 digits": _with(b'"x": 1' + b"0" * 5000),
    "with a number of 4,000 digits": _with(b'"x": 1' + b"0" * 4000),
    "with a number beyond all": _with(b'"x": 1e999'),
    "with half a character": _with(b'"x": "\\ud800"'),
    "with a key of half a character": _with(b'"\\udfff": 1'),
    "with a mark of its bytes": lambda raw: b"\xef\xbb\xbf" + raw,
    "in UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "in UTF-32": lambda raw: raw.decode().encode("utf-32"),
    "in Latin-1": _with(b'"x": "\xe9"'),
    "with zeros in it": lambda raw: raw.replace(b'"', b'\0"', 4),
    "with more behind it": lambda raw: raw + raw,
    "with a comma too many": lambda raw: raw.rstrip()[:-1] + b",}",
    "with remarks": lambda raw: b"// config\n" + raw,
    "in single quotes": lambda raw: raw.replace(b'"', b"'"),
    "that is a page of the web": lambda raw: b"<!DOCTYPE html><script>alert(1)</script>",
    "that is a pickle": lambda raw: b"cposix\nsystem\n(S'touch canary'\ntR.",
    "that is a pointer": lambda raw: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
}


def _link(path: Path, to: str) -> None:
    path.unlink()
    path.symlink_to(to)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _sparse(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(100_000_000)


_PLACES: Mapping[str, Callable[[Path], None]] = {
    "of 100 megabytes": _sparse,
    "that leads to a file of the system": lambda path: _link(path, "/etc/passwd"),
    "that leads nowhere": lambda path: _link(path, "../../../../nowhere"),
    "that leads to itself": lambda path: _link(path, path.name),
    "that never ends": lambda path: _link(path, "/dev/zero"),
    "that is a folder": _folder,
    "that is a pipe": _pipe,
}
