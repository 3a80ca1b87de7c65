"""`adapterstilts fetch` of expressions and model ids: the files that are used, and no others."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.core.store import Store
from tests.hub.conftest import BACKBONE, Said
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import files

Cli = Callable[..., Said]
NAME = "someone/nli"
DEAD = "http://127.0.0.1:9"
ADAPTER = [
    "adapter_config.json",
    "head_config.json",
    "adapter.safetensors",
    "model_head.safetensors",
]


@pytest.fixture
def served(stocked: Hub, theirs: Path) -> Hub:
    """Return a Hub that has an adapter too."""
    stocked.push(NAME, {**files(theirs), "README.md": "# Mine", "x.bin": b"x"}, kind="model")
    return stocked


def brought(said: Said) -> dict[str, list[str]]:
    """Return which files were wanted of each repository."""
    assert said.code == 0, said.err
    found = json.loads(said.out)["repositories"]
    return {each["repository"]: [file["name"] for file in each["files"]] for each in found}


def test_what_expressions_and_ids_name_is_fetched_and_loads_without_network(
    served: Hub, cli: Cli, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    words = (f"stack(hub({NAME}), mnli)", BACKBONE, NAME)
    done = cli("fetch", *words, "--to", there)
    assert done.code == 0, done.err
    assert "2 repositories, 7 files, " in done.out
    assert f"without network now: set HF_HOME={there} and HF_HUB_OFFLINE=1" in done.out
    assert not served.asked("GET", ".bin")
    found = brought(cli("fetch", *words, "--to", there, "--json"))
    assert found == {
        NAME: ADAPTER,
        BACKBONE: ["config.json", "tokenizer.json", "model.safetensors"],
    }
    shown = cli("show", NAME, "--backbone", BACKBONE, HF_HOME=str(there), HF_ENDPOINT=DEAD)
    assert shown.code == 0, shown.err
    assert "its card is not here" in shown.out


def test_without_a_folder_it_goes_to_the_cache_of_this_machine(
    served: Hub, cli: Cli, tmp_path: Path
) -> None:
    done = cli("fetch", f"hub({NAME})")
    assert done.code == 0, done.err
    assert "without network now: set HF_HUB_OFFLINE=1" in done.out
    assert list((tmp_path / "home" / "hub").rglob("adapter.safetensors"))


def test_a_recipe_and_more_come_together(
    served: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    done = cli("fetch", recipe, NAME, "--to", tmp_path / "there", "--json")
    assert {*brought(done)} == {NAME, BACKBONE, "nyu-mll/glue", "facebook/xnli"}
    assert json.loads(done.out)["command"].endswith(f"adapterstilts run {recipe} --offline")


def test_a_revision_is_fetched_and_a_stores_pin_before_it(
    served: Hub, theirs: Path, cli: Cli, tmp_path: Path
) -> None:
    first = served.repository(NAME, kind="model").branches["main"]
    second = served.push(NAME, {**files(theirs), "new": "x"}, kind="model", branch="v1")
    said = json.loads(cli("fetch", f"hub({NAME}@v1)", "--json").out)
    assert [each["commit"] for each in said["repositories"]] == [second]
    Store(tmp_path / "runs").pin(f"model {NAME}@v1", first)
    said = json.loads(cli("fetch", f"{NAME}@v1", "--json").out)
    assert [each["commit"] for each in said["repositories"]] == [first]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["mnli"], "'mnli' is no recipe, no expression with hub(…) in it and no id of a model"),
        (["stack(mnli)"], "'stack(mnli)' takes nothing from the Hub"),
        (["hub(../up)"], "'../up' is no name of a model"),
        (["hub(a/b"], "a closing ')' is missing"),
        (["a.yaml", "b.yaml"], "a.yaml and b.yaml are two recipes"),
        (["a/b", "--set", "seeds=1"], "--set and --data are said of a recipe"),
        ([], "missing argument 'WHAT...'"),
    ],
)
def test_what_is_nothing_to_fetch_is_refused(
    hub: Hub, cli: Cli, words: list[str], why: str
) -> None:
    done = cli("fetch", *words)
    assert done.code == 2
    assert why in done.err
    assert hub.requests == []


def test_all_that_cannot_be_had_is_told_at_once(served: Hub, cli: Cli) -> None:
    served.push("someone/pickled", {"pytorch_adapter.bin": b"", **NOTHING}, kind="model")
    done = cli("fetch", "nobody/here", "hub(someone/pickled)", NAME)
    assert done.code == 1
    assert "there is no model 'nobody/here'" in done.err
    assert "model someone/pickled@main: it has pickles only" in done.err
    assert not served.asked("GET", ".safetensors")


NOTHING = {"adapter_config.json": "{}"}
