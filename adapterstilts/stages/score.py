"""Turn stored predictions into numbers with intervals; no model, no torch."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from safetensors.numpy import save_file

from adapterstilts.core.records import (
    Prediction,
    Score,
    StageRecord,
    read_record,
    read_rows,
    write_rows,
)
from adapterstilts.core.statistics import Tally, interval, ratio
from adapterstilts.stages.predict import PREDICTIONS
from adapterstilts.stages.stage import RECORD, Context, Outcome
from adapterstilts.tasks.metrics import Metric, tallies
from adapterstilts.tasks.registry import METRICS, TASKS

PREDICTED = "predicted"
"""Role of the prediction stage."""
_READING = ("layer", "pooling")
"""What a prediction stage says of how embeddings were read; numbers of two ways do not compare."""
SCORES, TALLIES, IDS = "scores.jsonl", "tallies.safetensors", "ids.json"
"""Score rows; numerator and denominator per example; a digest of the examples of each language."""


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """What the rows say of the predictions that they score."""

    backbone: str
    """Name of the backbone."""
    method: str
    """How modules were made."""
    composition: str
    """How source and target met."""
    source: str
    """The source expression, or nothing."""
    task: str
    """The target."""
    languages: tuple[str, ...]
    """Language codes."""
    split: str
    """Evaluated split."""
    seed: int
    """Seed of the training."""
    kind: str = "score"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        via = f"-{self.source}" if self.source else ""
        return f"{self.method}-{self.composition}{via}-{self.task}-s{self.seed}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; a metric that changes its version is scored again."""
        task = TASKS.get(self.task)
        return {
            **asdict(self),
            "suite": task.suite,
            "primary": task.primary,
            "metrics": {name: METRICS.get(name).version for name in task.metrics},
        }


def run(config: Evaluate, context: Context) -> Outcome:
    """Leave the score rows, the tallies that they were made from, and the examples' digests."""
    task, folder = TASKS.get(config.task), context.inputs[PREDICTED]
    record = read_record(folder / RECORD)
    rows: list[Score] = []
    kept: dict[str, Tally] = {}
    digests: dict[str, str] = {}
    for index, language in enumerate(config.languages):
        context.report(index, len(config.languages), language)
        answers = list(read_rows(folder / PREDICTIONS / f"{language}.jsonl", Prediction))
        digests[language] = _digest(answers)
        for name in task.metrics:
            tally = tallies(METRICS.get(name), answers)
            kept[f"{language}/{name}"] = tally
            about = {
                "stage": context.id,
                "signature": _signature(config, record, METRICS.get(name)),
                **asdict(record.costs),
            }
            rows.append(_row(config, language, METRICS.get(name), tally, digests[language], about))
    write_rows(context.out / SCORES, Score, rows)
    save_file(kept, context.out / TALLIES)
    text = json.dumps(digests, indent=1, sort_keys=True)
    (context.out / IDS).write_text(text + "\n", encoding="utf-8")
    return Outcome(costs=record.costs)


def _row(
    config: Evaluate,
    language: str,
    metric: Metric,
    tally: Tally,
    digest: str,
    about: Mapping[str, Any],
) -> Score:
    task = TASKS.get(config.task)
    # The interval belongs to the examples, not to the model: the same draws for all that compare.
    low, high = interval(tally, key=f"{digest}/{metric.name}", scale=metric.scale)
    return Score(
        backbone=config.backbone,
        method=config.method,
        composition=config.composition,
        source=config.source,
        target=config.task,
        suite=task.suite,
        language=language,
        split=config.split,
        perturbation="",
        seed=config.seed,
        metric=metric.name,
        value=metric.scale * ratio(tally),
        low=low,
        high=high,
        n=len(tally),
        primary=metric.name == task.primary,
        **about,
    )


def _signature(config: Evaluate, record: StageRecord, metric: Metric) -> str:
    """Return what must be equal for two numbers to be compared."""
    parts = {
        "metric": f"{metric.name}.v{metric.version}",
        "task": config.task,
        "split": config.split,
    }
    parts |= {name: record.resolved[name] for name in _READING if name in record.resolved}
    return "|".join(f"{name}={value}" for name, value in parts.items())


def _digest(answers: Sequence[Prediction]) -> str:
    """Return what two sets of predictions share when they answer the same examples."""
    text = "\n".join(f"{answer.example_id}\t{json.dumps(answer.reference)}" for answer in answers)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
