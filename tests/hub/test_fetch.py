"""`adapterstilts fetch`: killed, spoilt, repeated, and told what it may not do."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapterstilts.cli.fetch import fetch
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Repository, client
from adapterstilts.core.store import Store
from tests.hub.conftest import BACKBONE, RECIPE, Said, glue
from tests.hub.server import Hub

Cli = Callable[..., Said]
WEIGHTS = "model.safetensors"
LARGE = 24_000_000
"""Bytes of a file of which huggingface_hub writes more than one piece."""


def test_a_fetch_that_was_killed_goes_on_where_it_was(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    there, large = tmp_path / "there", random.Random(1).randbytes(LARGE)
    shard = "mnli/train-00000-of-00002.parquet"
    stocked.push("nyu-mll/glue", {**glue(), shard: large})
    stocked.fault(shard, slow=0.05)
    process = subprocess.Popen(
        [sys.executable, "-m", "adapterstilts", "fetch", str(recipe), "--to", str(there)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    while process.poll() is None:
        blobs = there / "hub" / "datasets--nyu-mll--glue" / "blobs"
        if any(path.stat().st_size > 1_000_000 for path in blobs.glob("*.incomplete")):
            process.send_signal(signal.SIGKILL)
            process.wait()
        time.sleep(0.02)
    assert process.returncode == -signal.SIGKILL
    assert not list(there.rglob(shard))
    done = cli("fetch", recipe, "--to", there)
    assert done.code == 0, done.err
    (file,) = there.rglob(shard)
    assert file.read_bytes() == large
    starts = [each.start for each in stocked.requests if each.path.endswith(f"/-/{shard}")]
    assert starts[0] == 0 < starts[-1]


def test_a_file_that_is_spoilt_is_fetched_anew(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    assert cli("fetch", recipe, "--to", there).code == 0
    (weights,) = there.rglob(WEIGHTS)
    right = weights.read_bytes()
    weights.resolve().write_bytes(bytes(reversed(right)))
    again = cli("fetch", recipe, "--to", there, "--json")
    assert again.code == 0
    assert f"fetched anew: model '{BACKBONE}': {WEIGHTS} held something else" in again.err
    assert json.loads(again.out)["fetched"] == len(right)
    assert weights.read_bytes() == right


def test_a_file_that_arrives_spoilt_is_removed_and_named(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    stocked.fault(f"{BACKBONE}/-/{WEIGHTS}", corrupt=True)
    done = cli("fetch", recipe, "--to", there)
    assert done.code == 1
    assert f"model '{BACKBONE}': {WEIGHTS} held something else than the Hub lists" in done.err
    assert not list(there.rglob(WEIGHTS))
    assert cli("fetch", recipe, "--to", there).code == 0


def test_what_the_disk_cannot_take_is_not_begun(
    stocked: Hub, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    result = CliRunner().invoke(fetch, [str(recipe), "--to", str(tmp_path / "there")])
    assert isinstance(result.exception, StiltsError)
    assert f"{tmp_path / 'there'} has room for 1.0 kB: free " in str(result.exception)
    assert not stocked.asked("GET", WEIGHTS)


def test_what_a_store_has_pinned_is_fetched_and_nothing_newer(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    before = stocked.repository(BACKBONE, kind="model").branches["main"]
    Store(tmp_path / "runs").pin(f"model {BACKBONE}@main", before)
    stocked.push(BACKBONE, {"config.json": "{}"}, kind="model")
    there = tmp_path / "there"
    said = json.loads(cli("fetch", recipe, "--to", there, "--json").out)
    commits = {each["repository"]: each["commit"] for each in said["repositories"]}
    assert commits[BACKBONE] == before
    # Who has nothing but the folder, not even the store, means the same commit.
    alone = client.Hub(cache=there / "hub", offline=True)
    assert alone.commit(Repository(name=BACKBONE, kind="model")) == before


def test_how_far_it_is_and_how_long_still_is_told(
    stocked: Hub, recipe: Path, cli: Cli, tmp_path: Path
) -> None:
    done = cli("fetch", recipe, "--to", tmp_path / "there")
    assert "3 repositories, 9 files, " in done.out
    assert "8 files, " in done.out.partition(";")[2]
    lines = [line for line in done.err.splitlines() if " of " in line]
    assert {line.partition(":")[0] for line in lines} == {BACKBONE, "nyu-mll/glue", "facebook/xnli"}
    assert any(", about " in line and line.endswith(" left") for line in lines)
    done_, _, total = lines[-1].partition(": ")[2].partition(" of ")
    assert done_ == total


def test_a_recipe_of_the_toy_world_takes_nothing(cli: Cli, tmp_path: Path, hub: Hub) -> None:
    recipe = tmp_path / "toy.yaml"
    text = RECIPE.replace(BACKBONE, "toyworld").replace("xnli", "toy-nli")
    recipe.write_text(text.replace("[en, sw]", "all"), encoding="utf-8")
    done = cli("fetch", recipe, "--to", tmp_path / "there", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["repositories"] == []
    assert hub.requests == []


def test_fetching_offline_is_refused(recipe: Path, cli: Cli, tmp_path: Path) -> None:
    done = cli("fetch", recipe, "--to", tmp_path / "there", HF_HUB_OFFLINE="1")
    assert done.code == 2
    assert "unset HF_HUB_OFFLINE" in done.err
