"""Commits as the Hub takes them: lines of JSON, applied all at once or not at all."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from tests.hub.messages import Answer, Request, as_json, refused
from tests.hub.repositories import Commit, Entry, Repository
from tests.hub.validating import validate


class Wrong(Exception):
    """A commit that the Hub does not take."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass
class Change:
    """What a commit is to do: a file of `files` is None where it is to go."""

    title: str = ""
    description: str = ""
    parent: str = ""
    files: dict[str, Entry | None] = field(default_factory=dict)
    """Files, and folders with a slash at their end, in the order in which they were named."""


def page(url: str, repository: Repository) -> str:
    """Return where people look at a repository."""
    prefix = "" if repository.kind == "models" else f"{repository.kind}/"
    return f"{url}/{prefix}{repository.name}"


def commit(request: Request, hub: Any, repository: Repository, branch: str) -> Answer:
    """Return the commit that a branch, or a new pull request, has from now on."""
    try:
        change = _read(request, repository)
        with repository.lock:
            return _apply(request, hub, repository, branch, change)
    except Wrong as wrong:
        return wrong.answer


def _apply(
    request: Request, hub: Any, repository: Repository, branch: str, change: Change
) -> Answer:
    pull, author = bool(request.one("create_pr")), hub.people.name(request.token)
    before = repository.at(branch)
    if before is None or (branch not in repository.branches and not pull):
        return refused(404, "RevisionNotFound", f"Invalid rev id: {branch}")
    if change.parent and pull:
        start = repository.at(change.parent)
        if start is None:
            return refused(404, "RevisionNotFound", f"Invalid rev id: {change.parent}")
        before = start
    elif change.parent and change.parent != before.name:
        return refused(412, "", "A commit has happened since. Please refresh and try again.")
    files, where = _after(before, change), page(hub.url, repository)
    said: dict[str, Any] = {}
    if pull:
        number = hub.discussions.open(
            repository, change.title, change.description, author, branch, before.name
        )
        branch = f"refs/pr/{number}"
        said["pullRequestUrl"] = f"{where}/discussions/{number}"
    name = repository.commit(
        files,
        branch=branch,
        title=change.title,
        description=change.description,
        author=author,
        parent=before.name,
    )
    if branch.startswith("refs/pr/"):
        hub.discussions.pushed(repository, branch, name, change.title, author)
    said |= {"commitUrl": f"{where}/commit/{name}", "commitOid": name}
    return as_json({"success": True, **said, "hookOutput": ""})


def _after(before: Commit, change: Change) -> dict[str, Entry]:
    """Return the files that there are after a change."""
    files = dict(before.files)
    for path, entry in change.files.items():
        if entry is not None:
            files[path] = entry
            continue
        gone = [
            each
            for each in files
            if each == path or (path[-1:] == "/" and each[: len(path)] == path)
        ]
        if not gone:
            what = "folder" if path.endswith("/") else "file"
            said = f"A {what} with this name doesn't exist: {path}"
            raise Wrong(refused(404, "EntryNotFound", said))
        for each in gone:
            del files[each]
    folders = {path[:place] for path in files for place, sign in enumerate(path) if sign == "/"}
    both = sorted(folders & files.keys())
    if both:
        raise Wrong(refused(400, "", f"{both[0]} cannot be both a file and a folder"))
    return files


def _read(request: Request, repository: Repository) -> Change:
    """Return what a client asks for; what it brings lies on disk, where nobody sees it yet."""
    change: Change | None = None
    for line in request.body.lines() if request.body else ():
        try:
            each = json.loads(line)
            key, value = each["key"], each["value"]
            if key == "header":
                change = Change(
                    str(value["summary"]),
                    value.get("description", ""),
                    value.get("parentCommit", ""),
                )
            elif change is None:
                raise Wrong(refused(400, "", "the first line must be the header"))
            else:
                _stage(change, key, value, repository)
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise Wrong(refused(400, "", f"Invalid ndjson: {error!r}")) from error
    if change is None or not change.title:
        raise Wrong(refused(400, "", '"summary" is not allowed to be empty'))
    return change


def _stage(change: Change, key: str, value: dict[str, Any], repository: Repository) -> None:
    path = str(value["path"])
    if key == "deletedFile":
        change.files[path] = None
        return
    if key == "deletedFolder":
        change.files[path.rstrip("/") + "/"] = None
        return
    if path.startswith("/") or not path or {"", ".", "..", ".git"} & set(path.split("/")):
        raise Wrong(refused(400, "", f"Invalid path: {path!r}"))
    if key == "lfsFile":
        if not repository.large(str(value["oid"])).is_file():
            told = "an LFS pointer pointed to a file that does not exist"
            said = f"Your push was rejected because {told}. Offending file: {path}"
            raise Wrong(refused(400, "", said))
        change.files[path] = repository.kept(value["oid"])
    elif key == "file":
        encoded = value.get("encoding") == "base64"
        text = value["content"]
        content = base64.b64decode(text, validate=True) if encoded else text.encode()
        if path == "README.md":
            said = validate(content.decode(errors="replace"), repository.kind.removesuffix("s"))
            if said.errors:
                told = [{"message": error} for error in said.errors]
                raise Wrong(refused(400, "", "Invalid metadata in README.md", errors=told))
        change.files[path] = repository.keep(path, content, lfs=False)
    else:
        raise Wrong(refused(400, "", f"unknown operation {key!r}"))
