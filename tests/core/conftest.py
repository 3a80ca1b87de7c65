"""Other processes, to be claimants, writers and victims in tests."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import adapterstilts
from adapterstilts.core.store import Store

_HEAD = """
import sys
from pathlib import Path
from adapterstilts.core.claims import Claims
from adapterstilts.core.partial import partial
from adapterstilts.core.store import Store
root = Path(sys.argv[1])
def say(word):
    sys.stdout.write(f"{word}\\n")
    sys.stdout.flush()
def listen():
    return sys.stdin.readline().strip()
"""


class Other:
    """A process that runs a script with `root`, `say` and `listen`."""

    def __init__(self, script: str, root: Path) -> None:
        home = str(Path(adapterstilts.__file__).parents[1])
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HEAD + script, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": home},
        )

    def hear(self) -> str:
        """Return the next word that it says; nothing if it ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, word: str = "go") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def kill(self, *, reap: bool = True) -> None:
        """Kill it so that it can do nothing more; not reaped, it stays a zombie."""
        self.process.send_signal(signal.SIGKILL)
        if reap:
            self.process.communicate()


@pytest.fixture
def spawn() -> Iterator[Callable[[str, Path], Other]]:
    others: list[Other] = []

    def start(script: str, root: Path) -> Other:
        others.append(Other(script, root))
        return others[-1]

    yield start
    for other in others:
        other.kill()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")
