"""XTREME's own mock submission through the command, and what it says to people."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts.core.suites import SUITES
from adapterstilts.tasks.registry import TASKS

OFFICIAL = {
    "xnli": {"accuracy": 30.666666666666668},
    "pawsx": {"accuracy": 51.42857142857143},
    "udpos": {"f1": 70.21746048354693, "precision": 71.02232625883823, "recall": 69.54982073976082},
    "panx": {
        "f1": 57.50793650793652,
        "precision": 54.729166666666664,
        "recall": 62.750000000000014,
    },
    "xquad": {"exact_match": 77.27272727272727, "f1": 79.9586776859504},
    "mlqa": {"exact_match": 57.142857142857146, "f1": 81.76870748299321},
    "tydiqa": {"exact_match": 88.88888888888889, "f1": 97.22222222222223},
    "bucc2018": {"f1": 55.0, "precision": 55.0, "recall": 55.0},
    "tatoeba": {"accuracy": 53.611111111111114},
}
GROUPS = {
    "classification": 41.04761904761905,
    "tagging": 63.862698495741725,
    "qa": 80.37568011593986,
    "retrieval": 54.30555555555556,
}
OVERALL = 62.17319850507246
MEWSLIX = 14.39025156130419


@pytest.fixture
def mock() -> Path:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    folder = Path(root or ".") / "xtreme_mock"
    if not root or not folder.is_dir():
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds xtreme_mock/")
    return folder


def test_the_official_numbers_are_met(cli, mock: Path) -> None:
    result = cli("score", mock / "predictions", "--labels", mock / "labels", "--json")
    assert (result.code, result.err) == (0, "")
    found = json.loads(result.out)
    assert list(found) == ["tasks", "groups", "overall"]
    assert set(found["tasks"]) == set(OFFICIAL)
    for folder, averages in OFFICIAL.items():
        task = found["tasks"][folder]
        assert list(task) == ["languages", "average", "score"]
        stated = {name: task["average"][name] for name in averages}
        assert stated == pytest.approx(averages, abs=1e-9)
        assert len(task["languages"]) == len(TASKS.get(folder).languages)
    qa = found["tasks"]["xquad"]
    assert qa["score"] == pytest.approx((qa["average"]["exact_match"] + qa["average"]["f1"]) / 2)
    assert found["groups"] == pytest.approx(GROUPS, abs=1e-9)
    assert found["overall"] == pytest.approx(OVERALL, abs=1e-9)


def test_token_accuracy_stands_beside_the_f1_of_parts_of_speech(cli, mock: Path) -> None:
    result = cli("score", mock / "predictions", "--labels", mock / "labels", "--json")
    average = json.loads(result.out)["tasks"]["udpos"]["average"]
    assert list(average) == ["f1", "precision", "recall", "token_accuracy"]
    assert average["token_accuracy"] > average["f1"]


def test_mewsli_x_is_a_task_of_the_other_suite(cli, mock: Path, tmp_path: Path) -> None:
    for kind in ("predictions", "labels"):
        shutil.copytree(mock / kind / "mewslix", tmp_path / kind / "mewslix")
    command = ("score", tmp_path / "predictions", "--labels", tmp_path / "labels")
    result = cli(*command, "--suite", "xtreme-r", "--json")
    found = json.loads(result.out)
    assert found["tasks"]["mewslix"]["average"]["map@20"] == pytest.approx(MEWSLIX, abs=1e-9)
    assert found["tasks"]["mewslix"]["score"] == pytest.approx(MEWSLIX, abs=1e-9)
    assert (found["groups"], found["overall"]) == ({}, None)
    assert result.err.count("is left out") == 9


def test_gold_in_gives_100_out(cli, mock: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    shutil.copytree(mock / "labels", given)
    for path in given.rglob("test-*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "data" in document:
            asked = (one for each in document["data"] for one in each["paragraphs"])
            answers = {
                each["id"]: each["answers"][0]["text"] for one in asked for each in one["qas"]
            }
            path.write_text(json.dumps(answers), encoding="utf-8")
    found = json.loads(cli("score", given, "--labels", mock / "labels", "--json").out)
    assert found["overall"] == 100
    for task in found["tasks"].values():
        assert all(value == 100 for one in task["languages"].values() for value in one.values())


@pytest.fixture
def submission(tmp_path: Path) -> tuple[Path, Path]:
    """Return predictions and labels of one task."""
    folders = tmp_path / "predictions", tmp_path / "labels"
    for folder, text in zip(folders, ("1\n0\n", "1\n1\n"), strict=True):
        (folder / "pawsx").mkdir(parents=True)
        for code in TASKS.get("pawsx").languages:
            (folder / "pawsx" / f"test-{code}.tsv").write_text(text)
    return folders


def test_a_missing_task_is_named_and_leaves_no_overall_score(cli, submission) -> None:
    given, gold = submission
    result = cli("score", given, "--labels", gold, "--json")
    found = json.loads(result.out)
    assert result.code == 0
    assert list(found["tasks"]) == ["pawsx"]
    assert found["tasks"]["pawsx"]["languages"]["ja"] == {"accuracy": 50}
    assert found["groups"] == dict.fromkeys(SUITES.get("xtreme").groups)
    assert found["overall"] is None
    assert f"note: xnli is left out: there is no such folder in {given} and {gold}\n" in result.err


def test_people_get_tables(cli, submission) -> None:
    given, gold = submission
    result = cli("score", given, "--labels", gold)
    lines = result.out.splitlines()
    assert "pawsx, 7 languages" in lines
    assert any(line.split() == ["pawsx", "50.00", "accuracy", "50.00"] for line in lines)
    assert any(line.split() == ["overall", "–", "all", "tasks"] for line in lines)


def test_a_missing_language_is_an_error(cli, submission) -> None:
    given, gold = submission
    (given / "pawsx" / "test-ko.tsv").unlink()
    result = cli("score", given, "--labels", gold, "--json")
    assert (result.code, result.out) == (1, "")
    assert f"{given / 'pawsx'} lacks test-ko.tsv" in result.err


def test_what_is_wrong_is_told_with_file_and_line(cli, submission) -> None:
    given, gold = submission
    (given / "pawsx" / "test-ko.tsv").write_text("1\nmaybe\n")
    result = cli("score", given, "--labels", gold)
    assert (result.code, result.out) == (1, "")
    assert f"{given / 'pawsx' / 'test-ko.tsv'}:2: 'maybe' is not one of 0, 1" in result.err


def test_labels_must_be_named_and_the_suite_known(cli, submission) -> None:
    given, gold = submission
    assert cli("score", given).code == 2
    assert cli("score", given, "--labels", gold, "--suite", "glue").code == 2


def test_scoring_loads_neither_torch_nor_datasets(submission) -> None:
    given, gold = submission
    script = (
        "import sys\n"
        "from adapterstilts.cli.main import invoke\n"
        "code = invoke(['score', *sys.argv[1:], '--json'])\n"
        "heavy = {'torch', 'transformers', 'datasets', 'pyarrow', 'pandas'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
        "sys.exit(code)\n"
    )
    command = [sys.executable, "-c", script, str(given), "--labels", str(gold)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
