"""Exact nearest neighbours by cosine, in blocks, so that no square of a large pool is ever held.

Both directions come out of one product: a block of similarities serves the rows of its queries
and the columns of its pool. Ties go to the lowest index, whatever the blocks are.
"""

import importlib.util
import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""One embedding a row."""
Indices = npt.NDArray[np.int64]
"""Places in the other side."""
Engine = Literal["numpy", "faiss"]
"""Who searches: a matrix product, or `faiss.IndexFlatIP` of the extra `mining`."""

_BLOCK = 256 * 2**20
"""Bytes of similarities that are held at once; their columns are turned in strips beside them."""
_FAISS_FROM = 8
"""Cores from which on faiss is asked, where it is installed. On two, numpy takes less time
(`benchmarks/mining.py`); that many cores turn it round is an estimate that nobody has measured."""
_STRIP = 4096
"""Columns of a block that are turned at once."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The nearest few of the other side, the nearest first."""

    similarities: Vectors
    """Cosine, one row a query."""
    indices: Indices
    """Which they are."""


def directions(embeddings: Any) -> Vectors:
    """Return embeddings of length 1 in memory of their own; one of zeros stays as it is."""
    found = np.array(embeddings, dtype=np.float32, order="C", ndmin=2)
    normalise(found)
    return found


def normalise(embeddings: Vectors) -> None:
    """Give embeddings length 1 where they are."""
    for low in range(0, len(embeddings), _STRIP):
        strip = embeddings[low : low + _STRIP]
        norms = np.linalg.norm(strip, axis=1, keepdims=True)
        strip /= np.maximum(norms, np.finfo(np.float32).tiny)


def engine() -> Engine:
    """Return who is faster here: numpy has one product for both ways, faiss looks on all cores."""
    many = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return "faiss" if many >= _FAISS_FROM and importlib.util.find_spec("faiss") else "numpy"


def nearest(queries: Vectors, pool: Vectors, *, k: int, block: int = _BLOCK) -> Neighbours:
    """Return the `k` nearest of the pool for each query, or all where there are fewer.

    Args:
        queries: Embeddings of length 1.
        pool: The same.
        k: Neighbours wanted.
        block: Bytes of similarities that may be held at once.
    """
    k = min(k, len(pool))
    found = Neighbours(
        similarities=np.empty((len(queries), k), np.float32),
        indices=np.empty((len(queries), k), np.int64),
    )
    rows = _rows(len(pool), block)
    for low in range(0, len(queries), rows):
        products = queries[low : low + rows] @ pool.T
        part = _largest(products, k)
        found.similarities[low : low + rows] = part.similarities
        found.indices[low : low + rows] = part.indices
    return found


def both_ways(
    left: Vectors, right: Vectors, *, k: int, by: Engine | None = None, block: int = _BLOCK
) -> tuple[Neighbours, Neighbours]:
    """Return the `k` nearest on the right of each on the left, and the other way round.

    Args:
        left: Embeddings of length 1.
        right: The same.
        k: Neighbours wanted.
        by: Who searches; the fastest that is installed where nobody is named.
        block: Bytes of similarities that numpy may hold at once.
    """
    if (by or engine()) == "faiss":
        return _by_faiss(left, right, k), _by_faiss(right, left, k)
    forward = Neighbours(
        similarities=np.empty((len(left), min(k, len(right))), np.float32),
        indices=np.empty((len(left), min(k, len(right))), np.int64),
    )
    backward = Neighbours(
        similarities=np.full((len(right), min(k, len(left))), -np.inf, np.float32),
        indices=np.zeros((len(right), min(k, len(left))), np.int64),
    )
    rows = _rows(len(right), block)
    for low in range(0, len(left), rows):
        products = left[low : low + rows] @ right.T
        # The columns first: looking for the largest of the rows spoils them.
        _merge(backward, products, start=low)
        part = _largest(products, forward.indices.shape[1])
        forward.similarities[low : low + rows] = part.similarities
        forward.indices[low : low + rows] = part.indices
    return forward, backward


def _rows(width: int, block: int) -> int:
    return max(1, block // (4 * max(1, width)))


def _merge(found: Neighbours, products: Vectors, *, start: int) -> None:
    """Put what the columns of some products hold among the best that the columns had before."""
    for low in range(0, products.shape[1], _STRIP):
        strip = slice(low, low + _STRIP)
        turned = products[:, strip].T.copy()
        k = found.indices.shape[1]
        part = _largest(turned, min(k, turned.shape[1]))
        similarities = np.hstack((found.similarities[strip], part.similarities))
        indices = np.hstack((found.indices[strip], part.indices + start))
        # What was there before has lower indices, so that a stable order keeps ties to the lowest.
        order = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
        found.similarities[strip] = np.take_along_axis(similarities, order, axis=1)
        found.indices[strip] = np.take_along_axis(indices, order, axis=1)


def _largest(products: Vectors, k: int) -> Neighbours:
    """Return the largest of each row, and overwrite them.

    A few passes for the largest cost less than one partition: each is a plain vectorised scan.
    """
    similarities = np.empty((len(products), k), np.float32)
    indices = np.empty((len(products), k), np.int64)
    rows = np.arange(len(products))
    for place in range(k):
        best = products.argmax(axis=1)
        indices[:, place] = best
        similarities[:, place] = products[rows, best]
        products[rows, best] = -np.inf
    return Neighbours(similarities=similarities, indices=indices)


def _by_faiss(queries: Vectors, pool: Vectors, k: int) -> Neighbours:
    import faiss

    index = faiss.IndexFlatIP(pool.shape[1])
    index.add(pool)
    similarities, indices = index.search(queries, min(k, len(pool)))
    return Neighbours(similarities=similarities, indices=indices)
