"""The composition blocks of `adapters`, for whoever puts a model together in Python.

`Stack` and `Fuse` are the library's own. So is what `Average` makes, with weights that give the
mean that its name promises.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from adapters.composition import AdapterCompositionBlock, Fuse, Stack
from adapters.composition import Average as LibraryAverage

__all__ = ["AdapterCompositionBlock", "Average", "Fuse", "LibraryAverage", "Stack", "weighed"]


class Average(LibraryAverage):  # type: ignore[misc]
    """Makes the library's own block in which the outputs of several adapters are averaged.

    `adapters` 1.3 weighs the outputs, and then takes their mean, so that its own block gives 1/N of
    what it should. The weights that are kept here are N times as large. The block that is made is
    of the library's class and no other, for its layers look a block up by its very class.
    """

    def __new__(cls, *names: Any, weights: Sequence[float] | None = None) -> Any:
        """Return the block over some adapters or Stacks, whose weights are made to add up to 1."""
        if weights is not None and (len(weights) != len(names) or sum(weights) <= 0):
            raise ValueError(
                f"{len(names)} adapters but weights {list(weights)}: give one each, above 0 in all"
            )
        given = [1.0] * len(names) if weights is None else list(weights)
        scaled = [len(names) * weight / sum(given) for weight in given]
        return weighed(names, scaled)

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        """Return whether a block is one, whoever made it, so that `isinstance` says so."""
        return LibraryAverage in other.__mro__


def weighed(names: Sequence[Any], weights: Sequence[float]) -> LibraryAverage:
    """Return the library's block with weights that stay as they are, saved and loaded too."""
    block = LibraryAverage(*names, weights=list(weights), normalize_weights=False)
    # Else `from_dict` of a saved setup would normalise them, and give 1/N of what was meant.
    block._get_save_kwargs = partial(dict, weights=list(weights), normalize_weights=False)
    return block
