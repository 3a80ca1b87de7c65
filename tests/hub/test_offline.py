"""No network and no cache: every use of `hub(…)` fails at once, and says what fetches it.

A Hub that is away is never asked again: who waits says so before the third try.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub.conftest import RECIPE, Said
from tests.hub.server import Hub

Cli = Callable[..., Said]
NAME = "hub(someone/nli@v1)"
DEAD = "http://127.0.0.1:9"
FETCH = f"`adapterstilts fetch '{NAME}' --to DIR`"


@pytest.fixture(autouse=True)
def _nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cache be empty and the Hub be away."""
    monkeypatch.setenv("HF_ENDPOINT", DEAD)


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "toy-xnli", "--on", f"zero({NAME})"),
        ("train", "toy-xnli", "--on", f"stack({NAME})"),
        ("predict", "toy-xnli", "--on", f"zero({NAME})", "--output", "out.jsonl"),
        ("compare", f"stack({NAME})", "target", "--target", "toy-xnli"),
        ("show", "someone/nli@v1"),
        ("fetch", NAME),
    ],
)
def test_every_command_names_what_fetches_it(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli(*words)
    assert done.code == 1
    assert f"{DEAD} cannot be reached" in done.err
    assert FETCH in done.err
    assert "asked again" not in done.err


def test_a_recipe_names_itself_and_what_it_lacks(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = RECIPE.replace("compositions: target", f'compositions: "stack({NAME})"')
    path.write_text(text.replace("targets: xnli", "targets: toy-xnli").replace("[en, sw]", "all"))
    done = cli("run", path)
    assert done.code == 1
    assert "model someone/nli@v1 has not been fetched" in done.err
    assert f"run `adapterstilts fetch {path} --to DIR` on a machine with network" in done.err
    offline = cli("run", path, "--offline")
    assert offline.err.splitlines()[1:] == done.err.splitlines()[1:]


def test_a_backbone_that_is_misspelt_is_told_as_soon(cli: Cli) -> None:
    done = cli("train", "toy-xnli", "--backbone", "nam/e")
    assert done.code == 1
    assert "`adapterstilts fetch 'hub(nam/e)' --to DIR`" in done.err


def test_loading_showing_and_fetching_say_so_without_torch(tmp_path: Path) -> None:
    code = f"""
import sys
import adapterstilts
from adapterstilts.cli.main import invoke
try:
    adapterstilts.load("toyworld", "{NAME}")
except adapterstilts.StiltsError as error:
    print(error)
print(invoke(["show", "{NAME}"]), invoke(["fetch", "{NAME}"]))
print("torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True
    )
    said, codes, torch = done.stdout.splitlines()
    assert FETCH in said
    assert (codes, torch) == ("1 1", "False")
