"""Files that are to be written: a text, or a copy of weights, with its size known before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.folder import copying
from adapterstilts.publishing.folder.copying import Rename


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a folder that is published."""

    name: str
    """Where it is to be, relative, with slashes."""
    size: int
    """Bytes that it will have."""
    write: Callable[[Path], None] = field(repr=False)
    """Leaves it at a path whose folder is there."""


def of_text(name: str, text: str) -> File:
    """Return a file of a text."""
    content = text.encode("utf-8")

    def write(path: Path) -> None:
        path.write_bytes(content)

    return File(name=name, size=len(content), write=write)


def of_weights(name: str, source: Path, rename: Rename = str) -> File:
    """Return a copy of a file of safetensors, the names in which may be other ones."""
    return File(
        name=name,
        size=copying.size(source, rename),
        write=lambda path: copying.copy(source, path, rename),
    )


def of_file(name: str, source: Path) -> File:
    """Return a copy of any file."""
    return File(
        name=name, size=source.stat().st_size, write=lambda path: copying.same(source, path)
    )


def in_order(files: Sequence[File]) -> tuple[File, ...]:
    """Return files by their names, of which no two are the same."""
    found: Mapping[str, File] = {each.name: each for each in files}
    if len(found) < len(files):
        raise StiltsError("two files of what is published would have one name: rename a module")
    return tuple(found[name] for name in sorted(found))


def write(files: Sequence[File], folder: Path) -> None:
    """Leave files in a folder."""
    for each in files:
        path = folder / PurePosixPath(each.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        each.write(path)
