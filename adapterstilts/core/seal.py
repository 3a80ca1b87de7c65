"""The file `DONE`: the last that a stage writes, and what its other files must be."""

import json
from pathlib import Path
from typing import Any

from adapterstilts.core.disk import sync, write_synced
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest

DONE = "DONE"
"""Name of the seal; a folder without it is not finished and exists for nobody."""


def seal(folder: Path) -> None:
    """Bring a folder to the disk and leave `DONE` in it, last of all."""
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*")):
        sync(path)
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            files[name] = {"sha256": file_digest(path), "size": path.stat().st_size}
    write_synced(folder / DONE, json.dumps({"files": files}, indent=1, sort_keys=True) + "\n")
    sync(folder)


def is_sealed(folder: Path) -> bool:
    """Return whether a folder is finished."""
    return (folder / DONE).is_file()


def is_intact(folder: Path) -> bool:
    """Return whether every file is there in its full size, without reading any of them."""
    try:
        sizes = {name: stated["size"] for name, stated in _read(folder).items()}
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (StiltsError, OSError):
        return False


def verify(folder: Path) -> None:
    """Read every file and raise at the first that is not what `DONE` says."""
    for name, stated in _read(folder).items():
        path = folder / name
        if not path.is_file():
            raise _corrupted(path, "it is missing", folder)
        if path.stat().st_size != stated["size"]:
            reason = f"it has {path.stat().st_size} bytes where {stated['size']} belong"
            raise _corrupted(path, reason, folder)
        if file_digest(path) != stated["sha256"]:
            raise _corrupted(path, "its bytes are not those that were written", folder)


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / DONE
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {name: {"size": int(f["size"]), "sha256": f["sha256"]} for name, f in files.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _corrupted(path, "it is not readable", folder) from error


def _corrupted(path: Path, reason: str, folder: Path) -> StiltsError:
    return StiltsError(
        f"corrupted artifact {path}: {reason}; remove the folder {folder} and run again"
    )
