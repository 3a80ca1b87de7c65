"""The reading half of the Hub's protocol: what there is, and its bytes."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from tests.hub.messages import Answer, Request, as_json, refused
from tests.hub.repositories import Commit, Entry, Repository

PAGE = 100
"""Files and folders on one page of a tree."""
_CARD = re.compile(r"^(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|$))")


def described(repository: Repository, commit: Commit, query: Mapping[str, list[str]]) -> Answer:
    """Return what is told of a repository: all of it, or what was asked for (`expand`)."""
    card = card_of(commit)
    about: dict[str, Any] = {
        "_id": commit.name[:24],
        "id": repository.name,
        "author": repository.namespace,
        "sha": commit.name,
        "lastModified": commit.date,
        "createdAt": commit.date,
        "private": repository.private,
        "gated": repository.gated,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "usedStorage": sum(entry.size for entry in commit.files.values()),
        "siblings": [_sibling(path, entry, query) for path, entry in commit.files.items()],
        "tags": _tags(card),
    }
    if card:
        about["cardData"] = card
    if repository.kind == "models":
        about["modelId"] = repository.name
        named = ("library_name", "pipeline_tag", "model-index")
        about |= {name: card[name] for name in named if name in card}
    if "expand" in query:
        names = {"_id", "id", *(name.removesuffix("[]") for name in query["expand"])}
        about = {name: value for name, value in about.items() if name in names}
    return as_json(about)


def found(repositories: Iterable[Repository], query: Mapping[str, list[str]]) -> Answer:
    """Return the repositories of somebody, or with some word in their names."""
    author, word = query.get("author", [""])[0], query.get("search", [""])[0].lower()
    said = []
    for each in repositories:
        newest = each.at("main")
        if newest and author in ("", each.namespace) and word in each.name.lower():
            said.append(json.loads(described(each, newest, query).body))
    return as_json(said[: int(query.get("limit", ["1000"])[0])])


def card_of(commit: Commit) -> dict[str, Any]:
    """Return what a repository's card says to machines."""
    readme = commit.files.get("README.md")
    if readme is None or readme.size > 1 << 20:
        return {}
    found = _CARD.match(readme.place.read_bytes().decode(errors="replace"))
    try:
        value = yaml.safe_load(found[2]) if found else None
    except yaml.YAMLError:
        return {}
    return value if isinstance(value, dict) else {}


def tree(request: Request, url: str, commit: Commit, folder: str) -> Answer:
    """Return one page of what is in a folder, or in all folders below it too."""
    deep = request.one("recursive").lower() in ("true", "1")
    entries = _listed(commit, folder.strip("/"), deep=deep)
    if folder and not entries:
        return refused(404, "EntryNotFound", f"{folder} does not exist on this revision")
    start = int(request.one("cursor") or 0)
    headers = {}
    if start + PAGE < len(entries):
        following = f"{url}{request.path}?recursive={deep}&cursor={start + PAGE}"
        headers["Link"] = f'<{following}>; rel="next"'
    return as_json(entries[start : start + PAGE], headers)


def paths(request: Request, commit: Commit) -> Answer:
    """Return what there is of some paths; what there is not is left out."""
    asked = request.json().get("paths", [])
    every = {entry["path"]: entry for entry in _listed(commit, "", deep=True)}
    return as_json([every[path] for path in asked if path in every])


def refs(request: Request, repository: Repository) -> Answer:
    """Return branches and tags."""
    asked = repository.branches.items()
    pulls = {name: commit for name, commit in asked if name.startswith("refs/pr/")}
    converts = {name: commit for name, commit in asked if name.startswith("refs/convert/")}
    branches = {name: commit for name, commit in asked if not name.startswith("refs/")}
    said = {
        "branches": [_ref(name, f"refs/heads/{name}", at) for name, at in branches.items()],
        "converts": [_ref(name, name, at) for name, at in converts.items()],
        "tags": [_ref(name, f"refs/tags/{name}", at) for name, at in repository.tags.items()],
    }
    if request.one("include_prs"):
        said["pullRequests"] = [_ref(name[5:], name, at) for name, at in pulls.items()]
    return as_json(said)


def history(repository: Repository, commit: Commit) -> Answer:
    """Return a commit and those before it, newest first."""
    found: list[dict[str, Any]] = []
    each: Commit | None = commit
    while each is not None:
        found.append(
            {
                "id": each.name,
                "title": each.title,
                "message": each.description,
                "authors": [{"user": each.author, "avatar": ""}],
                "date": each.date,
            }
        )
        each = repository.commits.get(each.parent)
    return as_json(found, {"X-Total-Count": str(len(found))})


def resolved(url: str, repository: Repository, commit: Commit, path: str) -> Answer:
    """Return a file, or the way to it if it is a large one."""
    common = {"X-Repo-Commit": commit.name, "Accept-Ranges": "bytes"}
    entry = commit.files.get(path)
    if entry is None:
        return refused(404, "EntryNotFound", "Entry not found", common)
    if not entry.sha256:
        return _bytes(entry, {**common, "ETag": f'"{entry.oid}"'})
    told = entry.listed(path)
    linked = {
        "X-Linked-Etag": f'"{entry.sha256}"',
        "X-Linked-Size": str(told["size"]),
        "Location": f"{url}/store/{repository.kind}/{commit.name}/{repository.name}/-/{path}",
    }
    more = entry.odd.headers if entry.odd else {}
    shown = {name: value for name, value in more.items() if name != "Content-Length"}
    return Answer(302, b"", {**common, **linked, **shown})


def stored(entry: Entry) -> Answer:
    """Return the bytes of a large file."""
    return _bytes(entry, {"ETag": f'"{entry.sha256}"', "Accept-Ranges": "bytes"})


def _bytes(entry: Entry, headers: Mapping[str, str]) -> Answer:
    said = {"Content-Type": "application/octet-stream", **headers}
    if entry.odd:
        said |= entry.odd.headers
    return Answer(200, b"", said, entry.place, bool(entry.odd and entry.odd.endless))


def _listed(commit: Commit, folder: str, *, deep: bool) -> list[dict[str, Any]]:
    """Return files and folders below a folder."""
    start = f"{folder}/" if folder else ""
    found: dict[str, dict[str, Any]] = {}
    for path, entry in commit.files.items():
        if not path.startswith(start):
            continue
        parts = path[len(start) :].split("/")
        for depth in range(1, len(parts) if deep else min(len(parts), 2)):
            above = start + "/".join(parts[:depth])
            about = {"type": "directory", "oid": commit.name, "size": 0, "path": above}
            found.setdefault(above, about)
        if deep or len(parts) == 1:
            found[path] = entry.listed(path)
    return [found[path] for path in sorted(found)]


def _sibling(path: str, entry: Entry, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if "blobs" not in query:
        return {"rfilename": path}
    said = {"rfilename": path, "size": entry.size, "blobId": entry.oid}
    large = {"sha256": entry.sha256, "size": entry.size, "pointerSize": 134}
    return {**said, "lfs": large} if entry.sha256 else said


def _tags(card: Mapping[str, Any]) -> list[str]:
    """Return the words that a card makes a repository be found under."""
    found = [str(card["library_name"])] if "library_name" in card else []
    for key, before in (
        ("tags", ""),
        ("language", ""),
        ("datasets", "dataset:"),
        ("license", "license:"),
        ("base_model", "base_model:"),
    ):
        value = card.get(key) or []
        found += [f"{before}{each}" for each in (value if isinstance(value, list) else [value])]
    relation = card.get("base_model_relation")
    bases = [tag for tag in found if tag.startswith("base_model:")]
    if relation:
        found += [tag.replace(":", f":{relation}:", 1) for tag in bases]
    return list(dict.fromkeys(found))


def _ref(name: str, ref: str, commit: str) -> dict[str, str]:
    return {"name": name, "ref": ref, "targetCommit": commit}
