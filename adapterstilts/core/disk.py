"""Writing that survives a loss of power, and whose failures are explained."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapterstilts.core.errors import StiltsError

_FULL = {
    errno.ENOSPC: "no space is left on its disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be larger than the system allows",
}
_CLOSED = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "its file system is read-only",
}


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """Turn what a disk refuses into an error that names the store and the remedy."""
    try:
        yield
    except StiltsError:
        raise
    except Exception as error:
        if message := _message(error, root):
            raise StiltsError(message) from error
        raise


def write_synced(path: Path, text: str) -> None:
    """Leave a file whose bytes are on the disk when this returns."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def sync(path: Path) -> None:
    """Bring a file's bytes, or a folder's list of names, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder; its journal keeps the names.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems refuse this for folders, and keep names safe themselves.
        if error.errno != errno.EINVAL or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def _message(error: Exception, root: Path) -> str:
    """Return what to tell the user, or nothing where the store is not what went wrong."""
    if isinstance(error, OSError) and _is_elsewhere(error.filename, root):
        return ""
    if full := _full(error):
        return (
            f"cannot write to the store {root}: {full}; free some space and run again (what is"
            " finished is kept), or choose another place with --store DIR"
        )
    if closed := _closed(error, root):
        return f"cannot use the store {root}: {closed}; choose another folder with --store DIR"
    return ""


def _full(error: Exception) -> str:
    if isinstance(error, OSError):
        return _FULL.get(error.errno or 0, "")
    # Libraries in other languages (safetensors) say it in words only.
    return next((why for code, why in _FULL.items() if os.strerror(code) in str(error)), "")


def _closed(error: Exception, root: Path) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return next((f"{path} is a file" for path in (root, *root.parents) if path.is_file()), "")
    if isinstance(error, OSError) and error.filename is not None:
        return _CLOSED.get(error.errno or 0, "")
    return ""


def _is_elsewhere(name: object, root: Path) -> bool:
    """Return whether a failure names a file that is neither in the store nor on the way to it."""
    if not isinstance(name, str | os.PathLike):
        return False
    path, home = Path(name).resolve(), root.resolve()
    return not (path.is_relative_to(home) or home.is_relative_to(path))
