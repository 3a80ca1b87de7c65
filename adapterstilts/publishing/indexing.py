"""The folder of what leads to all that is published of a recipe: a card, all scores, the recipe."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from adapterstilts.core.records import Score, write_rows
from adapterstilts.publishing.folder.history import FILE
from adapterstilts.publishing.folder.laying import CARD, RECIPE, SCORES, planned_layout
from adapterstilts.publishing.item import Item
from adapterstilts.publishing.scrubbing.items import scrubbed, scrubber_of

SCHEMA = "adapterstilts/published-index"
"""Schema of an index's `records.json`."""


def write_index(
    items: Sequence[tuple[str, Item]], out: Path, *, title: str, repository: str, licence: str = ""
) -> None:
    """Leave the folder of an index.

    Args:
        items: Each repository with what is in it; at least one.
        out: A folder that is not there yet, or empty.
        title: What all of it is.
        repository: Repository of the index.
        licence: Licence that was asked for.
    """
    from adapterstilts.publishing.card.card import index

    found = [(name, item, planned_layout(item)) for name, item in items]
    out.mkdir(parents=True, exist_ok=True)
    text = index(title, found, repository=repository, licence=licence)
    (out / CARD).write_text(text, encoding="utf-8", newline="\n")
    write_rows(out / SCORES, Score, _rows(scrubbed(item) for _, item in items))
    names = [CARD, SCORES, FILE]
    if recipe := items[0][1].recipe:
        told = scrubber_of(items[0][1]).text(recipe)
        (out / RECIPE).write_text(told, encoding="utf-8", newline="\n")
        names.append(RECIPE)
    said = {
        "schema": SCHEMA,
        "version": 1,
        "files": sorted(names),
        "published": [
            {"repository": name, "expression": item.expression, "way": item.way,
             "stage": item.own.record.id}
            for name, item in items
        ],
    }  # fmt: skip
    lines = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)
    (out / FILE).write_text(lines + "\n", encoding="utf-8", newline="\n")


def _rows(items: Iterable[Item]) -> Iterator[Score]:
    """Yield the score rows of some things and of their baselines, each once."""
    seen: set[tuple[object, ...]] = set()
    for item in items:
        for row in (*item.scores, *(row for rows in item.baselines.values() for row in rows)):
            key = (row.stage, row.language, row.metric)
            if key not in seen:
                seen.add(key)
                yield row
