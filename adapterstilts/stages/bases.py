"""Which model of the Hub something stands on that was trained here."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Hub, Repository, cached
from adapterstilts.core.hub.branches import Branch
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.parts import MODEL
from adapterstilts.publishing.item import Base
from adapterstilts.stages.references import BACKBONE, Backbone


def base_of(
    backbone: Backbone, needs: Mapping[str, str], store: Store, trained: str, *, asked: str = ""
) -> Base:
    """Return what a training stands on, and its id on the Hub where that can be told.

    Args:
        backbone: The backbone as stages know it.
        needs: What the training needs: the stage that makes its backbone, where one does.
        store: Where both are.
        trained: The training, whose record has the commit.
        asked: The id that the user has said, which wins.
    """
    if asked:
        Repository(name=asked, kind="model").check()
    if BACKBONE in needs:
        made = store.folder(needs[BACKBONE], f"backbone '{backbone.name}'")
        return Base(title=backbone.name, id=asked, folder=made / MODEL)
    if not locate.is_local(backbone.name):
        commit = _commit(backbone, store, trained)
        repository = Repository(name=backbone.name, revision=backbone.revision, kind="model")
        snapshot = cached.snapshot(hub.here().cache, repository, commit) if commit else Path()
        return Base(
            title=title(backbone),
            id=asked or backbone.name,
            revision="" if asked not in ("", backbone.name) else commit,
            folder=snapshot if commit and snapshot.is_dir() else None,
        )
    folder = locate.folder_of(backbone.name)
    if asked or backbone.name in locate.EMBEDDED:
        return Base(title=title(backbone), id=asked or backbone.name, folder=folder)
    id, revision = in_cache(folder)
    return Base(title=title(backbone), id=id, revision=revision, folder=folder)


def id_of(backbone: Backbone, needs: Mapping[str, str], *, asked: str = "") -> str:
    """Return the id on the Hub that `base_of` will find, before anything is trained."""
    if asked or BACKBONE in needs:
        return asked
    if not locate.is_local(backbone.name) or backbone.name in locate.EMBEDDED:
        return backbone.name
    return in_cache(locate.folder_of(backbone.name))[0]


def title(backbone: Backbone) -> str:
    """Return what score rows call a backbone: a name, never where it lies."""
    return locate.title(backbone.name) if backbone.revision else backbone.name


def in_cache(folder: Path) -> tuple[str, str]:
    """Return id and commit of a model whose folder is in a cache of the Hub, or empty texts."""
    match folder.parts[-3:]:
        case [repository, "snapshots", commit] if cached.is_commit(commit):
            kind, *names = repository.split("--")
            if kind == "models" and 0 < len(names) <= 2:
                return "/".join(names), commit
    return "", ""


def check_named(base: Base) -> None:
    """Refuse to publish what stands on a backbone that others could not find."""
    if not base.id:
        raise UsageError(
            f"the backbone '{base.title}' is a folder, which others do not have: say which model of"
            " the Hub it is with --base-model OWNER/NAME (from Python base_model=); one that is on"
            " no Hub is published first"
        )


def unknown(client: Hub, asked: str) -> str:
    """Return what is said of a backbone's id that the Hub does not know; empty of any other.

    Args:
        client: The Hub, which is asked once; where it does not say, nothing is said.
        asked: The id that the user has said, if one was.
    """
    if not asked or client.offline or asked in locate.EMBEDDED:
        return ""
    # No more than a warning hangs on it.
    briefly = replace(client, pauses=())
    with suppress(StiltsError):
        if Branch(briefly, Repository(name=asked, kind="model")).about() is None:
            return (
                f"there is no model '{asked}' on the Hub, or it is private: nobody finds the"
                " backbone by that name; mend it with --base-model (in a recipe 'base_model')"
                " unless that is meant"
            )
    return ""


def _commit(backbone: Backbone, store: Store, trained: str) -> str:
    """Return the commit that something was trained on."""
    folder = store.find(trained)
    said = str(read_record(folder / RECORD).resolved.get("backbone", "")) if folder else ""
    key = str(Repository(name=backbone.name, revision=backbone.revision, kind="model"))
    known = said if cached.is_commit(said) else store.pins().get(key, "")
    return known if cached.is_commit(known) else ""
