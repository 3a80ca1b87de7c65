"""Repositories of a Hub of our own: commits are lists of files, their contents lie on disk.

A content has its hash for a name, as in git: `git/<sha1>` what git keeps itself, `lfs/<sha256>`
what it does not. So a path is a key and never a place on this disk, however odd it is.
"""

import hashlib
import shutil
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.hub.messages import CHUNK

LARGE = """
7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx parquet pb pickle pkl pt
pth rar safetensors tar tflite tgz wasm xz zip zst
""".split()
"""Ends of the names of files that git does not keep itself, as the Hub writes them for a start."""
ATTRIBUTES = "".join(f"*.{end} filter=lfs diff=lfs merge=lfs -text\n" for end in LARGE)
"""The one file of a new repository."""
PLAIN = 10 << 20
"""Bytes above which a file of any name is not kept by git itself."""


@dataclass(frozen=True)
class Odd:
    """A file that a real Hub would hardly serve: its listing or its answers say something else."""

    content: bytes = b""
    """What it is all the same."""
    listed: Mapping[str, Any] = field(default_factory=dict)
    """What its entry in a listing says instead: `size`, `oid`, `lfs`, `type`, or even `path`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the answers that carry its bytes or tell of them, as `Content-Length`."""
    endless: bool = False
    """Whether its bytes never end."""


@dataclass(frozen=True)
class Entry:
    """A file of a commit."""

    place: Path
    """Where its bytes lie."""
    size: int
    oid: str
    """Git's name of it: for a large file the name of the pointer to it."""
    sha256: str = ""
    """Hash of a large file."""
    odd: Odd | None = None
    """What is not as it should be."""

    @property
    def etag(self) -> str:
        """Return what tells it from every other content."""
        return self.sha256 or self.oid

    def listed(self, path: str) -> dict[str, Any]:
        """Return what a listing says of it."""
        about = {"type": "file", "oid": self.oid, "size": self.size, "path": path}
        if self.sha256:
            about["lfs"] = {"oid": self.sha256, "size": self.size, "pointerSize": 134}
        return {**about, **(self.odd.listed if self.odd else {})}


@dataclass(frozen=True)
class Commit:
    """A state of all files."""

    name: str
    files: Mapping[str, Entry]
    parent: str = ""
    title: str = ""
    description: str = ""
    author: str = ""
    date: str = ""


@dataclass
class Repository:
    """Commits of one repository, and who may see it."""

    folder: Path
    kind: str = "models"
    name: str = ""
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    tokens: frozenset[str] = frozenset()
    """Tokens that may read it, where not everybody may: of nobody in particular."""
    gated: bool | str = False
    private: bool = False
    lock: Any = field(default_factory=threading.RLock, repr=False)

    @property
    def namespace(self) -> str:
        """Return whose it is."""
        return self.name.partition("/")[0]

    def at(self, revision: str) -> Commit | None:
        """Return the commit that a revision means."""
        name = self.branches.get(revision) or self.tags.get(revision) or revision
        return self.commits.get(name)

    def files(self, revision: str = "main") -> dict[str, bytes]:
        """Return what a revision holds, for tests that look at it."""
        commit = self.at(revision)
        return {path: e.place.read_bytes() for path, e in commit.files.items()} if commit else {}

    def commit(
        self,
        files: Mapping[str, Entry],
        *,
        branch: str,
        title: str = "",
        description: str = "",
        author: str = "",
        parent: str | None = None,
    ) -> str:
        """Return the commit that makes these files, and no others, the newest of a branch."""
        with self.lock:
            before = self.branches.get(branch, "") if parent is None else parent
            date = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"
            said = f"{self.kind} {self.name} {len(self.commits)} {before} {title}"
            name = hashlib.sha1(said.encode()).hexdigest()
            made = Commit(
                name, dict(sorted(files.items())), before, title, description, author, date
            )
            self.commits[name] = made
            self.branches[branch] = name
            return name

    def large(self, sha256: str) -> Path:
        """Return where a large file lies, or would."""
        return self.folder / "lfs" / sha256

    def keep(self, path: str, content: bytes | Path | Odd, *, lfs: bool | None = None) -> Entry:
        """Return a content as the file of a path, once it is on disk."""
        if isinstance(content, Path):
            size = content.stat().st_size
        else:
            size = len(content.content if isinstance(content, Odd) else content)
        if lfs is None:
            lfs = is_large(path, size)
        odd = content if isinstance(content, Odd) else None
        taken = odd.content if odd else content
        sha256, oid = (_sha256(taken), "") if lfs else ("", git_name(taken, size))
        place = self.large(sha256) if lfs else self.folder / "git" / oid
        if not place.exists():
            aside = self.aside()
            if isinstance(taken, Path):
                shutil.copyfile(taken, aside)
            else:
                aside.write_bytes(taken)
            settle(aside, place)
        return self.kept(sha256, odd) if lfs else Entry(place, size, oid, odd=odd)

    def kept(self, sha256: str, odd: Odd | None = None) -> Entry:
        """Return a large file that is here already."""
        place = self.large(sha256)
        size = place.stat().st_size
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
        return Entry(place, size, git_name(pointer.encode()), sha256, odd)

    def aside(self) -> Path:
        """Return a place for bytes that are still to come."""
        folder = self.folder / "coming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex


def settle(aside: Path, place: Path) -> None:
    """Put a file where it belongs, all at once."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(place)


def is_large(path: str, size: int, attributes: str = ATTRIBUTES, most: int = PLAIN) -> bool:
    """Return whether git leaves a file to the store for large ones."""
    lines = [line.split() for line in attributes.splitlines() if "filter=lfs" in line]
    name = path.rpartition("/")[2]
    named = any(fnmatchcase(name, line[0]) or fnmatchcase(path, line[0]) for line in lines)
    return size > 0 and (named or size > most)


def git_name(content: bytes | Path, size: int | None = None) -> str:
    """Return what git calls a content."""
    if isinstance(content, Path):
        found = hashlib.sha1(b"blob %d\0" % (size or 0))
        _feed(found, content)
        return found.hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    found = hashlib.sha256()
    _feed(found, content)
    return found.hexdigest()


def _feed(found: Any, path: Path) -> None:
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            found.update(piece)
