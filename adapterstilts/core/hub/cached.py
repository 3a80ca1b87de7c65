"""What is on this machine of repositories of the Hub: huggingface_hub's cache, and lists of files.

The layout is huggingface_hub's: `<kind>s--<name>/{blobs,refs,snapshots}`. Ours is one folder more
in each repository, `listings`, with all files of a commit: their sizes and digests.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from adapterstilts.core import strict
from adapterstilts.core.disk import write_synced
from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import Term
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.partial import partial

HEADER = {"schema": "adapterstilts/listing", "version": 1}
"""What a list of files starts with; what has another header is not read."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_COMMIT = _BLOB = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**53
"""Bytes that a file may have: more than any disk, and still exact in any program's numbers."""
_LONGEST, _LONGEST_PART = 1024, 255
"""Bytes of a path, and of a part of one, as file systems have them."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""What is no file's name on Windows, whatever comes after a point."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository at the revision that somebody asks for."""

    name: str
    """Its name, as `facebook/xnli`."""
    revision: str = "main"
    """Branch, tag or commit."""
    kind: Literal["dataset", "model"] = "dataset"
    """What it holds."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}@{self.revision}"

    @property
    def expression(self) -> str:
        """Return it as expressions spell an adapter's: `hub(user/repo@revision)`."""
        revision = "" if self.revision in ("", "main") else f"@{self.revision}"
        return Term(word="hub", arguments=(Term(word=f"{self.name}{revision}"),)).text

    @property
    def place(self) -> str:
        """Return where it is, as people are told."""
        return f"{self.name} on the Hub, revision {self.revision}"

    def check(self) -> None:
        """Refuse a name or a revision that the Hub cannot have, before either becomes a path."""
        if not is_name(self.name):
            raise UsageError(
                f"'{strict.shown(self.name)}' is no name of a {self.kind} on the Hub: write"
                " OWNER/NAME"
            )
        if not self.revision or not _safe(self.revision):
            raise UsageError(
                f"'{strict.shown(self.revision)}' is no revision of {self.kind} '{self.name}': give"
                " a branch, a tag or a commit"
            )


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file as the Hub lists it."""

    size: int
    """Bytes."""
    sha256: str = ""
    """Digest of a large file; empty of one that git keeps itself."""
    blob: str = ""
    """Git's own name of it."""

    @property
    def is_sound(self) -> bool:
        """Return whether its size is one, and its names can be those of files and of nothing else.

        A blob is called in the cache what the Hub says that it is called.
        """
        # What is declared is only what should be there.
        size: Any = self.size
        digests: tuple[tuple[Any, re.Pattern[str]], ...]
        digests = ((self.sha256, _SHA256), (self.blob, _BLOB))
        if type(size) is not int or not 0 <= size <= _LARGEST:
            return False
        if not all(type(name) is str for name, _ in digests):
            return False
        named = all(not name or kind.fullmatch(name) for name, kind in digests)
        return named and any(name for name, _ in digests)

    @property
    def etag(self) -> str:
        """Return the name of its blob in the cache."""
        return self.sha256 or self.blob


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Every file of a repository at a commit."""

    repository: Repository
    """The repository."""
    commit: str
    """The commit."""
    files: Mapping[str, RemoteFile]
    """Path to file, in the order of paths."""

    def size(self, names: tuple[str, ...]) -> int:
        """Return the bytes of some of the files."""
        return sum(self.files[name].size for name in names)


def is_name(name: str) -> bool:
    """Return whether a repository of the Hub can be called so."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and "--" not in name


def is_commit(revision: str) -> bool:
    """Return whether a revision is a commit and can never move."""
    return bool(_COMMIT.fullmatch(revision))


def folder(cache: Path, repository: Repository) -> Path:
    """Return the folder of a repository."""
    return cache / f"{repository.kind}s--{repository.name.replace('/', '--')}"


def snapshot(cache: Path, repository: Repository, commit: str) -> Path:
    """Return the folder that holds the files of a commit that have been fetched."""
    return folder(cache, repository) / "snapshots" / commit


def blob(cache: Path, listing: Listing, name: str) -> Path:
    """Return the file that a file's bytes are kept in."""
    return folder(cache, listing.repository) / "blobs" / listing.files[name].etag


def has(cache: Path, listing: Listing, name: str) -> bool:
    """Return whether a file of a commit is there in its full size."""
    path = snapshot(cache, listing.repository, listing.commit) / name
    try:
        return path.stat().st_size == listing.files[name].size
    except OSError:
        return False


def commit(cache: Path, repository: Repository) -> str:
    """Return the commit that a revision meant when it was last looked up, or an empty string."""
    if is_commit(repository.revision):
        return repository.revision
    try:
        known = (folder(cache, repository) / "refs" / repository.revision).read_text().strip()
    except OSError:
        return ""
    return known if is_commit(known) else ""


def keep_commit(cache: Path, repository: Repository, commit: str) -> None:
    """Note the commit that a revision means."""
    if not is_commit(repository.revision):
        refs = folder(cache, repository) / "refs"
        _replace(refs / repository.revision, commit, refs.parent)


def listing(cache: Path, repository: Repository, commit: str) -> Listing | None:
    """Return the list of a commit's files, if it is there."""
    path = folder(cache, repository) / "listings" / f"{commit}.json"
    try:
        document = strict.parsed(path.read_text(encoding="utf-8"))
        if {key: document[key] for key in HEADER} != HEADER:
            return None
        files = {
            name: RemoteFile(size=size, sha256=sha256, blob=blob)
            for name, size, sha256, blob in document["files"]
        }
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not all(_safe(name) and file.is_sound for name, file in files.items()):
        return None
    return Listing(repository=repository, commit=commit, files=files)


def keep_listing(cache: Path, listing: Listing) -> None:
    """Leave the list of a commit's files beside its snapshot."""
    rows = [[name, file.size, file.sha256, file.blob] for name, file in listing.files.items()]
    home = folder(cache, listing.repository)
    text = json.dumps({**HEADER, "commit": listing.commit, "files": rows}, indent=0)
    _replace(home / "listings" / f"{listing.commit}.json", text, home)


def safe_files(files: Mapping[str, RemoteFile]) -> dict[str, RemoteFile]:
    """Return files whose names stay below their snapshot, in order; no other is ever looked at."""
    return {name: files[name] for name in sorted(filter(_safe, files))}


def check(path: Path, file: RemoteFile) -> str:
    """Return the sha256 of a file if it holds what the Hub says, else an empty string."""
    digest = file_digest(path)
    if file.sha256:
        return digest if digest == file.sha256 else ""
    if not file.blob:
        return digest
    content = path.read_bytes()
    name = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return digest if name.hexdigest() == file.blob else ""


def remove(cache: Path, listing: Listing, name: str) -> None:
    """Remove a file and its bytes."""
    (snapshot(cache, listing.repository, listing.commit) / name).unlink(missing_ok=True)
    blob(cache, listing, name).unlink(missing_ok=True)


def _safe(name: object) -> bool:
    """Return whether a name stays below the folder that it is put in, on every file system."""
    if not isinstance(name, str) or not name.isprintable() or "\\" in name or ":" in name:
        return False
    parts = name.split("/")
    return len(name.encode()) <= _LONGEST and all(map(_safe_part, parts))


def _safe_part(part: str) -> bool:
    plain = part not in ("", ".", "..") and len(part.encode()) <= _LONGEST_PART
    return plain and part[-1] not in ". " and not _DEVICE.fullmatch(part)


def _replace(path: Path, text: str, home: Path) -> None:
    """Leave a file at once, whole, whoever else writes it."""
    with suppress(FileNotFoundError):
        if path.read_text(encoding="utf-8") == text:
            return
    with partial(home / ".partial", "note") as folder:
        write_synced(folder / "note", text)
        path.parent.mkdir(parents=True, exist_ok=True)
        (folder / "note").replace(path)
    with suppress(OSError):
        (home / ".partial").rmdir()
