"""A recipe that publishes what it trains: run, run again, and run with a training that changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub.conftest import Said
from tests.hub.people import TOKEN
from tests.hub.server import Hub

Cli = Callable[..., Said]
NAME = "someone/x-toy-xnli-seq_bn-target"
RECIPE = """\
question: Does it reach the Hub?
backbone: {backbone}
languages: qaa
grid:
  - {{methods: seq_bn, compositions: target, targets: toy-xnli}}
training:
  default: {{steps: 2, batch_size: 2, train_examples: 8, max_length: 40}}
runtime: {{threads: 1}}
publish: {{to: someone/x, base_model: someone/tiny, private: true}}
"""


@pytest.fixture
def publishing(tmp_path: Path, tiny_backbone: Path) -> Path:
    """Return the recipe's file."""
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE.format(backbone=tiny_backbone), encoding="utf-8")
    return path


def ran(said: Said) -> dict[str, int]:
    assert said.code == 0, said.err
    assert TOKEN not in said.out + said.err
    stages: dict[str, int] = json.loads(said.out)["stages"]
    return stages


def test_a_recipe_publishes_what_it_trains_and_again_what_has_changed(
    hub: Hub, publishing: Path, cli: Cli, tmp_path: Path
) -> None:
    first = ran(cli("run", publishing, "--json", HF_TOKEN=TOKEN))
    assert first["run"] > 3
    repository = hub.repository(NAME, kind="model")
    assert repository.private
    there = repository.branches["main"]
    before = len(hub.requests)
    index = hub.repository("someone/x", kind="model")
    assert index.private
    led = index.branches["main"]
    page = index.files()["README.md"].decode()
    assert f"[`seq_bn/target`](https://huggingface.co/{NAME})" in page
    again = ran(cli("run", publishing, "--json", HF_TOKEN=TOKEN))
    assert (again["run"], again["reused"]) == (0, first["run"])
    # What stands is not looked for on the Hub, so that no token is needed any more.
    assert ran(cli("run", publishing, "--json", "--offline"))["run"] == 0
    assert len(hub.requests) == before
    # The command makes the same of it, byte for byte.
    named = ("--repo", NAME, "--like", publishing, "--base-model", "someone/tiny", "--json")
    done = cli("publish", "toy-xnli", *named, HF_TOKEN=TOKEN)
    assert done.code == 0, done.err
    assert repository.branches["main"] == there
    more = ("--base-model", "someone/tiny", "--collection", "Others", "--json")
    done = cli("publish", "--all", publishing, "--repo", "someone/x", *more, HF_TOKEN=TOKEN)
    assert done.code == 0, done.err
    assert index.branches["main"] == led
    weights = repository.files()["adapter.safetensors"]
    more = ("--set", "training.default.steps=3")
    changed = ran(cli("run", publishing, *more, "--json", HF_TOKEN=TOKEN))
    # Trained, answered, scored and published anew, and the index with it.
    assert changed["run"] == 5
    assert index.at("main").parent == led
    newest = repository.at("main")
    assert newest is not None
    assert newest.parent == there
    assert newest.title == "Publish toy-xnli by seq_bn/target"
    assert repository.files()["adapter.safetensors"] != weights
    for path in (tmp_path / "runs").rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


def test_what_could_not_be_published_is_told_before_anything_is_trained(
    hub: Hub, publishing: Path, cli: Cli, tmp_path: Path
) -> None:
    done = cli("run", publishing)
    assert done.code == 1
    assert "there is no token to publish model" in done.err
    done = cli("run", publishing, "--offline", HF_TOKEN=TOKEN)
    assert done.code == 1
    assert "leave it out with --set publish=null, or run without --offline" in done.err
    done = cli("run", publishing, "--set", "publish.to=guild/x", HF_TOKEN=TOKEN)
    assert done.code == 1
    assert "has no right to write what belongs to 'guild'" in done.err
    assert not (tmp_path / "runs").exists()
    assert cli("run", publishing, "--set", "publish=null", "--offline").code == 0
    assert not hub.asked("POST")
    assert (tmp_path / "runs").exists()
