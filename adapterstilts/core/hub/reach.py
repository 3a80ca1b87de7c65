"""Whether the Hub can be connected to at all: known within a second, whatever hangs on the way."""

import os
import queue
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

PATIENCE = 0.8
"""Seconds that a first connection may take; `ADAPTERSTILTS_CONNECT` says others."""
VARIABLE = "ADAPTERSTILTS_CONNECT"
"""Environment variable of a slow line."""
_PORTS = {"http": 80, "https": 443}
_SOCKS = 1080


def obstacle(endpoint: str) -> str:
    """Return why no connection to an address can be made, or an empty string where one can.

    Nothing is asked: a connection is opened, to a proxy where the environment names one, and closed
    again. All addresses of a name are tried at once, because one of them may swallow everything.
    """
    host, port = _door(endpoint)
    if not host:
        return ""
    seconds = _patience()
    said: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
    # A daemon, for looking up a name cannot be broken off.
    threading.Thread(
        target=_knock_everywhere, args=(host, port, seconds, said), daemon=True
    ).start()
    try:
        return said.get(timeout=seconds)[1]
    except queue.Empty:
        return f"{host} does not answer within {seconds:g} s; on a slow line set {VARIABLE}=SECONDS"


def _knock_everywhere(
    host: str, port: int, seconds: float, said: "queue.SimpleQueue[tuple[bool, str]]"
) -> None:
    """Say once whether one address of a host takes a connection, or why the last did not."""
    try:
        every = {each[4][:2] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        said.put((False, f"{_reason(error)}, {host}"))
        return
    ended: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
    for address in every:
        threading.Thread(target=_knock, args=(address, seconds, ended), daemon=True).start()
    why = ""
    for _ in every:
        open_, why = ended.get()
        if open_:
            break
    said.put((not why, why and f"{why}, {host}"))


def _knock(
    address: tuple[str | int, ...], seconds: float, ended: "queue.SimpleQueue[tuple[bool, str]]"
) -> None:
    host, port = str(address[0]), int(address[1])
    try:
        # What takes longer is no longer waited for, and is told by whoever waited.
        socket.create_connection((host, port), timeout=2 * seconds).close()
    except OSError as error:
        ended.put((False, _reason(error)))
    else:
        ended.put((True, ""))


def _door(endpoint: str) -> tuple[str, int]:
    """Return whom a request would connect to first, by the rules of `requests`; or nobody."""
    from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

    proxy = select_proxy(endpoint, get_environ_proxies(endpoint))
    try:
        url = urlsplit(prepend_scheme_if_needed(proxy, "http") if proxy else endpoint)
        port = url.port or _PORTS.get(url.scheme, _SOCKS)
    except ValueError:
        # What is no address is told by whoever uses it.
        return "", 0
    return url.hostname or "", port


def _patience() -> float:
    seconds = PATIENCE
    with suppress(ValueError):
        seconds = float(os.environ.get(VARIABLE) or PATIENCE)
    return seconds if seconds > 0 else PATIENCE


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)
