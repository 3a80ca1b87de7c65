"""What one training learns: a task, or several in turns, each in some languages, as plain data."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Part:
    """One task of a training, with a head of its own."""

    task: str
    """Name of the task."""
    languages: tuple[str, ...] = ()
    """Languages of the training rows, taken together; empty for English, as the task has it."""
    examples: int = 0
    """Training rows that are drawn by the seed of the training; 0 leaves it to the recipe."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How often each part has its turn."""

    rule: Literal["proportional", "uniform"] = "proportional"
    """By the number of training rows, or each as often as the others."""
    cap: int = 0
    """Rows that count at most, however many a part has; 0 sets no limit."""
    temperature: float = 1.0
    """T of n^(1/T): 1 is proportional, and the higher it is the more even."""
    weights: tuple[float, ...] = ()
    """Shares that are given, one a part; they replace every other rule."""
    batches: Literal["one", "mixed"] = "one"
    """Whether a step sees one part, or some of several."""
