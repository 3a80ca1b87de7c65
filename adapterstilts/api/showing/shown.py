"""What is shown of something before it is used, and the place where it lies, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapterstilts.core.records import RECORD
from adapterstilts.modeling import filenames, locate
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, SETUP
from adapterstilts.publishing.card.reading import Card

KINDS = {
    filenames.SETUP_CONFIG: SETUP,
    filenames.ADAPTER_CONFIG: ADAPTER,
    filenames.FUSION_CONFIG: FUSION,
    filenames.HEAD_CONFIG: HEAD,
    locate.CONFIG: MODEL,
}
"""File to what it tells, the telling ones first."""
FILES = {kind: name for name, kind in KINDS.items()}
"""The same the other way round."""
_PARTS = ("", f"{SETUP}/", f"{ADAPTER}/", f"{FUSION}/", f"{HEAD}/", f"{MODEL}/")
"""Folders in which it may lie."""


@dataclass(frozen=True, kw_only=True)
class Top:
    """A head."""

    name: str
    """What it is called; empty of one in a file of PEFT or of `transformers`."""
    kind: str = ""
    """`sequence`, `token`, `span`, `choice` or `lm`; empty where none here is like it."""
    labels: tuple[str, ...] = ()
    """Words of its outputs."""
    behind: str = ""
    """Why it would be left behind."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is known of something before it is used."""

    name: str
    """What expressions call it."""
    commit: str = ""
    """Commit of a repository."""
    kind: str = ""
    """`adapter`, `setup`, `fusion`, `head`, `peft` or `model`; empty where it is none."""
    library: str = ""
    """Library that its files belong to."""
    method: str = ""
    """How its modules are made, as expressions say it."""
    active: str = ""
    """The block that is made active, of several modules."""
    modules: tuple[str, ...] = ()
    """Names of its modules."""
    heads: tuple[Top, ...] = ()
    """Its heads."""
    backbone: str = ""
    """Backbone that its files name."""
    on: str = ""
    """Backbone that it was compared with."""
    misfit: str = ""
    """Why it does not fit that one."""
    numbers: int | None = None
    """Numbers of its modules; heads are counted of a head alone and of a full model."""
    counted: bool = False
    """Whether these are counted; else they are told by the size of its files."""
    is_part: bool = False
    """Whether it is the uppermost of several in a store, which loads them with it."""
    files: Mapping[str, int] = field(default_factory=dict)
    """Each file to its bytes."""
    used: tuple[str, ...] = ()
    """Files that would be read to use it."""
    card: Card | None = None
    """What its card says, which nobody has checked."""
    tasks: tuple[str, ...] = ()
    """What its records say that it was trained on, itself and then its sources."""
    trained: tuple[str, ...] = ()
    """What its records say of how it was made, which nobody has checked either."""
    notes: tuple[str, ...] = ()
    """What else is to be known."""
    leads_to: Mapping[str, str] = field(default_factory=dict)
    """Of an index the repositories that it leads to, with what is in each."""
    refused: str = ""
    """Why it cannot be used here."""
    uses: tuple[str, ...] = ()
    """What would use it, of the command line and of Python."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it lies, and what there is of it."""

    asked: str
    """What it is called."""
    folder: Path
    """Where its small files are."""
    files: Mapping[str, int]
    """Every file to its bytes."""
    whole: bool
    """Whether its weights are there too."""
    absent: tuple[str, ...] = ()
    """Small files that could not be had."""

    def has(self, name: str) -> bool:
        """Return whether a small file can be read."""
        return name in self.files and name not in self.absent

    @property
    def is_stage(self) -> bool:
        """Return whether it is a stage of a store."""
        return self.whole and RECORD in self.files

    @property
    def found(self) -> tuple[str, str]:
        """Return the folder in it, and the kind of what lies there."""
        for at in _PARTS:
            for name, kind in KINDS.items():
                if f"{at}{name}" in self.files:
                    return at, kind
        return "", ""
