import csv
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.analysis import report
from adapterstilts.analysis.layers import find_sweeps
from adapterstilts.analysis.table import load
from adapterstilts.core.records import Score, read_rows, write_rows

VALUES = {0: (0, 0, 1, 0), 1: (1, 1, 1, 0), 2: (1, 1, 1, 1), 3: (1, 1, 1, 1)}
"""Layer to what the examples of a language other than English got."""


def signature(layer: int) -> str:
    return f"metric=accuracy.v1|task=retrieval|split=test|layer={layer}|pooling=mean"


@pytest.fixture
def compared(planter: Any) -> list[Path]:
    """Return the untrained backbone and a source, read at layer 1."""
    of = {"composition": "zero", "target": "retrieval", "signature": signature(1)}
    planter.add({"aa": VALUES[1], "bb": VALUES[1]}, method="none", **of)
    planter.add({"aa": VALUES[2], "bb": VALUES[2]}, source="nli", **of)
    return list(planter.folders)


@pytest.fixture
def swept(planter: Any, tmp_path: Path) -> Path:
    """Return one folder with a row for each layer, as a stage of that kind leaves it."""
    rows: list[Score] = []
    root = tmp_path / "layers"
    root.mkdir()
    elsewhere = type(planter)(root)
    for layer, got in VALUES.items():
        folder = elsewhere.add(
            {"aa": (1, 0, 0, 0), "bb": got},
            method="none",
            composition="zero",
            target="retrieval",
            signature=signature(layer),
        )
        rows += read_rows(folder / "scores.jsonl", Score)
    out = tmp_path / "sweep"
    out.mkdir()
    write_rows(out / "scores.jsonl", Score, rows)
    return out


def test_the_mean_at_each_layer_is_zero_shot(compared: list[Path], swept: Path) -> None:
    (sweep,) = find_sweeps([swept], load(compared), english="aa")
    assert sweep.values == {0: 25.0, 1: 75.0, 2: 100.0, 3: 100.0}
    assert (sweep.best, sweep.compared) == (2, frozenset({1}))
    assert (sweep.name, sweep.metric, sweep.pooling) == ("retrieval · toyworld", "accuracy", "mean")


def test_no_other_number_changes_with_a_sweep(
    compared: list[Path], swept: Path, said: dict[str, Any], tmp_path: Path
) -> None:
    without = report.write(compared, tmp_path / "without", **said)
    beside = report.write(compared, tmp_path / "with", sweeps=[swept], **said)
    for name in ("scores.csv", "gains.csv"):
        assert (without.parent / name).read_bytes() == (beside.parent / name).read_bytes()
    assert report.stored_summary(without) == report.stored_summary(beside)
    assert not (without.parent / "layers.csv").exists()
    assert "Retrieval by layer" not in without.read_text(encoding="utf-8")


def test_the_report_shows_the_layers(
    compared: list[Path], swept: Path, said: dict[str, Any], tmp_path: Path
) -> None:
    page = report.write(compared, tmp_path / "out", sweeps=[swept], **said)
    text = page.read_text(encoding="utf-8")
    assert "Retrieval by layer" in text
    assert "<b>100.0</b>" in text
    lines = (page.parent / "report.md").read_text(encoding="utf-8").splitlines()
    (head,) = [line for line in lines if "mean pooling" in line]
    assert head.split(" | ")[1:] == ["0", "1 (compared)", "2", "3 |"]
    assert "| zero-shot | 25.0 | 75.0 | 100.0 | 100.0 |" in lines
    with (page.parent / "layers.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["layer"], row["best"], row["compared"]) for row in rows] == [
        ("0", "False", "False"),
        ("1", "False", "True"),
        ("2", "True", "False"),
        ("3", "False", "False"),
    ]


def test_without_a_sweep_there_is_nothing(compared: list[Path]) -> None:
    assert find_sweeps([], load(compared), english="aa") == ()
