"""Who works on what: claims that processes on one or many machines respect.

A claim is a file that only one process can create. It is stale when its process is gone on this
machine; of a process elsewhere only the heartbeat tells, which is the file's time of change.
Recovery is race free: whoever removes a stale claim first claims the right to remove that very
one, in the same way, so that a slow second recoverer never removes the first one's new claim.
"""

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.core import owners

HEARTBEAT = 15.0
"""Seconds between two signs of life."""
STALE = 120.0
"""Seconds without a sign of life after which a process elsewhere is given up."""


@dataclass(frozen=True, kw_only=True)
class _Sight:
    """A claim as it was seen; two sights are equal when nothing happened in between."""

    text: str
    """Its owner and what no other claim has."""
    inode: int
    """Tells apart two claims that were both seen before their owner was written."""
    changed: int
    """Time of its last sign of life, in nanoseconds of the file system's clock."""


class Claims:
    """The claims in one folder."""

    def __init__(self, folder: Path, *, heartbeat: float = HEARTBEAT, stale: float = STALE) -> None:
        """Say where the claims are; the folder is made by the first claim."""
        self.folder = folder
        self._heartbeat = heartbeat
        self._stale = stale * 1e9

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Yield whether this caller alone may work on a name, until the block ends."""
        path = self.folder / name
        mine = _word()
        if not self._take(path, mine):
            yield False
            return
        ended = threading.Event()
        beat = threading.Thread(target=self._beat, args=(path, mine, ended), daemon=True)
        beat.start()
        try:
            yield True
        finally:
            ended.set()
            beat.join()
            _release(path, mine)

    @contextmanager
    def wait(self, name: str, *, seconds: float = 0.02) -> Iterator[None]:
        """Hold a name as soon as nobody else does; for work of milliseconds."""
        while True:
            with self.hold(name) as held:
                if held:
                    yield
                    return
            time.sleep(seconds)

    def held(self, name: str) -> bool:
        """Return whether somebody who lives holds a name."""
        sight = _look(self.folder / name)
        return sight is not None and self._lives(sight)

    def sweep(self) -> None:
        """Remove every stale claim: to hold one and let it go is enough."""
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if path.name.startswith("."):
                if owners.lives(_owner(path.name[1:])) is False:
                    path.unlink(missing_ok=True)
            else:
                with self.hold(path.name):
                    pass

    def _take(self, path: Path, mine: str) -> bool:
        """Create the claim, after removing a stale one; return whether it is ours."""
        while True:
            sight = _look(path)
            if sight is None:
                if _create(path, mine):
                    return True
                continue
            if self._lives(sight):
                return False
            digest = hashlib.sha256(repr(sight).encode()).hexdigest()[:8]
            guard = path.with_name(f"{path.name}~{digest}")
            if not self._take(guard, mine):
                return False  # Somebody else is recovering it.
            try:
                if _look(path) == sight:
                    path.unlink(missing_ok=True)
            finally:
                _release(guard, mine)

    def _lives(self, sight: _Sight) -> bool:
        known = owners.lives(_owner(sight.text))
        return self._now() - sight.changed < self._stale if known is None else known

    def _now(self) -> int:
        """Return the time by the clock that dates the claims, which may be a server's."""
        probe = self.folder / f".{_word()}"
        try:
            probe.touch()
            return probe.stat().st_mtime_ns
        except OSError:
            return time.time_ns()
        finally:
            with suppress(OSError):
                probe.unlink()

    def _beat(self, path: Path, mine: str, ended: threading.Event) -> None:
        while not ended.wait(self._heartbeat):
            # A server that is away for a while is no reason to stop.
            with suppress(OSError):
                sight = _look(path)
                if sight is not None and sight.text == mine:
                    os.utime(path)


def _word() -> str:
    """Return a word that names this process, and that no other claim has."""
    return f"{owners.this_process()}~{uuid.uuid4().hex[:12]}"


def _owner(word: str) -> owners.Owner | None:
    return owners.parse(word.partition("~")[0])


def _create(path: Path, mine: str) -> bool:
    """Return whether the claim did not exist and now is ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f".{mine}")
    try:
        written.write_text(mine, encoding="utf-8")
        # A link appears with its owner in it, so that no kill can leave a claim of nobody.
        path.hardlink_to(written)
    except FileExistsError:
        return False
    except OSError:  # No links on this file system.
        return _create_in_place(path, mine)
    finally:
        written.unlink(missing_ok=True)
    return True


def _create_in_place(path: Path, mine: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(mine)
    except FileExistsError:
        return False
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _look(path: Path) -> _Sight | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            status = os.fstat(stream.fileno())
            text = stream.read()
    except FileNotFoundError:
        return None
    return _Sight(text=text, inode=status.st_ino, changed=status.st_mtime_ns)


def _release(path: Path, mine: str) -> None:
    sight = _look(path)
    if sight is not None and sight.text == mine:
        path.unlink(missing_ok=True)
