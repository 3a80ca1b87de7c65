"""A recipe in two processes, as launchers start them, gives the scores of one."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.records import Score, read_record, read_rows
from tests import pairs
from tests.end_to_end.conftest import Experiment

RECIPE = """
question: Do two processes train as one?
backbone: {backbone}
seeds: 1
languages: [qaa, qab]
sources: [toy-nli, toy-squad]
grid:
  - {{methods: seq_bn, compositions: [target, fuse], targets: toy-xquad}}
  - {{methods: full, sources: toy-nli, compositions: [target, zero], targets: toy-xnli}}
  - {{methods: lora, compositions: target, targets: toy-mlm}}
training:
  default: {{learning_rate: 2e-3, batch_size: 8, steps: 12, max_length: 64, train_examples: 96,
             dev_examples: 24, evaluate_every: 6, accumulation: 2}}
  methods: {{full: {{learning_rate: 5e-4}}}}
runtime: {{device: cpu, workers: 2, threads: 1, checkpoint_seconds: 0}}
"""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
ACCELERATE = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
              "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no",
              "--main_process_port", "0")  # fmt: skip
pytestmark = pytest.mark.timeout(400)


def command(experiment: Experiment, *more: str) -> list[str]:
    """Return what Python is given to run a recipe."""
    store = str(experiment.store)
    return ["-m", "adapterstilts", "run", str(experiment.recipe), "--store", store, *more]


def launch(launcher: Sequence[str], arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *launcher, *arguments],
        cwd=pairs.HOME,
        env=pairs.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def written(still_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the recipe's file."""
    path = tmp_path_factory.mktemp("recipe") / "two.yaml"
    path.write_text(RECIPE.format(backbone=still_backbone), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def one(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Return what a process leaves alone."""
    found = Experiment(recipe=written, store=tmp_path_factory.mktemp("one") / "runs")
    done = launch((), command(found))
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture(scope="module")
def both(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what two processes leave that `torchrun` starts, and what they say."""
    found = Experiment(recipe=written, store=tmp_path_factory.mktemp("both") / "runs")
    done = launch(TORCHRUN, command(found, "--json"))
    assert done.returncode == 0, done.stderr
    return found, done


def scores(experiment: Experiment) -> Mapping[tuple[str, str], float]:
    """Return every score by its stage and language."""
    return {
        (path.parent.name, row.language): row.value
        for path in experiment.store.glob("score-*/scores.jsonl")
        for row in read_rows(path, Score)
    }


def histories(experiment: Experiment) -> Mapping[str, list[dict[str, float]]]:
    return {
        name: [json.loads(line) for line in rows.decode().splitlines()]
        for name, rows in experiment.files("train-*/history.jsonl").items()
    }


def test_the_scores_are_those_of_one_process(one: Experiment, both: Any) -> None:
    """Under the same ids: adapters, a fusion, a whole model, LoRA, a language model."""
    ours, expected = scores(both[0]), scores(one)
    assert len(expected) >= 10
    assert ours == pytest.approx(expected, abs=0.1)
    logged = histories(one)
    assert len(logged) >= 6
    for name, rows in histories(both[0]).items():
        for row, other in zip(rows, logged[name], strict=True):
            assert row == pytest.approx(other, rel=1e-4)


def test_only_the_first_process_speaks_and_records_name_both(both: Any) -> None:
    experiment, done = both
    document = json.loads(done.stdout)
    assert document["stages"]["run"] == len(list(experiment.store.glob("*-*/DONE")))
    assert done.stderr.count("2 processes train together, one stage after the other") == 1
    assert done.stderr.count("train lora-target-toy-mlm-s1: done") == 1
    records = [read_record(path) for path in experiment.store.glob("train-*/record.json")]
    assert {record.resolved["processes"] for record in records} == {2}


def test_killed_in_two_processes_it_goes_on_and_ends_the_same(both: Any, tmp_path: Path) -> None:
    """The finished stages of another run stand, but for two that are done again."""
    again = Experiment(recipe=both[0].recipe, store=tmp_path / "runs")
    doomed = ("train-full-target-toy-xnli-*", "train-seq_bn-fuse-*")
    shutil.copytree(both[0].store, again.store, ignore=shutil.ignore_patterns(*doomed))
    checkpoints = ".work/*/checkpoint.safetensors"
    pair = pairs.start(command(again))
    end = time.monotonic() + 200
    while not list(again.store.glob(checkpoints)) and time.monotonic() < end:
        time.sleep(0.05)
    for process in pair:
        process.kill()
    pairs.end(pair)
    assert list(again.store.glob(checkpoints))
    for code, _, errors in pairs.end(pairs.start(command(again))):
        assert code == 0, errors
    for pattern in ("train-*/**/*.safetensors", "train-*/history.jsonl"):
        assert again.files(pattern) == both[0].files(pattern)
    assert not list(again.store.glob(".work/*"))


def test_accelerate_launches_it_in_the_same_way(both: Any, tmp_path: Path) -> None:
    """One training is missing, and comes out as it did."""
    again = Experiment(recipe=both[0].recipe, store=tmp_path / "runs")
    shutil.copytree(both[0].store, again.store, ignore=shutil.ignore_patterns("train-lora-*"))
    done = launch(ACCELERATE, command(again, "--json"))
    assert done.returncode == 0, done.stderr
    stages = json.loads(done.stdout)["stages"]
    assert (stages["run"], stages["failed"]) == (1, 0)
    pattern = "train-lora-*/**/*.safetensors"
    assert again.files(pattern) == both[0].files(pattern) != {}


def test_a_batch_that_cannot_be_divided_is_refused_once(both: Any, tmp_path: Path) -> None:
    nothing = Experiment(recipe=both[0].recipe, store=tmp_path / "runs")
    done = launch(TORCHRUN, command(nothing, "--set", "training.default.batch_size=9"))
    assert done.returncode != 0
    assert done.stderr.count("error: batch_size 9 of ") == 1
    assert "among 2 processes: set batch_size to 8 or 10 in the recipe" in done.stderr
    assert not nothing.store.exists()


@pytest.mark.parametrize("victim", [0, 1])
def test_where_one_process_dies_the_other_ends_with_a_message(
    both: Any, tmp_path: Path, victim: int
) -> None:
    experiment = Experiment(recipe=both[0].recipe, store=tmp_path / "runs")
    pair = pairs.start(command(experiment, "--set", "training.default.steps=100000"))
    end = time.monotonic() + 200
    while not list(experiment.store.glob(".work/*/*")) and time.monotonic() < end:
        time.sleep(0.05)
    pair[victim].kill()
    said = pairs.end(pair)
    assert said[victim][0] == -signal.SIGKILL
    code, _, errors = said[1 - victim]
    assert code == 1
    assert "one of 2 processes that train together is gone" in errors
    assert "Traceback (most recent call last)" not in errors


def test_ctrl_c_ends_both_and_is_told_once(both: Any, tmp_path: Path) -> None:
    experiment = Experiment(recipe=both[0].recipe, store=tmp_path / "runs")
    pair = pairs.start(command(experiment, "--set", "training.default.steps=100000"))
    end = time.monotonic() + 200
    while not list(experiment.store.glob(".work/*/*")) and time.monotonic() < end:
        time.sleep(0.05)
    for process in pair:
        process.send_signal(signal.SIGINT)
    (first, _, told), (_, _, other) = pairs.end(pair)
    assert first == 130
    assert "interrupted; the same command goes on from here" in told
    assert "interrupted" not in other
