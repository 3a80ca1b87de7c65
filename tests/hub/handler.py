"""HTTP under a Hub of our own: requests in, answers out, ranges, and what goes wrong on the way."""

import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.faults import Fault, Faults

CHUNK = 1 << 18
"""Bytes that are sent at once."""


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    token: str
    start: int = 0


class Answering(Protocol):
    """What answers requests."""

    faults: Faults

    def answer(self, request: Request) -> Answer:
        """Return what a real Hub would say."""


def handler(hub: Answering) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_HEAD(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: what was asked is in `hub.requests`."""

        def _serve(self) -> None:
            url = urlsplit(self.path)
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            # A revision with a slash in it is one part, so it stays quoted until it is looked up.
            path = url.path if url.path.startswith("/api/") else _quoted_revision(url.path)
            request = Request(self.command, path, parse_qs(url.query), token, self._start)
            answer = hub.answer(request)
            fault = hub.faults.take(self.command, path)
            if fault is not None and fault.status:
                answer = refused(fault.status, fault.code, "as asked", fault.headers)
            self._send(answer, fault)

        @property
        def _start(self) -> int:
            return _range(self.headers.get("Range"))

        def _send(self, answer: Answer, fault: Fault | None) -> None:
            status, body = answer.status, answer.body
            if fault is not None and fault.corrupt:
                body = bytes(reversed(body))
            start = self._start
            if status == 200 and start:
                status = 206 if start < len(body) else 416
            self.send_response(status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            body = body[start:] if status == 206 else b"" if status == 416 else body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self._write(body, fault)

        def _write(self, body: bytes, fault: Fault | None) -> None:
            for place in range(0, len(body), CHUNK):
                if fault is not None and fault.cut is not None and place + CHUNK > fault.cut:
                    self.wfile.write(body[place : fault.cut])
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.close()
                    return
                if fault is not None and fault.slow:
                    time.sleep(fault.slow)
                try:
                    self.wfile.write(body[place : place + CHUNK])
                except OSError:  # Whoever asked is gone.
                    return

    return Handler


def _quoted_revision(path: str) -> str:
    """Return a path whose parts are plain, but for the revision, which may have slashes in it."""
    before, resolve, after = path.partition("/resolve/")
    if not resolve:
        return unquote(path)
    revision, _, file = after.partition("/")
    return f"{unquote(before)}/resolve/{revision}/{unquote(file)}"


def _range(header: str | None) -> int:
    return int((header or "bytes=0-").removeprefix("bytes=").partition("-")[0] or 0)


def refused(status: int, code: str, message: str, headers: Mapping[str, str] = {}) -> Answer:
    said = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
    body = json.dumps({"error": message}).encode()
    return Answer(status, body, {"Content-Type": "application/json", **said, **headers})
