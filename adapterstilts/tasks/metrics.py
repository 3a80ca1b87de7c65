"""What is measured: declarations, each a ratio of sums over examples.

`value = scale * sum(numerators) / sum(denominators)`. Accuracy is hits over ones; micro F1 is
twice the chunks in common over the chunks on both sides. The tallies of the examples are all that
an interval or a paired comparison needs, so they are stored and nothing is scored twice.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.core.statistics import Tally, ratio
from adapterstilts.tasks import answers, chunks


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One way to say how good predictions are."""

    name: str
    """Name in tasks, score rows and tables."""
    description: str
    """One sentence for people."""
    compares: Literal["label", "tags", "answer", "masks"]
    """Shape of the predictions and references that it reads."""
    tally: Callable[[Prediction], tuple[float, float]]
    """One example's numerator and denominator."""
    direction: Literal["higher", "lower"] = "higher"
    """Which values are better."""
    low: float = 0.0
    """Lowest value that it can have."""
    high: float = 100.0
    """Highest value that it can have."""
    scale: float = 100.0
    """What the ratio is multiplied with."""
    version: int = 1
    """Raised when its numbers change, so that stored predictions are scored again."""

    @property
    def best(self) -> float:
        """Return the end of the range that perfect predictions have."""
        return self.high if self.direction == "higher" else self.low


def tallies(metric: Metric, predictions: Iterable[Prediction]) -> Tally:
    """Return one row `(numerator, denominator)` for each prediction."""
    rows = [metric.tally(prediction) for prediction in predictions]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 2)


def score(metric: Metric, predictions: Iterable[Prediction]) -> float:
    """Return the value of a metric; 0 where nothing is counted, as with no entity at all."""
    return metric.scale * ratio(tallies(metric, predictions))


def _accuracy(example: Prediction) -> tuple[float, float]:
    return float(str(example.prediction).strip() == str(example.reference).strip()), 1.0


def _exact_match(example: Prediction) -> tuple[float, float]:
    return answers.exact(example.prediction, example.reference), 1.0


def _f1(example: Prediction) -> tuple[float, float]:
    return answers.overlap(example.prediction, example.reference), 1.0


def _token_accuracy(example: Prediction) -> tuple[float, float]:
    given, gold = _tags(example)
    return float(sum(map(str.__eq__, given, gold))), float(len(gold))


def _entity_f1(example: Prediction) -> tuple[float, float]:
    given, gold = map(chunks.entities, _tags(example))
    return 2.0 * len(given & gold), float(len(given) + len(gold))


def _pos_f1(example: Prediction) -> tuple[float, float]:
    given, gold = map(chunks.runs, _tags(example))
    return 2.0 * len(given & gold), float(len(given) + len(gold))


def _masked_accuracy(example: Prediction) -> tuple[float, float]:
    return float(example.prediction["hits"]), float(example.reference)


def _masked_loss(example: Prediction) -> tuple[float, float]:
    return float(example.prediction["loss"]), float(example.reference)


def _tags(example: Prediction) -> tuple[Sequence[str], Sequence[str]]:
    given, gold = example.prediction, example.reference
    if len(given) != len(gold):
        raise StiltsError(
            f"example '{example.example_id}' in '{example.language}' has {len(given)} predicted"
            f" tags for {len(gold)} tokens: predict it again"
        )
    return given, gold


ACCURACY = Metric(
    name="accuracy",
    description="Share of the examples whose label is right.",
    compares="label",
    tally=_accuracy,
)
EXACT_MATCH = Metric(
    name="exact_match",
    description="Share of the questions whose answer is right to the letter (SQuAD v1.1).",
    compares="answer",
    tally=_exact_match,
)
F1 = Metric(
    name="f1",
    description="Mean F1 over the words of the answer and the nearest right one (SQuAD v1.1).",
    compares="answer",
    tally=_f1,
)
TOKEN_ACCURACY = Metric(
    name="token_accuracy",
    description="Share of the tokens whose tag is right.",
    compares="tags",
    tally=_token_accuracy,
)
ENTITY_F1 = Metric(
    name="entity_f1",
    description="Micro F1 over whole entities, IOB2 read leniently (XTREME's PAN-X score).",
    compares="tags",
    tally=_entity_f1,
)
POS_F1 = Metric(
    name="pos_f1",
    description="Micro F1 over runs of equal tags (XTREME's UDPOS score, below token accuracy).",
    compares="tags",
    tally=_pos_f1,
)
MASKED_ACCURACY = Metric(
    name="masked_accuracy",
    description="Share of the masked pieces that are guessed.",
    compares="masks",
    tally=_masked_accuracy,
)
MASKED_LOSS = Metric(
    name="masked_loss",
    description="Mean surprise at a masked piece, in nats.",
    compares="masks",
    tally=_masked_loss,
    direction="lower",
    high=math.inf,
    scale=1.0,
)
