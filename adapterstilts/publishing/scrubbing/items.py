"""A publication as others may read it: nothing in it tells of a machine or of whose it is."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adapterstilts.core.records import Score, StageRecord
from adapterstilts.publishing.item import Item, Module
from adapterstilts.publishing.scrubbing.texts import Scrubber, scrubber

_TEXTS = ("backbone", "source", "target", "composition", "method", "perturbation")
"""Fields of a score that hold what somebody wrote."""


def scrubber_of(item: Item) -> Scrubber:
    """Return what knows where everything lies that is published of a thing."""
    folders = [module.folder.parent for module in item.modules]
    folders += [item.base.folder] if item.base.folder is not None else []
    found = scrubber(folders, public=[item.base.id])
    # Whoever is called as a task or a method is would change what it is.
    words = {*re.findall(r"\w+", f"{item.expression} {item.way} {item.base.title}".lower())}
    users = tuple(name for name in found.users if name.lower() not in words)
    return replace(found, users=users)


def scrubbed(item: Item) -> Item:
    """Return the same publication without paths, users and machines in its texts."""
    looking = scrubber_of(item)

    def module(each: Module) -> Module:
        return replace(
            each,
            name=looking.text(each.name),
            record=_record(each.record, looking),
            data={role: _record(record, looking) for role, record in each.data.items()},
        )

    return replace(
        item,
        expression=looking.text(item.expression),
        way=looking.text(item.way),
        own=module(item.own),
        sources=tuple(map(module, item.sources)),
        before=tuple(map(module, item.before)),
        base=replace(item.base, title=looking.text(item.base.title)),
        scores=_scores(item.scores, looking),
        baselines={name: _scores(rows, looking) for name, rows in item.baselines.items()},
        evaluated={
            stage: {code: _record(record, looking) for code, record in found.items()}
            for stage, found in item.evaluated.items()
        },
        recipe=looking.text(item.recipe),
        notes=tuple(map(looking.text, item.notes)),
    )


def _record(record: StageRecord, looking: Scrubber) -> StageRecord:
    return replace(
        record,
        identity=looking.value(record.identity),
        resolved=looking.value(record.resolved),
        software=looking.value(record.software),
    )


def _scores(rows: Iterable[Score], looking: Scrubber) -> tuple[Score, ...]:
    return tuple(replace(row, **_texts(row, looking)) for row in rows)


def _texts(row: Score, looking: Scrubber) -> dict[str, Any]:
    return {name: looking.text(getattr(row, name)) for name in _TEXTS}
