"""One thread for every test, and a backbone of two random layers, so that no weights matter."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from adapterstilts.plan.planner import Plan
    from tests.hub.server import Hub

# Before torch is imported, here and in the processes that tests start: many small tensors.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no slow network: whoever tests a network that is away says how long to wait.
os.environ.setdefault("ADAPTERSTILTS_CONNECT", "30")

# The same examples in every run, so that a suite that passed passes again;
# `--hypothesis-profile explore` draws new ones. How long one takes says more about the machine.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random XLM-R with dropout and the toy world's tokenizer."""
    from tests.backbones import tiny

    return tiny(tmp_path_factory.mktemp("tiny") / "tiny-xlmr")


@pytest.fixture(scope="session")
def still_backbone(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same backbone without dropout."""
    folder = tmp_path_factory.mktemp("still") / "still-xlmr"
    shutil.copytree(tiny_backbone, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="session")
def theirs(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an adapter that the plain library has saved, to be read only."""
    from tests.modeling.foreign_adapters import plain_model, saved

    return saved(tmp_path_factory.mktemp("theirs") / "nli", plain_model(tiny_backbone))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Hub"]:
    """Yield a Hub of our own that this process and those that it starts take for the real one."""
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import reset_sessions

    from tests.hub.server import serving

    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN"):
        monkeypatch.setenv(name, "")  # So that what a command sets is undone.
        monkeypatch.delenv(name)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    reset_sessions()
    with serving(tmp_path / "served") as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        # As they would be had the library been imported now.
        monkeypatch.setattr(constants, "ENDPOINT", served.url)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "home" / "token"))
        template = served.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield served
    reset_sessions()


RECIPE = """\
question: Does it walk from end to end?
backbone: {backbone}
seeds: 0
languages: [qaa, qab]
sources: [toy-nli, toy-squad]
grid:
  - {{methods: seq_bn, compositions: [target, stack, fuse], targets: toy-xnli}}
training:
  default: {{steps: 2, batch_size: 2, train_examples: 8, max_length: 40}}
keep_logits: true
"""


@pytest.fixture(scope="session")
def planned(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., "Plan"]:
    """Return a function that plans a small recipe on the tiny backbone, with changes."""
    from adapterstilts.plan.planner import plan
    from adapterstilts.plan.recipe import load

    def of(*changes: str, backbone: str | Path = tiny_backbone) -> "Plan":
        path = tmp_path_factory.mktemp("recipe") / "mine.yaml"
        path.write_text(RECIPE.format(backbone=backbone), encoding="utf-8")
        return plan(load(path, changes))

    return of
