"""Encode one split of one language for one tokenizer, once for every stage that reads it."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.stages.references import Backbone, heard, task_identity
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks import drawing, encoding, loading, translated
from adapterstilts.tasks.origin import Origin
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.tasks.tokenizing import Tokenizer
from adapterstilts.toyworld import rows

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """Which rows, read by which tokenizer."""

    task: str
    """Name of the task."""
    language: str
    """Language code."""
    split: str
    """`train`, `dev` or `test`."""
    size: int
    """Rows taken; 0 for all, where they are not generated."""
    max_length: int
    """Longest input in pieces."""
    backbone: Backbone
    """Whose tokenizer reads the text."""
    tokenizer: str
    """Digest of the tokenizer where it is known before it is fetched, else empty."""
    origin: Origin | None = None
    """Where the rows are; None where they are generated."""
    drawn: int = 0
    """Rows drawn at random of all, which keep their order; 0 where none is left out. `size` then
    says how many are generated, and nothing of data that are read."""
    seed: int = 0
    """Seed of the draw."""
    kind: str = "prepare"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        some = f"-{self.drawn}-of-seed-{self.seed}" if self.drawn else ""
        return f"{self.task}-{self.split}-{self.language}{some}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: backbones with one tokenizer share what it has read."""
        return {
            "task": task_identity(self.task),
            **({"origin": self.origin.identity()} if self.origin else {}),
            "language": self.language,
            "split": self.split,
            "size": self.size,
            **({"drawn": {"rows": self.drawn, "seed": self.seed}} if self.drawn else {}),
            "max_length": self.max_length,
            "tokenizer": {"digest": self.tokenizer} if self.tokenizer else self.backbone.identity(),
        }


def run(config: Prepare, context: Context) -> Outcome:
    """Leave the encoded split."""
    task, place = TASKS.get(config.task), f"task '{config.task}'"
    generated, language = isinstance(task.data, ToyData), config.language
    if language not in task.languages and (
        generated or not translated.is_translated(task, language, config.split)
    ):
        raise StiltsError(f"{place} has no language '{config.language}'")
    found, resolved = _rows(task, config, context)
    located = config.backbone.files(context.store, context.inputs, report=heard(context))
    tokenizer = Tokenizer.load(located.folder)
    encoded = FORMATS.get(task.format).encode(
        task, found, tokenizer, split=config.split, max_length=config.max_length
    )
    encoding.write(encoded, context.out)
    about = {"tokenizer": tokenizer.digest, "rows": len(found), **resolved}
    if config.drawn:
        about["drawn"] = _drawn(task, config, found)
    return Outcome(resolved=about)


def _drawn(task: Task, config: Prepare, found: Sequence[Row]) -> dict[str, Any]:
    """Return what a draw has given, of each label too; a label that it has none of is told."""
    about: dict[str, Any] = {"rows": len(found), "seed": config.seed}
    if "label" not in task.roles or not task.labels:
        return about
    counts = Counter(row["label"] for row in found)
    missing = [label for label in task.labels if not counts[label]]
    if missing:
        _LOG.warning(
            "of the %s rows of task '%s' (%s) that seed %s draws, none has the label %s: it can"
            " only be learned from other rows",
            f"{len(found):,}",
            task.name,
            config.language,
            config.seed,
            " or ".join(missing),
        )
    return {**about, "labels": {label: counts[label] for label in task.labels}}


def _rows(task: Task, config: Prepare, context: Context) -> tuple[list[Row], Mapping[str, Any]]:
    """Return the rows, generated or read, and what the record keeps of where they came from."""
    if isinstance(task.data, ToyData):
        return _generated(task, task.data, config), {}
    origin = config.origin or loading.find(
        task, language=config.language, split=config.split, folder=None
    )
    loaded = loading.load(
        task,
        origin,
        language=config.language,
        split=config.split,
        limit=config.size,
        drawn=config.drawn,
        seed=config.seed,
        pins=context.store,
        report=heard(context),
    )
    return loaded.rows, {"data": dict(loaded.resolved)}


def _generated(task: Task, data: ToyData, config: Prepare) -> list[Row]:
    """Return rows of the toy world: only those that are drawn, where some are."""
    numbers: Iterable[int] = range(config.size)
    if config.drawn:
        drawing.check(task, config.drawn, config.size, language=config.language, split=config.split)
        drawn = drawing.draw(((number, None) for number in numbers), config.drawn, seed=config.seed)
        numbers = [number for number, _ in drawn]
    return rows.some(
        data.generator,
        (data.start + number for number in numbers),
        language=task.languages[config.language],
        split=config.split,
    )
