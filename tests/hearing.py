"""What hears how far a long piece of work is, to be asked of it later."""

from typing import Any


class Ear:
    """Hears everything and remembers it."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def planned(self, total: int, reused: int) -> None:
        self.heard.append(("planned", total, reused))

    def started(self, id: str, label: str, index: int, total: int) -> None:
        self.heard.append(("started", id, label, index, total))

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        self.heard.append(("advanced", id, done, total, note))

    def finished(self, id: str, seconds: float) -> None:
        assert seconds >= 0
        self.heard.append(("finished", id))

    def failed(self, id: str, message: str) -> None:
        self.heard.append(("failed", id, message))

    def of(self, what: str) -> list[tuple[Any, ...]]:
        return [news[1:] for news in self.heard if news[0] == what]
