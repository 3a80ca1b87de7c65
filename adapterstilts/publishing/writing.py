"""Whole folders as they are published: of one thing, and of the index to all of a recipe.

They are written in place: whoever wants all or nothing names a folder that only they know.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from adapterstilts.core.records import PUBLISHED, SCORES, Score, write_rows
from adapterstilts.publishing import repository_names
from adapterstilts.publishing.card import card, index
from adapterstilts.publishing.folder import history, laying
from adapterstilts.publishing.folder.laying import CARD, RECIPE
from adapterstilts.publishing.item import Item, Layout
from adapterstilts.publishing.scrubbing.items import scrubbed


def write(item: Item, out: Path, *, repository: str, licence: str = "") -> Layout:
    """Return what now lies in a folder: all that is published, the card among it.

    Args:
        item: What is published.
        out: A folder that is not there yet, or empty.
        repository: Name that it is to have on the Hub.
        licence: Licence that its publisher gives it, where it is not what its data ask for.
    """
    layout = laying.lay(item, out)
    text = card.card(item, repository=repository, layout=layout, licence=licence)
    _write(out / CARD, text)
    return layout


def write_index(
    items: Sequence[tuple[str, Item]], out: Path, *, repository: str, licence: str = ""
) -> None:
    """Leave the folder of an index: a card, all scores, the recipe; no weights.

    Args:
        items: Each repository with what is in it; at least one.
        out: A folder that is not there yet, or empty.
        repository: Repository of the index.
        licence: Licence that was asked for.
    """
    found = [(name, item, laying.planned_layout(item)) for name, item in items]
    public = [scrubbed(item) for _, item in items]
    out.mkdir(parents=True, exist_ok=True)
    title = repository_names.last(repository)
    _write(out / CARD, index.index(title, found, repository=repository, licence=licence))
    write_rows(out / SCORES, Score, _rows(public))
    names = [CARD, SCORES, PUBLISHED]
    if recipe := public[0].recipe:
        _write(out / RECIPE, recipe)
        names.append(RECIPE)
    _write(out / PUBLISHED, history.text(_document(items, names)))


def _document(items: Sequence[tuple[str, Item]], names: Iterable[str]) -> dict[str, Any]:
    """Return what an index says of what it leads to, and which files are its own."""
    published = [
        {
            "repository": name,
            "expression": item.expression,
            "way": item.way,
            "stage": item.own.record.id,
        }
        for name, item in items
    ]
    return {"schema": history.INDEX, "version": 1, "files": sorted(names), "published": published}


def _rows(items: Iterable[Item]) -> Iterator[Score]:
    """Yield the score rows of some things and of their baselines, each once."""
    seen: set[tuple[object, ...]] = set()
    for item in items:
        for row in (*item.scores, *(row for rows in item.baselines.values() for row in rows)):
            key = (row.stage, row.language, row.metric)
            if key not in seen:
                seen.add(key)
                yield row


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
