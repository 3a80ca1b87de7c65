"""Sentences with their translations, in two files of lines or in two columns (Tatoeba)."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from adapterstilts.tasks.readers import records
from adapterstilts.tasks.readers.lines import lines
from adapterstilts.tasks.readers.reader import Record, Request, Row, refuse


def parallel(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield one row a line of two files, of the queries and of the candidates.

    Line i of one is the translation of line i of the other. Where the layout is without labels the
    two are only of one length, as in XTREME, which sorts the English side; `match` is None there.
    """
    queries, candidates = paths
    both = zip_longest(lines(queries, request), lines(candidates, request))
    for number, (query, candidate) in enumerate(both):
        if query is None or candidate is None:
            place, file = (query or candidate).place, candidates if query else queries
            raise refuse(place, f"{request.name(file)} has no such line; get both files anew")
        for line in (query, candidate):
            if not line.text.strip():
                raise refuse(line.place, "an empty line where a sentence belongs; mend the file")
        yield {
            "id": str(number),
            "place": query.place,
            "query": query.text.strip(),
            "candidate": candidate.text.strip(),
            "match": str(number) if request.labelled else None,
        }


def aligned(record: Record, request: Request) -> Iterator[Row]:
    """Yield the row of a record whose two texts are translations, without their line ends."""
    query, candidate = (
        records.text(record, request, role).strip() for role in ("query", "candidate")
    )
    row = records.row(record, request, query=query, candidate=candidate)
    yield {**row, "match": row["id"]}


READERS = {"parallel": parallel}
CONVERTERS = {"aligned": aligned}
