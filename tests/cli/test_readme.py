"""The README's commands, as they are written but for how long they train and where it is kept."""

import json
import re
import shlex
from pathlib import Path

import pytest

import adapterstilts as stilts
from tests.cli.requests import QUICK
from tests.hub.server import Hub

README = Path(__file__).parents[2] / "README.md"
SMALL = """\
question: Is it published as the README says?
backbone: toyworld
seeds: [1, 2]
languages: [qaa, qab]
grid:
  - {methods: seq_bn, sources: toy-nli, compositions: [target, stack], targets: toy-pawsx}
training:
  default: {steps: 2, batch_size: 2, train_examples: 8, max_length: 40}
runtime: {threads: 1}
"""
"""What stands in for the quickstart, which takes minutes."""


def block(section: str, kind: str) -> str:
    """Return the one block of a kind in a section."""
    (text,) = re.findall(
        rf"^## {section}\n(.*?)^## ", README.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", text, flags=re.M | re.S)
    return str(found)


def commands(section: str) -> list[str]:
    """Return the command lines of a section."""
    lines = block(section, "console").replace("\\\n", "").splitlines()
    return [line.removeprefix("$ ") for line in lines]


def words(line: str) -> list[str]:
    """Return what follows the name of the program."""
    program, *found = shlex.split(line, comments=True)
    assert program == "adapterstilts"
    return found


@pytest.fixture
def mine(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a Hub that knows `me`, in a folder where a small quickstart has been run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_me")
    hub.join("hf_me", "me")
    Path("recipes").mkdir()
    Path("recipes/quickstart.yaml").write_text(SMALL, encoding="utf-8")
    stilts.run("recipes/quickstart.yaml", store=tmp_path / "runs")
    return hub


def test_the_readme_shows_every_command_that_takes_no_recipe() -> None:
    named = {line.split()[1] for line in commands("Without a recipe")}
    assert named == {"train", "evaluate", "compare", "predict"}


@pytest.mark.parametrize(
    "line", [line for line in commands("Without a recipe") if "FacebookAI" not in line]
)
def test_a_command_of_the_readme_does_what_it_says(
    cli, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = {"first": "kidu nasa.", "second": "nasa kidu."}
    (tmp_path / "mine.jsonl").write_text(json.dumps(mine), encoding="utf-8")
    (tmp_path / "recipes").symlink_to(README.parent / "recipes")
    result = cli(*words(line), *QUICK, "--set", "training.tasks={}")
    assert result.code == 0, result.err
    assert result.out


def test_what_is_published_as_the_readme_says_is_used_as_it_says(
    cli, mine: Hub, tmp_path: Path
) -> None:
    said = {}
    for line in (*commands("Publish"), *commands("What others have published")):
        arguments = [word.replace("/scratch", str(tmp_path / "scratch")) for word in words(line)]
        result = cli(*arguments)
        assert result.code == 0, (line, result.err)
        said[(arguments[0], "--all" in arguments)] = result.out
    assert "# toy-pawsx · seq_bn/stack(toy-nli)\n" in said[("card", False)]
    assert (tmp_path / "out" / "toy-pawsx" / "adapter.safetensors").is_file()
    assert f"published at: {mine.url}/me/quickstart" in said[("publish", True)]
    assert mine.repository("me/quickstart", kind="model").private
    assert "fits      toyworld: yes" in said[("show", False)]
    assert "hub(me/toy-pawsx)" in said[("evaluate", False)]
    assert (tmp_path / "scratch" / "hub" / "hub" / "models--me--toy-pawsx").is_dir()


def test_a_recipe_publishes_as_the_readme_says(cli, mine: Hub) -> None:
    recipe = Path("recipes/published.yaml")
    grid, key = block("Publish", "yaml").splitlines()
    kept = [line for line in SMALL.splitlines() if not line.startswith(("grid:", "  - "))]
    recipe.write_text("\n".join((*kept, grid, key)), encoding="utf-8")
    result = cli("run", recipe)
    assert result.code == 0, result.err
    names = [name for kind, name in mine.repositories if name.startswith("me/xstilts-")]
    assert len(names) == 3
    assert all(mine.repository(name, kind="model").private for name in names)
    assert cli("run", recipe, "--set", "publish=null").code == 0
