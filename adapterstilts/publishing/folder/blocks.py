"""What is active in a model of `adapters`, as plain data: as code, and as the library writes it.

The names and the nesting are those that `modeling.fusions` builds the library's own blocks with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapterstilts.modeling.composition import Block as Nested
from adapterstilts.modeling.composition import Node

STACK, FUSE, AVERAGE = "Stack", "Fuse", "Average"
"""Classes of `adapters.composition`."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block over adapters, some of which may stand in blocks themselves."""

    word: str
    """Its class."""
    members: "tuple[str | Block, ...]"
    """Names and blocks."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What it is given beside them."""

    @property
    def name(self) -> str:
        """Return what the library calls the layer of a fusion."""
        return ",".join(each if isinstance(each, str) else each.last for each in self.members)

    @property
    def last(self) -> str:
        """Return the uppermost adapter."""
        top = self.members[-1]
        return top if isinstance(top, str) else top.last

    @property
    def code(self) -> str:
        """Return what builds it in Python."""
        each = [f'"{one}"' if isinstance(one, str) else one.code for one in self.members]
        set_to = [f"{key}={value!r}" for key, value in self.settings.items()]
        return f"{self.word}({', '.join([*each, *set_to])})"

    @property
    def words(self) -> tuple[str, ...]:
        """Return the classes that its code takes, in order of the alphabet."""
        return tuple(sorted({block.word for block in self.blocks()}))

    def blocks(self) -> "Iterator[Block]":
        """Yield itself and every block in it, in order of appearance."""
        yield self
        for member in self.members:
            if isinstance(member, Block):
                yield from member.blocks()

    def document(self) -> dict[str, Any]:
        """Return what `adapters` 1.3 writes of it in `adapter_setup.json`.

        It writes the weights of an Average and forgets that they are as they should be, though it
        reads both: so here is what it reads.
        """
        children = [
            {"type": "single", "children": [each]} if isinstance(each, str) else each.document()
            for each in self.members
        ]
        kwargs = {"kwargs": dict(self.settings)} if self.settings else {}
        return {"type": self.word, "children": children, **kwargs}


def active(
    nodes: Sequence[Node], names: Sequence[str], *, own: str = "", adds: bool = False
) -> Block:
    """Return the block of a composition.

    Args:
        nodes: What it is made of; sources are places in `names`.
        names: Names of the sources' modules.
        own: Module that stands on top of them; empty where they are fused.
        adds: Whether modules of the method add up, for which the library has but an Average.
    """
    members = tuple(_member(node, names) for node in nodes)
    if not own:
        return Block(word=FUSE, members=members)
    every = (*members, own)
    if not adds:
        return Block(word=STACK, members=every)
    weights = {"weights": [len(every)] * len(every), "normalize_weights": False}
    return Block(word=AVERAGE, members=every, settings=weights)


def _member(node: Node, names: Sequence[str]) -> str | Block:
    if not isinstance(node, Nested):
        return names[node]
    members = tuple(_member(member, names) for member in node.members)
    return Block(word=FUSE if node.fuses else STACK, members=members)
