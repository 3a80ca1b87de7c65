"""How a recipe has embeddings read: at which layer, pooled how, and at which layers besides."""

from dataclasses import dataclass
from typing import Any, Literal

from adapterstilts.plan import readers
from adapterstilts.plan.readers import Reader
from adapterstilts.plan.yaml_nodes import Node

ALL: Literal["all"] = "all"
"""Every layer, the embeddings below them included."""


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """What is read of an encoder where no head answers."""

    layer: int | None = None
    """The layer that is compared, 0 being the embeddings; None for 14 / 24 of the depth.

    Pairs are trained at that height and with the mean, whatever is compared.
    """
    layers: tuple[int, ...] | Literal["all"] = ()
    """Layers that the untrained backbone is scored at as well, each by itself."""
    pooling: Literal["mean", "cls"] = "mean"
    """Mean over all positions, `<s>` and `</s>` included; or `<s>` alone."""


def reader(natural: Reader[int]) -> Reader[Retrieval]:
    """Return the reader of the key.

    Args:
        natural: Reader of a whole number from 0.
    """
    keys: dict[str, Reader[Any]] = {
        "layer": readers.optional(natural),
        "layers": _all_or(readers.several(natural)),
        "pooling": readers.one_of("mean", "cls"),
    }
    return readers.record(Retrieval, keys)


def _all_or(several: Reader[tuple[int, ...]]) -> Reader[tuple[int, ...] | Literal["all"]]:
    def read(node: Node) -> tuple[int, ...] | Literal["all"]:
        return ALL if node.value == ALL else several(node)

    return read
