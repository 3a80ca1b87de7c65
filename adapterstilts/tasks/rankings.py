"""How well a ranked list has the right ones at its top."""

from collections.abc import Collection, Sequence

CUTOFF = 20
"""Places that count, as in LAReQA's and Mewsli-X's scores in XTREME-R."""


def average_precision(ranked: Sequence[str], gold: Collection[str]) -> float:
    """Return the average precision at 20, 1 where the right ones lead the list.

    It is the mean of hits so far over rank at each hit, over as many of the right ones as fit
    into 20 places. With one right one it is the reciprocal of its rank.
    """
    wanted = set(gold)
    found: set[str] = set()
    total = 0.0
    for rank, name in enumerate(ranked[:CUTOFF], start=1):
        if name in wanted and name not in found:
            found.add(name)
            total += len(found) / rank
    return total / min(len(wanted), CUTOFF) if wanted else 0.0
