"""A run that is killed at any moment goes on, and ends as if nothing had happened."""

import json
import random
import shutil
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Experiment, Start

KILLS = 4
STANDING = ("*-toy-xquad-*", "*-toy-xcopa-*")
MEASURED = {"train_seconds", "peak_memory"}


def stated(rows: bytes) -> list[dict[str, object]]:
    """Return score rows without what was measured."""
    lines = [json.loads(line) for line in rows.decode().splitlines()]
    return [{key: value for key, value in line.items() if key not in MEASURED} for line in lines]


def assert_equal(ours: Experiment, theirs: Experiment) -> None:
    for pattern in ("predict-*/predictions/*", "predict-*/logits/*", "train-*/**/*.safetensors",
                    "train-*/history.jsonl", "score-*/tallies.safetensors"):  # fmt: skip
        assert theirs.files(pattern)
        assert ours.files(pattern) == theirs.files(pattern), pattern
    scores, expected = ours.files("score-*/scores.jsonl"), theirs.files("score-*/scores.jsonl")
    assert scores.keys() == expected.keys()
    for name in expected:
        assert stated(scores[name]) == stated(expected[name])


@pytest.mark.timeout(400)
@pytest.mark.parametrize("engine", ["serial", "pool"])
def test_a_killed_run_goes_on_and_ends_the_same(
    engine: str, finished: Experiment, start: Start, tmp_path: Path
) -> None:
    """The stages of two targets, which no kill would reach, stand already."""
    moments, store = random.Random(engine), tmp_path / "store"
    for pattern in STANDING:
        for folder in finished.store.glob(pattern):
            shutil.copytree(folder, store / folder.name)
    arguments = ("run", finished.recipe, "--store", store, "--engine", engine)
    for _ in range(KILLS):
        process = start(*arguments)
        assert process.stderr is not None
        for _ in range(moments.randint(2, 30)):  # A stage says when it begins and when it ends.
            process.stderr.readline()
        time.sleep(moments.uniform(0, 0.4))
        assert process.poll() is None, "killed before its end"
        process.kill()
        process.communicate()
    process = start(*arguments)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert_equal(Experiment(recipe=finished.recipe, store=store), finished)
    assert not list(store.glob(".partial/*"))
    assert not list(store.glob(".work/*"))


@pytest.mark.timeout(200)
def test_started_again_it_runs_nothing_and_loads_no_torch(
    finished: Experiment, start: Start
) -> None:
    before = finished.files("**/*")
    process = start("run", finished.recipe, "--store", finished.store, "--json")
    out, said = process.communicate(timeout=100)
    assert process.returncode == 0, said
    document = json.loads(out)
    assert document["stages"]["run"] == 0
    assert document["stages"]["failed"] == 0
    assert document["stages"]["reused"] > 50
    assert finished.files("**/*") == before


@pytest.mark.timeout(200)
def test_one_changed_learning_rate_runs_only_what_depends_on_it(
    finished: Experiment, start: Start
) -> None:
    change = "training.methods.full.learning_rate=4e-4"
    out, _ = start("plan", finished.recipe, "--store", finished.store, "--set", change,
                   "--json").communicate(timeout=60)  # fmt: skip
    stages = json.loads(out)["stages"]
    missing = [stage for stage in stages if not stage["done"]]
    assert missing
    assert all(stage["kind"] in ("train", "predict", "score") for stage in missing)
    assert all(stage["slug"].startswith("full-") for stage in missing)
    assert all(stage["done"] for stage in stages if stage["slug"].startswith("seq_bn-"))


@pytest.mark.timeout(200)
def test_ctrl_c_says_how_to_go_on(recipe: Path, start: Start, tmp_path: Path) -> None:
    import signal

    process = start("run", recipe, "--store", tmp_path / "store")
    assert process.stderr is not None
    while "train " not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on from here" in said
    assert "Traceback" not in said
