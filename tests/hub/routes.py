"""Which address of the Hub means what, and who may ask for it."""

from typing import Any
from urllib.parse import unquote

from tests.hub import commits, managing, reading
from tests.hub.messages import Answer, Request, refused
from tests.hub.repositories import Commit, Repository

KINDS = ("models", "datasets", "spaces")
WORDS = (
    *("revision", "tree", "commit", "preupload", "branch", "tag", "refs", "commits"),
    *("settings", "discussions", "paths-info"),
)
"""What comes after the name of a repository."""


class Routes:
    """What answers each request to a Hub."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub

    def answer(self, request: Request) -> Answer:
        """Return what a real Hub would say."""
        parts = request.path.strip("/").split("/")
        if parts[0] == "api":
            return self._api(request, [unquote(part) for part in parts[1:]])
        if parts[0] == "store":
            return self._stored(parts[1], parts[2], parts[3:])
        if parts[0] == "upload" and len(parts) in (3, 4):
            part = parts[3] if len(parts) == 4 else ""
            if part == "complete":
                return self._hub.uploads.complete(parts[1], parts[2], request)
            return self._hub.uploads.put(parts[1], parts[2], part, request)
        kind = parts.pop(0) if parts[0] in KINDS else "models"
        if ".git/info/lfs/objects/" in request.path:
            return self._large(request, kind, parts)
        return self._resolve(request, kind, request.path.strip("/").removeprefix(f"{kind}/"))

    def _api(self, request: Request, parts: list[str]) -> Answer:
        if parts == ["whoami-v2"]:
            return self._hub.people.whoami(request)
        if parts == ["validate-yaml"]:
            return managing.validated(request)
        if parts[:1] == ["collections"]:
            return self._hub.collections.answer(request, parts[1:])
        if parts == ["repos", "create"]:
            return managing.create(request, self._hub)
        if parts == ["repos", "delete"]:
            return managing.delete(request, self._hub)
        if len(parts) == 1 and parts[0] in KINDS:
            every = list(self._hub.repositories.items())
            seen = [each for (kind, _), each in every if kind == parts[0]]
            allowed = [each for each in seen if self._allowed(request.token, each)]
            return reading.found(allowed, request.query)
        if parts[:1] and parts[0] in KINDS:
            length = 2 if len(parts) == 3 or (len(parts) > 3 and parts[3] in WORDS) else 1
            name, rest = "/".join(parts[1 : 1 + length]), parts[1 + length :]
            return self._of(request, parts[0], name, rest)
        return refused(404, "", "Sorry, we can't find the page you are looking for.")

    def _of(self, request: Request, kind: str, name: str, rest: list[str]) -> Answer:
        """Return what is asked of a repository."""
        repository = self._seen(request, kind, name)
        if isinstance(repository, Answer):
            return repository
        word, rest = rest[0] if rest else "revision", rest[1:]
        if word not in WORDS:
            return refused(404, "", "Not found")
        if word == "refs":
            return reading.refs(request, repository)
        if request.method != "GET" and word != "paths-info":
            pull = bool(request.one("create_pr")) or word == "discussions"
            pull = pull or self._proposes(request, repository, rest[0] if rest else "")
            refusal = self._refusal(request, repository, pull=pull)
            if refusal:
                return refusal
        if word == "settings":
            return managing.settings(request, repository)
        if word == "discussions":
            author = self._hub.people.name(request.token)
            return self._hub.discussions.answer(request, repository, rest, author)
        if word == "branch":
            return managing.branch(request, repository, rest[0])
        if word == "tag":
            return managing.tag(request, repository, rest[0])
        revision = rest[0] if rest else "main"
        if word == "commit":
            return commits.commit(request, self._hub, repository, revision)
        commit = repository.at(revision)
        if commit is None:
            return refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return self._at(request, word, repository, commit, "/".join(rest[1:]))

    def _at(
        self, request: Request, word: str, repository: Repository, commit: Commit, path: str
    ) -> Answer:
        """Return what is asked of a commit."""
        if word == "preupload":
            return self._hub.uploads.preupload(request, commit)
        if word == "tree":
            return reading.tree(request, self._hub.url, commit, path)
        if word == "paths-info":
            return reading.paths(request, commit)
        if word == "commits":
            return reading.history(repository, commit)
        return reading.described(repository, commit, request.query)

    def _large(self, request: Request, kind: str, parts: list[str]) -> Answer:
        name, _, rest = "/".join(parts).partition(".git/info/lfs/objects/")
        repository = self._seen(request, kind, name)
        if isinstance(repository, Answer):
            return repository
        if rest == "verify":
            return self._hub.uploads.verify(request, repository)
        # A pull request names no branch, and whoever may read may ask for it.
        said = request.json()
        ref = str(said.get("ref", {}).get("name", ""))
        pull = not ref or self._proposes(request, repository, ref)
        refusal = self._refusal(request, repository, pull=pull)
        if refusal:
            return refusal
        return self._hub.uploads.batch(said, self._hub.url, repository)

    def _resolve(self, request: Request, kind: str, path: str) -> Answer:
        name, resolve, rest = path.partition("/resolve/")
        if not resolve:
            return refused(404, "", "Not found")
        revision, _, file = rest.partition("/")
        repository = self._seen(request, kind, name)
        if isinstance(repository, Answer):
            return repository
        commit = repository.at(unquote(revision))
        if commit is None:
            return refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if repository.gated:
            return refused(403, "GatedRepo", f"Access to {name} is restricted")
        return reading.resolved(self._hub.url, repository, commit, file)

    def _stored(self, kind: str, commit: str, parts: list[str]) -> Answer:
        name, _, path = "/".join(parts).partition("/-/")
        repository = self._hub.repositories.get((kind, name))
        found = repository and repository.at(commit)
        entry = found and found.files.get(path)
        return reading.stored(entry) if entry else refused(404, "", "NoSuchKey")

    def _seen(self, request: Request, kind: str, name: str) -> Repository | Answer:
        """Return a repository, or what somebody is told who may not see it."""
        repository = self._hub.repositories.get((kind, name))
        if repository is not None and self._allowed(request.token, repository):
            return repository
        # As the Hub has it: who is nobody is to log in first.
        status = 404 if self._hub.people.user(request.token) else 401
        return refused(status, "RepoNotFound", "Repository not found")

    def _allowed(self, token: str, repository: Repository) -> bool:
        """Return whether somebody may see a repository, and there is something to see."""
        limited = repository.private or bool(repository.tokens)
        mine = self._hub.people.reads(token, repository.namespace)
        return bool(repository.branches) and (not limited or mine or token in repository.tokens)

    def _proposes(self, request: Request, repository: Repository, branch: str) -> bool:
        """Return whether somebody writes to the branch of a pull request of theirs."""
        whose = self._hub.discussions.author(repository, branch)
        return bool(whose) and whose == self._hub.people.name(request.token)

    def _refusal(self, request: Request, repository: Repository, *, pull: bool) -> Answer | None:
        """Return what somebody is told who may read but not write."""
        people = self._hub.people
        refusal = people.refusal(request.token)
        if refusal or pull or people.writes(request.token, repository.namespace):
            return refusal
        told = "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request"
        return refused(403, "", told)
