"""A small experiment that goes through every room, run once for all the tests that look at it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

RECIPE = """
question: Does everything hold together?
backbone: toyworld
seeds: 1
languages: [qaa, qab, qah]
sources: [toy-nli, toy-squad]
grid:
  - methods: seq_bn
    targets: [toy-pawsx, toy-panx, toy-xquad, toy-xcopa]
    compositions: [target, stack, fuse]
  - methods: seq_bn
    targets: [toy-xnli, toy-tatoeba]
    compositions: [target, zero, continue]
  - methods: full
    sources: toy-nli
    targets: [toy-pawsx, toy-tatoeba]
    compositions: [target, zero, continue]
training:
  default: {learning_rate: 2e-3, batch_size: 16, steps: 6, warmup: 0.1, max_length: 64,
            train_examples: 120, dev_examples: 24, evaluate_every: 3}
  methods:
    full: {learning_rate: 5e-4}
runtime: {threads: 1, checkpoint_seconds: 0}
keep_logits: true
"""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A recipe and a store."""

    recipe: Path
    """The file."""
    store: Path
    """The folder."""

    def files(self, pattern: str) -> Mapping[str, bytes]:
        """Return what the files of the store's finished stages hold, by their place in it."""
        found = sorted(path for path in self.store.glob(pattern) if path.is_file())
        return {str(path.relative_to(self.store)): path.read_bytes() for path in found}


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def start() -> Start:
    """Return what starts the command line in a process of its own."""

    def popen(*arguments: str | Path) -> "subprocess.Popen[str]":
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "adapterstilts", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            # A test run in the background of a shell ignores Ctrl-C, and would hand that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    return popen


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the recipe's file."""
    path = tmp_path_factory.mktemp("recipe") / "small.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished(recipe: Path, start: Start, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Return the experiment after an uninterrupted run."""
    store = tmp_path_factory.mktemp("uninterrupted")
    process = start("run", recipe, "--store", store)
    _, said = process.communicate(timeout=400)
    assert process.returncode == 0, said
    return Experiment(recipe=recipe, store=store)
