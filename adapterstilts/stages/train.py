"""Train what a composition trains, on English, and keep what did best on English dev data."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from adapterstilts.core.records import Costs, Prediction, read_record
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.stages.references import Backbone, method_identity, parts_of
from adapterstilts.stages.stage import RECORD, Context, Outcome
from adapterstilts.tasks import encoding, metrics
from adapterstilts.tasks.registry import FORMATS, METRICS, TASKS

TRAIN, DEV = "train", "dev"
"""Roles of the encoded splits."""
BEGUN = "begun"
"""Role of the training on another task that this one goes on from, where a target names several."""
HISTORY = "history.jsonl"
"""Loss, learning rate and dev score by step."""


@dataclass(frozen=True, kw_only=True)
class Train:
    """What is trained on what, and how."""

    backbone: Backbone
    """What stays frozen, or does not."""
    method: str
    """Adapter architecture, or `full`."""
    composition: str
    """How the sources take part."""
    sources: tuple[str, ...]
    """Names of the sources, in the order of the roles `source:0`, `source:1`, …"""
    task: str
    """What is learned."""
    seed: int
    """Seed of new weights, order of data and dropout."""
    hyper: Hyperparameters
    """How long, how fast, on how much."""
    kind: str = "train"
    """Name of this kind of stage."""
    version: int = 2
    """Version of what it means; 2 since a stack of `lora` keeps what its source does."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        via = "".join(f"-{source}" for source in self.sources)
        return f"{self.method}-{self.composition}{via}-{self.task}-s{self.seed}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; which metric selects counts only where there is a selection."""
        selected = self.hyper.evaluate_every > 0
        return {
            "backbone": self.backbone.identity(),
            "method": method_identity(self.method),
            "composition": self.composition,
            "sources": list(self.sources),
            "task": self.task,
            "seed": self.seed,
            "hyper": asdict(self.hyper),
            "selected_by": TASKS.get(self.task).primary if selected else "",
        }


def run(config: Train, context: Context) -> Outcome:
    """Leave the trained files in their own library's format, and the history."""
    from adapterstilts.modeling import work

    task = TASKS.get(config.task)
    form, primary = FORMATS.get(task.format), METRICS.get(task.primary)
    dev = encoding.read(context.inputs[DEV])

    def score(outputs: Any) -> float:
        answers = form.decode(task, dev, outputs)
        rows = [
            Prediction(
                example_id=example["id"],
                language=task.english,
                prediction=answer,
                reference=example["reference"],
            )
            for example, answer in zip(dev.examples, answers, strict=True)
        ]
        value = metrics.score(primary, rows)
        return value if primary.direction == "higher" else -value

    begun = context.inputs.get(BEGUN)
    result = work.train(
        replace(parts_of(config, task, context), begun=begun),
        train=encoding.read(context.inputs[TRAIN]),
        dev=dev,
        score=score,
        seed=config.seed,
        hyper=config.hyper,
        runtime=context.runtime,
        out=context.out,
        work=context.work,
        report=context.report,
    )
    lines = [json.dumps(row, sort_keys=True) for row in result.trained.history]
    (context.out / HISTORY).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Outcome(
        resolved={
            **result.resolved,
            "best_step": result.trained.best_step,
            "dev": result.trained.best,
        },
        costs=Costs(
            train_seconds=round(result.trained.seconds + _seconds_of(begun), 3),
            peak_memory=result.trained.peak_memory,
            trainable_parameters=result.trainable,
            stored_bytes=result.stored_bytes,
        ),
    )


def _seconds_of(begun: Path | None) -> float:
    """Return what the training took that this one goes on from."""
    return (read_record(begun / RECORD).costs.train_seconds or 0.0) if begun else 0.0
