"""Publish all that a recipe has trained, each in a repository of its own, and an index of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapterstilts.api.one_off import Folders, Settings
from adapterstilts.api.publishing.dry_run import check_all
from adapterstilts.api.publishing.publish import dry, unknown_base
from adapterstilts.api.publishing.sending import Manner, Publication, Published, connected, sent
from adapterstilts.api.publishing.series import Series, index, series
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.failures import explain
from adapterstilts.core.hub import Hub, Repository
from adapterstilts.core.hub.branches import MAIN
from adapterstilts.core.hub.collecting import TITLE, check_title, collect
from adapterstilts.core.progress import Listener, Silent
from adapterstilts.core.records import PUBLISHED
from adapterstilts.stages import bases

ENOUGH = 3
"""Failures one after the other, after which what is left is not tried."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """What could not be published."""

    repository: str
    """Repository that it was for, or `the collection`."""
    message: str
    """Why."""


@dataclass(frozen=True, kw_only=True)
class PublishedAll:
    """What was published of a recipe."""

    published: tuple[Published, ...]
    """Each thing, in the order of the plan, and the index last."""
    failed: tuple[Failed, ...] = ()
    """What could not be, and why."""
    left: tuple[str, ...] = ()
    """Repositories that were not tried, after too many failures."""
    collection: str = ""
    """Page of the collection; empty after a dry run."""
    warnings: tuple[str, ...] = ()
    """What to look at, each said once."""


def publish_all(
    recipe: str | Path,
    *,
    repo: str,
    only: str = "",
    method: str = "",
    seed: int | None = None,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    dry_run: str | Path | None = None,
    private: bool | None = None,
    revision: str = MAIN,
    collection: str = "",
    pull_request: bool = False,
    base_model: str = "",
    licence: str = "",
    listener: Listener | None = None,
) -> PublishedAll:
    """Return what came of publishing all that a recipe has trained with one seed.

    Args:
        recipe: The recipe's file.
        repo: Repository of the index, `OWNER/PREFIX`; those of the things begin with it.
        only: `sources` or `targets`; both without.
        method: Method whose modules are published; every one without.
        seed: The seed; the recipe's first without.
        set: Values that go over the recipe.
        data: Folder of the official files, or one for each task.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
        dry_run: Folder that takes a folder for each repository; the Hub is not asked.
        private: Whether repositories and the collection that are made are private; as `publish` of
            the recipe says without.
        revision: Branch, which is made where it is not.
        collection: Title or slug of the collection; the prefix without.
        pull_request: Whether to propose changes and not to make them; proposals that are open are
            gone on with.
        base_model: Id of the backbone on the Hub, where it cannot be told from the backbone.
        licence: Licence, by the Hub's identifier; what the data allow without.
        listener: Hears how far it is; nobody without.
    """
    found = series(
        recipe,
        repo=repo,
        only=only,
        method=method,
        seed=seed,
        set=set,
        data=data,
        store=store,
        revision=revision,
        base_model=base_model,
        licence=licence,
    )
    if dry_run is not None:
        return dry_all(found, Path(dry_run))
    manner = Manner(private=private, pull_request=pull_request)
    return send_all(found, manner, collection=collection, listener=listener or Silent())


def dry_all(series: Series, folder: Path) -> PublishedAll:
    """Return what was written to a folder, in a folder for each repository."""
    check_all(folder)
    done = [_dry(each, folder) for _, each in series.things]
    done.append(_dry(index(series, [each.repository for each in done]), folder))
    return PublishedAll(published=tuple(done), warnings=series.warnings)


def send_all(
    series: Series, manner: Manner, *, collection: str = "", listener: Listener
) -> PublishedAll:
    """Return what came of publishing one thing after the other, then the index of those there.

    Args:
        series: All of it.
        manner: How.
        collection: Title or slug of the collection; the prefix without.
        listener: Hears how far it is.
    """
    check_title(collection or series.title[:TITLE])
    if manner.private is None:
        manner = replace(manner, private=series.private)
    for each, _ in series.things:
        bases.check_named(each.item.base)
    client = connected(series.index, manner)
    # One id is said for all of them.
    told = unknown_base(client, series.things[0][0])
    total = len(series.things) + 1
    listener.planned(total, 0)
    done, failed, left = _sent(series, client, manner, listener)
    page = ""
    if done:
        whole = index(series, _there(series, done, client))
        name = whole.repository.name
        try:
            done.append(sent(whole, client, manner, series.store, listener, place=(total, total)))
            name = "the collection"
            page = _collected(series, done, client, manner, collection)
        except Exception as error:
            listener.failed(name, explain(error))
            failed.append(Failed(repository=name, message=explain(error)))
    return PublishedAll(
        published=tuple(done),
        failed=tuple(failed),
        left=tuple(left),
        collection=page,
        warnings=(*series.warnings, *filter(None, [told])),
    )


def _dry(publication: Publication, folder: Path) -> Published:
    return dry(publication, folder / publication.repository.name.rpartition("/")[2])


def _sent(
    series: Series, client: Hub, manner: Manner, listener: Listener
) -> tuple[list[Published], list[Failed], list[str]]:
    """Return what was published, what could not be, and what was not tried."""
    done: list[Published] = []
    failed: list[Failed] = []
    total, row = len(series.things) + 1, 0
    for number, (_, each) in enumerate(series.things, start=1):
        name = each.repository.name
        try:
            done.append(sent(each, client, manner, series.store, listener, place=(number, total)))
            row = 0
        except Exception as error:
            listener.failed(name, explain(error))
            failed.append(Failed(repository=name, message=explain(error)))
            row += 1
        if row == ENOUGH:
            return done, failed, [later.repository.name for _, later in series.things[number:]]
    return done, failed, []


def _there(series: Series, done: Sequence[Published], client: Hub) -> list[str]:
    """Return the repositories that were published, now or by an earlier call."""
    now = {each.repository for each in done}
    asked = replace(client, pauses=())
    every = [each.repository for _, each in series.things]
    return [each.name for each in every if each.name in now or _stands(each, asked)]


def _stands(repository: Repository, client: Hub) -> bool:
    """Return whether a repository holds a publication."""
    try:
        return PUBLISHED in client.listing(repository, client.commit(repository)).files
    except StiltsError:
        return False


def _collected(
    series: Series, done: Sequence[Published], client: Hub, manner: Manner, collection: str
) -> str:
    """Return the page of the collection that holds all that is there."""
    return collect(
        client,
        title=collection or series.title[:TITLE],
        namespace=series.index.name.partition("/")[0],
        items=[(each.repository, each.title) for each in done],
        private=manner.private,
    )
