"""Score the untrained backbone at every layer: what a source brings depends on which is read.

One pass over the encoder pools all layers. The rows are kept apart from those of other stages,
and each layer has a signature of its own, so that no table, gain or mean mixes two layers.
"""

import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from adapterstilts.core.disk import explained
from adapterstilts.core.records import SCORES, Costs, Score, write_rows
from adapterstilts.stages import score
from adapterstilts.stages.predict import dev_role, predictions
from adapterstilts.stages.references import Backbone, method_identity, parts_of
from adapterstilts.stages.score import Evaluate
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks import encoding
from adapterstilts.tasks.formats.format import POOL, Asked, Output
from adapterstilts.tasks.registry import FORMATS, TASKS

if TYPE_CHECKING:
    from adapterstilts.modeling.work import Predictor


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Which layers of which backbone are scored on what."""

    backbone: Backbone
    """What is read, as it comes."""
    about: Evaluate
    """What the rows say."""
    layers: tuple[int, ...]
    """Layers, 0 being the embeddings; empty for all."""
    pooling: str
    """How positions become one embedding."""
    kind: str = "sweep"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def method(self) -> str:
        """Return how modules are made: not at all."""
        return self.about.method

    @property
    def composition(self) -> str:
        """Return how they are put together."""
        return self.about.composition

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what has been trained before: nothing."""
        return ()

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        return f"layers-{self.about.task}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed."""
        return {
            "backbone": self.backbone.identity(),
            "method": method_identity(self.method),
            "about": self.about.identity(),
            "layers": list(self.layers),
            "pooling": self.pooling,
        }


def run(config: Sweep, context: Context) -> Outcome:
    """Leave one set of score rows for each layer."""
    from adapterstilts.modeling import work

    task, about = TASKS.get(config.about.task), config.about
    form = FORMATS.get(task.format)
    predictor = work.Predictor(
        parts_of(config, task, context),
        None,
        runtime=context.runtime,
        pooling="cls" if config.pooling == "cls" else "mean",
    )
    layers = config.layers or tuple(range(predictor.depth + 1))
    rows: list[Score] = []
    with _read(predictor, context, POOL if form.pooled else "", layers) as pools:
        for index, language in enumerate(about.languages):
            context.report(index, len(about.languages), language)
            dev = dev_role(language) if form.calibrated else ""
            with (
                _read(predictor, context, language, layers) as asked,
                _read(predictor, context, dev, layers) as devs,
            ):
                for place, layer in enumerate(layers):
                    answers = form.answers(
                        task, asked[place], dev=_at(devs, place), pool=_at(pools, place)
                    )
                    found = score.scored(
                        about,
                        language,
                        list(predictions(answers, language)),
                        reading={"layer": layer, "pooling": config.pooling},
                        stage=context.id,
                        costs=Costs(),
                    )
                    rows += (row for row, _ in found)
    write_rows(context.out / SCORES, Score, rows)
    return Outcome(resolved={**predictor.resolved, "layers": list(layers)})


def _at(splits: Sequence[Asked], place: int) -> Asked | None:
    return splits[place] if splits else None


@contextmanager
def _read(
    predictor: "Predictor", context: Context, role: str, layers: Sequence[int]
) -> Iterator[list[Asked]]:
    """Yield a split as each layer reads it, from one pass; nothing where no role is asked for.

    The embeddings lie in a file: all layers of half a million sentences fill no memory.
    """
    if not role:
        yield []
        return
    encoded = encoding.read(context.inputs[role])
    shape = (len(layers), len(encoded.owner), predictor.width)
    with tempfile.TemporaryDirectory(dir=context.work) as folder:
        path = Path(folder) / "embeddings"
        _reserve(path, 4 * math.prod(shape))
        found = np.memmap(path, np.float32, mode="r+", shape=shape)
        predictor.embeddings(encoded, layers=layers, into=found)
        yield [Asked(encoded=encoded, outputs=cast(Sequence[Output], part)) for part in found]
        del found


def _reserve(path: Path, size: int) -> None:
    """Take room on the disk: a mapped file that finds none later would end the process."""
    with explained(path.parent), path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
