"""The README's commands without a recipe, as they are written but for how long they train."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.requests import QUICK

README = Path(__file__).parents[2] / "README.md"


def commands() -> list[str]:
    (section,) = re.findall(
        r"^## Without a recipe\n(.*?)^## ", README.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    (block,) = re.findall(r"^```console\n(.*?)^```$", section, flags=re.M | re.S)
    return [line.removeprefix("$ ") for line in block.splitlines()]


def test_the_readme_shows_every_command_that_takes_no_recipe() -> None:
    assert {line.split()[1] for line in commands()} == {"train", "evaluate", "compare", "predict"}


@pytest.mark.parametrize("line", [line for line in commands() if "FacebookAI" not in line])
def test_a_command_of_the_readme_does_what_it_says(
    cli, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = {"first": "kidu nasa.", "second": "nasa kidu."}
    (tmp_path / "mine.jsonl").write_text(json.dumps(mine), encoding="utf-8")
    (tmp_path / "recipes").symlink_to(README.parent / "recipes")
    program, *words = shlex.split(line)
    assert program == "adapterstilts"
    result = cli(*words, *QUICK, "--set", "training.tasks={}")
    assert result.code == 0, result.err
    assert result.out
