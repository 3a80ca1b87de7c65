"""A collection on the Hub: found again by its title or its slug, and changed where it differs."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import asking, errors, refusals
from adapterstilts.core.hub.cached import Repository
from adapterstilts.core.hub.client import Hub
from adapterstilts.core.hub.sending import quiet

TITLE, NOTE = 59, 500
"""Characters that the Hub takes at most."""
_SLUG = re.compile(r"(?P<owner>[\w.-]+)/[\w-]+-[0-9a-f]{16,24}", re.ASCII)


def collect(
    client: Hub,
    *,
    title: str,
    namespace: str,
    items: Sequence[tuple[str, str]],
    private: bool | None = None,
) -> str:
    """Return the page of a collection that holds some models; what stands already is not sent.

    What else is in it stays, and so does the order that somebody has put it in.

    Args:
        client: The Hub.
        title: Its title, to be found again among the owner's or made; or its slug,
            `user/title-hash`, of one that is there.
        namespace: User or organisation that it belongs to.
        items: Name of each model, and a note.
        private: Whether one that is made is private. One that is there is made private where this
            is true, and never made public.
    """
    check_title(title)
    slug = _SLUG.fullmatch(title)
    if client.offline:
        raise StiltsError(
            f"collection '{refusals.words(title)}' cannot be changed offline: run without --offline"
        )
    for name, _ in items:
        Repository(name=name, kind="model").check()
    with quiet():
        collections = _Collections(client, title, slug["owner"] if slug else namespace)
        found = collections.asked("get_collection", title) if slug else collections.found()
        if found is None:
            found = collections.asked(
                "create_collection",
                title,
                namespace=namespace,
                private=bool(private),
                exists_ok=True,
            )
        if private and not found.private:
            collections.asked("update_collection_metadata", found.slug, private=True)
        there = {each.item_id: each for each in found.items if each.item_type == "model"}
        for name, note in items:
            collections.put(found.slug, name, note[:NOTE], there.get(name))
    return f"{errors.named(client.endpoint)}/collections/{found.slug}"


def check_title(title: str) -> None:
    """Refuse what is neither a title that a collection can have nor the slug of one."""
    if not _SLUG.fullmatch(title) and not 0 < len(title.strip()) <= TITLE:
        raise UsageError(
            f"a collection's title has at most {TITLE} characters: '{refusals.words(title)}' is"
            " none; or name the slug of one that is there, as in user/title-0123456789abcdef"
        )


class _Collections:
    """Collections of one owner on the Hub, and the one of a title among them."""

    def __init__(self, client: Hub, title: str, owner: str) -> None:
        self._client, self._title, self._owner = client, title, owner

    def asked(self, method: str, *names: str, **options: Any) -> Any:
        """Return what the Hub's API answers; of several pages all."""
        what = f"collection {refusals.words(self._title)}"
        ask = asking.question(self._client.endpoint, method, *names, **options)
        return self._client.patiently(
            lambda: asking.asked(what, ask),
            errors.QUESTION,
            what=what,
            told=lambda error: refusals.refused_collection(
                error, self._title, self._owner, self._client.endpoint
            ),
        )

    def found(self) -> Any:
        """Return the owner's collection of this title, whole; None where there is none."""
        every: Iterable[Any] = self.asked("list_collections", owner=self._owner)
        slugs = [each.slug for each in every if each.title == self._title]
        # A list of collections shows only the first items of each.
        return self.asked("get_collection", slugs[0]) if slugs else None

    def put(self, slug: str, name: str, note: str, there: Any) -> None:
        """Put a model into a collection, or change the note of one that is there."""
        if there is None:
            self.asked(
                "add_collection_item", slug, name, "model", note=note or None, exists_ok=True
            )
        elif note and note != (there.note or ""):
            self.asked("update_collection_item", slug, there.item_object_id, note=note)
