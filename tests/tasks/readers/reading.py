"""Small tasks and files for tests of readers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.registry import READERS
from adapterstilts.tasks.task import RawData, RealData, Task

PAIR = ("first", "second", "label")
CHOICE = ("context", "question", "choices", "label")


def real_task(
    roles: tuple[str, ...] = PAIR,
    *,
    labels: tuple[str, ...] = ("yes", "no"),
    blank: tuple[str, ...] = (),
    choices: int = 0,
    languages: Mapping[str, str] | None = None,
) -> Task:
    return Task(
        name="sample",
        format="multiple_choice" if choices else "classification",
        suite="test",
        data=RealData(
            hub=None,
            raw=(RawData(files={"test": ("x",)}, reader="jsonl"),),
            sizes={},
            blank=blank,
            refusal="none",
        ),
        roles=roles,
        languages=languages or {"en": "en"},
        metrics=("accuracy",),
        primary="accuracy",
        description="A sample.",
        licence="none",
        citation="none",
        labels=labels,
        choices=choices,
    )


def request_of(task: Task | None = None, **more: Any) -> Request:
    values: dict[str, Any] = {"language": "en", "split": "dev", **more}
    return Request(task=task or real_task(), **values)


def read(
    reader: str, folder: Path, *contents: str | bytes, name: str = "file", **more: Any
) -> list[Row]:
    """Return the rows of files that are called `data/file`, `data/file2`, …."""
    paths = []
    for number, content in enumerate(contents, start=1):
        path = folder / "data" / (name if number == 1 else f"{name}{number}")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        paths.append(path)
    return list(READERS.get(reader)(paths, request_of(**more)))


def roles_of(rows: list[Row]) -> list[tuple[Any, ...]]:
    """Return what the rows have, without ids and places."""
    return [
        tuple(value for key, value in row.items() if key not in ("id", "place")) for row in rows
    ]
