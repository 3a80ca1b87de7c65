"""A Hub of our own: repositories on disk, read and written as huggingface_hub does, over real HTTP.

    with serving(folder) as hub:
        commit = hub.push("someone/data", {"README.md": "…", "a/train.parquet": parquet})
        hub.fault("a/train.parquet", cut=1000)
        ... HF_ENDPOINT=hub.url ...
        assert hub.asked("GET", "a/train.parquet") == 2

Reading: a push is a commit that replaces all files. Large files (see `is_large`) have their sha256
for an etag and are fetched from another path, as the real Hub's are from its store.

Writing: `HF_TOKEN=hf_someone` (`TOKEN`) is the user `someone`, who may write in `someone/` and
`lab/` and only read in `guild/`; `hub.join("hf_other", "other", orgs={"lab": "read"})` adds
another, `role="read"` gives a token that cannot write. What was written is in
`hub.repository("someone/x", kind="model").files()`; `hub.received` counts the bytes that all
clients sent, `hub.requests` what they asked, so that a test can say that nothing was sent.
`hub.uploads.multipart` and `.part` set from which size and in which pieces large files come.

What goes wrong: `hub.fault(path, method="POST", status=429, headers={"Retry-After": "1"})`; see
`Fault` for statuses, cuts of what is sent and of what is answered, slowness, hanging.

A hostile repository: paths are never places on this disk, so a push takes any (`../a`, `/a`,
`a\\b`, control characters) and lists it as it is. `Odd` serves a file that lies:

    hub.push("evil/x", {
        "../../outside": b"x",
        "config.json": Odd(b"{", listed={"size": -1, "oid": "../.."}),
        "adapter.safetensors": Odd(b"x", listed={"size": 1 << 50}),
        "big.bin": Odd(b"x", headers={"Content-Length": "9999", "X-Linked-Size": "9999"}),
        "link": Odd(b"/etc/passwd", listed={"type": "symlink"}),
        "more": Odd(b"abc", endless=True),
    })

`listed` changes the entry in listings (even its `path`), `headers` the answers that tell of the
file or carry its bytes: also `ETag`, `X-Linked-Etag` and `X-Repo-Commit`, which huggingface_hub
makes names on disk of, and `Location`. A fault replaces a whole answer, of whatever size:
`hub.fault("*/tree/*", body=b"[[[[", times=-1)`.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.hub.collections_ import Collections
from tests.hub.discussions import Discussions
from tests.hub.faults import Fault, Faults
from tests.hub.handler import handler
from tests.hub.messages import Answer, Counter, Request
from tests.hub.people import TOKEN, People, User
from tests.hub.repositories import Odd, Repository
from tests.hub.routes import Routes
from tests.hub.uploads import Uploads

__all__ = ["TOKEN", "Answer", "Hub", "Odd", "Repository", "Request", "serving"]


class Hub:
    """The repositories, what shall go wrong, and what was asked."""

    def __init__(self, root: Path) -> None:
        self.url = ""
        self.faults = Faults()
        self.requests: list[Request] = []
        self.counter = Counter()
        self.closing = threading.Event()
        self.people = People()
        self.uploads = Uploads()
        self.discussions = Discussions()
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.collections = Collections(self.people, self.repositories)
        self.lock = threading.RLock()
        self._root = root
        self._routes = Routes(self)

    @property
    def received(self) -> int:
        """Return the bytes that clients have sent, all together."""
        return self.counter.total

    def push(
        self,
        name: str,
        files: Mapping[str, bytes | str | Path | Odd],
        *,
        kind: str = "dataset",
        branch: str = "main",
    ) -> str:
        """Return the commit that makes these files, and no others, the newest of a branch."""
        repository = self.repository(name, kind=kind)
        entries = {
            path: repository.keep(path, text.encode() if isinstance(text, str) else text)
            for path, text in files.items()
        }
        return repository.commit(entries, branch=branch, title="Pushed")

    def repository(self, name: str, *, kind: str = "dataset") -> Repository:
        """Return a repository to change: `hub.repository("a/b").tokens = frozenset({"secret"})`."""
        folder = self._root / f"{kind}s" / quote(name, safe="")
        made = Repository(folder, f"{kind}s", name)
        return self.repositories.setdefault((f"{kind}s", name), made)

    def join(
        self, token: str, name: str, *, orgs: Mapping[str, str] | None = None, role: str = "write"
    ) -> None:
        """Let somebody have a token."""
        self.people.users[token] = User(name=name, orgs=orgs or {}, role=role)

    def fault(self, path: str, **how: Any) -> None:
        """Let requests for paths that end so go wrong; see `Fault`."""
        self.faults.add(Fault(path=path, **how))

    def asked(self, method: str, path: str = "") -> int:
        """Return how often something was asked for whose path ends so."""
        return sum(each.method == method and each.path.endswith(path) for each in self.requests)

    def answer(self, request: Request) -> Answer:
        """Return what a real Hub would say."""
        return self._routes.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have hung up, and all of what is wrong here."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextmanager
def serving(root: Path) -> Iterator[Hub]:
    """Yield a Hub that answers until the block ends."""
    hub = Hub(root)
    server = _Server(("127.0.0.1", 0), handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
