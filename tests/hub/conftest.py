"""A recipe on real tasks whose data and backbone are on a Hub of our own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.hub.server import Hub

BACKBONE = "someone/tiny-xlmr"
LABELS = ("entailment", "neutral", "contradiction")
LANGUAGES = ("en", "sw", "de")
RECIPE = f"""\
question: Does it work with what is on the Hub?
backbone: {BACKBONE}
languages: [en, sw]
grid:
  - {{methods: seq_bn, compositions: target, targets: xnli}}
training:
  default: {{steps: 2, batch_size: 2, train_examples: 8, max_length: 40}}
runtime: {{threads: 1}}
"""


def parquet(rows: Sequence[Mapping[str, Any]], labels: Sequence[str] = LABELS) -> bytes:
    """Return a file of pairs as `datasets` writes it: labels as numbers, their names beside."""
    import pyarrow
    import pyarrow.parquet

    texts = [column for column in rows[0] if column != "label"]
    features = {column: {"dtype": "string", "_type": "Value"} for column in texts}
    label = {"names": list(labels), "_type": "ClassLabel"}
    schema = pyarrow.schema(
        [*((column, "string") for column in texts), ("label", "int64")],
        metadata={"huggingface": json.dumps({"info": {"features": {**features, "label": label}}})},
    )
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema=schema), stream)
    return stream.getvalue()


def pairs(count: int, language: str = "en", first: int = 0) -> bytes:
    """Return a file of so many pairs of sentences in a language of numbers."""
    return parquet(
        [
            {
                "uid": f"{language}-{number}",
                "premise": f"Sentence {number} in {language}.",
                "hypothesis": f"Another {number % 7} in {language}.",
                "label": number % 3,
            }
            for number in range(first, first + count)
        ]
    )


README = """\
---
configs:
- config_name: mnli
  data_files:
  - split: train
    path: mnli/train-*
  - split: validation_matched
    path: mnli/validation_matched-*
---
# GLUE, in small
"""


def glue(rows: int = 40) -> dict[str, bytes | str]:
    """Return the files of a repository like GLUE's: two shards, and what nobody asked for."""
    half = rows // 2
    return {
        "README.md": README,
        "mnli/train-00000-of-00002.parquet": pairs(half),
        "mnli/train-00001-of-00002.parquet": pairs(rows - half, first=half),
        "mnli/validation_matched-00000-of-00001.parquet": pairs(12),
        "qqp/train-00000-of-00001.parquet": b"not asked for",
        "glue.py": "raise SystemExit('a script was run')",
    }


def xnli() -> dict[str, bytes | str]:
    """Return the files of a repository like XNLI's, which says nothing of its configurations."""
    return {
        f"{code}/{split}-00000-of-00001.parquet": pairs(9, code)
        for code in LANGUAGES
        for split in ("validation", "test")
    }


@pytest.fixture
def stocked(hub: Hub, tiny_backbone: Path) -> Hub:
    """Return a Hub that has everything that the recipe takes."""
    hub.push("nyu-mll/glue", glue())
    hub.push("facebook/xnli", xnli())
    files = {path.name: path for path in tiny_backbone.iterdir()}
    hub.push(BACKBONE, {**files, "pytorch_model.bin": b"never touched"}, kind="model")
    return hub


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Return the recipe's file."""
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


class Said(NamedTuple):
    """What a command line gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Said]:
    """Return a function that runs a command line in a process of its own, and no traceback.

    Each imports everything anew, for seconds: for tests of what a new process knows or not.
    """

    def run(*arguments: str | Path, **environment: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "adapterstilts", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "ADAPTERSTILTS_STORE": str(tmp_path / "runs"), **environment},
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Return a function that runs a command line in this process, and no traceback."""
    from huggingface_hub import constants

    from adapterstilts.cli.main import invoke

    def run(*arguments: str | Path, **environment: str) -> Said:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setenv("ADAPTERSTILTS_STORE", str(tmp_path / "runs"))
            for name, value in environment.items():
                patch.setenv(name, value)
            # As they would be had the library been imported now.
            if "HF_ENDPOINT" in environment:
                patch.setattr(constants, "ENDPOINT", environment["HF_ENDPOINT"])
            if "HF_HOME" in environment:
                patch.setattr(constants, "HF_HUB_CACHE", str(Path(environment["HF_HOME"]) / "hub"))
            offline = "HF_HUB_OFFLINE" in environment or "--offline" in arguments
            patch.setattr(constants, "HF_HUB_OFFLINE", offline)
            code = invoke([str(argument) for argument in arguments])
        said = Said(code, *capsys.readouterr())
        assert "Traceback" not in said.err, said.err
        return said

    return run


def records(store: Path, pattern: str) -> list[dict[str, Any]]:
    """Return the records of some stages."""
    found = sorted(store.glob(f"{pattern}/record.json"))
    return [json.loads(path.read_text(encoding="utf-8"))["record"] for path in found]
