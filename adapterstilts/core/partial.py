"""Folders that nobody else sees yet: half written, or half removed.

Each has its owner written beside it, so that what a killed process left can be told from what
a living one is writing.
"""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapterstilts.core import owners

OWNER = "owner.json"
FORGOTTEN = 24 * 3600.0
"""Seconds after which the folder of a process on another machine is taken for abandoned."""


@contextmanager
def partial(parent: Path, id: str) -> Iterator[Path]:
    """Yield a new folder for a stage; whatever is still there when the block ends is removed."""
    shell = parent / f"{id}-{uuid.uuid4().hex[:12]}"
    try:
        content = shell / "content"
        content.mkdir(parents=True)
        (shell / OWNER).write_text(owners.dumps(owners.this_process()), encoding="utf-8")
        yield content
    finally:
        shutil.rmtree(shell, ignore_errors=True)


def discard(path: Path, parent: Path, id: str) -> None:
    """Remove a folder so that, killed at any moment, no half of it is left in its place."""
    with partial(parent, id) as folder, suppress(FileNotFoundError):
        path.rename(folder / path.name)


def abandoned(parent: Path, id: str = "") -> list[tuple[str, Path]]:
    """Return the ids and folders whose process is gone, all of them or those of one stage."""
    if not parent.is_dir():
        return []
    shells = [(shell.name.partition("-")[0], shell) for shell in sorted(parent.iterdir())]
    return [(of, shell) for of, shell in shells if id in ("", of) and _is_abandoned(shell)]


def _is_abandoned(shell: Path) -> bool:
    try:
        age = time.time() - shell.stat().st_mtime
        owner = shell / OWNER
        text = owner.read_text(encoding="utf-8") if owner.exists() else ""
    except FileNotFoundError:
        return False  # Finished while we looked.
    known = owners.lives(owners.loads(text))
    return age > FORGOTTEN if known is None else not known
