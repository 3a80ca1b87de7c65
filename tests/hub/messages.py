"""What is asked of a Hub of our own and what it answers, as plain data; bodies come in pieces."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qs

CHUNK = 1 << 18
"""Bytes that are sent or read at once."""
SMALL = 1 << 26
"""Bytes of a body that is taken into memory at most."""


class Gone(ConnectionError):
    """Whoever asked has hung up before all was sent."""


class Stored(NamedTuple):
    """What was written of a body."""

    size: int
    sha256: str
    md5: str


class Counter:
    """Bytes that clients have sent, all together."""

    def __init__(self) -> None:
        self.total = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count some more."""
        with self._lock:
            self.total += count


class Body:
    """What a client sends with a request: read once, in pieces, counted as it comes."""

    def __init__(
        self,
        stream: BinaryIO,
        *,
        length: int = 0,
        chunked: bool = False,
        counter: Counter,
        slow: float = 0.0,
    ) -> None:
        self.received = 0
        self._stream, self._left, self._chunked = stream, length, chunked
        self._counter, self._slow = counter, slow

    def pieces(self) -> Iterator[bytes]:
        """Yield what is not read yet."""
        while self._chunked or self._left:
            if not self._left:
                self._left = int(self._stream.readline().partition(b";")[0].strip() or b"0", 16)
                if not self._left:
                    self._stream.readline()
                    self._chunked = False
                    return
            time.sleep(self._slow)
            piece = self._stream.read(min(CHUNK, self._left))
            self.received += len(piece)
            self._counter.add(len(piece))
            self._left -= len(piece)
            if not piece:
                self._left, self._chunked = 0, False
                raise Gone("the client has hung up")
            if self._chunked and not self._left:
                self._stream.readline()
            yield piece

    def drain(self, most: int | None = None) -> None:
        """Read what is left, or at least so many bytes of it."""
        for _ in self.pieces():
            if most is not None and self.received >= most:
                return

    def bytes(self) -> bytes:
        """Return all of it."""
        found = bytearray()
        for piece in self.pieces():
            found += piece
            if len(found) > SMALL:
                raise ValueError("a body that large is not taken into memory")
        return bytes(found)

    def lines(self) -> Iterator[bytes]:
        """Yield its lines that are not empty."""
        rest = b""
        for piece in self.pieces():
            *lines, rest = (rest + piece).split(b"\n") if b"\n" in piece else (rest + piece,)
            yield from filter(None, lines)
        if rest:
            yield rest

    def save(self, place: Path) -> Stored:
        """Return what a file holds once all of it is there."""
        sha256, md5, size = hashlib.sha256(), hashlib.md5(), 0
        with place.open("wb") as file:
            for piece in self.pieces():
                file.write(piece)
                sha256.update(piece)
                md5.update(piece)
                size += len(piece)
        return Stored(size, sha256.hexdigest(), md5.hexdigest())


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    token: str
    start: int = 0
    """First byte that was asked for."""
    end: int | None = None
    """Last byte that was asked for, if one was named."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = field(default=None, repr=False)

    @property
    def received(self) -> int:
        """Return the bytes that came with it."""
        return self.body.received if self.body else 0

    def one(self, name: str) -> str:
        """Return a value of the query."""
        return self.query.get(name, [""])[0]

    def json(self) -> dict[str, Any]:
        """Return the body: JSON, or a form."""
        text = self.body.bytes() if self.body else b""
        if "urlencoded" in self.headers.get("content-type", ""):
            return dict(parse_qs(text.decode(), keep_blank_values=True))
        value = json.loads(text or b"{}")
        return value if isinstance(value, dict) else {}


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}
    file: Path | None = None
    """File that is sent instead of a body."""
    endless: bool = False
    """Whether it is sent again and again, until nobody listens."""

    @property
    def size(self) -> int:
        """Return its bytes."""
        return self.file.stat().st_size if self.file else len(self.body)

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from a place up to another."""
        if self.file is None:
            for place in range(start, end, CHUNK):
                yield self.body[place : min(place + CHUNK, end)]
            return
        with self.file.open("rb") as stream:
            stream.seek(start)
            while start < end and (piece := stream.read(min(CHUNK, end - start))):
                start += len(piece)
                yield piece


def as_json(value: Any, headers: Mapping[str, str] = {}, status: int = 200) -> Answer:
    """Return an answer that says something in JSON."""
    said = {"Content-Type": "application/json; charset=utf-8", **headers}
    return Answer(status, json.dumps(value).encode(), said)


def refused(
    status: int, code: str, message: str, headers: Mapping[str, str] = {}, **more: Any
) -> Answer:
    """Return the Hub's no: its code in a header, its message there and in the body."""
    said = {"X-Error-Code": code} if code else {}
    if message.isascii() and "\n" not in message:
        said["X-Error-Message"] = message
    return as_json({"error": message, **more}, {**said, **headers}, status)
