"""A Hub of our own: folders on disk, served as huggingface_hub asks for them, over real HTTP.

    with serving(folder) as hub:
        commit = hub.push("someone/data", {"README.md": "…", "a/train.parquet": parquet})
        hub.fault("a/train.parquet", cut=1000)
        ... HF_ENDPOINT=hub.url ...
        assert hub.asked("GET", "a/train.parquet") == 2

A push is a commit: a folder of its own, which never changes. Large files (`LFS`) have their sha256
for an etag and are fetched from another path, as the real Hub's are from its store.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.hub.faults import Fault, Faults
from tests.hub.handler import Answer, Request, handler, refused

LFS = (".parquet", ".safetensors", ".bin", ".pkl")
"""Ends of the names of files that git does not keep itself."""
PAGE = 50
"""Files on one page of a tree."""


@dataclass
class Repository:
    """Commits of one repository, and who may see it."""

    folder: Path
    branches: dict[str, str] = field(default_factory=dict)
    tokens: frozenset[str] = frozenset()
    gated: bool = False

    def commit(self, revision: str) -> str | None:
        """Return the commit that a revision means."""
        if (self.folder / revision).is_dir() and revision:
            return revision
        return self.branches.get(revision)

    def files(self, commit: str) -> list[Path]:
        """Return the files of a commit."""
        return sorted(path for path in (self.folder / commit).rglob("*") if path.is_file())


class Hub:
    """The repositories, what shall go wrong, and what was asked."""

    def __init__(self, root: Path) -> None:
        self.url = ""
        self.faults = Faults()
        self.requests: list[Request] = []
        self._root = root
        self._pushes = 0
        self._repositories: dict[tuple[str, str], Repository] = {}

    def push(
        self,
        name: str,
        files: Mapping[str, bytes | str | Path],
        *,
        kind: str = "dataset",
        branch: str = "main",
    ) -> str:
        """Return the commit that makes these files, and no others, the newest of a branch."""
        contents = {path: _bytes(content) for path, content in files.items()}
        self._pushes += 1
        commit = hashlib.sha1(f"{kind} {name} {self._pushes}".encode()).hexdigest()
        repository = self.repository(name, kind=kind)
        for path, content in contents.items():
            place = repository.folder / commit / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        (repository.folder / commit).mkdir(parents=True, exist_ok=True)
        repository.branches[branch] = commit
        return commit

    def repository(self, name: str, *, kind: str = "dataset") -> Repository:
        """Return a repository to change: `hub.repository("a/b").tokens = frozenset({"secret"})`."""
        folder = self._root / f"{kind}s" / name
        return self._repositories.setdefault((f"{kind}s", name), Repository(folder))

    def fault(self, path: str, **how: Any) -> None:
        """Let requests for paths that end so go wrong; see `Fault`."""
        self.faults.add(Fault(path=path, **how))

    def asked(self, method: str, path: str = "") -> int:
        """Return how often something was asked for whose path ends so."""
        return sum(each.method == method and each.path.endswith(path) for each in self.requests)

    def answer(self, request: Request) -> Answer:
        """Return what a real Hub would say."""
        self.requests.append(request)
        parts = request.path.strip("/").split("/")
        if parts[0] == "api":
            return self._api(request, parts[1], parts[2:])
        if parts[0] == "store":
            return self._stored(parts[1], parts[2], parts[3:])
        kind = parts.pop(0) if parts[0] in ("datasets", "models") else "models"
        return self._resolve(request, kind, parts)

    def _api(self, request: Request, kind: str, parts: list[str]) -> Answer:
        verb = next((index for index, part in enumerate(parts) if part in ("revision", "tree")), 0)
        name = "/".join(parts[:verb] if verb else parts)
        revision = unquote(parts[verb + 1]) if verb else "main"
        repository, commit, refusal = self._find(request, kind, name, revision)
        if refusal:
            return refusal
        every = [self._described(repository, commit, path) for path in repository.files(commit)]
        if not verb or parts[verb] == "revision":
            siblings = [{"rfilename": each["path"]} for each in every]
            return _json({"id": name, "sha": commit, "private": False, "siblings": siblings})
        start = int(request.query.get("cursor", ["0"])[0])
        headers = {}
        if start + PAGE < len(every):
            following = f"{self.url}{request.path}?recursive=True&cursor={start + PAGE}"
            headers["Link"] = f'<{following}>; rel="next"'
        return _json(every[start : start + PAGE], headers)

    def _resolve(self, request: Request, kind: str, parts: list[str]) -> Answer:
        if "resolve" not in parts:
            return refused(404, "", "Not found")
        verb = parts.index("resolve")
        name, revision, path = "/".join(parts[:verb]), unquote(parts[verb + 1]), parts[verb + 2 :]
        repository, commit, refusal = self._find(request, kind, name, revision)
        if refusal:
            return refusal
        if repository.gated:
            return refused(403, "GatedRepo", f"Access to {name} is restricted")
        file = repository.folder / commit / "/".join(path)
        common = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not file.is_file():
            return refused(404, "EntryNotFound", "Entry not found", common)
        about = self._described(repository, commit, file)
        if "lfs" not in about:
            return Answer(200, file.read_bytes(), {**common, "ETag": f'"{about["oid"]}"'})
        linked = {
            "X-Linked-Etag": f'"{about["lfs"]["oid"]}"',
            "X-Linked-Size": str(about["size"]),
            "Location": f"{self.url}/store/{kind}/{commit}/{name}/-/{'/'.join(path)}",
        }
        return Answer(302, b"", {**common, **linked})

    def _stored(self, kind: str, commit: str, parts: list[str]) -> Answer:
        name, _, path = "/".join(parts).partition("/-/")
        content = (self._root / kind / name / commit / path).read_bytes()
        return Answer(200, content, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'})

    def _find(
        self, request: Request, kind: str, name: str, revision: str
    ) -> tuple[Repository, str, Answer | None]:
        repository = self._repositories.get((kind, name))
        if repository is None or (repository.tokens and request.token not in repository.tokens):
            missing = Repository(self._root)
            return missing, "", refused(401, "RepoNotFound", "Repository not found")
        commit = repository.commit(revision)
        if commit is None:
            return repository, "", refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repository, commit, None

    def _described(self, repository: Repository, commit: str, file: Path) -> dict[str, Any]:
        content = file.read_bytes()
        oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        path = file.relative_to(repository.folder / commit).as_posix()
        about = {"type": "file", "path": path, "size": len(content), "oid": oid}
        if not path.endswith(LFS):
            return about
        large = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return {**about, "lfs": {**large, "pointerSize": 134}}


@contextmanager
def serving(root: Path) -> Iterator[Hub]:
    """Yield a Hub that answers until the block ends."""
    hub = Hub(root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _json(value: Any, headers: Mapping[str, str] = {}) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def _bytes(content: bytes | str | Path) -> bytes:
    if isinstance(content, Path):
        return content.read_bytes()
    return content.encode() if isinstance(content, str) else content
