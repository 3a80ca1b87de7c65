"""What is measured: declarations, each a ratio of sums over examples.

`value = scale * sum(numerators) / sum(denominators)`. Accuracy is hits over ones; micro F1 is
twice the chunks in common over the chunks on both sides. The tallies of the examples are all that
an interval or a paired comparison needs, so they are stored and nothing is scored twice.
"""

import math
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.core.statistics import Tally, ratio
from adapterstilts.tasks import answers, chunks, mlqa, rankings


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One way to say how good predictions are."""

    name: str
    """Name in tasks, score rows and tables."""
    description: str
    """One sentence for people."""
    compares: Literal["label", "tags", "answer", "masks", "pairs", "ranking"]
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
    rows = [metric.tally(_labelled(prediction)) for prediction in predictions]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 2)


def score(metric: Metric, predictions: Iterable[Prediction]) -> float:
    """Return the value of a metric; 0 where nothing is counted, as with no entity at all."""
    return metric.scale * ratio(tallies(metric, predictions))


def _labelled(example: Prediction) -> Prediction:
    if example.reference is None:
        raise StiltsError(
            f"example '{example.example_id}' in '{example.language}' cannot be scored: its label is"
            " not there, as in test sets whose labels were removed before they were published; take"
            " data that has them (dataset on the Hub, or another folder), or write a submission"
            " with `adapterstilts predict RECIPE --submission DIR` for whoever has the labels"
        )
    return example


def _accuracy(example: Prediction) -> tuple[float, float]:
    return float(str(example.prediction).strip() == str(example.reference).strip()), 1.0


def _exact_match(example: Prediction) -> tuple[float, float]:
    return answers.exact(example.prediction, example.reference), 1.0


def _f1(example: Prediction) -> tuple[float, float]:
    return answers.overlap(example.prediction, example.reference), 1.0


def _squad2_exact_match(example: Prediction) -> tuple[float, float]:
    return answers.exact(example.prediction, answers.real(example.reference)), 1.0


def _squad2_f1(example: Prediction) -> tuple[float, float]:
    return answers.overlap(example.prediction, answers.real(example.reference)), 1.0


def _mlqa_exact_match(example: Prediction) -> tuple[float, float]:
    rule = mlqa.normaliser(example.language)
    return answers.exact(example.prediction, example.reference, normalise=rule), 1.0


def _mlqa_f1(example: Prediction) -> tuple[float, float]:
    rule = mlqa.normaliser(example.language)
    return answers.overlap(example.prediction, example.reference, normalise=rule), 1.0


def _token_accuracy(example: Prediction) -> tuple[float, float]:
    given, gold = _tags(example)
    return float(sum(map(str.__eq__, given, gold))), float(len(gold))


def _over(
    counts: Callable[[Prediction], tuple[int, int, int]],
    share: Literal["f1", "precision", "recall"],
) -> Callable[[Prediction], tuple[float, float]]:
    """Return the tally of what is common over what was given, over what is right, or over both."""

    def tally(example: Prediction) -> tuple[float, float]:
        common, given, gold = counts(example)
        if share == "f1":
            return 2.0 * common, float(given + gold)
        return float(common), float(given if share == "precision" else gold)

    return tally


def _entities(example: Prediction) -> tuple[int, int, int]:
    return _counts(*map(chunks.entities, _tags(example)))


def _runs(example: Prediction) -> tuple[int, int, int]:
    return _counts(*map(chunks.runs, _tags(example)))


def _pairs(example: Prediction) -> tuple[int, int, int]:
    return _counts(set(example.prediction), set(example.reference))


def _counts(given: Set[Any], gold: Set[Any]) -> tuple[int, int, int]:
    return len(given & gold), len(given), len(gold)


def _map_at_20(example: Prediction) -> tuple[float, float]:
    asked = float(len(example.reference) > 0)
    return rankings.average_precision(example.prediction or (), example.reference), asked


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
SQUAD2_EXACT_MATCH = Metric(
    name="squad2_exact_match",
    description="Share of the questions answered to the letter, or rightly not at all (SQuAD 2.0).",
    compares="answer",
    tally=_squad2_exact_match,
)
SQUAD2_F1 = Metric(
    name="squad2_f1",
    description="Mean F1 over words; where nothing answers the question, nothing is right"
    " (SQuAD 2.0).",
    compares="answer",
    tally=_squad2_f1,
)
MLQA_EXACT_MATCH = Metric(
    name="mlqa_exact_match",
    description="Share of the questions whose answer is right to the letter, normalised as MLQA"
    " does by the passage's language.",
    compares="answer",
    tally=_mlqa_exact_match,
)
MLQA_F1 = Metric(
    name="mlqa_f1",
    description="Mean F1 over the words of the answer and the nearest right one, normalised as MLQA"
    " does by the passage's language.",
    compares="answer",
    tally=_mlqa_f1,
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
    tally=_over(_entities, "f1"),
)
ENTITY_PRECISION = Metric(
    name="entity_precision",
    description="Share of the entities found that are right, read as `entity_f1` reads them.",
    compares="tags",
    tally=_over(_entities, "precision"),
)
ENTITY_RECALL = Metric(
    name="entity_recall",
    description="Share of the right entities that are found, read as `entity_f1` reads them.",
    compares="tags",
    tally=_over(_entities, "recall"),
)
POS_F1 = Metric(
    name="pos_f1",
    description="Micro F1 over runs of equal tags (XTREME's UDPOS score, below token accuracy).",
    compares="tags",
    tally=_over(_runs, "f1"),
)
POS_PRECISION = Metric(
    name="pos_precision",
    description="Share of the runs of equal tags found that are right, as `pos_f1` cuts them.",
    compares="tags",
    tally=_over(_runs, "precision"),
)
POS_RECALL = Metric(
    name="pos_recall",
    description="Share of the right runs of equal tags that are found, as `pos_f1` cuts them.",
    compares="tags",
    tally=_over(_runs, "recall"),
)
BUCC_F1 = Metric(
    name="bucc_f1",
    description="F1 over mined pairs of sentences (BUCC 2018).",
    compares="pairs",
    tally=_over(_pairs, "f1"),
)
BUCC_PRECISION = Metric(
    name="bucc_precision",
    description="Share of the mined pairs that are right.",
    compares="pairs",
    tally=_over(_pairs, "precision"),
)
BUCC_RECALL = Metric(
    name="bucc_recall",
    description="Share of the right pairs that are mined.",
    compares="pairs",
    tally=_over(_pairs, "recall"),
)
MAP_AT_20 = Metric(
    name="map_at_20",
    description="Mean average precision at 20 (LAReQA, and Mewsli-X, where one is right).",
    compares="ranking",
    tally=_map_at_20,
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
