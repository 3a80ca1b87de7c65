"""What a long piece of work says of itself, whoever listens: a terminal, a log, nobody."""

from collections.abc import Callable
from typing import Protocol

Report = Callable[[int, int, str], None]
"""Hears how much is done of one piece of work, out of how much, and a note or a name."""


def unheard(done: int, total: int, note: str) -> None:
    """Report to nobody."""


class Listener(Protocol):
    """Hears how far a plan is."""

    def planned(self, total: int, reused: int) -> None:
        """Hear how many stages there are, and how many of them stand already."""

    def started(self, id: str, label: str, index: int, total: int) -> None:
        """Hear that a stage starts: the `index`-th of `total`, counted from 1."""

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        """Hear how far a running stage is, in steps or batches of its own."""

    def finished(self, id: str, seconds: float) -> None:
        """Hear that a stage is done, and how long it took."""

    def failed(self, id: str, message: str) -> None:
        """Hear that a stage failed, and why."""


class Silent:
    """Hears everything and says nothing."""

    def planned(self, total: int, reused: int) -> None:
        """Say nothing."""

    def started(self, id: str, label: str, index: int, total: int) -> None:
        """Say nothing."""

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        """Say nothing."""

    def finished(self, id: str, seconds: float) -> None:
        """Say nothing."""

    def failed(self, id: str, message: str) -> None:
        """Say nothing."""
