"""What works stages off: this process one after the other, or several processes side by side.

A worker has torch to itself and its own claim on each stage. It ends when its pipe does, so nothing
outlives a run that was killed for longer than the stage that it is at.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.failures import explain
from adapterstilts.core.launch import Parted
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages.run import Together, run
from adapterstilts.stages.stage import StageSpec

Report = Callable[[str, int, int, str], None]
"""Called with a stage's id, how far it is, of how much, and a note."""
_PERIOD = 0.5


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a stage ended."""

    id: str
    """The stage."""
    ran: bool = False
    """Whether it was this run that finished it, not another process's."""
    failure: str = ""
    """Why it failed, if it did."""


class Engine(Protocol):
    """Takes stages whose inputs are there, and says how each of them ended."""

    def free(self) -> bool:
        """Return whether another stage can be given."""

    def give(self, spec: StageSpec) -> None:
        """Take a stage."""

    def next(self, report: Report) -> Ended:
        """Wait until one of the given stages has ended."""

    def close(self) -> None:
        """Stop at once; what is not finished is left to the next run."""


class Serial:
    """This process, one stage after the other."""

    def __init__(
        self, store: Store, runtime: Runtime, together: Together = lambda spec: nullcontext()
    ) -> None:
        self._store, self._runtime, self._together = store, runtime, together
        self._given: StageSpec | None = None

    def free(self) -> bool:
        """Return whether nothing is waiting to be run."""
        return self._given is None

    def give(self, spec: StageSpec) -> None:
        """Take a stage."""
        self._given = spec

    def next(self, report: Report) -> Ended:
        """Run the stage that was given."""
        spec, self._given = self._given, None
        assert spec is not None, "there is something to wait for"
        return _attempt(spec, self._store, self._runtime, report, self._together)

    def close(self) -> None:
        """Do nothing: there is nobody to stop."""


class Pool:
    """Several processes, each at one stage at a time."""

    def __init__(self, store: Store, runtime: Runtime) -> None:
        context = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, BaseProcess] = {}
        self._idle: list[Connection] = []
        for _ in range(runtime.workers or os.cpu_count() or 1):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve, args=(theirs, store.root, runtime), daemon=True
            )
            process.start()
            theirs.close()
            self._workers[ours] = process
            self._idle.append(ours)

    def free(self) -> bool:
        """Return whether a worker is idle."""
        return bool(self._idle)

    def give(self, spec: StageSpec) -> None:
        """Let an idle worker run a stage."""
        self._idle.pop().send(spec)

    def next(self, report: Report) -> Ended:
        """Wait for the first worker that ends its stage, and pass on what the others tell."""
        while True:
            for connection in wait(list(self._workers)):
                assert isinstance(connection, Connection)
                said = self._hear(connection)
                if isinstance(said, Ended):
                    self._idle.append(connection)
                    return said
                report(*said)

    def close(self) -> None:
        """End the workers."""
        for connection, process in self._workers.items():
            process.terminate()
            connection.close()
        for process in self._workers.values():
            process.join()

    def _hear(self, connection: Connection) -> "Ended | tuple[str, int, int, str]":
        try:
            said: Ended | tuple[str, int, int, str] = connection.recv()
        except (EOFError, ConnectionError) as error:
            process = self._workers[connection]
            process.join(timeout=5)
            raise StiltsError(
                f"a worker process died (exit code {process.exitcode}), as it does when memory runs"
                " out: run the same command again, with --engine serial if it dies again"
            ) from error
        return said


def _serve(connection: Connection, root: Path, runtime: Runtime) -> None:
    """Run stages until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent hears Ctrl-C and ends the workers.
    store, said = Store(root), 0.0

    def report(*news: object) -> None:
        nonlocal said
        if time.monotonic() - said > _PERIOD:
            said = time.monotonic()
            connection.send(news)

    try:
        while True:
            spec: StageSpec = connection.recv()
            connection.send(_attempt(spec, store, runtime, report))
    except (EOFError, ConnectionError):
        return


def _attempt(
    spec: StageSpec,
    store: Store,
    runtime: Runtime,
    report: Report,
    together: Together = lambda spec: nullcontext(),
) -> Ended:
    """Run a stage; a failure is told, so that what does not depend on it goes on."""
    try:
        ran = run(spec, store, runtime, lambda *news: report(spec.id, *news), together)
    except Parted:  # There is nobody left to go on with.
        raise
    except Exception as error:  # Whatever it was.
        return Ended(id=spec.id, failure=explain(error))
    return Ended(id=spec.id, ran=ran)
