"""Answer the test split of every language, once; whoever scores needs no model any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from adapterstilts.core.records import (
    RECORD,
    Costs,
    Prediction,
    StageRecord,
    read_record,
    write_rows,
)
from adapterstilts.modeling.composition import Activates, composition, leaves
from adapterstilts.modeling.foreign import crowns
from adapterstilts.modeling.parts import HEADS
from adapterstilts.stages.references import (
    Backbone,
    head_of,
    method_identity,
    parts_of,
    source_role,
)
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks import encoding
from adapterstilts.tasks.formats.format import POOL, Asked, Output
from adapterstilts.tasks.registry import FORMATS, TASKS

TRAINED = "trained"
"""Role of the training stage on the target, where the composition has one."""
PREDICTIONS, LOGITS = "predictions", "logits"
"""Sub-folders with one file a language."""


@dataclass(frozen=True, kw_only=True)
class Predict:
    """Which model answers what."""

    backbone: Backbone
    """What the model stands on."""
    method: str
    """How its modules were made; empty for the untouched backbone."""
    composition: str
    """How they are put together."""
    sources: tuple[str, ...]
    """The sources, nested as they are: those in them have the roles `source:0`, `source:1`, …"""
    task: str
    """The target."""
    languages: tuple[str, ...]
    """Language codes."""
    split: str
    """Evaluated split."""
    layer: int | None
    """Layer that embeddings are pooled from; None leaves it to the depth of the model."""
    pooling: str
    """How positions become one embedding; empty where a head answers."""
    keep_logits: bool
    """Whether the head's raw outputs are kept beside the answers."""
    head: str = ""
    """Task of a mix whose head answers, where the source is one and the target is none of it."""
    kind: str = "predict"
    """Name of this kind of stage."""
    version: int = 2
    """Version of what it means; 2 since a stack of `lora` keeps what its source does."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        via = "-".join([self.composition, *self.sources, self.task])
        return f"{self.method}-{via}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed."""
        return {
            "backbone": self.backbone.identity(),
            "method": method_identity(self.method),
            "composition": self.composition,
            "sources": list(self.sources),
            "task": self.task,
            "languages": list(self.languages),
            "split": self.split,
            "layer": self.layer,
            "pooling": self.pooling,
            "keep_logits": self.keep_logits,
            **({"head": self.head} if self.head else {}),
        }


def run(config: Predict, context: Context) -> Outcome:
    """Leave one file of predictions a language, and the logits where they are asked for."""
    from adapterstilts.modeling import work

    task = TASKS.get(config.task)
    form = FORMATS.get(task.format)
    trained = context.inputs.get(TRAINED)
    predictor = work.Predictor(
        replace(
            parts_of(config, task, context), answers=config.head or _answering(config, context)
        ),
        trained,
        runtime=context.runtime,
        layer=config.layer,
        pooling="cls" if config.pooling == "cls" else "mean",
    )
    for name in (PREDICTIONS, *([LOGITS] if config.keep_logits else [])):
        (context.out / name).mkdir()

    def asked(role: str, place: int, note: str) -> Asked:
        def report(done: int, total: int) -> None:
            said = f"{note}: {done:,} of {total:,}"
            context.report(place, len(config.languages), said)

        encoded = encoding.read(context.inputs[role])
        return Asked(encoded=encoded, outputs=predictor.outputs(encoded, report))

    pool = asked(POOL, 0, "pool") if form.pooled else None
    for index, language in enumerate(config.languages):
        given = asked(language, index, language)
        if config.keep_logits:
            _keep(given.outputs, context.out / LOGITS / f"{language}.safetensors")
        dev = asked(dev_role(language), index, f"{language} dev") if form.calibrated else None
        rows = predictions(form.answers(task, given, dev=dev, pool=pool), language)
        write_rows(context.out / PREDICTIONS / f"{language}.jsonl", Prediction, rows)
    pooled = {"layer": predictor.layer, "pooling": config.pooling} if form.head == "none" else {}
    return Outcome(resolved={**predictor.resolved, **pooled}, costs=_costs(config, context))


def _answering(config: Predict, context: Context) -> str:
    """Return which head of a mix answers that was taken over, so that no plan could name it."""
    task, first = TASKS.get(config.task), context.inputs.get(source_role(0))
    if TRAINED in context.inputs or first is None or not (first / HEADS).is_dir():
        return ""
    order = (task.name, *reversed(task.training))
    return crowns.answering(crowns.apart(first), head_of(task), order) or ""


def dev_role(language: str) -> str:
    """Return the role of a language's dev split, where answers take it."""
    return f"{language}:dev"


def predictions(
    answers: Iterable[tuple[Mapping[str, Any], Any]], language: str
) -> Iterator[Prediction]:
    """Yield the answers of a format as they are stored."""
    for example, answer in answers:
        yield Prediction(
            example_id=example["id"],
            language=language,
            prediction=answer,
            reference=example["reference"],
            extra=example.get("extra", {}),
        )


def _keep(outputs: Sequence[Output], path: Path) -> None:
    """Keep outputs of unequal length end to end, with the length of each."""
    lengths = np.asarray([len(output) for output in outputs], dtype=np.int32)
    flat = np.concatenate(list(outputs)) if len(outputs) else np.zeros(0, dtype=np.float32)
    save_file({"outputs": np.ascontiguousarray(flat), "lengths": lengths}, path)


def _keeps_sources(config: Predict, own: Sequence[StageRecord]) -> bool:
    """Return whether predicting needs the sources' weights, not a trained copy of them."""
    return not own or composition(config.composition).activates is not Activates.OWN


def _costs(config: Predict, context: Context) -> Costs:
    """Return what this model took in all: its sources are trained and kept too."""
    roles = [source_role(index) for index in range(len(leaves(config.sources)))]
    records = [read_record(context.inputs[role] / RECORD) for role in roles]
    own: list[StageRecord] = []
    if TRAINED in context.inputs:
        own = [read_record(context.inputs[TRAINED] / RECORD)]
    kept = [*own, *(records if _keeps_sources(config, own) else [])]
    return replace(
        Costs.trained([record.costs for record in (*own, *records)]),
        trainable_parameters=sum(record.costs.trainable_parameters or 0 for record in own),
        stored_bytes=sum(record.costs.stored_bytes or 0 for record in kept),
    )
