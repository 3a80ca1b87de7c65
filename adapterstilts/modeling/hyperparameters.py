"""How long, how fast and on how much a stage trains: the numbers that a recipe may set."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from adapterstilts.core.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What changes the result of training beside model, data and seed."""

    learning_rate: float = 1e-4
    """Peak learning rate, after warm-up; it falls linearly to zero."""
    batch_size: int = 32
    """Examples in one optimiser step, whatever devices and accumulation make of them."""
    steps: int = 1000
    """Optimiser steps."""
    warmup: float = 0.06
    """Share of the steps in which the learning rate rises to its peak."""
    weight_decay: float = 0.0
    """Decoupled weight decay; biases and layer norms are spared."""
    clip: float = 1.0
    """Largest norm of the gradient; 0 leaves it as it is."""
    accumulation: int = 1
    """Parts that one step's batch is computed in, for machines with little memory.

    Pairs of a query and a candidate are computed at once, for they learn from one another.
    """
    evaluate_every: int = 0
    """Steps between two evaluations on English dev data; 0 evaluates at the end only."""
    patience: int = 0
    """Evaluations without gain after which training stops; 0 never stops early."""
    max_length: int = 128
    """Longest input in pieces, special tokens included."""
    train_examples: int = 0
    """Examples taken from the training split; 0 takes all."""
    dev_examples: int = 0
    """Examples of the English dev split that select a step; 0 takes all."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if complaint := out_of_range(each.name, getattr(self, each.name)):
                raise UsageError(complaint)
        if self.accumulation > self.batch_size:
            raise UsageError(
                f"accumulation {self.accumulation} cannot divide a batch_size of"
                f" {self.batch_size}: lower accumulation"
            )
        if self.patience and not self.evaluate_every:
            raise UsageError(
                f"patience {self.patience} counts evaluations, but evaluate_every is 0:"
                " set evaluate_every to a number of steps, or patience to 0"
            )


@dataclass(frozen=True, kw_only=True)
class Range:
    """The numbers that a hyperparameter may be."""

    low: float
    """Smallest number allowed."""
    high: float = float("inf")
    """Largest number allowed."""
    open: bool = False
    """Whether `low` itself is not allowed."""

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.open and value == self.low)

    def __str__(self) -> str:
        above = f"above {self.low:g}" if self.open else f"at least {self.low:g}"
        return above if self.high == float("inf") else f"{above} and at most {self.high:g}"


RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "learning_rate": Range(low=0, high=1, open=True),
        "batch_size": Range(low=1),
        "steps": Range(low=1),
        "warmup": Range(low=0, high=1),
        "weight_decay": Range(low=0, high=1),
        "clip": Range(low=0),
        "accumulation": Range(low=1),
        "evaluate_every": Range(low=0),
        "patience": Range(low=0),
        # Two special tokens and one piece on each side of a pair need seven places.
        "max_length": Range(low=8),
        "train_examples": Range(low=0),
        "dev_examples": Range(low=0),
    }
)
"""What each hyperparameter may be."""


def out_of_range(name: str, value: float) -> str:
    """Return what is wrong with a value, or an empty string."""
    allowed = RANGES[name]
    return "" if value in allowed else f"{name} must be {allowed}, not {value:g}"
