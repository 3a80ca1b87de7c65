"""The composition blocks of `adapters`, for whoever puts a model together in Python.

`Stack` and `Fuse` are the library's own. So is what `Average` makes, with weights that give the
mean that its name promises.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from adapters.composition import AdapterCompositionBlock, Fuse, Stack
from adapters.composition import Average as LibraryAverage

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import spelled

__all__ = [
    "AdapterCompositionBlock",
    "Average",
    "Fuse",
    "LibraryAverage",
    "Stack",
    "weighed",
    "written",
]
_WORDS = {Stack: "stack", Fuse: "fuse", LibraryAverage: "average"}


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
        block = weighed(names, scaled)
        block._given = given
        return block

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


def written(block: Any) -> str:
    """Return the expression of a block over names: `stack(mnli, fuse(squad, hellaswag))`.

    A text is an expression already, so that `Stack("mnli", "fuse[kind=static](squad, qqp)")` says
    what the library's own blocks have no word for.
    """
    if isinstance(block, str):
        return block
    word = _WORDS.get(type(block))
    if word is None:
        raise UsageError(
            f"{block!r} is no expression: give a text, or a Stack, Fuse or Average over texts"
        )
    if isinstance(block, Fuse) and block._name:
        raise UsageError(
            f"{block} names the fusion layer {block._name}, and one is trained here: leave name=…"
            " out, or load it with stilts.load"
        )
    weights = _weights(block) if isinstance(block, LibraryAverage) else []
    said = "+".join(f"{weight:.9g}" for weight in weights)
    settings = {"weights": said} if len({*weights}) > 1 else {}
    return spelled(word, settings, map(written, block))


def _weights(block: LibraryAverage) -> list[float]:
    """Return the weights as they were given, or as the library's own block has them."""
    return [float(weight) for weight in getattr(block, "_given", block.weights)]
