"""Collections of a Hub of our own: things under a title, each with a note."""

import hashlib
import re
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from tests.hub.messages import Answer, Request, as_json, refused
from tests.hub.people import People
from tests.hub.repositories import Repository

KINDS = {"model": "models", "dataset": "datasets", "space": "spaces"}
LIMITS = {"title": 60, "description": 150, "note": 500}
"""Letters that the Hub takes at most."""


class Collections:
    """The collections of everybody."""

    def __init__(self, people: People, repositories: Mapping[tuple[str, str], Repository]) -> None:
        self.by_slug: dict[str, dict[str, Any]] = {}
        self._people, self._repositories = people, repositories
        self._made = 0
        self._lock = threading.RLock()

    def answer(self, request: Request, parts: list[str]) -> Answer:
        """Return what is asked of collections."""
        with self._lock:
            if not parts:
                return self._create(request) if request.method == "POST" else self._list(request)
            slug, rest = "/".join(parts[:2]), parts[2:]
            found = self.by_slug.get(slug)
            if found is None or not self._reads(request, found):
                return refused(404, "", "Collection not found")
            if request.method == "GET":
                return as_json(_shown(found))
            refusal = self._refusal(request, found["owner"]["name"])
            if refusal:
                return refusal
            if rest[:1] == ["items"]:
                return self._items(request, found, rest[1:])
            if request.method == "DELETE":
                del self.by_slug[slug]
                return as_json({"success": True})
            return self._change(request, found)

    def _create(self, request: Request) -> Answer:
        said = request.json()
        refusal = self._refusal(request, str(said.get("namespace", ""))) or _too_long(said)
        if refusal:
            return refusal
        owner, title = said["namespace"], said["title"]
        for slug, each in self.by_slug.items():
            if (each["owner"]["name"], each["title"]) == (owner, title):
                told = "This collection already exists"
                return refused(409, "", told, slug=slug)
        self._made += 1
        words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        slug = f"{owner}/{words}-{_id('collection', self._made)}"
        made = {
            "slug": slug,
            "title": title,
            "description": said.get("description"),
            "owner": {"name": owner, "type": "user"},
            "items": [],
            "lastUpdated": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}",
            "position": 0,
            "private": bool(said.get("private")),
            "theme": "blue",
            "upvotes": 0,
        }
        self.by_slug[slug] = made
        return as_json(_shown(made))

    def _list(self, request: Request) -> Answer:
        owners, items = request.query.get("owner", []), request.query.get("item", [])
        found = []
        for each in self.by_slug.values():
            names = {f"{item['type']}s/{item['id']}" for item in each["items"]}
            owned = not owners or each["owner"]["name"] in owners
            if owned and (not items or names & set(items)) and self._reads(request, each):
                shown = _shown(each)
                del shown["position"]
                found.append(shown)
        return as_json(found)

    def _change(self, request: Request, found: dict[str, Any]) -> Answer:
        said = request.json()
        refusal = _too_long(said)
        if refusal:
            return refusal
        named = ("title", "description", "position", "private", "theme")
        found |= {name: said[name] for name in named if name in said}
        return as_json({"success": True, "data": _shown(found)})

    def _items(self, request: Request, found: dict[str, Any], parts: list[str]) -> Answer:
        said = request.json() if request.method != "DELETE" else {}
        refusal = _too_long(said)
        if refusal:
            return refusal
        items = found["items"]
        if not parts:
            item = said["item"]
            if not self._there(request, item):
                return refused(404, "", f"Item not found: {item['id']}")
            if any((each["type"], each["id"]) == (item["type"], item["id"]) for each in items):
                return refused(409, "", "This item is already in the collection")
            self._made += 1
            made = {"_id": _id("item", self._made), "type": item["type"], "id": item["id"]}
            items.append({**made, **_note(said)})
            return as_json(_shown(found))
        place = next((n for n, each in enumerate(items) if each["_id"] == parts[0]), None)
        if place is None:
            return refused(404, "", "Item not found")
        if request.method == "DELETE":
            del items[place]
            return as_json({"success": True})
        items[place] |= _note(said)
        if "position" in said:
            items.insert(said["position"], items.pop(place))
        return as_json({"success": True})

    def _there(self, request: Request, item: Mapping[str, str]) -> bool:
        """Return whether there is what is to be collected, for whoever collects it."""
        kind = KINDS.get(item["type"])
        if kind is None:
            return item["type"] in ("paper", "collection")
        repository = self._repositories.get((kind, item["id"]))
        if repository is None:
            return False
        return not repository.private or self._people.reads(request.token, repository.namespace)

    def _reads(self, request: Request, found: Mapping[str, Any]) -> bool:
        return not found["private"] or self._people.reads(request.token, found["owner"]["name"])

    def _refusal(self, request: Request, namespace: str) -> Answer | None:
        refusal = self._people.refusal(request.token)
        if refusal is None and not self._people.writes(request.token, namespace):
            told = f'You don\'t have the rights to change collections of "{namespace}"'
            return refused(403, "", told)
        return refusal


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    items = [{**each, "position": place} for place, each in enumerate(found["items"])]
    return {**found, "items": items}


def _note(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": {"text": said["note"], "html": said["note"]}} if "note" in said else {}


def _too_long(said: Mapping[str, Any]) -> Answer | None:
    for name, most in LIMITS.items():
        if len(str(said.get(name) or "")) > most:
            told = f"Too big: expected string to have <{most} characters at {name}"
            return refused(400, "", told)
    return None


def _id(kind: str, number: int) -> str:
    return hashlib.sha1(f"{kind} {number}".encode()).hexdigest()[:24]
