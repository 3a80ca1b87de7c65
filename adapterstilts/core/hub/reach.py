"""Whether the Hub can be connected to at all: known within a second, whatever hangs on the way."""

import errno
import os
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

from adapterstilts.core.hub.asking import aside

T = TypeVar("T")
PATIENCE = 0.5
"""Seconds that a first connection may take; `ADAPTERSTILTS_CONNECT` says others."""
VARIABLE = "ADAPTERSTILTS_CONNECT"
"""Environment variable of a slow line."""
_LOOKS = 10
"""Looks within that time: what passes between two of them while nobody runs us counts as one."""
_PORTS = {"http": 80, "https": 443}
_SOCKS = 1080
_GOING_ON = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR})
_Address = tuple[int, Any]
"""Family of a socket, and where it goes."""
_BEGUN: dict[str, "queue.SimpleQueue[tuple[Any, BaseException | None]]"] = {}
"""Address to where it will be said whether a connection can be made, where that was begun."""


@contextmanager
def begun(endpoint: str) -> Iterator[None]:
    """Look for an obstacle already: who has much to do until it is asked for gains that time."""
    _BEGUN[endpoint] = aside(lambda: _obstacle(endpoint))
    try:
        yield
    finally:
        _BEGUN.pop(endpoint, None)


def obstacle(endpoint: str) -> str:
    """Return why no connection to an address can be made, or an empty string where one can.

    Nothing is asked: a connection is opened, to a proxy where the environment names one, and closed
    again. All addresses of a name are tried at once, because one of them may swallow everything.
    What was begun before is waited for, once.
    """
    if ended := _BEGUN.pop(endpoint, None):
        why, error = ended.get()
        if error is not None:
            raise error
        return str(why)
    return _obstacle(endpoint)


def _obstacle(endpoint: str) -> str:
    host, port = _door(endpoint)
    if not host:
        return ""
    seconds = _patience()
    looks = iter([seconds / _LOOKS] * _LOOKS)
    found = _looked_up(host, port, looks)
    why = found and (found[1] or _knocked(found[0], looks))
    if why is None:
        return f"{host} does not answer within {seconds:g} s; on a slow line set {VARIABLE}=SECONDS"
    return why and f"{why}, {host}"


def _looked_up(host: str, port: int, looks: Iterator[float]) -> tuple[list[_Address], str] | None:
    """Return all addresses of a host, or why it has none; None where nobody says in time."""
    said: queue.SimpleQueue[tuple[list[_Address], str]] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            said.put(([(family, address) for family, *_, address in dict.fromkeys(found)], ""))
        except (OSError, UnicodeError) as error:
            said.put(([], _reason(error)))

    # A daemon, for looking up a name cannot be broken off.
    threading.Thread(target=look_up, daemon=True).start()

    def look(seconds: float) -> tuple[list[_Address], str] | None:
        with suppress(queue.Empty):
            return said.get(timeout=seconds)
        return None

    return _first(look, looks)


def _knocked(every: list[_Address], looks: Iterator[float]) -> str | None:
    """Return an empty string once one address takes a connection, or why the last did not.

    None is returned where some of them are silent and the others refuse.
    """
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        why, open_ = "no address", set[int]()
        for family, address in every:
            try:
                made = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                made.setblocking(False)
                code = made.connect_ex(address)
            except OSError as error:
                why = _reason(error)
                continue
            if not code:
                return ""
            if code not in _GOING_ON:
                why = os.strerror(code)
                continue
            selector.register(made, selectors.EVENT_WRITE)
            open_.add(made.fileno())

        def look(seconds: float) -> str | None:
            nonlocal why
            # The system itself looks once more after that time, whenever this process wakes up.
            for key, _ in selector.select(seconds):
                made = key.fileobj
                assert isinstance(made, socket.socket)
                code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not code:
                    return ""
                why = os.strerror(code)
                selector.unregister(made)
                open_.discard(made.fileno())
            return None if open_ else why

        return _first(look, looks) if open_ else why


def _first(look: Callable[[float], T | None], looks: Iterator[float]) -> T | None:
    """Return the first thing that is seen; each look takes a part of the patience."""
    for seconds in looks:
        until = time.monotonic() + seconds
        while True:
            found = look(max(until - time.monotonic(), 0.0))
            if found is not None:
                return found
            if time.monotonic() >= until:
                break
    return look(0.0)


def _door(endpoint: str) -> tuple[str, int]:
    """Return whom a request would connect to first, by the rules of `requests`; or nobody."""
    try:
        url = urlsplit(_proxy(endpoint) or endpoint)
        port = url.port or _PORTS.get(url.scheme, _SOCKS)
    except ValueError:
        # What is no address is told by whoever uses it.
        return "", 0
    return url.hostname or "", port


def _proxy(endpoint: str) -> str:
    """Return the address of the proxy that a request would go by, or an empty string."""
    from urllib.request import getproxies

    if not getproxies():
        # A tenth of a second is saved: `requests` takes as long to import.
        return ""
    from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

    proxy = select_proxy(endpoint, get_environ_proxies(endpoint))
    return prepend_scheme_if_needed(proxy, "http") if proxy else ""


def _patience() -> float:
    seconds = PATIENCE
    with suppress(ValueError):
        seconds = float(os.environ.get(VARIABLE) or PATIENCE)
    return seconds if seconds > 0 else PATIENCE


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)
