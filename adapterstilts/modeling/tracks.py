"""What each head of a training learns from, and what a step takes of it.

A plain task is a mixture of one part: there is no other way through here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.batching import training_batches
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.parts import Head
from adapterstilts.modeling.sampling import Counts
from adapterstilts.tasks.formats.format import Encoded

_APART = 1_000_003
"""Between the seeds of two parts, so that those of equal size have not one order."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """One head, and the rows that it learns from."""

    head: Head
    """What reads them."""
    items: Items
    """The rows, ready for batches."""
    seed: int
    """Seed of their order, and of masks."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one head learns from in a step."""

    track: Track
    """The head and its rows."""
    rows: Sequence[int]
    """Which of them."""


def tracks(
    heads: Sequence[Head], encoded: Sequence[Encoded], *, pad: int, seed: int
) -> list[Track]:
    """Return what each head learns from, or refuse a split that holds nothing."""
    found = [
        Track(
            head=head,
            items=Items(split, head, pad=pad, pairs=head.kind == "none"),
            seed=seed + _APART * index,
        )
        for index, (head, split) in enumerate(zip(heads, encoded, strict=True))
    ]
    for track in found:
        if not len(track.items):
            raise StiltsError(
                f"the training split of '{track.head.name}' is empty: check its data and"
                " the train_examples setting"
            )
    return found


def batches(
    tracks: Sequence[Track], counts: Counts, *, size: int, mixed: bool, start: int = 0
) -> Iterator[list[Share]]:
    """Yield what every step from `start` on takes of each part, as `counts` says by step and part.

    How far each part has come follows from its turns before. Rows of a mixed batch come one by one:
    there are too few of a part for those of like length to share it.
    """
    before = counts[:start] if mixed else counts[:start] > 0
    streams = [
        training_batches(
            track.items.lengths, size=1 if mixed else size, seed=track.seed, start=int(taken)
        )
        for track, taken in zip(tracks, before.sum(axis=0), strict=True)
    ]
    for asked in counts[start:].tolist():
        yield [
            Share(track=track, rows=list(chain(*islice(stream, count if mixed else 1))))
            for track, stream, count in zip(tracks, streams, asked, strict=True)
            if count
        ]
