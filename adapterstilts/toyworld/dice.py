"""Random draws that are the same on every machine and in every version of Python.

Only `random.Random.random` is promised to stay as it is, so everything is built on that.
"""

import operator
import random
from collections.abc import Sequence
from functools import reduce
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A source of random draws that belongs to one key and to nothing else."""

    def __init__(self, *key: object) -> None:
        """Start from the key's parts, in their order."""
        self._random = random.Random("/".join(str(part) for part in key))

    def number(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def chance(self, probability: float) -> bool:
        """Return whether something of this probability happens."""
        return self._random.random() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[int(self._random.random() * len(items))]

    def other(self, items: Sequence[Item], than: Item) -> Item:
        """Return one of the items that is not the given one."""
        return self.pick([item for item in items if item != than])

    def order(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in a random order."""
        return [item for _, item in sorted((self._random.random(), item) for item in items)]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """Return one of the items with a probability in proportion to its weight."""
        # One after the other: `sum` rounds in another way from Python 3.12 on.
        rest = self._random.random() * reduce(operator.add, weights)
        for item, weight in zip(items, weights, strict=True):
            rest -= weight
            if rest < 0:
                return item
        return items[-1]
