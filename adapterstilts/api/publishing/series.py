"""All that is to be published of a recipe, gathered before anything is written or sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapterstilts.api.experiment import store_folder
from adapterstilts.api.one_off import Choices, Folders, Settings, assignments, folders
from adapterstilts.api.publishing import publishable
from adapterstilts.api.publishing.gathered import (
    Gathered,
    Known,
    check_id,
    destination,
    gathered,
    seeds_told,
)
from adapterstilts.api.publishing.publish import publication
from adapterstilts.api.publishing.sending import Publication
from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import Repository
from adapterstilts.core.hub.branches import MAIN
from adapterstilts.core.store import Store
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.plan.candidates import Candidate, names
from adapterstilts.plan.destination import Destination
from adapterstilts.plan.planner import plan
from adapterstilts.plan.recipe import load
from adapterstilts.publishing import own_sources, repository_names
from adapterstilts.publishing.gathering.store_view import StoreView

_SHOWN = 3
"""Things that a warning names; the rest is only counted."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """All that is to be published of a recipe."""

    store: Store
    """Where everything is."""
    index: Repository
    """Where the index goes."""
    things: tuple[tuple[Gathered, Publication], ...] = field(repr=False)
    """Each thing, with where it goes."""
    licence: str = ""
    """Licence that is asked for."""
    private: bool | None = None
    """Whether the recipe says that what it publishes is private."""
    warnings: tuple[str, ...] = ()
    """What to look at, each said once."""

    @property
    def title(self) -> str:
        """Return what the index and the collection are called."""
        return repository_names.last(self.index.name)

    @property
    def size(self) -> int:
        """Return the bytes of all that is published, but for cards and the index."""
        return sum(each.size for _, each in self.things)


def series(
    recipe: str | Path,
    *,
    repo: str,
    only: str = "",
    method: str = "",
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
    said = whole.publish or Destination(to=repo)
    base_model, licence = base_model or said.base_model, licence or said.licence
    check_id(base_model)
    # What the recipe publishes by itself, with another seed or base model maybe, is another matter.
    one = replace(whole, seeds=whole.seeds[:1] if seed is None else (seed,), publish=None)
    every = list(publishable.every(one, only=only))
    wanted = method and method_of(method).name
    things = [thing for thing in every if wanted in ("", thing.config.method)]
    if not things:
        made = f"{only and f' as {only}'}{wanted and f' by {wanted}'}"
        raise UsageError(f"{recipe} trains nothing that could be published{made}")
    named = {thing.id: name for thing, name in zip(every, names(repo, every), strict=True)}
    kept = Store(store_folder(store))
    choices = Choices(
        like=recipe,
        seeds=() if seed is None else (seed,),
        set=set,
        data=data,
        store=store,
    )
    _check_there(things, kept, recipe, choices)
    known = Known(
        store=kept,
        view=StoreView.of(kept),
        recipe=whole.document,
        among=frozenset(plan(one).stages),
        base_model=base_model,
        licence=licence,
    )
    found = [gathered(thing, known) for thing in things]
    for each in found:
        own_sources.check(repo, own_sources.taken(each.item), what=f"the index with {each.title}")
    told = [seeds_told(whole.seeds)] if len(whole.seeds) > 1 and seed is None else []
    unscored = [thing for thing, each in zip(things, found, strict=True) if not each.item.scores]
    if unscored:
        told.append(_unscored(unscored, kept, choices))
    return Series(
        store=kept,
        index=index,
        things=tuple(
            (each, publication(each, replace(index, name=named[thing.id]), licence))
            for thing, each in zip(things, found, strict=True)
        ),
        licence=licence,
        private=said.private,
        warnings=tuple(dict.fromkeys((*told, *(line for each in found for line in each.warnings)))),
    )


def index(series: Series, there: Sequence[str]) -> Publication:
    """Return the index of what is there."""
    from adapterstilts.publishing.writing import write_index

    items = [
        (each.repository.name, found.item)
        for found, each in series.things
        if each.repository.name in there
    ]

    def write(folder: Path) -> None:
        write_index(items, folder, repository=series.index.name, licence=series.licence)

    title = f"the index of {series.title}"
    return Publication(repository=series.index, title=title, size=0, write=write)


def _check_there(
    things: Sequence[Candidate], store: Store, recipe: str | Path, choices: Choices
) -> None:
    missing = [thing for thing in things if store.find(thing.id) is None]
    if missing:
        first = missing[0]
        raise UsageError(
            f"{len(missing)} of {len(things)} are not in {store.root}, or were trained with other"
            f" settings there, {first.title} first (stage {first.id}), and"
            " nothing is trained to be published: run"
            f" `{publishable.running(recipe, choices)}` first"
        )


def _unscored(things: Sequence[Candidate], store: Store, choices: Choices) -> str:
    """Return what is said of things that nobody has evaluated."""
    named = ", ".join(each.title for each in things[:_SHOWN])
    more = f" and {len(things) - _SHOWN} more" if len(things) > _SHOWN else ""
    their = "its card says so" if len(things) == 1 else "their cards say so"
    return (
        f"{named}{more} {'has' if len(things) == 1 else 'have'} no scores in {store.root}, and"
        f" {their}: `{publishable.evaluation(things[0], choices)}` would evaluate"
        f" {'it' if len(things) == 1 else 'the first'}"
    )
