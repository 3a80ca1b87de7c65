"""What is published, one thing after the other: its folder is written, sent, and removed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from adapterstilts.api.publishing.dry_run import room
from adapterstilts.core import disk, hub
from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import Hub, Repository, uploading
from adapterstilts.core.progress import Listener
from adapterstilts.core.store import Store
from adapterstilts.publishing.item import Layout

State = Literal["written", "new", "changed", "unchanged", "proposed"]
"""What came of a publication; `written` is that of a dry run, `proposed` a pull request."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How things are sent."""

    private: bool | None = None
    """Whether a repository that is made is private."""
    pull_request: bool = False
    """Whether a change is proposed and not made."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One thing, and where it goes."""

    repository: Repository
    """Where to."""
    title: str
    """What it is, in words."""
    size: int
    """Bytes of its files but the card, before any is written."""
    write: Callable[[Path], Layout | None] = field(repr=False)
    """Writes its folder; an index has no layout."""
    warnings: tuple[str, ...] = ()
    """What to look at before it is published."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published, and where it is."""

    repository: str
    """Name of the repository."""
    title: str
    """What it is, in words."""
    state: State
    """What came of it."""
    url: str = ""
    """Its page; empty after a dry run."""
    commit: str = ""
    """Commit that holds it; empty after a dry run."""
    pull_request: str = ""
    """Page of the pull request that holds it, where it was proposed."""
    collection: str = ""
    """Page of the collection that it is in, where it was put in one."""
    folder: Path | None = None
    """Folder of a dry run."""
    layout: Layout | None = None
    """What its folder holds, and how its library loads it; an index has none."""
    files: tuple[str, ...] = ()
    """Every file of it."""
    bytes: int = 0
    """Bytes of these."""
    sent: int = 0
    """Bytes of those that were new or other than before."""
    warnings: tuple[str, ...] = ()
    """What to look at."""


def connected(repository: Repository, manner: Manner) -> Hub:
    """Return the Hub, once it has said that whoever publishes may write to a repository."""
    client = hub.here()
    if client.offline:
        raise UsageError(
            f"'{repository.name}' cannot be published offline: unset HF_HUB_OFFLINE and run again,"
            " or write its folder with --dry-run DIR (from Python dry_run=)"
        )
    # Anybody may propose a change.
    uploading.who(client, None if manner.pull_request else repository)
    return client


def written(publication: Publication, folder: Path) -> Published:
    """Return what was written of a publication to a folder."""
    layout = publication.write(folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return Published(
        repository=publication.repository.name,
        title=publication.title,
        state="written",
        folder=folder,
        layout=layout,
        files=tuple(path.relative_to(folder).as_posix() for path in paths),
        bytes=sum(path.stat().st_size for path in paths),
        warnings=publication.warnings,
    )


def sent(
    publication: Publication,
    client: Hub,
    manner: Manner,
    store: Store,
    listener: Listener,
    *,
    place: tuple[int, int] = (1, 1),
) -> Published:
    """Return what came of sending a publication, whose folder is gone then.

    Args:
        publication: What.
        client: The Hub.
        manner: How.
        store: What its folder is written beside.
        listener: Hears how many bytes are done, of how many.
        place: The how many-th it is of how many.
    """
    id, began = publication.repository.name, time.monotonic()
    listener.started(id, id, *place)

    def heard(done: int, total: int, name: str) -> None:
        # What is there already counts as done: the bytes are those of all that is published.
        all = publication.size
        listener.advanced(id, all * done // total if total else 0, all, name)

    with room(store.root) as beside:
        with disk.explained(store.root):
            found = written(publication, beside / "folder")
        done = uploading.upload(
            client,
            publication.repository,
            beside / "folder",
            message=f"Publish {publication.title}",
            private=manner.private,
            pull_request=manner.pull_request,
            report=heard,
        )
    # Of what is there already nothing is heard.
    listener.advanced(id, publication.size, publication.size)
    listener.finished(id, time.monotonic() - began)
    return replace(
        found,
        state=_state(done),
        url=done.url,
        commit=done.commit,
        pull_request=done.pull_request,
        folder=None,
        sent=done.bytes,
    )


def _state(done: uploading.Uploaded) -> State:
    if done.unchanged:
        return "unchanged"
    if done.pull_request:
        return "proposed"
    return "new" if done.first else "changed"
