"""How far a run is: bars on a terminal, plain lines with the same facts anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from adapterstilts.cli.output import count, duration
from adapterstilts.core.launch import launched
from adapterstilts.core.progress import Listener, Silent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PERIOD = 10.0
"""Seconds between two plain lines about the same stage."""
# Stages are as different as training and scoring: the bar's estimate looks back at all of them.
_MEMORY = 3600.0


@contextmanager
def listening(noun: str = "stage") -> Iterator[Listener]:
    """Yield a listener that speaks to standard error in the way that fits it.

    Of several processes that train together only the first speaks, and goes on after the block.

    Args:
        noun: What the pieces of the work are called.
    """
    launch = launched()
    if not launch.leads:
        yield Silent()
        raise click.exceptions.Exit(0)
    if launch.size > 1:
        _say(f"{launch.size} processes train together, one stage after the other")
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines(noun=noun)
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[note]}", markup=False),
    )
    with progress.Progress(*columns, console=console, speed_estimate_period=_MEMORY) as bars:
        yield Bars(bars, noun)


@dataclass(kw_only=True)
class _Stage:
    """A stage that runs."""

    label: str
    """What it is, with its number."""
    began: float
    """When it started."""
    said: float
    """When something was last said of it."""


class Lines:
    """One line for the start and the end of each stage, and one now and then in between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, noun: str = "stage") -> None:
        """Take the clock that periods are measured with, and what a stage is called."""
        self._clock = clock
        self._noun = noun
        self._began = clock()
        self._running: dict[str, _Stage] = {}
        self._done = self._left = 0

    def planned(self, total: int, reused: int) -> None:
        """Say how much there is to do."""
        self._left = total - reused
        _say(f"{count(total, self._noun)}: {reused} done already, {self._left} to run")

    def started(self, id: str, label: str, index: int, total: int) -> None:
        """Say what runs now."""
        now = self._clock()
        self._running[id] = _Stage(label=f"[{index}/{total}] {label}", began=now, said=now)
        _say(f"{self._running[id].label} ({id})")

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        """Say how far it is, unless that has just been said."""
        stage, now = self._running[id], self._clock()
        if now - stage.said < PERIOD:
            return
        stage.said = now
        left = (now - stage.began) / done * (total - done) if done else None
        facts = (f"{done}/{total}", note, f"about {duration(left)} left" if left else "")
        _say(f"{stage.label}: {', '.join(fact for fact in facts if fact)}")

    def finished(self, id: str, seconds: float) -> None:
        """Say that it is done, and how long the rest will take."""
        label = self._end(id)
        rest = (self._clock() - self._began) / self._done * self._left
        left = f", about {duration(rest)} left" if self._left > 0 else ""
        _say(f"{label}: done in {duration(seconds)}{left}")

    def failed(self, id: str, message: str) -> None:
        """Say that it failed, and why."""
        _say(f"{self._end(id)}: failed: {message}")

    def _end(self, id: str) -> str:
        self._done += 1
        self._left -= 1
        return self._running.pop(id).label


class Bars:
    """A bar for all stages and one for each that runs."""

    def __init__(self, bars: "Progress", noun: str = "stage") -> None:
        """Take the live display, and what a stage is called."""
        self._bars = bars
        self._all = bars.add_task(f"{noun}s", total=None, note="")
        self._running: dict[str, TaskID] = {}

    def planned(self, total: int, reused: int) -> None:
        """Show how much there is to do."""
        note = f"{reused} done before" if reused else ""
        self._bars.reset(self._all, total=total - reused, note=note)

    def started(self, id: str, label: str, index: int, total: int) -> None:
        """Show what runs now."""
        self._running[id] = self._bars.add_task(label, total=None, note="")

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        """Show how far it is."""
        self._bars.update(self._running[id], completed=done, total=total, note=note)

    def finished(self, id: str, seconds: float) -> None:
        """Count it."""
        self._end(id)

    def failed(self, id: str, message: str) -> None:
        """Count it, and leave the reason on the screen."""
        self._bars.console.print(f"failed: {message}", markup=False, highlight=False)
        self._end(id)

    def _end(self, id: str) -> None:
        self._bars.advance(self._all)
        self._bars.remove_task(self._running.pop(id))


def _say(text: str) -> None:
    click.echo(text, err=True)
