"""A folder that is written in place of a repository, whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub.uploading import named_files
from adapterstilts.core.partial import abandoned, discard, is_partial, partial

T = TypeVar("T")

_PARTIAL, _OF = ".partial", "publish"
"""Where a store keeps what is half done, and what such a folder of ours is called."""


def settled(folder: Path, write: Callable[[Path], T]) -> T:
    """Return what writing a folder gives; what it was before, a publication too, is replaced.

    It is written beside, hidden, and what a killed process has left of that there goes before.

    Args:
        folder: Where it is to be.
        write: Writes to the empty folder that it is given.
    """
    folder = folder.expanduser().resolve()
    check(folder)
    parent, of = folder.parent, f".{folder.name}"
    with ExitStack() as stack:
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _sweep(parent, of)
            beside = stack.enter_context(partial(parent, of))
        except OSError as error:
            raise StiltsError(
                f"nothing can be written to {parent} ({error.strerror}): name a folder in another"
                " place for the dry run"
            ) from error
        new = beside / folder.name
        new.mkdir()
        found = write(new)
        if folder.exists():
            discard(folder, parent, of)
        new.rename(folder)
    return found


def check(folder: Path) -> None:
    """Refuse a folder with something in it that no publication has left there."""
    if folder.exists() and (what := _foreign(folder)):
        raise UsageError(
            f"{folder} is in use: {what} is no part of a publication; name a folder that is not"
            " there yet, or one that a dry run has written"
        )


def check_all(folder: Path) -> None:
    """Refuse a folder of publications with something else in it."""
    if folder.is_file():
        check(folder)
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if each.is_dir() and not is_partial(each):
            check(each)
        elif not each.is_dir():
            raise UsageError(
                f"{folder} is in use: {each.name} is no part of a publication; name a folder that"
                " is not there yet, or one that a dry run has written"
            )


@contextmanager
def room(root: Path) -> Iterator[Path]:
    """Yield an empty folder beside a store, or where temporary files are if none may write there.

    It goes when the block ends; one that a killed process has left goes when the next begins.
    """
    home = root if os.access(root, os.W_OK) else Path(tempfile.gettempdir())
    _sweep(home / _PARTIAL, _OF)
    with partial(home / _PARTIAL, _OF) as folder:
        yield folder


def _sweep(parent: Path, of: str) -> None:
    """Remove what processes that are gone have left half written."""
    for _, left in abandoned(parent, of):
        shutil.rmtree(left, ignore_errors=True)


def _foreign(folder: Path) -> str:
    """Return the first thing in a folder that its own list does not name, or an empty string."""
    if not folder.is_dir():
        return "it"
    here = [path for path in sorted(folder.rglob("*")) if not path.is_dir()]
    known = named_files(folder)
    names = (path.relative_to(folder).as_posix() for path in here)
    return next((name for name in names if name not in known), "")
