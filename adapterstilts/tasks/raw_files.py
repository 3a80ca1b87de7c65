"""Which files of a user's folder hold a split in a language: official layouts, found by name."""

import glob
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.tasks.origin import Absent, LocalFiles, MissingData
from adapterstilts.tasks.task import RawData, RealData, Task

DEPTH = 2
"""Folders below the one that the user names in which a layout may start."""


def find(task: Task, data: RealData, *, language: str, split: str, folder: Path) -> LocalFiles:
    """Return the files of a split, or say which were looked for and where.

    The layout may start in the folder itself, beside it where the folder bears the name that the
    layout starts with, or up to two folders below: the first depth at which one does decides, and
    at that depth the layout that the declaration names first. A layout whose names are the user's
    own (`*.txt`) starts in the folder itself, or any folder would do.
    """
    _check(folder, task)
    held_out = data.held_out if split in ("train", "dev") else 0
    read = "train" if held_out else split
    layouts = [layout for layout in data.raw if read in layout.files]
    for roots in _depths(folder, layouts, read):
        for layout in layouts:
            patterns = _patterns(layout, task, language, read)
            starts = [root for root in roots if root == folder or not patterns[0].startswith("*")]
            found = {root: files for root in starts if (files := _files(root, patterns))}
            if len(found) > 1:
                raise _ambiguous(task, language, split, patterns, list(found))
            for root, files in found.items():
                return LocalFiles(
                    task=task.name,
                    layout=layout,
                    split=read,
                    root=root,
                    files=files,
                    digests=tuple(_digest(root / name) for name in files),
                    held_out=held_out,
                )
    raise MissingData([_absent(task, layouts, language, split, read, folder)])


def wanted(task: Task, data: RealData, split: str) -> str:
    """Return the files that would do for a split, in the words of the declaration."""
    held_out = data.held_out and split in ("train", "dev")
    read = "train" if held_out else split
    choices = [" and ".join(layout.files[read]) for layout in data.raw if read in layout.files]
    return " or ".join(dict.fromkeys(choices))


def _check(folder: Path, task: Task) -> None:
    """Refuse what is no folder, or none that may be looked into."""
    purpose = f"for the data of task '{task.name}'"
    if folder.is_file():
        why = f"{folder} is a file, and no folder {purpose}: unpack it where it is an archive, and"
    elif not folder.is_dir():
        why = f"there is no folder {folder} {purpose}:"
    elif not os.access(folder, os.R_OK | os.X_OK):
        why = f"{folder} may not be read {purpose}: change its permissions, or"
    else:
        return
    raise StiltsError(f"{why} mend --data, or 'data' in the recipe")


def _depths(folder: Path, layouts: list[RawData], split: str) -> Iterator[list[Path]]:
    """Yield where a layout may start, the nearest first; folders are listed only when asked."""
    yield [folder]
    starts = {
        PurePosixPath(pattern).parts[0] for layout in layouts for pattern in layout.files[split]
    }
    if folder.name in starts:
        yield [folder.parent]
    level = [folder]
    for _ in range(DEPTH):
        level = [below for each in level for below in _below(each)]
        yield level


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(
            path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except PermissionError:
        return []


def _patterns(layout: RawData, task: Task, language: str, split: str) -> tuple[str, ...]:
    """Return the patterns of a split for one language, whose names are taken literally."""
    # A subset may be a pattern itself: `*` is text in every language.
    names = {"language": glob.escape(language), "subset": task.languages[language]}
    return tuple(pattern.format(**names) for pattern in layout.files[split])


def _files(root: Path, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files of all patterns in their order; nothing where one of them has none."""
    found: list[str] = []
    for pattern in patterns:
        here = sorted(
            path.relative_to(root).as_posix() for path in root.glob(pattern) if path.is_file()
        )
        if not here:
            return ()
        found.extend(name for name in here if name not in found)
    return tuple(found)


def _digest(path: Path) -> str:
    status = path.stat()
    return _known_digest(path, status.st_size, status.st_mtime_ns)


@cache
def _known_digest(path: Path, size: int, changed: int) -> str:
    """Return the digest of a file, read once in a process as long as it does not change."""
    return file_digest(path)


def _absent(
    task: Task, layouts: list[RawData], language: str, split: str, read: str, folder: Path
) -> Absent:
    if not layouts:
        reason = f"no official layout has that split; take --data away from '{task.name}'"
    else:
        files = (" and ".join(layout.files[read]) for layout in layouts)
        names = " or ".join(dict.fromkeys(files)).replace("{subset}", _subset(task, language))
        reason = (
            f"no {names} in {folder}, nor up to {DEPTH} folders below it; name their folder with"
            f" --data {task.name}=DIR"
        )
    return Absent(task=task.name, split=split, language=language, reason=reason)


def _subset(task: Task, language: str) -> str:
    """Return the subset's name where it is the only way to know it."""
    subset = task.languages[language]
    return "{language}" if subset == language else subset


def _ambiguous(
    task: Task, language: str, split: str, patterns: tuple[str, ...], roots: list[Path]
) -> StiltsError:
    places = ", ".join(str(root) for root in roots)
    return StiltsError(
        f"the {split} data of task '{task.name}' ({language}) could be any of {len(roots)}: each of"
        f" {places} holds {' and '.join(patterns)}; name the one that is meant with"
        f" --data {task.name}=DIR"
    )
