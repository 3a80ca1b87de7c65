"""HTTP under a Hub of our own: requests in, answers out, ranges, and what goes wrong on the way."""

import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.faults import Fault, Faults
from tests.hub.messages import Answer, Body, Counter, Gone, Request, refused

WELL = Fault("")
"""Nothing that goes wrong."""


class Answering(Protocol):
    """What answers requests."""

    faults: Faults
    counter: Counter
    closing: threading.Event
    requests: list[Request]

    def answer(self, request: Request) -> Answer:
        """Return what a real Hub would say."""


def handler(hub: Answering) -> Callable[..., BaseHTTPRequestHandler]:
    """Return what turns HTTP into requests to a Hub and its answers into HTTP."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: what was asked is in `hub.requests`."""

        def _serve(self) -> None:
            request = self._request()
            hub.requests.append(request)
            fault = hub.faults.take(self.command, request.path) or WELL
            request.body = Body(
                self.rfile,
                length=int(self.headers.get("Content-Length") or 0),
                chunked=self.headers.get("Transfer-Encoding", "") == "chunked",
                counter=hub.counter,
                slow=fault.slow_request,
            )
            try:
                hub.closing.wait(fault.hang)
                if fault.cut_request is not None:
                    request.body.drain(fault.cut_request)
                    return self._break()
                answer = self._answered(request, fault)
                request.body.drain()
                self._send(request, answer, fault)
            except (Gone, BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _request(self) -> Request:
            url = urlsplit(self.path)
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            # A revision with a slash in it is one part, so it stays quoted until it is looked up.
            path = url.path if url.path.startswith("/api/") else _quoted_revision(url.path)
            query = parse_qs(url.query, keep_blank_values=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            start, end = _range(self.headers.get("Range"))
            return Request(self.command, path, query, token, start, end, headers)

        def _answered(self, request: Request, fault: Fault) -> Answer:
            if not fault.status:
                try:
                    answer = hub.answer(request)
                except ValueError as error:
                    answer = refused(400, "", f"Invalid request: {error!r}")
                answer = answer._replace(headers={**answer.headers, **fault.headers})
                return answer if fault.body is None else answer._replace(body=fault.body, file=None)
            if fault.done:
                hub.answer(request)
            said = refused(fault.status, fault.code, fault.message, fault.headers)
            return said if fault.body is None else said._replace(body=fault.body)

        def _send(self, request: Request, answer: Answer, fault: Fault) -> None:
            if fault.corrupt:
                whole = b"".join(answer.pieces(0, answer.size))
                answer = answer._replace(body=whole[::-1], file=None)
            status, start, end, size = answer.status, 0, answer.size, answer.size
            if status == 200 and "range" in request.headers:
                start, end = request.start, min(size, (request.end or size - 1) + 1)
                status = 206 if start < size else 416
            headers = dict(answer.headers)
            if status == 206:
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
            if status == 416:
                headers["Content-Range"] = f"bytes */{size}"
                start, end = 0, 0
            self.send_response(status)
            length = headers.pop("Content-Length", str(end - start))
            for name, value in headers.items():
                self.send_header(name, value)
            if answer.endless:
                self.send_header("Connection", "close")
            if not answer.endless or "Content-Length" in answer.headers:
                self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self._write(answer, start, end, fault)
                if length != str(end - start) or answer.endless:
                    self._break()

        def _write(self, answer: Answer, start: int, end: int, fault: Fault) -> None:
            sent = 0
            while True:
                for piece in answer.pieces(start, end):
                    if fault.cut is not None and sent + len(piece) >= fault.cut:
                        self.wfile.write(piece[: fault.cut - sent])
                        return self._break()
                    if fault.slow:
                        self.wfile.flush()
                        time.sleep(fault.slow)
                    self._say(piece, fault.drip)
                    sent += len(piece)
                if not answer.endless or hub.closing.is_set():
                    return None

        def _say(self, piece: bytes, drip: float) -> None:
            for place in range(len(piece)) if drip else ():
                self.wfile.write(piece[place : place + 1])
                self.wfile.flush()
                if hub.closing.wait(drip):
                    return
            if not drip:
                self.wfile.write(piece)

        def _break(self) -> None:
            """Hang up at once, in the middle of what is being said."""
            self.close_connection = True
            try:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # The other side has hung up already.
                return

    return Handler


def _quoted_revision(path: str) -> str:
    """Return a path whose parts are plain, but for the revision, which may have slashes in it."""
    before, resolve, after = path.partition("/resolve/")
    if not resolve:
        return unquote(path)
    revision, _, file = after.partition("/")
    return f"{unquote(before)}/resolve/{revision}/{unquote(file)}"


def _range(header: str | None) -> tuple[int, int | None]:
    """Return the first byte that a range asks for, and the last if it names one."""
    start, _, end = (header or "").removeprefix("bytes=").partition("-")
    return int(start or 0), int(end) if end else None
