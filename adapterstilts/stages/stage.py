"""What every kind of stage has: an identity, inputs, and a place to leave what it made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from adapterstilts.core.fingerprint import fingerprint
from adapterstilts.core.progress import Report
from adapterstilts.core.records import Costs
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime


class Config(Protocol):
    """What changes the result of one kind of stage."""

    @property
    def kind(self) -> str:
        """Return the kind's name, which is its module's."""

    @property
    def version(self) -> int:
        """Return the version of the kind's meaning, raised by hand."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: everything that changes the result, and nothing else."""


@dataclass(frozen=True)
class StageSpec:
    """One node of a plan."""

    config: Config
    """What is to be done."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Role of each input to the id of the stage that makes it."""

    @property
    def kind(self) -> str:
        """Return the kind's name."""
        return self.config.kind

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        return self.config.slug

    @cached_property
    def id(self) -> str:
        """Return the name made of content: the same work has the same id everywhere."""
        return fingerprint(
            {
                "kind": self.config.kind,
                "version": self.config.version,
                "identity": self.config.identity(),
                "needs": dict(self.needs),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a running stage is given."""

    id: str
    """Its own id."""
    inputs: Mapping[str, Path]
    """Role to the finished folder of the stage that made it."""
    out: Path
    """Empty folder for the result."""
    work: Path
    """Folder that survives a kill, for checkpoints."""
    store: Store
    """Where pins are kept."""
    runtime: Runtime
    """The machine's side."""
    report: Report
    """Called with how far the stage is, of how much, and a note."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a stage says of itself beside its files."""

    resolved: Mapping[str, Any] = field(default_factory=dict)
    """What was only known at run time."""
    costs: Costs = field(default_factory=Costs)
    """What it took."""
