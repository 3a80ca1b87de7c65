"""Tables of a card: well-formed Markdown, whatever stands in them, with numbers to the right."""

import re
from collections.abc import Iterable, Sequence

from adapterstilts.publishing.card.escaping import Markdown, text

NOTHING = "–"
"""Cell of what there is no number for."""
_INTERVAL = re.compile(r"(\[[^][\s,]*,) (?=[^][\s,]*\])")
"""Brackets of ours: those of others are escaped."""


def table(heads: Sequence[object], rows: Iterable[Sequence[object]], *, words: int = 1) -> Markdown:
    """Return a table, or nothing where it has no row.

    Args:
        heads: Names of the columns.
        rows: One value a column; an empty one is shown as a dash.
        words: Columns from the left that hold words; the others hold numbers.
    """
    cells = [
        [*map(_cell, row[:words]), *(_unbroken(_cell(value)) for value in row[words:])]
        for row in rows
    ]
    for row in cells:
        if len(row) != len(heads):
            raise ValueError(f"a row of {len(row)} cells in a table of {len(heads)} columns")
    if not cells:
        return Markdown("")
    rule = ["---" if place < words else "---:" for place in range(len(heads))]
    lines = [[_cell(head, empty="") for head in heads], rule, *cells]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def listed(items: Iterable[object]) -> Markdown:
    """Return a list with one line an item."""
    return Markdown("\n".join(f"- {text(item)}" for item in items))


def _unbroken(cell: str) -> str:
    """Return a number with its interval, which no narrow page breaks within its brackets."""
    return _INTERVAL.sub("\\1\N{NO-BREAK SPACE}", cell)


def _cell(value: object, *, empty: str = NOTHING) -> str:
    """Return what stands in a cell: in GFM a pipe ends one even within code."""
    return text(value).replace("|", "\\|").replace("\n", " ") or empty
