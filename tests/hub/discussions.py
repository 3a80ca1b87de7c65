"""Discussions and pull requests: numbered together, the latter with a branch of their own."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from tests.hub.messages import Answer, Request, as_json, refused
from tests.hub.repositories import Repository

PAGE = 10
"""Discussions on one page."""


@dataclass
class Discussion:
    """What is said about a repository, or asked of it."""

    number: int
    title: str
    author: str
    base: str = ""
    """Branch that a pull request goes to."""
    start: str = ""
    """Commit that it started from."""
    status: str = "open"
    merged: str = ""
    date: str = field(default_factory=lambda: _now())
    events: list[dict[str, Any]] = field(default_factory=list)

    def say(self, kind: str, author: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return something that has just happened in it."""
        number = f"{self.number:08x}{len(self.events):016x}"
        event = {"id": number, "type": kind, "createdAt": _now(), "author": {"name": author}}
        self.events.append({**event, "data": data})
        return self.events[-1]

    def comment(self, author: str, text: str) -> dict[str, Any]:
        """Return what somebody has just said."""
        latest = {"raw": text, "html": "", "updatedAt": _now(), "author": {"name": author}}
        said = {"edited": False, "hidden": False, "latest": latest, "history": []}
        return self.say("comment", author, said)


class Discussions:
    """What is said about every repository."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], list[Discussion]] = {}
        self._lock = threading.RLock()

    def of(self, repository: Repository) -> list[Discussion]:
        """Return those of a repository."""
        return self._of.setdefault((repository.kind, repository.name), [])

    def open(
        self,
        repository: Repository,
        title: str,
        text: str,
        author: str,
        base: str = "",
        start: str = "",
    ) -> int:
        """Return the number of a new one: a pull request if it goes to a branch."""
        with self._lock:
            taken = [int(name[8:]) for name in repository.branches if name.startswith("refs/pr/")]
            number = max([each.number for each in self.of(repository)] + taken, default=0) + 1
            made = Discussion(number, title, author, base, start)
            made.comment(author, text)
            self.of(repository).append(made)
            return number

    def author(self, repository: Repository, branch: str) -> str:
        """Return who has asked for what is on the branch of an open pull request."""
        every = self.of(repository)
        mine = [each for each in every if each.base and branch == f"refs/pr/{each.number}"]
        return mine[0].author if mine and mine[0].status in ("open", "draft") else ""

    def pushed(
        self, repository: Repository, branch: str, commit: str, title: str, author: str
    ) -> None:
        """Note a commit on the branch of a pull request."""
        for each in self.of(repository):
            if branch == f"refs/pr/{each.number}":
                each.say("commit", author, {"subject": title, "oid": commit})

    def answer(
        self, request: Request, repository: Repository, parts: list[str], author: str
    ) -> Answer:
        """Return what is asked of the discussions of a repository."""
        if not parts:
            if request.method == "POST":
                return self._opened(request, repository, author)
            return self._page(request, repository)
        found = [each for each in self.of(repository) if str(each.number) == parts[0]]
        if not found:
            return refused(404, "", "Discussion not found")
        if request.method == "GET":
            return as_json(_details(repository, found[0]))
        said, what = request.json(), parts[1] if len(parts) > 1 else ""
        if said.get("comment"):
            event = found[0].comment(author, said["comment"])
            if what == "comment":
                return as_json({"newMessage": event})
        if what == "status":
            found[0].status = said["status"]
            event = found[0].say("status-change", author, {"status": said["status"]})
            return as_json({"newStatus": event})
        if what == "title":
            change = {"from": found[0].title, "to": said["title"]}
            found[0].title = said["title"]
            return as_json({"newTitle": found[0].say("title-change", author, change)})
        if what == "merge":
            return _merge(repository, found[0], author)
        return refused(404, "", "Not found")

    def _opened(self, request: Request, repository: Repository, author: str) -> Answer:
        said = request.json()
        pull = bool(said.get("pullRequest"))
        base = "main" if pull else ""
        start = repository.branches["main"] if pull else ""
        text = said.get("description", "")
        number = self.open(repository, said["title"], text, author, base, start)
        if pull:
            repository.branches[f"refs/pr/{number}"] = start
            self.of(repository)[-1].status = "draft"
        return as_json({"num": number, "pullRequest": pull, "url": ""})

    def _page(self, request: Request, repository: Repository) -> Answer:
        every = [_about(repository, each) for each in reversed(self.of(repository))]
        kind, status, author = (request.one(name) for name in ("type", "status", "author"))
        if kind in ("pull_request", "discussion"):
            every = [each for each in every if each["isPullRequest"] == (kind == "pull_request")]
        if status in ("open", "closed"):
            opened = ("open", "draft")
            every = [each for each in every if (each["status"] in opened) == (status == "open")]
        if author:
            every = [each for each in every if each["author"]["name"] == author]
        start = int(request.one("p") or 0) * PAGE
        shown = every[start : start + PAGE]
        return as_json({"discussions": shown, "count": len(every), "start": start})


def _merge(repository: Repository, asked: Discussion, author: str) -> Answer:
    """Return a yes once the changes of a pull request are on the branch that it goes to."""
    if asked.status != "open" or not asked.base:
        return refused(400, "", f"This pull request cannot be merged: it is {asked.status}")
    with repository.lock:
        start, theirs = repository.at(asked.start), repository.at(f"refs/pr/{asked.number}")
        ours = repository.at(asked.base)
        if start is None or theirs is None or ours is None:
            return refused(404, "RevisionNotFound", "Invalid rev id")
        paths = start.files.keys() | theirs.files.keys()
        changed = {path for path in paths if start.files.get(path) != theirs.files.get(path)}
        if any(start.files.get(path) != ours.files.get(path) for path in changed):
            return refused(409, "", "This pull request has conflicts")
        files = {path: entry for path, entry in ours.files.items() if path not in changed}
        files |= {path: entry for path, entry in theirs.files.items() if path in changed}
        title = f"{asked.title} (#{asked.number})"
        asked.merged = repository.commit(files, branch=asked.base, title=title, author=author)
        asked.status = "merged"
        asked.say("status-change", author, {"status": "merged"})
    return as_json({"success": True})


def _about(repository: Repository, each: Discussion) -> dict[str, Any]:
    kind = repository.kind.removesuffix("s")
    return {
        "num": each.number,
        "title": each.title,
        "author": {"name": each.author},
        "createdAt": each.date,
        "status": each.status,
        "isPullRequest": bool(each.base),
        "repo": {"name": repository.name, "type": kind},
    }


def _details(repository: Repository, each: Discussion) -> dict[str, Any]:
    said = {**_about(repository, each), "events": each.events, "filesWithConflicts": []}
    if each.base:
        merged = {"mergeCommitId": each.merged} if each.merged else {}
        said["changes"] = {"base": f"refs/heads/{each.base}", **merged}
    return said


def _now() -> str:
    return f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"
