"""The fixtures of declared tasks, as `tests/fixtures/tasks/README.md` describes them."""

import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.task import HubData, RealData, Task, TranslatedData

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tasks"
LABELS = {
    "classification": "label",
    "multiple_choice": "label",
    "tagging": "tags",
    "span_qa": "answers",
    "retrieval": "match",
    "mining": "targets",
    "ranking": "targets",
}
"""Format to the role that is None where labels were taken away."""
_CONVERTED = "refs/convert/parquet"

Expected = Mapping[str, Mapping[str, list[Row]]]


def expected(task: Task, way: str = "") -> Expected:
    """Return the rows of every language and split that must come out of one way in."""
    folder = FIXTURES / task.name
    own = folder / f"expected.{way}.json"
    path = own if way and own.is_file() else folder / "expected.json"
    assert path.is_file(), f"task '{task.name}' has no {path}: see {FIXTURES / 'README.md'}"
    found: Expected = json.loads(path.read_text(encoding="utf-8"))
    return found


def translations(task: Task) -> tuple[Mapping[str, list[Row]], Mapping[str, Mapping[str, int]]]:
    """Return the rows of every language that must come out, and how many a way in must lose."""
    folder = FIXTURES / task.name / "translated"
    assert folder.is_dir(), f"task '{task.name}' has no {folder}: see {FIXTURES / 'README.md'}"
    rows, lost = (folder / name for name in ("expected.json", "lost.json"))
    return (
        json.loads(rows.read_text(encoding="utf-8")),
        json.loads(lost.read_text(encoding="utf-8")) if lost.is_file() else {},
    )


def layouts(task: Task, below: str = "") -> list[Path]:
    """Return the folders that a user would name, one a layout."""
    folder = FIXTURES / task.name / below / "raw"
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def repository(task: Task, below: str = "") -> dict[str, bytes]:
    """Return the files of the task's repository on the Hub by their names there."""
    data = task.translated if below else task.data
    assert isinstance(data, RealData | TranslatedData) and data.hub
    folder = FIXTURES / task.name / below / "hub"
    return {
        _name(path, data.hub): _parquet(path, _features(path.parent, folder))
        for path in sorted(folder.glob("*/*.jsonl"))
    }


def read_jsonl(path: Path) -> list[Row]:
    """Return the objects of a file, whose lines end with LF and with nothing else."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _name(path: Path, hub: HubData) -> str:
    config, split = path.parent.name, path.stem
    if hub.revision == _CONVERTED:
        return f"{config}/{split}/0000.parquet"
    return f"{config}/{split}-00000-of-00001.parquet"


def _features(config: Path, hub: Path) -> Path:
    own = config / "features.json"
    return own if own.is_file() else hub / "features.json"


@cache
def _parquet(path: Path, features: Path) -> bytes:
    """Return a file as the Hub has it: with what `datasets` says of the columns."""
    import datasets
    import pyarrow
    import pyarrow.parquet

    described: dict[str, Any] = json.loads(features.read_text(encoding="utf-8"))
    schema = datasets.Features.from_dict(described).arrow_schema
    assert b"huggingface" in schema.metadata
    rows = read_jsonl(path)
    assert all(set(row) == set(described) for row in rows), f"{path} has other columns"
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), sink)
    return sink.getvalue()
