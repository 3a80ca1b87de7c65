"""Where the rows of one split in one language are: known when a plan is made, read when it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Repository
from adapterstilts.tasks.task import HubData, RawData


@dataclass(frozen=True, kw_only=True)
class LocalFiles:
    """Files of an official layout."""

    task: str
    """Name of the task whose rows they hold."""
    layout: RawData
    """How they are read."""
    split: str
    """Split whose files they are: `train` where the asked one is held out of it."""
    root: Path
    """Folder that the layout starts in."""
    files: tuple[str, ...]
    """Their places in it, in the order in which they are read."""
    digests: tuple[str, ...]
    """Sha256 of what each of them holds."""
    held_out: int = 0
    """Rows of `train` that are kept as `dev`."""
    translated: bool = False
    """Whether a machine has made them of the English ones, so that some may be lost."""

    @property
    def place(self) -> str:
        """Return where the files lie, as people are told."""
        return str(self.root)

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: what the files hold and how it is read, never where they lie."""
        return {
            "files": list(self.digests),
            "reader": self.layout.reader,
            "columns": dict(self.layout.columns),
            "convert": self.layout.convert,
            "labelled": self.split not in self.layout.unlabelled,
            "held_out": self.held_out,
            **({"translated": True} if self.translated else {}),
        }


@dataclass(frozen=True, kw_only=True)
class HubFiles:
    """Parquet files of a repository, which are chosen when the repository has been listed."""

    task: str
    """Name of the task whose rows they hold."""
    data: HubData
    """How they are read."""
    repository: Repository
    """The repository at the revision that was asked for."""
    configs: tuple[str, ...]
    """Configurations, read one after the other."""
    splits: tuple[str, ...]
    """Splits of each of them, in the repository's words."""
    held_out: int = 0
    """Rows of `train` that are kept as `dev`."""
    translated: bool = False
    """Whether a machine has made them of the English ones, so that some may be lost."""

    @property
    def place(self) -> str:
        """Return which repository it is, as people are told."""
        return self.repository.place

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: the commit is pinned in the store of whoever runs it."""
        return {
            "repository": self.repository.name,
            "revision": self.repository.revision,
            "configs": list(self.configs),
            "splits": list(self.splits),
            "columns": dict(self.data.columns),
            "convert": self.data.convert,
            "held_out": self.held_out,
            **({"translated": True} if self.translated else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The rows of several tasks, one after the other."""

    parts: tuple[LocalFiles | HubFiles, ...]
    """Where the rows of each are."""

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: the parts, whose ids carry the names of their tasks."""
        return {"parts": [{"task": part.task, **part.identity()} for part in self.parts]}


Origin = LocalFiles | HubFiles | Joined
"""Where rows come from."""


def parts_of(origin: Origin) -> tuple[LocalFiles | HubFiles, ...]:
    """Return the parts of an origin: itself where it is not joined."""
    return origin.parts if isinstance(origin, Joined) else (origin,)


@dataclass(frozen=True, kw_only=True)
class Absent:
    """Rows that are not where they should be."""

    task: str
    """Name of the task."""
    split: str
    """The split."""
    language: str
    """Language code."""
    reason: str
    """What was looked for and where, or why there is nothing to look for."""


class MissingData(StiltsError):
    """Rows of a plan have no origin; several of these are told as one."""

    def __init__(self, absent: Sequence[Absent], place: str = "") -> None:
        """Say what is missing, and in which recipe; languages with the same reason together."""
        super().__init__(_told(absent, f" of {place}" if place else ""))
        self.absent = tuple(absent)


def _told(absent: Sequence[Absent], place: str) -> str:
    languages: dict[tuple[str, str, str], list[str]] = {}
    for each in absent:
        known = languages.setdefault((each.task, each.split, each.reason), [])
        known.extend([each.language] if each.language not in known else [])
    lines = [
        f"{task}, {split} ({', '.join(codes)}): {reason}"
        for (task, split, reason), codes in languages.items()
    ]
    if len(lines) == 1:
        return f"no data{place} for {lines[0]}"
    return "\n  ".join([f"no data{place} for {len(lines)} splits:", *lines])
