"""Numbers that others have published, each with the text that it was read in.

Only what was read in a public text is here. A claim without a source is one that this project was
set out to check: nobody found the text that it comes from, and whoever shows it says so.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

UNVERIFIED = "Claims to be tested; no public source was found"
"""What stands where a claim has no source."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A public text."""

    title: str
    """Authors, title and place in it."""
    address: str
    """Where it is."""

    @property
    def place(self) -> str:
        """Return the address as people write it."""
        return self.address.partition("://")[2]


@dataclass(frozen=True, kw_only=True)
class Model:
    """What was evaluated."""

    name: str
    """Its name there."""
    backbone: str
    """The encoder."""
    trained: str
    """How it was trained."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One number of one model: the mean over all languages of a task, or over a group of tasks."""

    suite: str
    """Name of the suite."""
    model: Model
    """What was evaluated."""
    value: float
    """The number."""
    source: Source
    """Where it was read."""
    task: str = ""
    """Folder of the task in the suite; empty for a group."""
    metric: str = ""
    """The suite's name of the metric; empty for a group."""
    group: str = ""
    """Name of the group; empty for a task."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """How much an intermediate task is said to bring to XLM-R large, in points."""

    intermediate: str
    """What was trained on first."""
    gain: float
    """The difference to the same model without it."""
    measured: str
    """What it is a mean over."""
    source: Source | None
    """Where it was read; None where it was not found."""

    @property
    def standing(self) -> str:
        """Return where it was read, or that it was not."""
        return f"Read in: {self.source.title}" if self.source else UNVERIFIED


@dataclass(frozen=True, kw_only=True)
class Published:
    """Everything that is known."""

    results: tuple[Result, ...]
    """Numbers of models."""
    claims: tuple[Claim, ...]
    """Claims about intermediate tasks."""


@cache
def published() -> Published:
    """Return everything that is known, read at the first question."""
    file = resources.files("adapterstilts.core") / "data" / "published.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    sources = {name: Source(**values) for name, values in document["sources"].items()}
    models = {name: Model(**values) for name, values in document["models"].items()}
    return Published(
        results=tuple(
            Result(
                **{**values, "model": models[values["model"]], "source": sources[values["source"]]}
            )
            for values in document["results"]
        ),
        claims=tuple(
            Claim(**{**values, "source": sources[values["source"]] if values["source"] else None})
            for values in document["claims"]
        ),
    )
