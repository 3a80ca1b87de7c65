"""Publish what was trained, or write the folder that would be published."""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

from adapterstilts.api.one_off import METHOD, Choices, Folders, On, Settings, way
from adapterstilts.api.publishing.dry_run import check, settled
from adapterstilts.api.publishing.gathered import Gathered, destination, requested
from adapterstilts.api.publishing.sending import (
    Manner,
    Publication,
    Published,
    connected,
    sent,
    written,
)
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, Repository
from adapterstilts.core.hub.branches import MAIN
from adapterstilts.core.hub.collecting import check_title, collect
from adapterstilts.core.progress import Listener, Silent
from adapterstilts.plan.ways import BASELINE
from adapterstilts.publishing import own_sources
from adapterstilts.stages import bases

_LOG = logging.getLogger(__name__)
UNNAMED = "OWNER/NAME"
"""What a card calls a repository that nobody has named."""


def publish(
    task: str,
    *,
    repo: str,
    on: On = BASELINE,
    method: str = METHOD,
    like: str | Path | None = None,
    backbone: str | Path = "",
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
) -> Published:
    """Return what came of publishing one training; nothing is trained for it.

    Args:
        task: A task, or a source such as `mix(mnli, squad)`.
        repo: Repository on the Hub, `OWNER/NAME`; it is made where it is not.
        on: How the task met its sources, as `stack(mnli)`; alone without.
        method: How modules were made, as `lora[r=16]` or `full`.
        like: Recipe that has whatever is not said here, and whose baselines come first.
        backbone: Embedded name, folder or model id; `toyworld` where every task is a toy.
        seed: Seed of the training; the first of `like` without, or 0.
        set: Values of a recipe, as `{"training.default.steps": 200}`.
        data: Folder of the official files, or one for each task; the Hub without.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
        dry_run: Folder that is written in place of the repository; the Hub is not asked.
        private: Whether a repository that is made is private; as its owner has set it without.
        revision: Branch, which is made where it is not.
        collection: Title or slug of a collection that it is put in.
        pull_request: Whether to propose the change and not to make it; a proposal that is open is
            gone on with.
        base_model: Id of the backbone on the Hub, where it cannot be told from the backbone.
        licence: Licence, by the Hub's identifier; what the data allow without.
        listener: Hears how far it is; nobody without.
    """
    repository = destination(repo, revision)
    choices = Choices(
        like=like,
        backbone=backbone,
        seeds=() if seed is None else (seed,),
        set=set,
        data=data,
        store=store,
    )
    if dry_run is not None:
        check(Path(dry_run))
    found = requested(task, way(on, method), choices, base_model=base_model, licence=licence)
    if dry_run is not None:
        return dry(publication(found, repository, licence), Path(dry_run))
    return send(
        found,
        repository,
        Manner(private=private, pull_request=pull_request),
        collection=collection,
        licence=licence,
        listener=listener or Silent(),
    )


def card(
    task: str,
    *,
    repo: str = UNNAMED,
    on: On = BASELINE,
    method: str = METHOD,
    like: str | Path | None = None,
    backbone: str | Path = "",
    seed: int | None = None,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    base_model: str = "",
    licence: str = "",
) -> str:
    """Return the card that `publish` would write, of which nothing is written.

    Args:
        task: See `publish`, as of all that follow.
        repo: Repository that it would be the card of.
        on: How the task met its sources.
        method: How modules were made.
        like: Recipe that has whatever is not said here.
        backbone: The backbone.
        seed: Seed of the training.
        set: Values of a recipe.
        data: Folder of the official files, or one for each task.
        store: Folder of the store.
        base_model: Id of the backbone on the Hub.
        licence: Licence, by the Hub's identifier.
    """
    choices = Choices(
        like=like,
        backbone=backbone,
        seeds=() if seed is None else (seed,),
        set=set,
        data=data,
        store=store,
    )
    found = requested(task, way(on, method), choices, base_model=base_model, licence=licence)
    return card_of(found, destination(repo), licence)


def card_of(found: Gathered, repository: Repository, licence: str) -> str:
    """Return the card of what is published."""
    from adapterstilts.publishing.card.card import card
    from adapterstilts.publishing.folder.laying import planned_layout

    own_sources.check(repository.name, own_sources.taken(found.item), what=found.title)
    layout = planned_layout(found.item)
    return card(found.item, repository=repository.name, layout=layout, licence=licence)


def publication(found: Gathered, repository: Repository, licence: str) -> Publication:
    """Return what is published where, or refuse the place of what it is made of."""
    from adapterstilts.publishing.folder.laying import planned_bytes
    from adapterstilts.publishing.writing import write

    own_sources.check(repository.name, own_sources.taken(found.item), what=found.title)
    return Publication(
        repository=repository,
        title=found.title,
        size=planned_bytes(found.item),
        write=lambda folder: write(found.item, folder, repository=repository.name, licence=licence),
        warnings=found.warnings,
    )


def unknown_base(client: Hub, found: Gathered) -> str:
    """Return what is said aloud of a backbone's id that the Hub does not know, if it is one."""
    if told := bases.unknown(client, found.base_model):
        _LOG.warning("%s", told)
    return told


def dry(publication: Publication, folder: Path) -> Published:
    """Return what was written to a folder in place of a repository."""
    done = settled(folder, partial(written, publication))
    return replace(done, folder=folder)


def send(
    found: Gathered,
    repository: Repository,
    manner: Manner,
    *,
    collection: str,
    licence: str,
    listener: Listener,
) -> Published:
    """Return what came of publishing one thing.

    Args:
        found: What.
        repository: Where to.
        manner: How.
        collection: Collection that it is put in; none where it is empty.
        licence: Licence that is asked for.
        listener: Hears how far it is.
    """
    bases.check_named(found.item.base)
    if collection:
        check_title(collection)
    whole = publication(found, repository, licence)
    client = connected(repository, manner)
    if told := unknown_base(client, found):
        whole = replace(whole, warnings=(*whole.warnings, told))
    listener.planned(1, 0)
    done = sent(whole, client, manner, found.store, listener)
    if not collection:
        return done
    try:
        page = collect(
            client,
            title=collection,
            namespace=repository.name.partition("/")[0],
            items=[(done.repository, done.title)],
            private=manner.private,
        )
    except StiltsError as error:
        raise StiltsError(
            f"{done.repository} is published ({done.pull_request or done.url}), but in no"
            f" collection: {error}; then run the same command again"
        ) from error
    return replace(done, collection=page)
