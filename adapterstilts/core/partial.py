"""Folders that nobody else sees yet: half written, or half removed.

Their names say who owns them: `<of>~<owner>~<a word that no other has>`.
"""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapterstilts.core import owners

FORGOTTEN = 24 * 3600.0
"""Seconds after which the folder of a process on another machine is taken for abandoned."""


@contextmanager
def partial(parent: Path, of: str) -> Iterator[Path]:
    """Yield a new folder; whatever is still there when the block ends is removed."""
    folder = parent / f"{of}~{owners.this_process()}~{uuid.uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def discard(path: Path, parent: Path, of: str) -> None:
    """Remove a folder so that, killed at any moment, no half of it is left in its place."""
    with partial(parent, of) as folder, suppress(FileNotFoundError):
        path.rename(folder / path.name)


def abandoned(parent: Path, of: str = "") -> list[tuple[str, Path]]:
    """Return what each folder is of whose process is gone, and the folder; all, or those `of`."""
    found = []
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        match folder.name.rsplit("~", 2):
            case [name, word, _] if of in ("", name) and _is_abandoned(folder, owners.parse(word)):
                found.append((name, folder))
    return found


def is_partial(folder: Path) -> bool:
    """Return whether a folder is called as one that nobody else sees yet."""
    parts = folder.name.rsplit("~", 2)
    return len(parts) == 3 and owners.parse(parts[1]) is not None


def _is_abandoned(folder: Path, owner: owners.Owner | None) -> bool:
    if owner is None:
        return False  # It only looks like one of ours.
    known = owners.lives(owner)
    if known is not None:
        return not known
    with suppress(FileNotFoundError):  # Finished while we looked.
        return time.time() - folder.stat().st_mtime > FORGOTTEN
    return False
