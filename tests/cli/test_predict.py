"""A submission from end to end: a tiny model, a data folder in XTREME's layout, and our scorer."""

import json
from pathlib import Path

import pytest

from adapterstilts.core.records import Prediction, read_rows
from adapterstilts.core.store import Store
from adapterstilts.core.suites import SUITES, Suite
from adapterstilts.tasks import submission
from adapterstilts.tasks.registry import TASKS

RECIPE = """\
question: What do they answer?
backbone: {backbone}
seeds: 0
languages: [de, en, es, fr, ja, ko, zh]
data: {data}
grid:
  - methods: [seq_bn, head]
    targets: pawsx
    compositions: target
  - methods: seq_bn
    targets: tatoeba
    compositions: target
training:
  default: {{steps: 2, batch_size: 2, max_length: 32}}
"""
PAIR = "a river runs through the town\ta river runs by the town"
ENGLISH = ["a bird sings", "bread is warm", "the sea is wide"]
FOREIGN = ["Meer, weit", "Vogel, singend", "Brot, warm"]
ROWS = 5


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the folder that XTREME's download scripts would leave, with labels removed."""
    folder = tmp_path / "download"
    (folder / "pawsx").mkdir(parents=True)
    for split in ("train", "dev"):
        lines = [f"{PAIR}\t{number % 2}\n" for number in range(ROWS)]
        (folder / "pawsx" / f"{split}-en.tsv").write_text("".join(lines))
    for code in TASKS.get("pawsx").languages:
        (folder / "pawsx" / f"test-{code}.tsv").write_text(f"{PAIR}\n" * ROWS)
    (folder / "tatoeba").mkdir()
    for code in TASKS.get("tatoeba").languages:
        for name, lines in (("en", ENGLISH), (code, FOREIGN)):
            text = "".join(f"{line}\n" for line in lines)
            (folder / "tatoeba" / f"{code}-en.{name}").write_text(text)
    return folder


@pytest.fixture
def recipe(tmp_path: Path, data: Path, tiny_backbone: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE.format(backbone=tiny_backbone, data=data), encoding="utf-8")
    return path


def test_a_submission_is_written_and_can_be_scored(cli, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("predict", recipe, "--submission", out, "--method", "seq_bn", "--method", "none")
    result = cli(*command, "--json")
    assert result.code == 0, result.err
    document = json.loads(result.out)
    assert set(document["tasks"]) == {"pawsx", "tatoeba"}
    assert document["tasks"]["pawsx"]["method"] == "seq_bn"
    assert document["tasks"]["tatoeba"]["method"] == "none"
    assert sorted(document["files"]) == sorted(str(path) for path in out.rglob("test-*"))
    assert "note: tatoeba lacks " in result.err
    labels_are_read(out, tmp_path / "labels")
    retrieved_in_the_order_of_the_file(out, Store(tmp_path / "runs"))

    again = cli(*command, "--json")
    assert json.loads(again.out)["stages"] == {"run": 0}


def labels_are_read(out: Path, gold: Path) -> None:
    [pawsx] = [each for each in SUITES.get("xtreme").members if each.folder == "pawsx"]
    (gold / "pawsx").mkdir(parents=True)
    for code in submission.languages(pawsx):
        (gold / "pawsx" / f"test-{code}.tsv").write_text("1\n" * ROWS)
    suite = Suite(name="one", description="One task.", members=(pawsx,))
    values = submission.values(submission.read(out, labels=gold, suite=suite), suite)
    assert set(values["pawsx"]) == set(TASKS.get("pawsx").languages)


def retrieved_in_the_order_of_the_file(out: Path, store: Store) -> None:
    [entry] = [
        each for each in store.entries() if each.kind == "predict" and "tatoeba" in each.slug
    ]
    found = list(read_rows(entry.path / "predictions" / "de.jsonl", Prediction))
    # The English side is sorted already, so that lines are rows and ids are line numbers.
    expected = [row.prediction for row in found]
    assert (out / "tatoeba" / "test-de.tsv").read_text().split() == expected
    assert all(row.reference is None for row in found)


def test_several_answers_say_which_options_choose(cli, recipe: Path, tmp_path: Path) -> None:
    result = cli("predict", recipe, "--submission", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert "more than one answer for pawsx: choose with --method (seq_bn, head)" in result.err
    assert not (tmp_path / "out").exists()


def test_a_task_that_the_options_leave_out_is_named(cli, recipe: Path, tmp_path: Path) -> None:
    result = cli("predict", recipe, "--submission", tmp_path / "out", "--method", "none")
    assert result.code == 0, result.err
    assert "note: pawsx is left out" in result.err
    assert {path.parent.name for path in (tmp_path / "out").rglob("test-*")} == {"tatoeba"}
    assert result.out.splitlines()[-1] == f"6 files in {tmp_path / 'out'}"


def test_a_stage_that_fails_ends_the_command_without_files(
    cli, recipe: Path, data: Path, tmp_path: Path
) -> None:
    (data / "pawsx" / "test-ja.tsv").write_text("one column\n")
    result = cli("predict", recipe, "--submission", tmp_path / "out", "--method", "head")
    assert (result.code, result.out) == (1, "")
    assert "pawsx/test-ja.tsv:1" in result.err
    assert not (tmp_path / "out").exists()
