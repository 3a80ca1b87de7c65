"""Encoded splits of one task in several languages, taken together."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.ragged import Ragged


def joined(splits: Mapping[str, Encoded]) -> Encoded:
    """Return some splits as one, in their order; of one alone, that one.

    Translations of a row have its id, so that each gets the split's name before it.
    """
    every = list(splits.values())
    if len(every) == 1:
        return every[0]
    first = every[0]
    starts = [0]
    for split in every:
        starts.append(starts[-1] + len(split.examples))
    return Encoded(
        examples=[
            {**example, "id": f"{name}:{example['id']}"}
            for name, split in splits.items()
            for example in split.examples
        ],
        features={
            column: Ragged.of(_rows(split.features[column] for split in every))
            for column in first.features
        },
        owner=[
            start + owner
            for start, split in zip(starts, every, strict=False)
            for owner in split.owner
        ],
    )


def _rows(columns: Iterable[Sequence[Sequence[int]]]) -> Iterable[Sequence[int]]:
    return chain.from_iterable(columns)
