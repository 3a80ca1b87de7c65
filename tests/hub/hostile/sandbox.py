"""What a hostile repository does to a program, measured in a process that may be lost.

Everything is imported once. Cases run one after the other in a fork, each in folders of its own,
under Python's audit of what is opened for writing, connected to, unpickled or started; when one
takes the process with it, the next begin in another fork.
"""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import cached
from adapterstilts.core.hub.cached import Listing, RemoteFile, Repository
from tests.hub.hostile.case import Case
from tests.hub.hostile.goods import COMMIT, NAME

SPACE = 6 * 2**30
"""Bytes of addresses that a process may take beyond those that it begins with."""
SECONDS = 600
"""Seconds of computing until a process that is stuck is ended."""
SERVED, _HERE = "served", "127.0.0.1"
"""Layout of what comes from a server, and where that is."""
MARK = "…"
"""What stands for the folder of a test in messages, whose length would count else."""
Way = Callable[[Case, Path, Mapping[str, Path]], Any]
"""Tries to use a case that lies in a folder, on the good backbone."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a case on one way into the program."""

    case: str
    """Name of the case."""
    way: str
    """The way."""
    outcome: str
    """`refused`, `taken`, `crashed`, or `died`."""
    message: str
    """What was said."""
    cpu: float
    """Seconds of computing."""
    wall: float
    """Seconds."""
    grown: int
    """Bytes by which memory grew at most."""
    deeds: tuple[str, ...]
    """What it must not do, as it happened."""


def results(
    cases: Sequence[Case], goods: Mapping[str, Path], ways: Mapping[str, Way], root: Path
) -> Iterator[Result]:
    """Yield what becomes of each case on each of its ways."""
    todo = [(case, way) for case in cases for way in case.tried if way in ways]
    while todo:
        for result in _forked(todo, goods, ways, root):
            del todo[0]
            yield result


def _forked(
    todo: Sequence[tuple[Case, str]],
    goods: Mapping[str, Path],
    ways: Mapping[str, Way],
    root: Path,
) -> Iterator[Result]:
    """Yield results of one process, the last of which may say that it died."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        try:
            with os.fdopen(into, "w") as stream:
                _work(list(todo), goods, ways, root, stream)
        finally:
            os._exit(0)
    os.close(into)
    done = 0
    with os.fdopen(out) as stream:
        for line in stream:
            done += 1
            yield Result(**{**(said := json.loads(line)), "deeds": tuple(said["deeds"])})
    _, status = os.waitpid(child, 0)
    if done < len(todo):
        case, way = todo[done]
        yield Result(
            case=case.name,
            way=way,
            outcome="died",
            message=f"the process ended with {status}",
            cpu=0.0,
            wall=0.0,
            grown=0,
            deeds=(),
        )


def _work(
    todo: Iterable[tuple[Case, str]],
    goods: Mapping[str, Path],
    ways: Mapping[str, Way],
    root: Path,
    stream: Any,
) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    space = _pages("VmSize") + SPACE
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    sys.stdout = sys.stderr = Path(os.devnull).open("w")
    watch = _Watch()
    sys.addaudithook(watch.seen)
    for number, (case, way) in enumerate(todo):
        place = root / f"{os.getpid()}-{number}"
        result = _tried(case, way, goods, ways[way], place, watch)
        stream.write(json.dumps(result) + "\n")
        stream.flush()
        shutil.rmtree(place, ignore_errors=True)


def _tried(
    case: Case, way: str, goods: Mapping[str, Path], use: Way, place: Path, watch: "_Watch"
) -> dict[str, Any]:
    snapshot = laid(case, goods, place)
    for name in ("home", "cwd", "tmp", "store"):
        (place / name).mkdir()
    os.environ.update(
        HOME=str(place / "home"),
        HF_HUB_CACHE=str(place / "cache"),
        HF_HUB_OFFLINE="" if case.layout == SERVED else "1",
        ADAPTERSTILTS_STORE=str(place / "store"),
        TMPDIR=str(place / "tmp"),
        TORCHINDUCTOR_CACHE_DIR=str(place / "tmp/inductor"),
    )
    os.chdir(place / "cwd")
    tempfile.tempdir = None
    before = _tree(place)
    Path("/proc/self/clear_refs").write_text("5")
    grown, cpu, wall = _pages("VmRSS"), time.process_time(), time.monotonic()
    outcome, message = "taken", ""
    watch.begin(place, served=case.layout == SERVED)
    try:
        use(case, snapshot, {**goods, "place": place})
    except StiltsError as error:
        outcome, message = "refused", str(error)
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        outcome = "crashed"
        message = f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})"
    watch.end()
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    grown = max(0, _pages("VmHWM") - grown)
    deeds = [*watch.deeds, *(f"left {name}" for name in sorted(_tree(place) ^ before))]
    return {
        "case": case.name,
        "way": way,
        "outcome": outcome,
        "message": message.replace(str(place), MARK).encode(errors="backslashreplace").decode(),
        "cpu": cpu,
        "wall": wall,
        "grown": grown,
        "deeds": deeds,
    }


def laid(case: Case, goods: Mapping[str, Path], place: Path) -> Path:
    """Return the folder of a case's files, in a cache as huggingface_hub keeps one."""
    repository = Repository(name=NAME, kind="model")
    cache = place / "cache"
    snapshot = cached.snapshot(cache, repository, COMMIT)
    snapshot.parent.mkdir(parents=True)
    if case.layout == SERVED:
        return snapshot
    shutil.copytree(goods[case.layout], snapshot)
    case.spoil(snapshot)
    cached.keep_commit(cache, repository, COMMIT)
    files = {
        path.relative_to(snapshot).as_posix(): RemoteFile(size=_size(path), sha256="0" * 64)
        for path in snapshot.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    cached.keep_listing(cache, Listing(repository=repository, commit=COMMIT, files=files))
    return snapshot


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _tree(place: Path) -> set[str]:
    """Return what lies in the folders that nobody but the user may write to."""
    return {
        path.relative_to(place).as_posix()
        for name in ("home", "cwd", ".")
        for path in (place.iterdir() if name == "." else (place / name).rglob("*"))
    }


def _pages(key: str) -> int:
    """Return what the system says of this process's memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


class _Watch:
    """Notes what nobody may do on behalf of a repository."""

    def __init__(self) -> None:
        self.deeds: list[str] = []
        self._place: Path | None = None
        self._served = False

    def begin(self, place: Path, *, served: bool) -> None:
        self.deeds = []
        self._place, self._served = place, served

    def end(self) -> None:
        self._place = None

    def seen(self, event: str, given: tuple[Any, ...]) -> None:
        place = self._place
        if place is None:
            return
        if event == "socket.getaddrinfo" and self._served and given[0] == _HERE:
            return
        if event in _NEVER:
            self.deeds.append(f"{event} {given[:2]!r:.200}")
        elif event == "socket.connect":
            if self._served and given[1][0] == _HERE:
                return
            self.deeds.append(f"{event} {given[1]!r}")
            raise ConnectionRefusedError("no network here")
        elif event == "open" and _writes(given):
            self._written(place, event, given[0])
        elif event in _CHANGES:
            names = given[1:2] if event == "os.symlink" else given[: _CHANGES[event]]
            for name, at in zip(names, _folders(event, given), strict=False):
                self._written(place, event, name, at)

    def _written(self, place: Path, event: str, name: Any, at: int = -1) -> None:
        within = Path(f"/proc/self/fd/{at}" if at >= 0 else ".").resolve()
        path = "" if isinstance(name, int) else str(within / os.fsdecode(name))
        # What was fetched for the case before may still be on its way in a thread of its own.
        at = path.removeprefix(f"{place.parent}/").partition("/")[2]
        late = path.startswith(f"{place.parent}/") and not path.startswith(f"{place}/")
        if (
            path
            and not at.startswith(("cache/", "store", "tmp/"))
            and not late
            and path != os.devnull
        ):
            self.deeds.append(f"{event} {path}")


_NEVER = frozenset(
    {
        "pickle.find_class",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.startfile",
        "socket.getaddrinfo",
    }
)
"""What nothing that comes from a repository may bring about."""
_CHANGES: Mapping[str, int] = {
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
}
"""Changes of folders to how many of what is given are paths."""


def _folders(event: str, given: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the folders, open ones by number, that names are in which a change is given."""
    found = tuple(each for each in given[_CHANGES[event] :] if isinstance(each, int))
    return found[-2:] if _CHANGES[event] == 2 else (found[-1:] or (-1,))


def _writes(given: tuple[Any, ...]) -> bool:
    _, mode, flags = given
    if isinstance(mode, str):
        return any(sign in mode for sign in "wax+")
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
