"""Plain text for masked language modelling: one sentence or paragraph a line, in any language.

Neither a folder of text nor Wikipedia has a dev or a test split, so one is drawn: what the text,
or the article's id, hashes to says where it belongs. That is the same on every machine, and a line
that comes twice is never in two splits.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from adapterstilts.tasks.readers import records
from adapterstilts.tasks.readers.lines import lines
from adapterstilts.tasks.readers.reader import Record, Request, Row, refuse

PARTS = 100
"""One part of so many is `dev`, one is `test`, and the rest is `train`."""
SHORTEST = 40
"""Bytes of UTF-8 of Wikipedia's shortest paragraph that is taken: below are headings and stubs."""


def text(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the lines of one split; empty lines part paragraphs and are none."""
    numbers = count()
    for path in paths:
        for place, line in lines(path, request):
            if line.strip() and split_of(line) == request.split:
                yield {"id": str(next(numbers)), "place": place, "text": line}


def paragraphs(record: Record, request: Request) -> Iterator[Row]:
    """Yield the paragraphs of one split's article, those that are too short left out."""
    article = records.column(record, request.column("text"))
    if not isinstance(article, str):
        raise refuse(record.place, f"text is {article!r} where a text belongs; mend the data")
    if split_of(str(records.column(record, "id"))) != request.split:
        return
    for number, paragraph in enumerate(article.split("\n")):
        if len(paragraph.strip().encode()) >= SHORTEST:
            identity = f"{record.number}.{number}"
            place = f"{record.place} paragraph {number + 1}"
            yield {"id": identity, "place": place, "text": paragraph}


def split_of(key: str) -> str:
    """Return the split that a text belongs to."""
    lot = int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % PARTS
    return {0: "test", 1: "dev"}.get(lot, "train")


READERS = {"text": text}
"""The reader of plain text."""
CONVERTERS = {"paragraphs": paragraphs}
"""The converter of articles."""
