"""Repositories made, set, marked and removed, and cards checked before they are sent."""

import re
from typing import Any

from tests.hub.commits import page
from tests.hub.messages import Answer, Request, as_json, refused
from tests.hub.repositories import ATTRIBUTES, Repository
from tests.hub.validating import validate

_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9_][A-Za-z0-9._-]{0,94}[A-Za-z0-9_]|[A-Za-z0-9_]")


def create(request: Request, hub: Any) -> Answer:
    """Return where a new repository is; one that is there already is refused, with its place."""
    refusal = hub.people.refusal(request.token)
    if refusal:
        return refusal
    said = request.json()
    namespace = said.get("organization") or hub.people.user(request.token).name
    kind, name = said.get("type") or "model", f"{namespace}/{said.get('name')}"
    if not hub.people.writes(request.token, namespace):
        told = f'You don\'t have the rights to create a {kind} under the namespace "{namespace}"'
        return refused(403, "", told)
    if not _NAME.fullmatch(str(said.get("name"))) or name.endswith(".git"):
        return refused(400, "", f'Invalid repo name: "{name}"')
    with hub.lock:
        there = hub.repositories.get((f"{kind}s", name))
        if there is not None and there.branches:
            told = f"You already created this {kind} repo"
            return refused(409, "", told, url=page(hub.url, there))
        made = hub.repository(name, kind=kind)
        made.private = bool(said.get("private"))
        files = {".gitattributes": made.keep(".gitattributes", ATTRIBUTES.encode())}
        made.commit(files, branch="main", title="initial commit", author=namespace)
    return as_json({"url": page(hub.url, made), "name": name, "private": made.private})


def delete(request: Request, hub: Any) -> Answer:
    """Return a yes once a repository is no more."""
    refusal = hub.people.refusal(request.token)
    if refusal:
        return refusal
    said = request.json()
    namespace = said.get("organization") or hub.people.user(request.token).name
    key = (f"{said.get('type') or 'model'}s", f"{namespace}/{said.get('name')}")
    there = hub.repositories.get(key)
    if there is None or (there.private and not hub.people.reads(request.token, namespace)):
        return refused(404, "RepoNotFound", "Repository not found")
    if not hub.people.writes(request.token, namespace):
        return refused(403, "", f'You don\'t have the rights to delete "{key[1]}"')
    with hub.lock:
        hub.repositories.pop(key, None)
        hub.discussions.of(there).clear()
    return as_json({"success": True})


def settings(request: Request, repository: Repository) -> Answer:
    """Return what a repository's settings are from now on."""
    said = request.json()
    repository.private = bool(said.get("private", repository.private))
    repository.gated = said.get("gated", repository.gated)
    return as_json({"private": repository.private, "gated": repository.gated})


def branch(request: Request, repository: Repository, name: str) -> Answer:
    """Return a yes once there is a branch, or is none any more."""
    with repository.lock:
        if request.method == "DELETE":
            if name not in repository.branches:
                return refused(404, "RevisionNotFound", f"Invalid rev id: {name}")
            if name == "main":
                return refused(403, "", "The default branch cannot be deleted")
            del repository.branches[name]
            return as_json({"success": True})
        start = request.json().get("startingPoint", "main")
        at = repository.at(start)
        if at is None:
            return refused(404, "RevisionNotFound", f"Invalid rev id: {start}")
        if name in repository.branches:
            return refused(409, "", f"Reference already exists: refs/heads/{name}")
        repository.branches[name] = at.name
        return as_json({"success": True})


def tag(request: Request, repository: Repository, name: str) -> Answer:
    """Return a yes once a revision has a name, or the name is free again."""
    with repository.lock:
        if request.method == "DELETE":
            if repository.tags.pop(name, None) is None:
                return refused(404, "RevisionNotFound", f"Invalid rev id: {name}")
            return as_json({"success": True})
        at, word = repository.at(name), str(request.json()["tag"])
        if at is None:
            return refused(404, "RevisionNotFound", f"Invalid rev id: {name}")
        if word in repository.tags:
            return refused(409, "", f"Tag reference exists already: refs/tags/{word}")
        repository.tags[word] = at.name
        return as_json({"success": True})


def validated(request: Request) -> Answer:
    """Return what is wrong with a card: as JSON, or as text for those who ask for text."""
    said = request.json()
    content, kind = (
        value[0] if isinstance(value := said.get(name, ""), list) else value
        for name in ("content", "repoType")
    )
    found = validate(str(content), str(kind or "model"))
    status = 400 if found.errors else 200
    if "text/plain" in request.headers.get("accept", ""):
        lines = [f"- Error: {error}" for error in found.errors]
        lines += [f"- Warning: {warning}" for warning in found.warnings]
        return Answer(status, "\n".join(lines).encode(), {"Content-Type": "text/plain"})
    told = {
        "errors": [{"message": error} for error in found.errors],
        "warnings": [{"message": warning} for warning in found.warnings],
    }
    more = {"error": "Invalid metadata in README.md"} if found.errors else {}
    return as_json({**told, **more}, status=status)
