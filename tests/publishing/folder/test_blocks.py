"""Blocks are those of `adapters`, as the library writes and reads them."""

from typing import Any

import adapters.composition as library
import pytest
from adapters.composition import AdapterCompositionBlock, Average, Fuse, Stack

from adapterstilts.modeling.composition import arranged, leaves
from adapterstilts.publishing.folder import blocks
from adapterstilts.publishing.folder.blocks import Block

NAMES = ("a", "b", "c")


def of(*sources: str, own: str = "", adds: bool = False) -> Block:
    return blocks.active(arranged(sources), leaves(sources), own=own, adds=adds)


@pytest.mark.parametrize(
    ("block", "theirs"),
    [
        (of("a", own="t"), Stack("a", "t")),
        (of("a", "fuse(b, c)", own="t"), Stack("a", Fuse("b", "c"), "t")),
        (of("a", "b"), Fuse("a", "b")),
        (of("stack(a, b)", "c"), Fuse(Stack("a", "b"), "c")),
    ],
)
def test_a_block_is_written_as_the_library_writes_it(block: Block, theirs: Any) -> None:
    assert block.document() == theirs.to_dict()
    assert eval(block.code, vars(library)) == theirs


def test_an_average_keeps_its_weights_as_they_are_when_the_library_reads_it() -> None:
    block = of("a", "b", own="t", adds=True)

    read = AdapterCompositionBlock.from_dict(block.document())

    assert isinstance(read, Average)
    assert read.weights == [3, 3, 3]
    assert eval(block.code, vars(library)).weights == [3, 3, 3]


def test_a_fusion_has_the_name_that_the_library_gives_it() -> None:
    block = of("a", "fuse(stack(a, b), c)", own="t")

    names = [each.name for each in block.blocks() if each.word == blocks.FUSE]

    assert names == [Fuse(Stack("a", "b"), "c").name] == ["b,c"]
    assert block.last == "t"
