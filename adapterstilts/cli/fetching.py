"""How far a fetch is: a bar on a terminal, a plain line now and then anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from adapterstilts.cli.output import duration, size

PERIOD = 10.0
"""Seconds between two plain lines."""
Show = Callable[[int, str], None]
"""Takes the bytes that are here, and what is being fetched."""


class Heard:
    """Adds up what is heard of one repository after the other."""

    def __init__(self, show: Show) -> None:
        """Take what shows it."""
        self._show = show
        self._before = 0

    def of(self, title: str) -> Callable[[int, int, str], None]:
        """Return what hears how far one repository is."""
        return lambda done, total, name: self._show(self._before + done, title)

    def add(self, done: int) -> None:
        """Count a repository that is here."""
        self._before += done


@contextmanager
def fetching(total: int, word: str = "fetching") -> Iterator[Heard]:
    """Yield what hears how far a fetch of so many bytes is, and says it on standard error."""
    from rich.console import Console

    console = Console(stderr=True)
    if not total:
        yield Heard(lambda done, title: None)
    elif not console.is_terminal or console.is_dumb_terminal:
        yield Heard(lines(total))
    else:
        from rich import progress
        from rich.table import Column

        # A long name is cut short, so that numbers stay whole and all of it in one line.
        name = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        columns = (
            progress.TextColumn("{task.description}", markup=False, table_column=name),
            progress.BarColumn(bar_width=24),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=console, expand=True) as bars:
            bar = bars.add_task(word, total=total)
            yield Heard(lambda done, title: bars.update(bar, completed=done, description=title))


def lines(total: int, clock: Callable[[], float] = time.monotonic) -> Show:
    """Return what says a line about every repository, and one every `PERIOD` in between."""
    began = said = clock()
    last, first = "", 0

    def show(done: int, title: str) -> None:
        nonlocal said, last, first
        now = clock()
        if title == last and now - said < PERIOD and done < total:
            return
        # What an earlier fetch has left of a file is here at once and says nothing of the speed.
        first = first if last else done
        speed = (done - first) / (now - began) if now > began else 0
        left = f", about {duration((total - done) / speed)} left" if speed and done < total else ""
        said, last = now, title
        click.echo(f"{title}: {size(done)} of {size(total)}{left}", err=True)

    return show
