"""The parts that a model is assembled from, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapterstilts.modeling.composition import Block, Composition, Node
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method

ADAPTER, FUSION, HEAD, MODEL = "adapter", "fusion", "head", "model"
"""Sub-folders of a training stage, each in its own library's format."""
SETUP = "setup"
"""Sub-folder of a block that was taken over whole, as `adapters` saves one."""
HEADS = "heads"
"""Sub-folder of a mix, with one folder a head in the format of `adapters`."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands on top of the encoder."""

    name: str
    """Name under which `adapters` keeps it, and the target's own module with it."""
    kind: str
    """`sequence`, `token`, `span`, `choice`, `lm` or `none`: see `Format.head`."""
    outputs: int = 0
    """Labels or choices."""
    labels: tuple[str, ...] = ()
    """Words of the labels, for whoever loads the files."""


NO_HEAD = Head(name="", kind="none")
"""No head at all: what is read are embeddings."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source that has been trained before."""

    name: str
    """Name of the source."""
    folder: Path
    """Folder of its training stage."""
    within: str = ADAPTER
    """Sub-folder that its files are in: another where it came in a block."""

    @property
    def place(self) -> Path:
        """Return where the files of its module are."""
        return self.folder / self.within


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that one model is made of."""

    backbone: Located
    """The encoder's files."""
    method: Method
    """How modules are made."""
    composition: Composition
    """How they are put together."""
    head: Head
    """What is read."""
    others: tuple[Head, ...] = ()
    """Heads of the other tasks of a mix, which are trained beside it."""
    name: str = ""
    """Name of what is trained; that of the head where it is empty."""
    answers: str = ""
    """Head of a source with several that is read here; that of the same name where it is empty."""
    sources: tuple[Source, ...] = ()
    """What has been trained before, in order."""
    given: Mapping[int, Path] = field(default_factory=dict)
    """Which of the fusions, counted in order of appearance, came trained with a source: to their
    folders. They stay as they are."""
    nodes: tuple[Node, ...] = ()
    """How the sources are nested, by their places; where it is empty, none stands in another."""
    begun: Path | None = None
    """Training stage of the same parts on another task, whose modules and head go on here."""

    @property
    def own(self) -> str:
        """Return the name of the module that is trained."""
        return self.name or self.head.name

    @property
    def block(self) -> Block:
        """Return what the composition is made of, the target's own module left out."""
        members = self.nodes or tuple(range(len(self.sources)))
        return Block(composition=self.composition, members=members)

    @property
    def heads(self) -> tuple[Head, ...]:
        """Return every head that is trained, of kind `none` where embeddings are."""
        return (self.head, *self.others)

    @property
    def headless(self) -> bool:
        """Return whether no head reads what is trained, but embeddings alone."""
        return all(head.kind == "none" for head in self.heads)


def folder_of(place: int) -> str:
    """Return the sub-folder of the first, second, … fusion of a training stage, from 0."""
    return f"{FUSION}-{place}" if place else FUSION
