"""Encode one split of one language for one tokenizer, once for every stage that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.stages.references import Backbone, heard, task_identity
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks import encoding, loading
from adapterstilts.tasks.origin import Origin
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.tasks.tokenizing import Tokenizer
from adapterstilts.toyworld import rows


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
    kind: str = "prepare"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        return f"{self.task}-{self.split}-{self.language}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: backbones with one tokenizer share what it has read."""
        return {
            "task": task_identity(self.task),
            **({"origin": self.origin.identity()} if self.origin else {}),
            "language": self.language,
            "split": self.split,
            "size": self.size,
            "max_length": self.max_length,
            "tokenizer": {"digest": self.tokenizer} if self.tokenizer else self.backbone.identity(),
        }


def run(config: Prepare, context: Context) -> Outcome:
    """Leave the encoded split."""
    task, place = TASKS.get(config.task), f"task '{config.task}'"
    if config.language not in task.languages:
        raise StiltsError(f"{place} has no language '{config.language}'")
    found, resolved = _rows(task, config, context)
    located = config.backbone.files(context.store, context.inputs, report=heard(context))
    tokenizer = Tokenizer.load(located.folder)
    encoded = FORMATS.get(task.format).encode(
        task, found, tokenizer, split=config.split, max_length=config.max_length
    )
    encoding.write(encoded, context.out)
    return Outcome(resolved={"tokenizer": tokenizer.digest, "rows": len(found), **resolved})


def _rows(task: Task, config: Prepare, context: Context) -> tuple[list[Row], Mapping[str, Any]]:
    """Return the rows, generated or read, and what the record keeps of where they came from."""
    if isinstance(task.data, ToyData):
        found = rows.rows(
            task.data.generator,
            language=task.languages[config.language],
            split=config.split,
            size=config.size,
            start=task.data.start,
        )
        return found, {}
    origin = config.origin or loading.find(
        task, language=config.language, split=config.split, folder=None
    )
    loaded = loading.load(
        task,
        origin,
        language=config.language,
        split=config.split,
        limit=config.size,
        pins=context.store,
        report=heard(context),
    )
    return loaded.rows, {"data": dict(loaded.resolved)}
