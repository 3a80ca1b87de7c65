"""What goes wrong on the way to a Hub, as often as it is asked to."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One thing that goes wrong with some requests."""

    path: str
    """End of the paths that it happens to."""
    method: str = "GET"
    """Method that it happens to."""
    times: int = 1
    """How often it happens; -1 for always."""
    status: int = 0
    """Status that is answered instead."""
    code: str = ""
    """The Hub's own word for it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of that answer, as `Retry-After`."""
    cut: int | None = None
    """Bytes after which the connection breaks."""
    slow: float = 0.0
    """Seconds before each piece of the answer."""
    corrupt: bool = False
    """Whether the bytes are others than they should be."""


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
                if fault.method == method and path.endswith(fault.path) and fault.times:
                    fault.times -= 1
                    return fault
        return None
