"""What goes wrong on the way to a Hub, as often as it is asked to."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass
class Fault:
    """One thing that goes wrong with some requests.

    An answer with another status (`status`) comes instead of what was asked for, which is then not
    done, unless `done` says so; every other fault happens to a request that is answered as ever.
    """

    path: str
    """End of the paths that it happens to; or, with a `*` in it, a pattern of whole paths."""
    method: str = "GET"
    """Method that it happens to; `*` for any."""
    times: int = 1
    """How often it happens; -1 for always."""
    after: int = 0
    """How many such requests go well before."""
    status: int = 0
    """Status that is answered instead."""
    code: str = ""
    """The Hub's own word for it."""
    message: str = "as asked"
    """What the Hub says of it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of that answer, as `Retry-After`; without a status, of the usual one as well."""
    done: bool = False
    """Whether what was asked for is done all the same, as by a Hub that fails a moment later."""
    body: bytes | None = None
    """What is answered instead, with the status and the headers that it would have had."""
    cut: int | None = None
    """Bytes of the answer after which the connection breaks."""
    cut_request: int | None = None
    """Bytes of what the client sends after which the connection breaks; nothing is done."""
    slow: float = 0.0
    """Seconds before each piece of the answer."""
    slow_request: float = 0.0
    """Seconds before each piece of what the client sends is read."""
    drip: float = 0.0
    """Seconds before each byte of the answer."""
    hang: float = 0.0
    """Seconds before anything is done."""
    corrupt: bool = False
    """Whether the bytes are others than they should be."""

    def meets(self, method: str, path: str) -> bool:
        """Return whether it can happen to a request."""
        if self.method not in (method, "*") or not self.times:
            return False
        return fnmatchcase(path, self.path) if "*" in self.path else path.endswith(self.path)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Let everything go well."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return what goes wrong with a request, if anything does."""
        with self._lock:
            for fault in self._faults:
                if fault.meets(method, path):
                    if fault.after:
                        fault.after -= 1
                        return None
                    fault.times -= 1
                    return fault
        return None
