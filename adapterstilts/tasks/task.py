"""What one task is, said once: data, columns, labels, languages, metrics, licence."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ToyData:
    """Rows that the embedded toy world writes itself."""

    generator: str
    """Name of the generator in `adapterstilts.toyworld`."""
    sizes: Mapping[str, int]
    """Number of examples of each split."""
    start: int = 0
    """Index of each split's first example: two tasks of one generator share none."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One evaluated or trained problem: a declaration, never code."""

    name: str
    """Name in recipes, columns and on the command line."""
    format: str
    """Shape of the problem: a name of the format registry."""
    suite: str
    """Suite that reports it."""
    data: ToyData
    """Where its rows come from."""
    columns: Mapping[str, str]
    """Role that the format asks for, to the column that holds it."""
    languages: Mapping[str, str]
    """Language code to the subset that holds it."""
    metrics: tuple[str, ...]
    """Metrics that are scored, by name."""
    primary: str
    """The metric that ranks it; one of `metrics`."""
    description: str
    """One sentence for `adapterstilts tasks`."""
    licence: str
    """SPDX identifier of the data's licence."""
    citation: str
    """Who made the data."""
    labels: tuple[str, ...] = ()
    """Label set in the order of the head's outputs; empty where the format has none."""
    training: str = ""
    """Task whose English training split it learns from, where that is not its own."""
    splits: Mapping[str, str] = field(
        default_factory=lambda: {"train": "train", "dev": "dev", "test": "test"}
    )
    """Our split names to the data's; a task without `train` is evaluated only."""
    choices: int = 0
    """Largest number of choices of a multiple-choice task."""
    english: str = "en"
    """Code of the language that training and model selection may see."""
