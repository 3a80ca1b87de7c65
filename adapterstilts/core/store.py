"""Where finished work is kept, by the fingerprint of what it was made from.

A stage writes to a folder that nobody sees, seals it and renames it: a folder `<kind>-<slug>-<id>`
with `DONE` in it is finished for good, and anything else does not exist. Several processes, on
several machines, may share one store.
"""

import json
import re
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.core import seal
from adapterstilts.core.claims import Claims
from adapterstilts.core.disk import explained, sync, write_synced
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.partial import abandoned, discard, partial

_ID = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(r"(?P<kind>[a-z_]+)-(?P<slug>.*)-(?P<id>[0-9a-f]{16})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._=+@,]+")
_SLUG_LENGTH = 100
_SETTLED = 2 * 10**9
"""Nanoseconds after which a folder's time of change is sure to differ from that of a new change:
the coarsest clock among common file systems."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One folder of a store."""

    kind: str
    """Kind of the stage; `work` and `partial` for what unfinished stages left."""
    slug: str
    """Readable part of the folder's name; it carries no meaning."""
    id: str
    """Fingerprint of the stage."""
    path: Path
    """The folder."""


class Store:
    """A folder of finished stages; it is made by the first that writes to it."""

    def __init__(self, root: Path) -> None:
        """Say where the store is."""
        self.root = root
        self._claims = Claims(root / ".claims")
        self._partial = root / ".partial"
        self._work = root / ".work"
        self._pins = root / "pins.json"
        self._index: dict[str, Entry] = {}
        self._scanned: int | None = None

    def find(self, id: str) -> Path | None:
        """Return the folder of a finished stage, whoever finished it, or None."""
        entry = self._index.get(id)
        if entry is None or not seal.is_sealed(entry.path):
            self._scan()
            entry = self._index.get(id)
        return entry.path if entry is not None and seal.is_sealed(entry.path) else None

    def folder(self, id: str, what: str) -> Path:
        """Return the folder of a finished stage, or say that what it left is gone."""
        found = self.find(id)
        if found is None:
            raise StiltsError(f"{what} of stage {id} is gone from {self.root}: run it again")
        return found

    def entries(self) -> list[Entry]:
        """Return every finished stage in the order of their names."""
        self._scan()
        return [entry for entry in self._index.values() if seal.is_sealed(entry.path)]

    @contextmanager
    def writing(self, kind: str, slug: str, id: str) -> Iterator[Path]:
        """Yield an empty folder that becomes the finished stage when the block ends well.

        On an exception the folder is removed. If somebody else finished the stage first, theirs
        stays. The stage's work folder is removed once it is finished.
        """
        final = self.root / _name(kind, slug, id)
        with explained(self.root):
            for _, left in abandoned(self._partial, id):
                shutil.rmtree(left, ignore_errors=True)
            with partial(self._partial, id) as folder:
                yield folder
                seal.seal(folder)
                self._publish(folder, final, id)
        shutil.rmtree(self._work / id, ignore_errors=True)

    def work(self, id: str) -> Path:
        """Return a folder for checkpoints, which survives until the stage is finished."""
        folder = self._work / _checked(id)
        with explained(self.root):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def claim(self, id: str) -> Iterator[bool]:
        """Yield whether this caller alone may work on a stage until the block ends.

        Another process may have finished it just before: look with `find` once more.
        """
        with ExitStack() as stack:
            with explained(self.root):  # What goes wrong while it is held is not the claim's.
                held = stack.enter_context(self._claims.hold(_checked(id)))
            yield held

    def claimed(self, id: str) -> bool:
        """Return whether somebody who lives works on a stage."""
        with explained(self.root):
            return self._claims.held(_checked(id))

    def collect(self, keep: Collection[str]) -> list[Entry]:
        """Remove what no id in `keep` reaches and nobody works on; return what was removed.

        Removed are finished stages and checkpoints of other ids, checkpoints of what is finished,
        and whatever killed processes left.
        """
        with explained(self.root):
            finished = self.entries()
            doomed = [entry for entry in finished if entry.id not in keep]
            wanted = set(keep) - {entry.id for entry in finished}
            doomed += [entry for entry in self._unfinished() if entry.id not in wanted]
            doomed += [
                Entry(kind="partial", slug="", id=id, path=path)
                for id, path in abandoned(self._partial)
            ]
            removed = [entry for entry in doomed if self._discard(entry)]
            self._claims.sweep()
        return removed

    def remove(self, id: str) -> None:
        """Remove a finished stage and its checkpoints, so that the next run does it again."""
        with explained(self.root):
            shutil.rmtree(self._work / _checked(id), ignore_errors=True)
            if path := self.find(id):
                discard(path, self._partial, id)

    def intact(self, path: Path) -> bool:
        """Return whether every file of a finished stage is there in its full size."""
        return seal.is_intact(path)

    def verify(self, entry: Entry) -> None:
        """Read every file of a finished stage and raise at the first that is corrupted."""
        seal.verify(entry.path)

    def pin(self, key: str, value: str) -> str:
        """Return the value of a key: the given one if it is the first, else the first one."""
        pins = self.pins()
        if key not in pins:
            with explained(self.root), self._claims.wait("pins"):
                pins = {key: value, **self.pins()}
                with partial(self._partial, "pins") as folder:
                    new = folder / self._pins.name
                    write_synced(new, json.dumps(pins, indent=1, sort_keys=True) + "\n")
                    new.replace(self._pins)
        return pins[key]

    def pins(self) -> dict[str, str]:
        """Return every pinned value."""
        try:
            pins = json.loads(self._pins.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except ValueError as error:
            raise _broken_pins(self._pins, str(error)) from error
        if not isinstance(pins, dict):
            raise _broken_pins(self._pins, "not a JSON object")
        return pins

    def _scan(self) -> None:
        """Read the names in the store again if any came or went since the last time."""
        with explained(self.root):
            try:
                changed = self.root.stat().st_mtime_ns
                if changed == self._scanned:
                    return
                names = sorted(path.name for path in self.root.iterdir())
            except FileNotFoundError:
                changed, names = 0, []
        index: dict[str, Entry] = {}
        for match in filter(None, map(_NAME.fullmatch, names)):
            entry = Entry(**match.groupdict(), path=self.root / match.string)
            if entry.id not in index or seal.is_sealed(entry.path):
                index[entry.id] = entry
        self._index = index
        self._scanned = changed if time.time_ns() - changed > _SETTLED else None

    def _unfinished(self) -> list[Entry]:
        """Return every folder of checkpoints."""
        if not self._work.is_dir():
            return []
        return [
            Entry(kind="work", slug="", id=path.name, path=path)
            for path in sorted(self._work.iterdir())
            if _ID.fullmatch(path.name)
        ]

    def _publish(self, folder: Path, final: Path, id: str) -> None:
        if self.find(id) is not None:
            return
        if final.exists():  # Its `DONE` was taken away: somebody wants it done again.
            discard(final, self._partial, id)
        try:
            folder.rename(final)
        except OSError:
            if self.find(id) is None:
                raise
        sync(self.root)

    def _discard(self, entry: Entry) -> bool:
        with self._claims.hold(entry.id) as held:
            if not held or not entry.path.exists():
                return False
            if entry.kind == "partial":
                shutil.rmtree(entry.path)
            else:
                discard(entry.path, self._partial, entry.id)
        return True


def _name(kind: str, slug: str, id: str) -> str:
    """Return the name of a stage's folder, whatever its slug holds."""
    safe = _UNSAFE.sub("-", slug)[:_SLUG_LENGTH].strip("-.")
    name = f"{kind}-{safe}-{_checked(id)}"
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a kind of stage: {kind!r}")
    return name


def _checked(id: str) -> str:
    if not _ID.fullmatch(id):
        raise ValueError(f"not the id of a stage: {id!r}")
    return id


def _broken_pins(path: Path, reason: str) -> StiltsError:
    return StiltsError(
        f"broken file {path}: {reason}; remove it, and revisions are resolved anew by the next run"
    )
