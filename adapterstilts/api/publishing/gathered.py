"""What is published of a training that stands in a store, and what there is to be said of it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapterstilts.api.one_off import Choices, Way, assignments, folders
from adapterstilts.api.publishing import publishable
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Repository
from adapterstilts.core.hub.branches import MAIN
from adapterstilts.core.store import Store
from adapterstilts.plan.candidates import Candidate
from adapterstilts.plan.planner import plan
from adapterstilts.plan.recipe import Recipe, load
from adapterstilts.publishing import repository_names
from adapterstilts.publishing.gathering.items import gather
from adapterstilts.publishing.gathering.store_view import StoreView
from adapterstilts.publishing.item import Item
from adapterstilts.stages import bases


@dataclass(frozen=True, kw_only=True)
class Known:
    """What everything of a request or a recipe is gathered with."""

    store: Store
    """Where they are."""
    view: StoreView
    """What it holds."""
    recipe: str = ""
    """The recipe that they are of, as it was written."""
    among: Collection[str] = field(default=(), repr=False)
    """Stages of its plan, whose baselines come first."""
    base_model: str = ""
    """Id of the backbone, where it was said."""
    licence: str = ""
    """Licence that is asked for."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Something that can be published."""

    item: Item
    """What it is."""
    warnings: tuple[str, ...]
    """What to look at before, a sentence each."""
    store: Store
    """Where it is from."""
    base_model: str = ""
    """Id of its backbone, where it was said."""

    @property
    def title(self) -> str:
        """Return what it is, in words."""
        return self.item.title


def destination(name: str, revision: str = MAIN) -> Repository:
    """Return a repository to publish to, or refuse what is no name of one."""
    repository_names.check(name)
    repository_names.check_branch(revision)
    found = Repository(name=name, revision=revision, kind="model")
    found.check()
    return found


def check_id(base_model: str) -> None:
    """Refuse what is no id of a model on the Hub; nothing said is fine."""
    if base_model:
        Repository(name=base_model, kind="model").check()


def requested(
    task: str, way: Way, choices: Choices, *, base_model: str = "", licence: str = ""
) -> Gathered:
    """Return what is published of the training that a request names, or say how to have it.

    Args:
        task: A task, or a source.
        way: How it was trained.
        choices: What else is said.
        base_model: Id of the backbone on the Hub.
        licence: Licence that is asked for.
    """
    check_id(base_model)
    asked, candidate = publishable.one(task, way, choices)
    store = asked.store
    if store.find(candidate.id) is None:
        other = "; if a recipe has trained it, name that with --like RECIPE"
        raise UsageError(
            f"{candidate.title} is not in {store.root}, or was trained with"
            f" other settings there (stage {candidate.id} is missing), and nothing is trained to be"
            f" published: run `{publishable.command('train', task, way, choices)}` first"
            f"{'' if choices.like else other}"
        )
    like = _like(choices)
    known = Known(
        store=store,
        view=StoreView.of(store),
        recipe=like.document if like else "",
        among=_stages(like),
        base_model=base_model,
        licence=licence,
    )
    found = gathered(candidate, known)
    told = []
    if like and not choices.seeds and len(like.seeds) > 1:
        told.append(seeds_told(like.seeds))
    if not found.item.scores:
        remedy = publishable.evaluation(candidate, choices, task=task, way=way)
        told.append(
            f"{found.title} has no scores in {store.root}, and its card says so: `{remedy}` would"
            " evaluate it"
        )
    return replace(found, warnings=(*told, *found.warnings))


def seeds_told(seeds: Sequence[int]) -> str:
    """Return what is said where one of several seeds is published."""
    return f"of the seeds {', '.join(map(str, seeds))} it is {seeds[0]}: --seed names another"


def gathered(candidate: Candidate, known: Known) -> Gathered:
    """Return what is published of a candidate that stands in a store."""
    from adapterstilts.publishing.card.card import warnings as looked_at

    base = bases.base_of(
        candidate.config.backbone,
        candidate.needs,
        known.store,
        candidate.id,
        asked=known.base_model,
    )
    item = gather(
        known.view,
        candidate.id,
        expression=candidate.expression,
        way=candidate.way,
        base=base,
        recipe=known.recipe,
        among=known.among,
    )
    return Gathered(
        item=item,
        warnings=(
            *_renamed(candidate, known),
            *item.notes,
            *looked_at(item, licence=known.licence),
        ),
        store=known.store,
        base_model=known.base_model,
    )


def _renamed(candidate: Candidate, known: Known) -> Iterator[str]:
    """Yield what is said where the files name another backbone than that of the training."""
    found = bases.id_of(candidate.config.backbone, candidate.needs)
    if known.base_model and found not in ("", known.base_model):
        yield (
            f"it was trained on {found}, and its files will name {known.base_model}: that is right"
            " only where both have the same weights"
        )


def _like(choices: Choices) -> Recipe | None:
    """Return the recipe that a request is like, with what was set over it."""
    if choices.like is None:
        return None
    return load(Path(choices.like), assignments(choices.set), data=folders(choices.data))


def _stages(like: Recipe | None) -> Collection[str]:
    """Return the stages of a recipe; none where it cannot be planned as it stands."""
    with suppress(StiltsError):
        return frozenset(plan(like).stages) if like else ()
    return ()
