import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.analysis import report, table
from adapterstilts.core.errors import StiltsError

Said = dict[str, Any]


@pytest.fixture
def written(few: list[Path], said: Said, tmp_path: Path) -> Path:
    """Return the page of one comparison."""
    return report.write(few, tmp_path / "out", **said)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_file_is_there_and_nothing_else(page: Path) -> None:
    names = {path.name for path in page.parent.iterdir()}
    assert names == {"report.html", "report.md", "report.json", "scores.csv", "gains.csv"}
    assert page.name == "report.html"


def test_the_scores_are_all_there_and_name_no_path(page: Path, grid: list[Path]) -> None:
    rows = rows_of(page.parent / "scores.csv")
    frame = table.load(grid)
    assert len(rows) == len(frame)
    assert "folder" not in rows[0]
    assert sorted(float(row["value"]) for row in rows) == pytest.approx(sorted(frame["value"]))


def test_the_gains_over_both_baselines_are_there(page: Path) -> None:
    rows = rows_of(page.parent / "gains.csv")
    kinds = [row["baseline"] for row in rows]
    assert (kinds.count("no_source"), kinds.count("full_stilts")) == (12, 4)
    assert all(float(row["low"]) <= float(row["gain"]) <= float(row["high"]) for row in rows)


def test_the_same_scores_are_the_same_bytes(
    written: Path, few: list[Path], said: Said, tmp_path: Path
) -> None:
    again = report.write(few, tmp_path / "again", **said)
    for name in ("report.html", "report.md", "gains.csv", "report.json"):
        assert (again.parent / name).read_bytes() == (written.parent / name).read_bytes()


def test_the_order_of_folders_does_not_change_the_scores(
    written: Path, few: list[Path], said: Said, tmp_path: Path
) -> None:
    other = report.write(few[::-1], tmp_path / "other", **said)
    assert rows_of(other.parent / "scores.csv") == rows_of(written.parent / "scores.csv")


def test_what_has_not_changed_is_not_written_again(
    written: Path, few: list[Path], said: Said
) -> None:
    written.write_text("kept")
    assert report.write(few, written.parent, **said) == written
    assert written.read_text() == "kept"


@pytest.mark.parametrize(
    "change", ["question", "distances", "folders", "manifest", "missing", "scores"]
)
def test_what_has_changed_is_written_again(
    written: Path, few: list[Path], said: Said, change: str
) -> None:
    written.write_text("old")
    folders, told = list(few), dict(said)
    if change == "question":
        told["question"] = "Another?"
    elif change == "distances":
        told["distances"] = None
    elif change == "folders":
        folders.pop()
    elif change == "manifest":
        (written.parent / "report.json").write_text("{")
    elif change == "missing":
        (written.parent / "gains.csv").unlink()
    else:
        path = folders[0] / "scores.jsonl"
        path.write_text(path.read_text().replace('"split": "test"', '"split": "dev"'))
    report.write(folders, written.parent, **told)
    assert written.read_text() != "old"


def test_a_standing_report_imports_nothing_slow(written: Path, few: list[Path], said: Said) -> None:
    code = (
        "import json, sys; from pathlib import Path; from adapterstilts.analysis import report\n"
        "folders, out, said = json.loads(sys.argv[1])\n"
        "page = report.write([Path(folder) for folder in folders], Path(out), **said)\n"
        "assert report.stored_summary(page)\n"
        "print(sorted({'pandas', 'numpy', 'scipy', 'matplotlib', 'torch'} & sys.modules.keys()))"
    )
    told = json.dumps([[str(folder) for folder in few], str(written.parent), said])
    done = subprocess.run(
        [sys.executable, "-c", code, told], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_scores_are_an_error(said: Said, tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match="no scores for a report of 'quickstart'"):
        report.write([], tmp_path / "out", **said)
    assert not (tmp_path / "out").exists()


def test_the_stored_summary_is_the_summary(page: Path, grid: list[Path]) -> None:
    stored = report.stored_summary(page)
    assert stored == report.summary(table.load(grid), english="aa")
    assert len(stored) == 17


@pytest.mark.parametrize("text", [None, "", "[]", '{"id": "x"}'])
def test_a_lost_summary_says_what_to_do(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(StiltsError, match="write the report again"):
        report.stored_summary(tmp_path / "report.html")
