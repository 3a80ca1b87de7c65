"""What everything of a cell stands on: a backbone as it comes, or one that a recipe makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapterstilts.core.fingerprint import file_digest
from adapterstilts.modeling import locate
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.sizes import Shape, shape_of
from adapterstilts.stages.references import Backbone


@dataclass(frozen=True, kw_only=True)
class Base:
    """A backbone, and what a plan knows of it."""

    backbone: Backbone
    """The backbone that is trained on and predicts."""
    origin: Backbone
    """Whose tokenizer reads the data: itself, or what it was pretrained from."""
    tokenizer: str
    """Digest of the tokenizer where it is on this machine, else empty."""
    title: str
    """What score rows say of it: a name, never where it lies."""
    shape: Shape | None = None
    """Its sizes, where its files are on this machine."""
    below: Mapping[str, str] = field(default_factory=dict)
    """Stage that makes it, by role, where one does."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the trainings of a cell have in common."""

    base: Base
    """What they stand on."""
    method: Method
    """How modules are made."""
    seed: int
    """Seed of every random draw."""


def base(name: str, revision: str) -> Base:
    """Return a backbone as it comes; one that is on this machine has been checked."""
    tokenizer, shape = "", None
    if locate.is_local(name):
        located = locate.locate(name, revision)
        revision, tokenizer = located.revision, file_digest(located.folder / locate.TOKENIZER)
        shape = shape_of(locate.config(located))
    backbone = Backbone(name=name, revision=revision)
    return Base(
        backbone=backbone,
        origin=backbone,
        tokenizer=tokenizer,
        title=locate.title(name),
        shape=shape,
    )
