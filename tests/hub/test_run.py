"""A recipe whose data and backbone are on the Hub, from fetching to the report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.api.publishing.publish import card
from adapterstilts.core.hub import client
from adapterstilts.modeling import locate
from adapterstilts.publishing.card.front_matter import metadata_of
from tests.hub.conftest import BACKBONE, Said, glue, pairs, records, xnli
from tests.hub.server import Hub

Cli = Callable[..., Said]
DEAD = "http://127.0.0.1:9"


def test_a_run_pins_what_it_used_and_goes_on_with_it_when_the_branch_moves(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    store = tmp_path / "runs"
    first = cli("run", recipe, "--json")
    assert first.code == 0, first.err
    before = stocked.repository("facebook/xnli").branches["main"]
    pins = json.loads((store / "pins.json").read_text())
    assert pins == {
        "dataset nyu-mll/glue@main": stocked.repository("nyu-mll/glue").branches["main"],
        "dataset facebook/xnli@main": before,
        f"model {BACKBONE}@main": stocked.repository(BACKBONE, kind="model").branches["main"],
    }
    (source,) = records(store, "prepare-xnli-test-sw-*")[0]["resolved"]["data"]["sources"]
    assert (source["repository"], source["commit"]) == ("facebook/xnli", before)
    (file,) = source["files"]
    assert file["name"] == "sw/test-00000-of-00001.parquet"
    assert len(file["sha256"]) == 64
    said = card("xnli", like=recipe, store=store)
    (index,) = metadata_of(said)["model-index"]
    revisions = {each["dataset"]["config"]: each["dataset"] for each in index["results"]}
    assert {code: (each["type"], each["revision"]) for code, each in revisions.items()} == {
        "en": ("facebook/xnli", before),
        "sw": ("facebook/xnli", before),
    }
    link = "[facebook/xnli](https://huggingface.co/datasets/facebook/xnli)"
    assert f"Data of the evaluation: {link} at `{before[:12]}`." in said
    (train,) = records(store, "prepare-mnli-train-*")
    assert (train["resolved"]["rows"], train["resolved"]["data"]["found"]) == (8, 40)
    for untouched in ("qqp/train-00000-of-00001.parquet", "glue.py", "pytorch_model.bin"):
        assert not stocked.asked("GET", untouched)
        assert not stocked.asked("HEAD", untouched)
    changed = {name: pairs(5, "new") for name in xnli()}
    assert stocked.push("facebook/xnli", changed) != before
    second = cli("run", recipe, "--set", "languages=[de]", "--json")
    assert second.code == 0, second.err
    (german,) = records(store, "prepare-xnli-test-de-*")
    assert german["resolved"]["data"]["sources"][0]["commit"] == before
    assert german["resolved"]["rows"] == 9


def test_what_was_fetched_runs_without_network(
    stocked: Hub, recipe: Path, process: Cli, tmp_path: Path
) -> None:
    there = tmp_path / "usb stick"
    fetched = process("fetch", recipe, "--to", there, "--json")
    assert fetched.code == 0, fetched.err
    said = json.loads(fetched.out)
    assert said["command"] == f"HF_HOME='{there}' adapterstilts run {recipe} --offline"
    assert said["command"] in fetched.err
    assert {each["repository"] for each in said["repositories"]} == {
        "nyu-mll/glue",
        "facebook/xnli",
        BACKBONE,
    }
    assert said["bytes"] >= said["fetched"] > 0
    names = {file["name"] for each in said["repositories"] for file in each["files"]}
    assert "en/test-00000-of-00001.parquet" in names
    assert not names & {"de/test-00000-of-00001.parquet", "glue.py", "pytorch_model.bin"}
    again = json.loads(process("fetch", recipe, "--to", there, "--json").out)
    assert (again["fetched"], again["bytes"]) == (0, said["bytes"])
    done = process("run", recipe, "--offline", HF_HOME=str(there), HF_ENDPOINT=DEAD)
    assert done.code == 0, done.err
    assert "report: " in done.out


def test_offline_all_that_is_missing_is_told_before_anything_runs(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    done = cli("run", recipe, "--offline", HF_HOME=str(tmp_path / "empty"), HF_ENDPOINT=DEAD)
    assert done.code == 1
    for name in (f"model {BACKBONE}@main", "dataset nyu-mll/glue@main", "dataset facebook/xnli@"):
        assert name in done.err
    assert f"`adapterstilts fetch {recipe} --to DIR`" in done.err
    assert not (tmp_path / "runs").exists()
    there = tmp_path / "there"
    assert cli("fetch", recipe, "--to", there).code == 0
    (there / "hub/datasets--facebook--xnli/snapshots").rename(tmp_path / "taken")
    done = cli("run", recipe, "--offline", HF_HOME=str(there), HF_ENDPOINT=DEAD)
    assert done.code == 1
    assert "en/test-00000-of-00001.parquet, sw/test-00000-of-00001.parquet" in done.err
    assert "nyu-mll/glue" not in done.err
    assert not (tmp_path / "runs").exists()


def test_offline_a_submission_is_refused_at_once_too(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    done = cli("predict", recipe, "--submission", tmp_path / "out", "--offline", HF_ENDPOINT=DEAD)
    assert done.code == 1
    assert done.err.startswith("note: ") or done.err.startswith("error: offline, and not all")
    assert "dataset facebook/xnli@main has not been fetched" in done.err
    assert not (tmp_path / "runs").exists()


def test_a_backbone_that_another_program_has_fetched_is_there_too(
    stocked: Hub, recipe: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import snapshot_download

    folder = snapshot_download(BACKBONE, cache_dir=client.here().cache, endpoint=stocked.url)
    done = cli("run", recipe, "--offline", HF_ENDPOINT=DEAD)
    assert BACKBONE not in done.err
    assert "facebook/xnli" in done.err
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert locate.locate(BACKBONE, "main").folder == Path(folder)
    (Path(folder) / "model.safetensors").unlink()
    assert BACKBONE in cli("run", recipe, "--offline", HF_ENDPOINT=DEAD).err


def test_what_a_repository_lacks_is_told_with_what_it_has(
    stocked: Hub, recipe: Path, cli: Cli
) -> None:
    stocked.push(
        "nyu-mll/glue", {**glue(), "README.md": glue()["README.md"].replace("mnli", "rte")}
    )
    stocked.push("facebook/xnli", {"xnli.py": "raise SystemExit", "README.md": "# XNLI"})
    done = cli("run", recipe)
    assert done.code == 1
    assert "'nyu-mll/glue' has no configuration 'mnli' at revision 'main'" in done.err
    assert "it has rte" in done.err
    assert "has no parquet files" in done.err
    assert "a loading script, xnli.py, and no script is run" in done.err
    assert "--data TASK=DIR" in done.err


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_a_private_repository_is_told_as_such(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path, command: str
) -> None:
    stocked.repository("facebook/xnli").tokens = frozenset({"hf_x"})
    to = ["--to", tmp_path / "there"] if command == "fetch" else []
    done = cli(command, recipe, *to)
    assert done.code == 1
    assert "there is no dataset 'facebook/xnli' on the Hub" in done.err
    assert "hf auth login" in done.err
    if command == "fetch":
        assert cli(command, recipe, *to, HF_TOKEN="hf_x").code == 0
