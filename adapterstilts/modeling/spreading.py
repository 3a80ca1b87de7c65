"""Sources that came as blocks of several adapters, spread out in the block that they stand in.

A stack of a stack is a longer stack, a stack may stand in a fusion, and a fusion that came trained
stays as it is below what is new. What `adapters` cannot run is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.expressions import slug
from adapterstilts.modeling import filenames, headers
from adapterstilts.modeling.composition import Block, Composition, Node, composition
from adapterstilts.modeling.foreign.arrangement import AVERAGE, FUSE, Arranged, Saved
from adapterstilts.modeling.parts import SETUP, Source

_LEFT_OUT = "leave_out"


@dataclass(kw_only=True)
class Spread:
    """What a composition is made of once every block that came whole is spread out in it."""

    sources: list[Source] = field(default_factory=list)
    """Single adapters, in order of appearance."""
    nodes: tuple[Node, ...] = ()
    """How they are nested, by their places."""
    given: dict[int, Path] = field(default_factory=dict)
    """Which fusions, in order of appearance, came trained: to their folders."""
    fusions: int = 0
    """Fusions that have been met."""

    def add(self, source: Source) -> int:
        """Return the place of one more source."""
        self.sources.append(source)
        return len(self.sources) - 1


def spread(
    outer: Composition,
    nodes: Sequence[Node],
    sources: Sequence[Source],
    blocks: Mapping[int, Saved],
) -> Spread:
    """Return the sources of a composition one by one, and how they are nested.

    Args:
        outer: What it does with its members.
        nodes: How the sources are nested as they were asked for, by their places.
        sources: These.
        blocks: Which of them are blocks, by their places.
    """
    found = Spread()
    whole = Block(composition=outer, members=tuple(nodes))
    found.nodes = _members(whole, sources, blocks, found, ()).members
    return found


def _members(
    block: Block,
    sources: Sequence[Source],
    blocks: Mapping[int, Saved],
    found: Spread,
    above: tuple[Block, ...],
) -> Block:
    """Return a block of a composition with all that came in it spread out."""
    found.fusions += block.fuses
    members: list[Node] = []
    for node in block.members:
        if isinstance(node, Block):
            members.append(_members(node, sources, blocks, found, (*above, block)))
        elif node in blocks:
            source, saved = sources[node], blocks[node]
            members += _opened(saved.block, source, saved, found, (*above, block))
        else:
            members.append(found.add(sources[node]))
    return Block(composition=block.composition, members=tuple(members))


def _opened(
    part: Arranged | str, source: Source, saved: Saved, found: Spread, above: tuple[Block, ...]
) -> list[Node]:
    """Return what stands for a part of a block that came whole, where it stands now."""
    if isinstance(part, str):
        name = slug(f"{source.name} {part}")
        return [found.add(Source(name=name, folder=source.folder, within=f"{SETUP}/{part}"))]
    outer = above[-1]
    if part.kind == FUSE:
        return [_fused(part, source, saved, found, above)]
    if part.kind == AVERAGE and not part.sums:
        _refuse(source, saved, "a mean of outputs, which is run by itself alone")
    if outer.fuses and len(part.members) > 1:
        inner = Block(composition=composition("stack"), members=())
        members = _each(part, source, saved, found, (*above, inner))
        return [Block(composition=inner.composition, members=tuple(members))]
    return _each(part, source, saved, found, above)


def _fused(
    part: Arranged, source: Source, saved: Saved, found: Spread, above: tuple[Block, ...]
) -> Block:
    """Return a fusion that came trained, if it can stand where it stands now."""
    if any(each.fuses for each in above):
        _refuse(source, saved, "a fusion in a fusion, which `adapters` cannot run")
    folder = saved.folder / part.layer
    said = headers.document(folder / filenames.FUSION_CONFIG)
    if said.get(_LEFT_OUT):
        _refuse(source, saved, "a fusion without its last layer, on which nothing can stand there")
    found.given[found.fusions] = folder
    found.fusions += 1
    kind = "fuse" if said["config"]["value"] else "fuse[kind=static]"
    block = Block(composition=composition(kind), members=())
    members = _each(part, source, saved, found, (*above, block))
    return Block(composition=block.composition, members=tuple(members))


def _each(
    part: Arranged, source: Source, saved: Saved, found: Spread, above: tuple[Block, ...]
) -> list[Node]:
    every = (_opened(each, source, saved, found, above) for each in part.members)
    return [node for nodes in every for node in nodes]


def _refuse(source: Source, saved: Saved, why: str) -> NoReturn:
    raise StiltsError(
        f"{source.name} is {saved.block}, and here it would be {why}: use it as it is, with"
        f" zero({source.name}), or name other sources"
    )
