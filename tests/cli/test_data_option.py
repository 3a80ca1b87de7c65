"""`--data` on every command that reads a recipe: one folder for all tasks, or one for each."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

RECIPE = """\
question: Where are the data?
backbone: toyworld
languages: [sw]
grid:
  - {methods: seq_bn, compositions: target, targets: xnli}
training:
  default: {steps: 2, max_length: 40}
"""
FILES = ("train-en.tsv", "dev-en.tsv", "test-sw.tsv")


@pytest.fixture
def download(tmp_path: Path) -> Path:
    folder = tmp_path / "download" / "xnli"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text(f"{name}\tB\tneutral\n", encoding="utf-8")
    return folder.parent


def ids(cli: Callable, *arguments: object) -> list[str]:
    result = cli("plan", *arguments, "--json")
    assert result.code == 0, result.err
    return [stage["id"] for stage in json.loads(result.out)["stages"]]


def test_data_of_a_folder_make_other_stages_than_those_of_the_hub(
    cli, recipe: Path, download: Path
) -> None:
    hub = ids(cli, recipe)
    every = ids(cli, recipe, "--data", download)
    assert not set(hub) & set(every)
    both = ids(cli, recipe, "--data", f"xnli={download}", "--data", f"mnli={download}")
    assert both == every
    some = ids(cli, recipe, "--data", f"xnli={download}")
    assert set(some) & set(hub)
    assert set(some) & set(every)


def test_plan_says_where_the_data_come_from(cli, recipe: Path, download: Path) -> None:
    said = [
        line.split() for line in cli("plan", recipe, "--data", f"xnli={download}").out.splitlines()
    ]
    assert ["xnli", "test", str(download)] in said
    assert "mnli train, dev nyu-mll/glue on the Hub, revision main".split() in said
    data = json.loads(cli("plan", recipe, "--data", download, "--json").out)["data"]
    assert [(each["name"], each["place"]) for each in data] == [
        ("mnli", str(download)),
        ("xnli", str(download)),
    ]


def test_a_folder_in_the_recipe_starts_where_the_recipe_is(
    cli, recipe: Path, download: Path
) -> None:
    every = ids(cli, recipe, "--data", download)
    recipe.write_text(RECIPE + "data: download\n", encoding="utf-8")
    assert ids(cli, recipe) == every


@pytest.mark.parametrize("command", ["plan", "run", "status", "scores", "report", "fetch"])
def test_every_command_that_reads_a_recipe_says_what_is_missing(
    cli, recipe: Path, download: Path, tmp_path: Path, command: str
) -> None:
    (download / "xnli" / "dev-en.tsv").unlink()
    more = ["--to", tmp_path / "there"] if command == "fetch" else []
    result = cli(command, recipe, "--data", download, *more)
    assert result.code == 1
    assert result.out == ""
    assert "for mnli, dev (en): no " in result.err
    assert "xnli/dev-en.tsv" in result.err
    assert str(download) in result.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("said", ["nowhere", "toy-xnli=nowhere"])
def test_a_folder_that_is_not_there_is_told_even_where_nothing_is_read_from_it(
    cli, said: str
) -> None:
    result = cli("evaluate", "toy-xnli", "--data", said)
    assert (result.code, result.out) == (1, "")
    assert "there is no folder nowhere, which --data names: check the path" in result.err


def test_gc_keeps_what_a_recipe_reaches_with_its_data(cli, recipe: Path, download: Path) -> None:
    assert cli("gc", recipe, "--dry-run", "--data", download).code == 0
    assert cli("gc", recipe, "--dry-run", "--data", download / "nowhere").code == 1
