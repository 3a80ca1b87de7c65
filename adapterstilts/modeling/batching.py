"""Which examples share a batch: by length, so that almost nothing is padding.

Pure functions of lengths and a seed. The order of a whole run follows from them, so a run that
was stopped goes on in the same order from nothing but its step.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

Batch = list[int]

_POOL = 16
"""Batches that are sorted by length together; more pad less, and shuffle less."""


def training_batches(
    lengths: Sequence[int], *, size: int, seed: int, start: int = 0
) -> Iterator[Batch]:
    """Yield batches of `size` without end, each epoch in its own order, from batch `start` on.

    What does not fill a batch at the end of an epoch is left out of that epoch, which draws anew.
    """
    if not lengths:
        return
    numbers = np.asarray(lengths, dtype=np.int64)
    size = min(size, len(numbers))
    epoch, skip = divmod(start, len(numbers) // size)
    while True:
        yield from islice(_epoch(numbers, size, (seed, epoch)), skip, None)
        epoch, skip = epoch + 1, 0


def evaluation_batches(lengths: Sequence[int], *, tokens: int) -> list[Batch]:
    """Return batches of at most `tokens` input positions, padding included, longest first.

    An example that is longer than that has a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    batches: list[Batch] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _epoch(lengths: npt.NDArray[np.int64], size: int, key: tuple[int, int]) -> Iterator[Batch]:
    generator = np.random.Generator(np.random.PCG64(key))
    order = generator.permutation(len(lengths))[: len(lengths) // size * size]
    batches: list[Batch] = []
    for start in range(0, len(order), _POOL * size):
        pool = order[start : start + _POOL * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[at : at + size].tolist() for at in range(0, len(pool), size)]
    for index in generator.permutation(len(batches)):
        yield batches[index]
