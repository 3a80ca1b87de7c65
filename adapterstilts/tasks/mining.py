"""Pairs of translations found in two pools of sentences, as XTREME finds those of BUCC.

Artetxe and Schwenk (2019): the cosine of two sentences over the mean of those with their nearest
neighbours, the best partner of each sentence from either side, and of those the best first, each
sentence once. Nothing here goes through candidates one by one in Python.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adapterstilts.tasks.neighbours import (
    Engine,
    Indices,
    Neighbours,
    Vectors,
    both_ways,
)

NEIGHBOURS = 4
"""Neighbours whose mean is the margin's denominator, as in XTREME."""
_ROUNDS = 8
"""Rounds in which all pairs that nothing stands before are taken at once."""

_HALF, _PLACES = np.uint64(32), np.uint64(2**32 - 1)
"""Bits of a score, and the lower half of a key, in which its place is."""

Scores = npt.NDArray[np.float64]
"""Ratio margins."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs in which no sentence stands twice, the best first."""

    left: Indices
    """Places on the left."""
    right: Indices
    """Places on the right."""
    scores: Scores
    """Ratio margins, all above 0."""


def mine(left: Vectors, right: Vectors, *, k: int = NEIGHBOURS, by: Engine | None = None) -> Pairs:
    """Return the pairs of two pools.

    Args:
        left: One embedding a sentence, of length 1.
        right: The same of the other language.
        k: Neighbours that a margin is relative to.
        by: Who searches for neighbours (see `neighbours.both_ways`).
    """
    if not len(left) or not len(right):
        nothing = np.empty(0, np.int64)
        return Pairs(left=nothing, right=nothing, scores=np.empty(0, np.float64))
    return match(*both_ways(left, right, k=k, by=by))


def match(forward: Neighbours, backward: Neighbours) -> Pairs:
    """Return the pairs that the neighbours of both sides give."""
    left, right, scores = _candidates(forward, backward)
    order = _falling(scores)
    left, right, scores = left[order], right[order], scores[order]
    taken = _one_to_one(left, right, len(forward.indices), len(backward.indices))
    return Pairs(left=left[taken], right=right[taken], scores=scores[taken])


def margins(here: Neighbours, there: Neighbours) -> Scores:
    """Return the ratio margin of each neighbour: its cosine over the mean of both means."""
    means = _means(here)[:, None] + _means(there)[here.indices]
    means /= 2
    found = np.zeros_like(means)
    np.divide(here.similarities, means, out=found, where=means != 0)
    return found


def best_threshold(scores: Scores, right: npt.NDArray[np.bool_], gold: int) -> float:
    """Return the threshold at which the pairs above it have the best F1, of equals the highest.

    It lies half-way between the last pair that is kept and the first that is not. Where all are
    kept it is the last one's own score: XTREME's script reads past the end of its list there.

    Args:
        scores: Scores of the mined pairs, in any order.
        right: Whether each of them is right.
        gold: Number of pairs that are right in all.
    """
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(right[order])
    if not len(scores) or not hits[-1]:
        return 0.0
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / gold
    # As XTREME's script multiplies it out, down to the last bit: prefixes that are equally good
    # differ there by their rounding, and the threshold with them.
    f1 = 2 * precision * recall / np.where(hits, precision + recall, 1)
    last = int(np.argmax(f1))
    below = scores[min(last + 1, len(scores) - 1)]
    return float((scores[last] + below) / 2)


def _candidates(forward: Neighbours, backward: Neighbours) -> tuple[Indices, Indices, Scores]:
    """Return the best pair of each sentence on either side, each pair once."""
    forth, back = margins(forward, backward), margins(backward, forward)
    rows, columns = np.arange(len(forth)), np.arange(len(back))
    best, best_back = forth.argmax(axis=1), back.argmax(axis=1)
    to, back_to = forward.indices[rows, best], backward.indices[columns, best_back]
    others = np.flatnonzero(to[back_to] != columns)
    left = np.concatenate((rows, back_to[others]))
    right = np.concatenate((to, others))
    scores = np.concatenate((forth[rows, best], back[others, best_back[others]]))
    # Cosines have no more digits: what differs beyond is a tie, and must not fall by chance.
    scores = scores.astype(np.float32).astype(np.float64)
    kept = scores > 0
    return (left, right, scores) if kept.all() else (left[kept], right[kept], scores[kept])


def _falling(scores: Scores) -> Indices:
    """Return the order from the highest score to the lowest, of equals the first first.

    A positive float sorts like its bits: with its place below them it is one integer. Sorting those
    costs no more than an unstable sort of floats, and has ties in their order.
    """
    bits = scores.astype(np.float32).view(np.uint32).astype(np.uint64)
    keys = (bits << _HALF) | (_PLACES - np.arange(len(scores), dtype=np.uint64))
    keys.sort()
    order: Indices = (_PLACES - (keys[::-1] & _PLACES)).astype(np.int64)
    return order


def _means(neighbours: Neighbours) -> Scores:
    k = neighbours.similarities.shape[1]
    means: Scores = neighbours.similarities.astype(np.float64) @ np.full(k, 1 / k)
    return means


def _one_to_one(left: Indices, right: Indices, count: int, other: int) -> Indices:
    """Return the places of the pairs that are taken in turn, each sentence at most once.

    A pair that comes first for both of its sentences is taken whatever happens to the others, so
    all of those are taken at once, and what they leave is looked at again. A long chain of pairs
    that wait for one another would take a round each: the last few go one by one.
    """
    waiting = np.arange(len(left))
    taken = []
    free, free_there = np.ones(count, np.bool_), np.ones(other, np.bool_)
    first, first_there = np.empty(count, np.int64), np.empty(other, np.int64)
    for _ in range(_ROUNDS):
        one, two = left[waiting], right[waiting]
        first[one[::-1]] = waiting[::-1]
        first_there[two[::-1]] = waiting[::-1]
        now = waiting[(first[one] == waiting) & (first_there[two] == waiting)]
        taken.append(now)
        free[left[now]] = free_there[right[now]] = False
        waiting = waiting[free[one] & free_there[two]]
        if not len(waiting):
            break
    for place in waiting.tolist():
        if free[left[place]] and free_there[right[place]]:
            free[left[place]] = free_there[right[place]] = False
            taken.append(np.asarray([place]))
    return np.sort(np.concatenate(taken))
