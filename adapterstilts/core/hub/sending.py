"""Files on their way to the Hub: how far they are, and an end at Ctrl-C.

huggingface_hub sends from files, in threads of its own. What is read of a file tells how far it is;
a read that is refused ends the threads. A file that goes by hf_xet is read by nobody here: it
counts when it has arrived.
"""

import io
import logging
import queue
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from adapterstilts.core.hub.asking import aside
from adapterstilts.core.progress import Report

PERIOD = 0.2
"""Seconds between two looks at how far it is."""
_LOGGER = "huggingface_hub"


class Stopped(Exception):
    """Nobody waits for what is being sent any more."""


class Meter:
    """How far files are that are sent."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """Take the bytes of each file, by its name."""
        self.sizes = dict(sizes)
        self.total = sum(sizes.values())
        self.stop = threading.Event()
        self.last = ""
        self._at = dict.fromkeys(sizes, 0)

    @property
    def done(self) -> int:
        """Return the bytes that have been read to be sent."""
        return sum(self._at.values())

    def hear(self, name: str, place: int) -> None:
        """Hear how far a file has been read; what is read again does not count again."""
        self.check()
        self._at[name], self.last = max(self._at[name], place), name

    def check(self) -> None:
        """Refuse to go on where nobody waits any more."""
        if self.stop.is_set():
            raise Stopped

    def opened(self, path: Path, name: str) -> "Heard":
        """Return a file that says here how far it has been read."""
        return Heard(path, name, self)


class Heard(io.BufferedReader):
    """A file that says how far it has been read."""

    def __init__(self, path: Path, name: str, meter: Meter) -> None:
        """Open a file, to be told of under a name."""
        super().__init__(io.FileIO(path))
        self._of, self._meter = name, meter

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        found = super().read(size)
        self._meter.hear(self._of, self.tell())
        return found


def additions(folder: Path, names: Sequence[str], meter: Meter) -> list[Any]:
    """Return what adds files of a folder to a commit, each heard by a meter.

    Each is read through once for its digest. They are given as paths and not as open files, which
    hf_xet would not take.
    """
    from huggingface_hub import CommitOperationAdd

    class Addition(CommitOperationAdd):
        @contextmanager
        def as_file(self, with_tqdm: bool = False) -> Iterator[BinaryIO]:
            path = folder / self.path_in_repo
            meter.check()  # What small files hold is read last of all, for the commit itself.
            with meter.opened(path, self.path_in_repo) if with_tqdm else path.open("rb") as file:
                yield file

    found = []
    for name in names:
        meter.check()
        found.append(Addition(path_in_repo=name, path_or_fileobj=folder / name))
    return found


def watched(work: Callable[[], Any], meter: Meter, report: Report) -> Any:
    """Return what some work gives, which is done beside, and report how far it is.

    The work is left to itself when this is interrupted: it ends at the next piece of a file.
    """
    report(0, meter.total, "")
    ended = aside(work)
    try:
        while True:
            try:
                found, error = ended.get(timeout=PERIOD)
            except queue.Empty:
                report(meter.done, meter.total, meter.last)
                continue
            if error is not None:
                raise error
            report(meter.total, meter.total, meter.last)
            return found
    finally:
        meter.stop.set()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep huggingface_hub's bars, warnings and logs from the terminal within the block."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        tqdm,
    )

    # Bars that are not shown have a lock too, by default one between processes: the worker of a
    # pool would leave it behind, and be told of.
    if getattr(tqdm, "_lock", None) is None:
        tqdm.set_lock(threading.RLock())
    log, shown = logging.getLogger(_LOGGER), not are_progress_bars_disabled()
    level = log.level
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=_LOGGER)
        if shown:
            disable_progress_bars()
        if log.getEffectiveLevel() >= logging.WARNING:
            # It tells of each further try, with addresses that let anybody write.
            log.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            log.setLevel(level)
            if shown:
                enable_progress_bars()
