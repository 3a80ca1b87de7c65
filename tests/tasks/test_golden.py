"""The official scores of XTREME's own mock predictions, task by task."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from adapterstilts.core.records import Prediction
from adapterstilts.tasks.metrics import score
from adapterstilts.tasks.registry import METRICS

Pairs = Iterator[tuple[Any, Any]]


@pytest.fixture(scope="module")
def mock() -> Path:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    folder = Path(root or ".") / "xtreme_mock"
    if not root or not folder.is_dir():
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds xtreme_mock/")
    return folder


def lines(given: Path, gold: Path) -> Pairs:
    return zip(*(path.read_text("utf-8").splitlines() for path in (given, gold)), strict=True)


def sentences(given: Path, gold: Path) -> Pairs:
    blocks = [path.read_text("utf-8").strip().split("\n\n") for path in (given, gold)]
    return ((one.split("\n"), other.split("\n")) for one, other in zip(*blocks, strict=True))


def questions(given: Path, gold: Path) -> Pairs:
    answers = json.loads(given.read_text("utf-8"))
    for document in json.loads(gold.read_text("utf-8"))["data"]:
        for paragraph in document["paragraphs"]:
            for asked in paragraph["qas"]:
                yield answers.get(asked["id"], ""), [one["text"] for one in asked["answers"]]


@pytest.mark.parametrize(
    ("task", "metric", "read", "languages", "official"),
    [
        ("xnli", "accuracy", lines, 15, 30.666666666666668),
        ("pawsx", "accuracy", lines, 7, 51.42857142857143),
        ("tatoeba", "accuracy", lines, 36, 53.611111111111114),
        ("panx", "entity_f1", sentences, 40, 57.50793650793652),
        ("udpos", "pos_f1", sentences, 33, 70.21746048354693),
        ("xquad", "exact_match", questions, 11, 77.27272727272727),
        ("xquad", "f1", questions, 11, 79.9586776859504),
        ("tydiqa", "exact_match", questions, 9, 88.88888888888889),
        ("tydiqa", "f1", questions, 9, 97.22222222222223),
    ],
)
def test_the_official_average_is_met(
    mock: Path,
    task: str,
    metric: str,
    read: Callable[[Path, Path], Pairs],
    languages: int,
    official: float,
) -> None:
    values = []
    for gold in sorted((mock / "labels" / task).iterdir()):
        pairs = read(mock / "predictions" / task / gold.name, gold)
        examples = [
            Prediction(example_id=str(number), language="", prediction=one, reference=other)
            for number, (one, other) in enumerate(pairs)
        ]
        values.append(score(METRICS.get(metric), examples))
    assert len(values) == languages
    assert fmean(values) == pytest.approx(official, abs=1e-10)
