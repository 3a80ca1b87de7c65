"""What comes before a commit: which files are large, where these go, and that they have arrived.

The places for large files are signed, as those of the real Hub's store: whoever has the address
may write there, without a token, and nothing but what was announced.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.hub.messages import CHUNK, Answer, Request, as_json, refused
from tests.hub.repositories import ATTRIBUTES, PLAIN, Commit, Repository, is_large, settle


@dataclass
class Grant:
    """Leave to bring one large file."""

    repository: Repository
    oid: str
    size: int
    parts: dict[int, tuple[str, Path]] = field(default_factory=dict)
    """ETag and place of each part that has come."""


class Uploads:
    """Large files on their way here."""

    def __init__(self) -> None:
        self.multipart = 50_000_000
        """Bytes from which a large file comes in parts."""
        self.part = 20_000_000
        """Bytes of a part."""
        self.plain = PLAIN
        """Bytes above which a file is large, whatever its name is."""
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def preupload(self, request: Request, commit: Commit) -> Answer:
        """Return for each file how it is to come, and what is there under its name."""
        said = request.json()
        attributes = _text(commit, ".gitattributes") or ATTRIBUTES
        ignored = str(said.get("gitIgnore", _text(commit, ".gitignore"))).splitlines()
        files = []
        for file in said.get("files", []):
            path, size = file["path"], int(file["size"])
            lfs = is_large(path, size, attributes, self.plain)
            about = {"path": path, "uploadMode": "lfs" if lfs else "regular"}
            about["shouldIgnore"] = _ignored(path, ignored)
            there = commit.files.get(path)
            if there is not None:
                about["oid"] = there.sha256 if lfs and there.sha256 else there.oid
            files.append(about)
        return as_json({"files": files})

    def batch(self, said: Mapping[str, Any], url: str, repository: Repository) -> Answer:
        """Return where each large file goes that is not here yet."""
        accepted = said.get("transfers") or ["basic"]
        objects, chosen = [], "basic"
        for each in said.get("objects", []):
            oid, size = str(each["oid"]), int(each["size"])
            about: dict[str, Any] = {"oid": oid, "size": size}
            place = repository.large(oid)
            if not _is_sha256(oid):
                about["error"] = {"code": 422, "message": "oid is no sha256"}
            elif not (place.exists() and place.stat().st_size == size):
                sign = secrets.token_hex(8)
                with self._lock:
                    self._grants[sign] = Grant(repository, oid, size)
                parts = size > self.multipart and "multipart" in accepted
                chosen = "multipart" if parts else chosen
                about["authenticated"] = True
                about["actions"] = self._actions(url, repository, sign, oid, size, parts=parts)
            objects.append(about)
        headers = {"Content-Type": "application/vnd.git-lfs+json; charset=utf-8"}
        return as_json({"transfer": chosen, "objects": objects}, headers)

    def put(self, sign: str, oid: str, part: str, request: Request) -> Answer:
        """Return the ETag of a file or of a part of one, once it has come."""
        grant = self._grants.get(sign)
        if grant is None or grant.oid != oid or request.body is None:
            return _store(403, "SignatureDoesNotMatch")
        aside = grant.repository.aside()
        try:
            came = request.body.save(aside)
            tag = f'"{came.md5}"'
            if part:
                with self._lock:
                    grant.parts[int(part)] = (tag, aside.rename(aside.with_suffix(f".{part}")))
                return Answer(200, b"", {"ETag": tag})
            if came.size != grant.size or came.sha256 != oid:
                return _store(400, "BadDigest")
            settle(aside, grant.repository.large(oid))
            return Answer(200, b"", {"ETag": tag})
        finally:
            aside.unlink(missing_ok=True)

    def complete(self, sign: str, oid: str, request: Request) -> Answer:
        """Return a yes once all parts make the file that was announced."""
        grant = self._grants.get(sign)
        if grant is None or grant.oid != oid:
            return _store(403, "SignatureDoesNotMatch")
        said = request.json()
        named = [(int(each["partNumber"]), str(each["etag"])) for each in said.get("parts", [])]
        here = [(number, tag) for number, (tag, _) in sorted(grant.parts.items())]
        if said.get("oid") != oid or named != here:
            return refused(400, "", "InvalidPart: parts are missing, or are others than those here")
        aside, found = grant.repository.aside(), sha256()
        with aside.open("wb") as whole:
            for _, place in (grant.parts[number] for number, _ in named):
                with place.open("rb") as stream:
                    while piece := stream.read(CHUNK):
                        found.update(piece)
                        whole.write(piece)
        if found.hexdigest() != oid or aside.stat().st_size != grant.size:
            aside.unlink()
            return refused(400, "", "the parts do not make the file that was announced")
        settle(aside, grant.repository.large(oid))
        for _, place in grant.parts.values():
            place.unlink(missing_ok=True)
        return as_json({"success": True})

    def verify(self, request: Request, repository: Repository) -> Answer:
        """Return whether a large file is here as it was announced."""
        said = request.json()
        place = repository.large(str(said.get("oid")))
        if not _is_sha256(place.name) or not place.exists():
            return refused(404, "", "Object not found")
        if place.stat().st_size != said.get("size"):
            return refused(400, "", "Object has another size")
        return as_json({"success": True})

    def _actions(
        self, url: str, repository: Repository, sign: str, oid: str, size: int, *, parts: bool
    ) -> dict[str, Any]:
        prefix = "" if repository.kind == "models" else f"{repository.kind}/"
        verify = f"{url}/{prefix}{repository.name}.git/info/lfs/objects/verify"
        target, header = f"{url}/upload/{sign}/{oid}", {}
        if parts:
            count = -(-size // self.part)
            header = {str(n): f"{target}/{n}" for n in range(1, count + 1)}
            header["chunk_size"] = str(self.part)
            target += "/complete"
        upload = {"href": target, **({"header": header} if parts else {})}
        return {"upload": upload, "verify": {"href": verify}}


def _is_sha256(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")


def _store(status: int, code: str) -> Answer:
    """Return a no of the store, which is not the Hub and speaks XML."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()
    return Answer(status, body, {"Content-Type": "application/xml"})


def _text(commit: Commit, path: str) -> str:
    entry = commit.files.get(path)
    return entry.place.read_text(encoding="utf-8", errors="replace") if entry else ""


def _ignored(path: str, lines: list[str]) -> bool:
    """Return whether a line of a `.gitignore` names a file or a folder that it is in."""
    lines = [line.strip() for line in lines]
    wanted = [line.strip("/") for line in lines if line and not line.startswith("#")]
    parts = path.split("/")
    above = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
    return any(fnmatchcase(each, line) for line in wanted for each in (*parts, *above))
