"""Turn stored predictions into numbers with intervals; no model, no torch."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import (
    RECORD,
    SCORES,
    Costs,
    Prediction,
    Score,
    read_record,
    read_rows,
    write_rows,
)
from adapterstilts.core.statistics import Tally, interval, ratio
from adapterstilts.stages.predict import PREDICTIONS
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks.metrics import Metric, tallies
from adapterstilts.tasks.registry import METRICS, TASKS

_LOG = logging.getLogger(__name__)
PREDICTED = "predicted"
"""Role of the prediction stage."""
_READING = ("layer", "pooling")
"""What a prediction stage says of how embeddings were read; numbers of two ways do not compare."""
TALLIES, IDS = "tallies.safetensors", "ids.json"
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
    shots: int = 0
    """Training rows of the target that were drawn, so that rows say `xnli@16`; 0 for all."""
    kind: str = "score"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        via = f"-{self.source}" if self.source else ""
        return f"{self.method}-{self.composition}{via}-{self.target}-s{self.seed}"

    @property
    def target(self) -> str:
        """Return the target as rows name it."""
        return f"{self.task}@{self.shots}" if self.shots else self.task

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; a metric that changes its version is scored again."""
        task = TASKS.get(self.task)
        about = asdict(self)
        if not self.shots:
            del about["shots"]
        return {
            **about,
            "suite": task.suite,
            "primary": task.primary,
            "metrics": {name: METRICS.get(name).version for name in task.metrics},
        }


def run(config: Evaluate, context: Context) -> Outcome:
    """Leave the score rows, the tallies that they were made from, and the examples' digests."""
    folder = context.inputs[PREDICTED]
    record = read_record(folder / RECORD)
    rows: list[Score] = []
    kept: dict[str, Tally] = {}
    digests: dict[str, str] = {}
    unlabelled: list[str] = []
    for index, language in enumerate(config.languages):
        context.report(index, len(config.languages), language)
        answers = list(read_rows(folder / PREDICTIONS / f"{language}.jsonl", Prediction))
        if not _labelled(config, language, answers):
            unlabelled.append(language)
            continue
        digests[language] = _digest(answers)
        found = scored(
            config,
            language,
            answers,
            reading=record.resolved,
            stage=context.id,
            costs=record.costs,
        )
        rows += (row for row, _ in found)
        kept |= {f"{language}/{row.metric}": tally for row, tally in found}
    write_rows(context.out / SCORES, Score, rows)
    save_file(kept, context.out / TALLIES)
    text = json.dumps(digests, indent=1, sort_keys=True)
    (context.out / IDS).write_text(text + "\n", encoding="utf-8")
    if unlabelled:
        _LOG.warning(
            "%s is not scored in %s: its %s split has no labels there, only predictions",
            config.task,
            ", ".join(unlabelled),
            config.split,
        )
    resolved = {"unlabelled": unlabelled} if unlabelled else {}
    return Outcome(resolved=resolved, costs=record.costs)


def _labelled(config: Evaluate, language: str, answers: Sequence[Prediction]) -> bool:
    """Return whether the data say what is right; all of a language's examples have it or none."""
    missing = [answer.example_id for answer in answers if answer.reference is None]
    if missing and len(missing) < len(answers):
        raise StiltsError(
            f"{config.task} in '{language}': {len(missing)} of {len(answers)} examples have no"
            f" label, '{missing[0]}' first; complete the data, or strip the labels of all"
        )
    return bool(answers) and not missing


def scored(
    config: Evaluate,
    language: str,
    answers: Sequence[Prediction],
    *,
    reading: Mapping[str, Any],
    stage: str,
    costs: Costs,
) -> list[tuple[Score, Tally]]:
    """Return one row for each metric of the task, with the tally that it was made from.

    Args:
        config: What the rows say of the predictions.
        language: Language code.
        answers: The predictions.
        reading: How embeddings were read, where they were.
        stage: Id of the stage that scores.
        costs: What the predictions took.
    """
    digest = _digest(answers)
    found = []
    for name in TASKS.get(config.task).metrics:
        metric = METRICS.get(name)
        tally = _tally(metric, answers)
        signature = _signature(config, reading, metric)
        about = {"stage": stage, "signature": signature, **asdict(costs)}
        found.append((_row(config, language, metric, tally, digest, about), tally))
    return found


def _tally(metric: Metric, answers: Sequence[Prediction]) -> Tally:
    """Return one row an example, those that nothing is said of included (see `Format.answers`)."""
    given = tallies(metric, answers)
    if not answers or "rows" not in answers[0].extra:
        return given
    found: Tally = np.zeros((answers[0].extra["rows"], 2))
    found[[answer.extra["row"] for answer in answers]] = given
    return found


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
        target=config.target,
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


def _signature(config: Evaluate, reading: Mapping[str, Any], metric: Metric) -> str:
    """Return what must be equal for two numbers to be compared."""
    parts = {
        "metric": f"{metric.name}.v{metric.version}",
        "task": config.task,
        "split": config.split,
    }
    # What few rows taught is compared with what as few did.
    parts |= {"shots": str(config.shots)} if config.shots else {}
    parts |= {name: reading[name] for name in _READING if name in reading}
    return "|".join(f"{name}={value}" for name, value in parts.items())


def _digest(answers: Sequence[Prediction]) -> str:
    """Return what two sets of predictions share when they answer the same examples.

    Where examples without an answer are left out, which ones are is the model's own.
    """
    whole = [answer for answer in answers if "rows" not in answer.extra or answer.reference]
    text = "\n".join(f"{answer.example_id}\t{json.dumps(answer.reference)}" for answer in whole)
    if answers and "rows" in answers[0].extra:
        text += f"\n{answers[0].extra['rows']} in all"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
