"""Publish one thing that was trained, with its scores, as a repository on the Hub."""

import json
import logging
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core import hub
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.hub import Hub, Repository, collecting, uploading
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.publishing.item import Item
from adapterstilts.stages import bases
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import Context, Outcome

CARD, CONTENTS = "README.md", "files.json"
"""What is kept of a publication: its card, and the bytes and the digest of each file."""
_WAIT = 0.2
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Addressed(ABC):
    """What every publication says: where it goes, and how."""

    repository: str
    """Name of the repository."""
    revision: str = "main"
    """Its branch."""
    licence: str = ""
    """Licence that was asked for."""
    private: bool | None = None
    """Whether a repository that is made is private."""
    collection: str = ""
    """Title or slug of a collection that it is put in."""
    recipe: str = ""
    """The recipe that it is of, as it was written; another wording is the same publication."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        return self.repository.replace("/", "-")

    @property
    def destination(self) -> Repository:
        """Return the repository at its branch."""
        return Repository(name=self.repository, revision=self.revision, kind="model")

    @property
    @abstractmethod
    def title(self) -> str:
        """Return what is published, in words."""


@dataclass(frozen=True, kw_only=True)
class Publish(Addressed):
    """What is published, and where to."""

    expression: str
    """Task or source that it answers or is."""
    way: str
    """How it was made, as `METHOD/COMPOSITION`."""
    backbone: Backbone
    """What it stands on."""
    base_model: str = ""
    """Id of the backbone on the Hub, where it was said."""
    kind: str = "publish"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def title(self) -> str:
        """Return what is published, in words."""
        return f"{self.expression} by {self.way}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; what was trained and scored is among the stage's needs."""
        return {
            "repository": self.repository,
            "revision": self.revision,
            "expression": self.expression,
            "way": self.way,
            "base_model": self.base_model,
            "licence": self.licence,
            "private": self.private,
            "collection": self.collection,
        }


def run(config: Publish, context: Context) -> Outcome:
    """Leave the card and the list of the files that are on the Hub then."""

    def write(folder: Path) -> None:
        from adapterstilts.publishing.card.card import warnings
        from adapterstilts.publishing.writing import write

        item = item_of(config, context.inputs, context.store)
        for told in (*item.notes, *warnings(item, licence=config.licence)):
            _LOG.warning("%s: %s", config.repository, told)
        write(item, folder, repository=config.repository, licence=config.licence)

    return send(config, context, write)


def item_of(config: Publish, folders: Mapping[str, Path], store: Store) -> Item:
    """Return what is published.

    Args:
        config: What is asked for.
        folders: Role to folder of all that it needs.
        store: Where its backbone is, if that was made here.
    """
    from adapterstilts.publishing.gathering.items import OWN, gather_from

    record = read_record(folders[OWN] / RECORD)
    base = bases.base_of(config.backbone, record.needs, store, record.id, asked=config.base_model)
    return gather_from(
        folders,
        expression=config.expression,
        way=config.way,
        base=base,
        recipe=config.recipe,
    )


def send(config: Addressed, context: Context, write: Callable[[Path], None]) -> Outcome:
    """Return what came of sending a folder; its card, and what was in it, are left.

    Args:
        config: Where to, and how.
        context: Where its folder is written meanwhile.
        write: Writes to the folder that it is given.
    """
    client = hub.here()
    folder = context.work / "folder"
    # A folder that a killed run has left may be half written.
    shutil.rmtree(folder, ignore_errors=True)
    write(folder)
    done = uploading.upload(
        client,
        config.destination,
        folder,
        message=f"Publish {config.title}",
        private=config.private,
        report=lambda done, total, name: context.report(
            done // 1000, total // 1000, f"kB are there, {name}"
        ),
    )
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
    files = {
        name: {"bytes": size, "sha256": file_digest(folder / name)} for name, size in sizes.items()
    }
    shutil.copyfile(folder / CARD, context.out / CARD)
    text = json.dumps(files, indent=1, sort_keys=True)
    (context.out / CONTENTS).write_text(text + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    resolved = {
        "url": done.url,
        "commit": done.commit,
        "bytes": sum(sizes.values()),
        "sent": done.bytes,
    }
    if config.collection:
        resolved["collection"] = _collected(config, context, client)
    return Outcome(resolved=resolved)


def _collected(config: Addressed, context: Context, client: Hub) -> str:
    """Return the page of the collection that it is in now."""
    owner = config.repository.partition("/")[0]
    claim = fingerprint({"collection": config.collection, "owner": owner})
    while True:
        # Two that publish side by side would make two collections of one title.
        with context.store.claim(claim) as ours:
            if ours:
                return collecting.collect(
                    client,
                    title=config.collection,
                    namespace=owner,
                    items=[(config.repository, config.title)],
                    private=config.private,
                )
        context.report(0, 0, "waiting for another that changes the collection")
        time.sleep(_WAIT)
