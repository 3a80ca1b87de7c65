"""How far publishing is: a bar on a terminal, a plain line now and then anywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from adapterstilts.cli.fetching import Heard, fetching


class Sending:
    """Hears of one repository after the other, and tells how far all of them are."""

    def __init__(self, heard: Heard) -> None:
        """Take what adds the bytes up and shows them."""
        self._heard = heard
        self._title = ""
        self._size = 0
        self._said: tuple[str, int] | None = None

    def planned(self, total: int, reused: int) -> None:
        """Say nothing: every title has the number."""

    def started(self, id: str, label: str, index: int, total: int) -> None:
        """Say which repository it is now."""
        self._title, self._size = f"{index}/{total} {label}", 0
        self.advanced(id, 0, 0)

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        """Say how far all of them are."""
        self._size = total
        if self._said != (self._title, done):
            self._said = (self._title, done)
            self._heard.of(self._title)(done, total, note)

    def finished(self, id: str, seconds: float) -> None:
        """Count its bytes."""
        self._heard.add(self._size)

    def failed(self, id: str, message: str) -> None:
        """Count its bytes, which nobody waits for any more, and say why."""
        self._heard.add(self._size)
        click.echo(f"{id} failed: {message}", err=True)


@contextmanager
def sending(total: int) -> Iterator[Sending]:
    """Yield what hears how far so many bytes are that are published."""
    with fetching(total, "publishing") as heard:
        yield Sending(heard)
