"""A small recipe that has been run, and the same as what a request says."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import adapterstilts as stilts

RECIPE = """\
question: Do commands and recipes share their work?
backbone: toyworld
seeds: 0
languages: [qaa, qab, qah]
sources: toy-nli
grid:
  - {methods: seq_bn, compositions: [target, stack], targets: toy-xnli}
  - {methods: seq_bn, compositions: zero, targets: [toy-xnli, toy-tatoeba]}
training:
  default: {steps: 2, batch_size: 2, train_examples: 8, max_length: 40}
"""
QUICK = {
    "training.default": {"steps": 2, "batch_size": 2, "train_examples": 8, "max_length": 40},
    "runtime.threads": 1,
}
"""What makes a request train as the recipe does."""
LANGUAGES = ("qaa", "qab", "qah")


@dataclass(frozen=True, kw_only=True)
class Done:
    """A recipe that has been run."""

    recipe: Path
    """Its file."""
    store: Path
    """Its store."""
    ran: Any
    """What came of it."""

    def said(self, **changes: Any) -> dict[str, Any]:
        """Return what a request says to be of the same content in the same store."""
        return {"set": QUICK, "store": self.store, **changes}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADAPTERSTILTS_STORE", raising=False)


@pytest.fixture(scope="session")
def _ran(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("ran")
    recipe = folder / "small.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    ran = stilts.run(recipe, store=folder / "runs", set={"runtime.threads": 1})
    return Done(recipe=recipe, store=folder / "runs", ran=ran)


@pytest.fixture
def done(_ran: Done) -> Done:
    """Return the recipe after its run, to be read only."""
    return _ran


@pytest.fixture
def own(_ran: Done, tmp_path: Path) -> Iterator[Done]:
    """Yield a copy of the same, to which a test may add."""
    store = Path(shutil.copytree(_ran.store, tmp_path / "own"))
    yield Done(recipe=_ran.recipe, store=store, ran=_ran.ran)


def kinds(store: Path) -> list[str]:
    """Return the kinds of the stages in a store, each as often as it is there."""
    return sorted(path.name.partition("-")[0] for path in store.glob("*-*"))
