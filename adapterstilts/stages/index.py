"""Publish the index that leads to all that a recipe publishes, once all of that is there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.records import RECORD, read_record
from adapterstilts.publishing import repository_names
from adapterstilts.stages.publish import Addressed, Publish, item_of, send
from adapterstilts.stages.stage import Context, Outcome


@dataclass(frozen=True, kw_only=True)
class Index(Addressed):
    """What an index leads to, and where it goes."""

    things: tuple[Publish, ...]
    """What is published, in order; the stage that does it has the name of its repository as role.
    """
    kind: str = "index"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def title(self) -> str:
        """Return what is published, in words."""
        return f"the index of {repository_names.last(self.repository)}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; what each thing is, is among the stage's needs."""
        return {
            "repository": self.repository,
            "revision": self.revision,
            "things": [thing.repository for thing in self.things],
            "licence": self.licence,
            "private": self.private,
            "collection": self.collection,
        }


def run(config: Index, context: Context) -> Outcome:
    """Leave the card and the list of the files that are on the Hub then."""

    def write(folder: Path) -> None:
        from adapterstilts.publishing.writing import write_index

        items = []
        for number, thing in enumerate(config.things):
            context.report(number, len(config.things), thing.repository)
            needs = read_record(context.inputs[thing.repository] / RECORD).needs
            folders = {role: context.store.folder(id, thing.title) for role, id in needs.items()}
            items.append((thing.repository, item_of(thing, folders, context.store)))
        write_index(items, folder, repository=config.repository, licence=config.licence)

    return send(config, context, write)
