"""What every shape of problem answers: how rows become model input and outputs become answers.

A format knows nothing of torch. It turns rows into integer columns (`Encoded`), names the head
that reads them, and turns the head's outputs back into words. The trainer and the predictor ask
the format; they never ask which format it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

Row = Mapping[str, Any]
"""One example as the data has it."""
Output = npt.NDArray[np.float32]
"""What the head says of one feature; the shape is the head's (see `Format.head`)."""
POOL = "pool"
"""Split of the candidates that the queries of every language are looked up in."""
PARTNER = "partner"
"""Column of what is learned without a head: how many places behind a query its candidate stands."""
IGNORED = -100
"""Label of a place that is not asked: the index that torch's losses leave out."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """One split of one language as a model reads it."""

    examples: list[dict[str, Any]]
    """Per example: `id`, `reference`, and whatever decoding needs; plain JSON."""
    features: Mapping[str, Sequence[Sequence[int]]]
    """Column to one row of integers per feature: `input_ids` always, `labels` where known."""
    owner: list[int]
    """Index of the example that each feature belongs to; ascending, so owners are contiguous."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One encoded split, and what a model said of it."""

    encoded: Encoded
    """The split."""
    outputs: Sequence[Output]
    """What the head said of each feature; one array where all have one shape."""


class Format(ABC):
    """One shape of problem."""

    name: ClassVar[str]
    """Name in declarations."""
    head: ClassVar[str]
    """What the model must put on top, and the shape of one feature's output:

    `sequence` [labels] - `token` [length, labels] - `span` [length, 2] - `choice` [1], one feature
    a choice - `lm` [masked positions, 2]: the best token's id and the loss of the right one -
    `none` [hidden]: the pooled embedding; nothing is put on top.
    """
    roles: ClassVar[tuple[str, ...]]
    """Roles that a task must have."""
    metrics: ClassVar[tuple[str, ...]]
    """Metrics that can read its predictions."""
    grouped: ClassVar[bool] = False
    """Whether the features of one example must share a batch."""
    labelled: ClassVar[bool] = True
    """Whether rows say what is right; where not, any text will do, and nothing is translated."""
    calibrated: ClassVar[bool] = False
    """Whether answers take the dev split of their language too, with what is right there."""
    pooled: ClassVar[bool] = False
    """Whether answers are looked up in the split `POOL`, which all languages share."""

    @abstractmethod
    def encode(
        self, task: Task, rows: Sequence[Row], tokenizer: Tokenizer, *, split: str, max_length: int
    ) -> Encoded:
        """Return the rows as model input, every example with at least one feature."""

    @abstractmethod
    def decode(self, task: Task, encoded: Encoded, outputs: Sequence[Output]) -> list[Any]:
        """Return one answer per example, in the words of its `reference`."""

    def answers(
        self, task: Task, asked: Asked, *, dev: Asked | None = None, pool: Asked | None = None
    ) -> Iterator[tuple[Mapping[str, Any], Any]]:
        """Yield the examples that count, with their answers.

        Args:
            task: The declaration.
            asked: The split that is answered.
            dev: The dev split of its language, where the format is `calibrated`.
            pool: The candidates of every language, where the format is `pooled`.
        """
        found = self.decode(task, asked.encoded, asked.outputs)
        yield from zip(asked.encoded.examples, found, strict=True)

    def outputs(self, task: Task) -> int:
        """Return the number of labels at each place that the head reads, or of choices."""
        return len(task.labels)
