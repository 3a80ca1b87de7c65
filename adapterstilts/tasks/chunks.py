"""Chunks of tagged sentences, by the rules that XTREME's published numbers are made with.

A chunk is `(kind, first token, token after the last)`.
"""

from collections.abc import Sequence
from itertools import groupby

OUTSIDE = "O"
Chunk = tuple[str, int, int]


def entities(tags: Sequence[str]) -> set[Chunk]:
    """Return the entities of IOB2 tags, read leniently as conlleval and seqeval do.

    `I-X` after `O` or after an entity of another kind begins an entity, as `B-X` would.
    """
    found: set[Chunk] = set()
    kind, start = "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        inside = tag.split("-")[-1] if tag != OUTSIDE else ""
        if kind and (inside != kind or not tag.startswith("I")):
            found.add((kind, start, place))
            kind = ""
        if inside and not kind:
            kind, start = inside, place
    return found


def runs(tags: Sequence[str]) -> set[Chunk]:
    """Return the longest runs of equal part-of-speech tags; of `S…` tags every token alone.

    XTREME gives bare tags to seqeval 0.0.12, which reads the first letter as an IOBES prefix: the
    `S` of SCONJ and SYM means a chunk of one token, and `O` none. Its POS score is made of these.
    """
    found: set[Chunk] = set()
    start = 0
    for tag, group in groupby(tags):
        stop = start + sum(1 for _ in group)
        if tag.startswith("S"):
            found.update((tag, place, place + 1) for place in range(start, stop))
        elif tag != OUTSIDE:
            found.add((tag, start, stop))
        start = stop
    return found
