"""Train what a composition trains, and keep what did best on English dev data."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.core.expressions import slug
from adapterstilts.core.records import RECORD, Costs, Prediction, read_record
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.parts import Parts
from adapterstilts.stages.references import Backbone, head_of, method_identity, parts_of
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks import encoding, metrics, mixture
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.joining import joined
from adapterstilts.tasks.mixture import PLAIN, Part, Sampling
from adapterstilts.tasks.registry import FORMATS, METRICS, TASKS
from adapterstilts.tasks.task import Task

if TYPE_CHECKING:
    from adapterstilts.modeling.work import Lesson, Score

TRAIN, DEV = "train", "dev"
"""Roles of the encoded splits of a training that learns one task in English."""
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
    """The sources, nested as they are: those in them have the roles `source:0`, `source:1`, …"""
    parts: tuple[Part, ...]
    """What is learned: a task, or several in turns."""
    sampling: Sampling = PLAIN
    """How several take turns."""
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
        via = "-".join([self.composition, *self.sources, self.title])
        return f"{self.method}-{via}-s{self.seed}"

    @property
    def title(self) -> str:
        """Return what is learned, in words."""
        return mixture.title(self.parts, self.sampling)

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; which metric selects counts only where there is a selection."""
        selected = self.hyper.evaluate_every > 0
        primaries = [TASKS.get(part.task).primary if selected else "" for part in self.parts]
        plain = mixture.is_plain(self.parts)
        return {
            "backbone": self.backbone.identity(),
            "method": method_identity(self.method),
            "composition": self.composition,
            "sources": list(self.sources),
            **({"task": self.parts[0].task} if plain else self._mixture()),
            "seed": self.seed,
            "hyper": asdict(self.hyper),
            "selected_by": primaries[0] if plain else primaries,
        }

    def _mixture(self) -> dict[str, Any]:
        return {
            "parts": [part.identity() for part in self.parts],
            "sampling": self.sampling.identity(),
        }


def data_role(split: str, task: str, language: str = "") -> str:
    """Return the role of one of several encoded splits; without a language it is in English."""
    return f"{split}:{task}:{language}" if language else f"{split}:{task}"


def run(config: Train, context: Context) -> Outcome:
    """Leave the trained files in their own library's format, and the history."""
    from adapterstilts.modeling import work

    begun = context.inputs.get(BEGUN)
    result = work.train(
        replace(_parts(config, context), begun=begun),
        [_lesson(config, part, context) for part in config.parts],
        mixture=config.sampling,
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


def _parts(config: Train, context: Context) -> Parts:
    """Return what the model is made of, with a head for each task."""
    tasks = [TASKS.get(part.task) for part in config.parts]
    parts = parts_of(config, tasks[0], context)
    if len(tasks) == 1:
        return parts
    first, *others = (head_of(task) for task in tasks)
    return replace(parts, head=first, others=tuple(others), name=slug(config.title))


def _lesson(config: Train, part: Part, context: Context) -> "Lesson":
    """Return what a head is taught, and how it is scored."""
    from adapterstilts.modeling.work import Lesson

    plain = mixture.is_plain(config.parts)
    train, dev = (
        encoding.read(context.inputs[split])
        if plain
        else _read(context.inputs, data_role(split, part.task))
        for split in (TRAIN, DEV)
    )
    return Lesson(train=train, dev=dev, score=_scored(TASKS.get(part.task), dev))


def _read(inputs: Mapping[str, Path], role: str) -> Encoded:
    """Return what is encoded under a role, its languages taken together."""
    roles = sorted(each for each in inputs if each == role or each.startswith(f"{role}:"))
    return joined({each.removeprefix(f"{role}:"): encoding.read(inputs[each]) for each in roles})


def _scored(task: Task, dev: Encoded) -> "Score":
    """Return what scores a head's outputs on dev; higher is better."""
    form, primary = FORMATS.get(task.format), METRICS.get(task.primary)

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

    return score


def _seconds_of(begun: Path | None) -> float:
    """Return what the training took that this one goes on from."""
    return (read_record(begun / RECORD).costs.train_seconds or 0.0) if begun else 0.0
