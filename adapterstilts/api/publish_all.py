"""Publish all that a recipe has trained, each in a repository of its own, and an index of them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapterstilts.api import publishable
from adapterstilts.api.dry_run import check_all
from adapterstilts.api.experiment import Experiment, store_folder
from adapterstilts.api.gathered import MAIN, Gathered, Known, destination, gathered
from adapterstilts.api.one_off import Folders, Settings, assignments, folders
from adapterstilts.api.publish import dry, publication
from adapterstilts.api.sending import Manner, Publication, Published, connected, sent
from adapterstilts.core.errors import UsageError
from adapterstilts.core.failures import explain
from adapterstilts.core.hub import Hub, Repository
from adapterstilts.core.progress import Listener, Silent
from adapterstilts.core.store import Store
from adapterstilts.plan.planner import plan
from adapterstilts.plan.recipe import Recipe, load
from adapterstilts.plan.things import Thing, names
from adapterstilts.publishing.shelf import Shelf
from adapterstilts.stages import bases

ENOUGH = 3
"""Failures one after the other, after which what is left is not tried."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """What could not be published."""

    repository: str
    """Repository that it was for."""
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


@dataclass(frozen=True, kw_only=True)
class Series:
    """All that is to be published of a recipe."""

    recipe: Recipe
    """The recipe, with one seed."""
    store: Store
    """Where everything is."""
    index: Repository
    """Where the index goes."""
    things: tuple[tuple[Gathered, Publication], ...] = field(repr=False)
    """Each thing, with where it goes."""
    licence: str = ""
    """Licence that is asked for."""
    warnings: tuple[str, ...] = ()
    """What to look at, each said once."""

    @property
    def title(self) -> str:
        """Return what the index and the collection are called."""
        return self.index.name.partition("/")[2]

    @property
    def size(self) -> int:
        """Return the bytes of all that is published, but for cards and the index."""
        return sum(each.size for _, each in self.things)


def publish_all(
    recipe: str | Path,
    *,
    repo: str,
    only: str = "",
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
        seed: The seed; the recipe's first without.
        set: Values that go over the recipe.
        data: Folder of the official files, or one for each task.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
        dry_run: Folder that takes a folder for each repository; the Hub is not asked.
        private: Whether repositories and the collection that are made are private.
        revision: Branch, which is made where it is not.
        collection: Title or slug of the collection; the prefix without.
        pull_request: Whether to propose changes and not to make them.
        base_model: Id of the backbone on the Hub, where it cannot be told from the backbone.
        licence: Licence, by the Hub's identifier; what the data allow without.
        listener: Hears how far it is; nobody without.
    """
    found = series(
        recipe,
        repo=repo,
        only=only,
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


def series(
    recipe: str | Path,
    *,
    repo: str,
    only: str = "",
    seed: int | None = None,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    revision: str = MAIN,
    base_model: str = "",
    licence: str = "",
) -> Series:
    """Return all that is to be published of a recipe, or say what of it is missing."""
    index = destination(repo, revision)
    whole = load(Path(recipe), assignments(set), data=folders(data))
    one = replace(whole, seeds=whole.seeds[:1] if seed is None else (seed,))
    things = list(publishable.every(one, only=only))
    if not things:
        raise UsageError(f"{recipe} trains nothing that could be published{only and f' as {only}'}")
    asked = Experiment(recipe=one, store=Store(store_folder(store)), plan=plan(one))
    remedy = _remedy(Path(recipe), set, data, store, seed)
    _check_there(things, asked.store, remedy)
    known = Known(
        store=asked.store,
        shelf=Shelf.of(asked.store),
        recipe=whole.document,
        among=frozenset(asked.plan.stages),
        base_model=base_model,
        licence=licence,
    )
    found = [gathered(thing, known, remedy=remedy) for thing in things]
    several = len(whole.seeds) > 1 and seed is None
    seeds = ", ".join(map(str, whole.seeds))
    told = [f"of the seeds {seeds} it is {one.seeds[0]}: --seed names another"] * several
    return Series(
        recipe=one,
        store=asked.store,
        index=index,
        things=tuple(
            (each, publication(each, replace(index, name=name), licence))
            for each, name in zip(found, names(repo, things), strict=True)
        ),
        licence=licence,
        warnings=tuple(dict.fromkeys([*told, *(said for each in found for said in each.warnings)])),
    )


def dry_all(series: Series, folder: Path) -> PublishedAll:
    """Return what was written to a folder, in a folder for each repository."""
    check_all(folder)
    done = [_dry(each, folder) for _, each in series.things]
    done.append(_dry(_index(series, [each.repository for each in done]), folder))
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
    for each, _ in series.things:
        bases.check_named(each.item.base)
    client = connected(series.index, manner)
    total = len(series.things) + 1
    listener.planned(total, 0)
    done, failed, left = _sent(series, client, manner, listener)
    page = ""
    if done:
        there = [each.repository for each in done]
        index = _index(series, there)
        try:
            done.append(sent(index, client, manner, series.store, listener, place=(total, total)))
            page = _collected(series, done, client, manner, collection)
        except Exception as error:
            listener.failed(index.repository.name, explain(error))
            failed.append(Failed(repository=index.repository.name, message=explain(error)))
    return PublishedAll(
        published=tuple(done),
        failed=tuple(failed),
        left=tuple(left),
        collection=page,
        warnings=series.warnings,
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


def _index(series: Series, there: Sequence[str]) -> Publication:
    """Return the index of what is there."""
    from adapterstilts.publishing.indexing import write_index

    items = [
        (each.repository.name, found.item)
        for found, each in series.things
        if each.repository.name in there
    ]

    def write(folder: Path) -> None:
        write_index(
            items,
            folder,
            title=series.title,
            repository=series.index.name,
            licence=series.licence,
        )

    title = f"the index of {series.title}"
    return Publication(repository=series.index, title=title, size=0, write=write)


def _collected(
    series: Series, done: Sequence[Published], client: Hub, manner: Manner, collection: str
) -> str:
    """Return the page of the collection that holds all that is there."""
    from adapterstilts.core.hub_upload import collect

    return collect(
        client,
        title=collection or series.title,
        namespace=series.index.name.partition("/")[0],
        items=[(each.repository, each.title) for each in done],
        private=manner.private,
    )


def _check_there(things: Sequence[Thing], store: Store, remedy: str) -> None:
    missing = [thing for thing in things if store.find(thing.id) is None]
    if missing:
        first = missing[0]
        raise UsageError(
            f"{len(missing)} of {len(things)} are not in {store.root}, or were trained with other"
            f" settings there, {first.expression} by {first.way} first (stage {first.id}), and"
            f" nothing is trained to be published: run `{remedy}` first"
        )


def _remedy(
    recipe: Path, set: Settings, data: Folders, store: str | Path | None, seed: int | None
) -> str:
    """Return the command line that runs a recipe."""
    words = ["adapterstilts", "run", str(recipe)]
    words += [word for each in assignments(set) for word in ("--set", each)]
    words += [] if seed is None else ["--set", f"seeds={seed}"]
    words += [word for each in folders(data) for word in ("--data", each)]
    words += ["--store", str(store)] if store and str(store) != "runs" else []
    return shlex.join(words)
