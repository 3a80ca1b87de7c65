"""What a plan takes from the Hub: which repositories, and which files of them."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import (
    Hub,
    Listing,
    NoRoom,
    NotHere,
    Pins,
    Repository,
    Unreachable,
    cached,
)
from adapterstilts.core.store import Store
from adapterstilts.modeling import filenames, locate
from adapterstilts.modeling.foreign import files
from adapterstilts.plan.misfits import misfits
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.adopt import Adopt
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from adapterstilts.tasks import hub_files
from adapterstilts.tasks.origin import HubFiles, parts_of


@dataclass(frozen=True, kw_only=True)
class Need:
    """A repository of the Hub, and what is wanted of it."""

    repository: Repository
    """The repository at the revision that was asked for."""
    parts: tuple[HubFiles, ...] = ()
    """Splits of a data set; of a model there is but one way to want it."""
    adapters: tuple[Adopt, ...] = ()
    """Stages that take an adapter from it, which is then no backbone."""
    either: bool = False
    """Whether it is wanted for whatever is in it, an adapter or a backbone."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The files that are wanted of a repository at a commit."""

    listing: Listing
    """Every file of the commit."""
    names: tuple[str, ...]
    """Those that are wanted."""


@dataclass(frozen=True)
class Kept:
    """Pins that are read and not added to: to fetch for a store is not yet to use."""

    known: Mapping[str, str]
    """What the store has pinned."""

    def pins(self) -> Mapping[str, str]:
        """Return every pinned value."""
        return self.known

    def pin(self, key: str, value: str) -> str:
        """Return the value of a key: the store's, where it has one."""
        return self.known.get(key, value)


def needs(stages: Iterable[StageSpec]) -> list[Need]:
    """Return the repositories that some stages take something from, each once."""
    parts: dict[Repository, list[HubFiles]] = {}
    adapters: dict[Repository, list[Adopt]] = {}
    for spec in stages:
        if isinstance(spec.config, Adopt) and spec.config.place == "hub":
            adapters.setdefault(spec.config.repository, []).append(spec.config)
        backbone = getattr(spec.config, "backbone", None)
        if isinstance(backbone, Backbone) and _is_remote(backbone):
            model = Repository(name=backbone.name, revision=backbone.revision, kind="model")
            parts.setdefault(model, [])
        if isinstance(spec.config, Prepare) and spec.config.origin is not None:
            for part in parts_of(spec.config.origin):
                if isinstance(part, HubFiles):
                    parts.setdefault(part.repository, []).append(part)
    return [
        *(Need(repository=each, parts=tuple(of)) for each, of in parts.items()),
        *(Need(repository=each, adapters=tuple(of)) for each, of in adapters.items()),
    ]


def wanted(client: Hub, need: Need, pins: Pins | None) -> Wanted:
    """Return the files that are wanted of a repository, at the commit that a store has pinned."""
    commit = client.pinned(need.repository, pins)
    listing = client.listing(need.repository, commit)
    if need.adapters or (need.either and not _is_backbone(listing)):
        return Wanted(listing=listing, names=files.wanted(listing))
    if need.repository.kind == "model":
        return Wanted(listing=listing, names=locate.wanted(listing))
    chosen = [name for part in need.parts for name in hub_files.chosen(client, listing, part)]
    # What the README says of the files is needed to choose them again.
    about = [hub_files.README] if hub_files.README in listing.files else []
    return Wanted(listing=listing, names=tuple(dict.fromkeys([*about, *chosen])))


def every(client: Hub, some: Iterable[Need], pins: Pins | None) -> list[Wanted]:
    """Return what is wanted of every repository, or say of all of them what cannot be had."""
    found: list[Wanted] = []
    lacking: list[str] = []
    for need in some:
        try:
            found.append(wanted(client, need, pins))
        except (Unreachable, NoRoom):
            raise
        except StiltsError as error:
            lacking.append(str(error))
    if lacking:
        raise StiltsError("\n".join(lacking))
    return found


def check(plan: Plan, store: Store, client: Hub) -> None:
    """Refuse to begin what the Hub cannot give, or offline the cache; all of it is told at once."""
    lacking, there, away = list[str](), set[Repository](), None
    wanting = list[Repository]()
    for need in needs(spec for id, spec in plan.stages.items() if store.find(id) is None):
        try:
            lack = _lack(client, need, store)
        except Unreachable as error:
            # What is not in the cache either is told at once, so that one fetch brings it all.
            away, client = error, replace(client, offline=True)
            lack = _lack(client, need, store)
        if lack:
            lacking.append(lack)
            wanting.append(need.repository)
        else:
            there.add(need.repository)
    lacking += misfits(plan, store, client, Kept(store.pins()), there)
    if not client.offline:
        if lacking:
            raise StiltsError("\n".join(lacking))
        return
    if lacking:
        head = "offline, and" if away is None else f"{away.head}, and"
        head = f"{head} not all that {plan.recipe.path} needs is in {client.cache}:"
        kind = NotHere if away is None else Unreachable
        tail = _tail(plan, wanting)
        raise kind("\n".join([head, *(f"  {each}" for each in lacking), tail]))
    if away is not None:
        raise Unreachable(
            f"{away.head}, and all that {plan.recipe.path} needs is in {client.cache}: run again"
            " with --offline"
        )


def _lack(client: Hub, need: Need, store: Store) -> str:
    """Return what cannot be had of a repository, or an empty string."""
    try:
        found = wanted(client, need, Kept(store.pins()))
        missing = client.missing(found.listing, found.names)
        if missing and not client.offline:
            client.reach(need.repository)
            return ""
    except (Unreachable, NoRoom):
        raise
    except NotHere as error:
        return "" if _is_there(client, need, store) else f"{need.repository} {error.why}"
    except StiltsError as error:
        return str(error)
    return f"{need.repository} lacks {', '.join(missing)}" if missing else ""


def _tail(plan: Plan, wanting: Sequence[Repository]) -> str:
    """Return how what is wanting comes to a machine without network."""
    if plan.recipe.text:
        return (
            f"run `adapterstilts fetch {plan.recipe.path} --to DIR` on a machine with network, and"
            " here the command that it ends with"
        )
    if wanting and all(each.kind == "model" for each in wanting):
        names = " ".join(shlex.quote(each.expression) for each in dict.fromkeys(wanting))
        return (
            f"run `adapterstilts fetch {names} --to DIR` on a machine with network, and here set"
            " HF_HOME=DIR and run again with --offline"
        )
    return (
        "do the same without --offline on a machine with network, or write it as a recipe,"
        " whose data `adapterstilts fetch` brings down"
    )


def _is_backbone(listing: Listing) -> bool:
    """Return whether a repository has a model at its root, and no adapter."""
    apart = (filenames.ADAPTER_CONFIG, filenames.SETUP_CONFIG)
    return locate.CONFIG in listing.files and not any(name in listing.files for name in apart)


def _is_there(client: Hub, need: Need, store: Store) -> bool:
    """Return whether a model that another program has fetched is all there."""
    if need.repository.kind != "model":
        return False
    known = store.pins().get(str(need.repository)) or cached.commit(client.cache, need.repository)
    if not known:
        return False
    snapshot = cached.snapshot(client.cache, need.repository, known)
    return files.is_there(snapshot) if need.adapters else locate.is_whole(snapshot)


def _is_remote(backbone: Backbone) -> bool:
    return bool(backbone.revision) and not locate.is_local(backbone.name)
