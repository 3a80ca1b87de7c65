"""A source that a model of the Hub translates, with data of the Hub, and then without network."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import copiers
from tests.hub.conftest import Said, parquet
from tests.hub.server import Hub

Cli = Callable[..., Said]
DEAD = "http://127.0.0.1:9"
MODEL = "someone/opus-en-de"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "tiny")


@pytest.fixture
def translating(hub: Hub, model: Path, tmp_path: Path) -> tuple[str, ...]:
    """Return a command line whose data and model are on a Hub of our own."""
    pairs = [
        {"premise": "liba gozu sisa.", "hypothesis": "liba gozu.", "label": 0},
        {"premise": "furi mosedo reza.", "hypothesis": "sisa.", "label": 2},
    ]
    hub.push("nyu-mll/glue", {"mnli/train-00000-of-00001.parquet": parquet(pairs)})
    files = {path.name: path for path in model.iterdir()}
    more = {"pytorch_model.bin": b"never", "custom_generate/generate.py": "raise SystemExit(9)"}
    hub.push(MODEL, {**files, **more}, kind="model")
    name = MODEL.replace("de", "{language}")
    out = str(tmp_path / "out")
    return ("translate", "mnli", "--to", "de", "--model", name, "--beams", "1", "--out", out)


def rows(tmp_path: Path) -> list[dict[str, object]]:
    text = (tmp_path / "out/translated/mnli/train-de.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_model_and_data_come_from_the_hub_and_are_pinned(
    translating, hub: Hub, cli: Cli, tmp_path: Path
) -> None:
    done = cli(*translating, "--json")
    assert done.code == 0, done.err
    commit = hub.repository(MODEL, kind="model").branches["main"]
    (each,) = json.loads(done.out)["translations"]
    assert (each["model"], each["revision"], each["written"]) == (MODEL, commit, 2)
    pins = json.loads((tmp_path / "runs" / "pins.json").read_text())
    assert pins[f"model {MODEL}@main"] == commit
    assert [row["label"] for row in rows(tmp_path)] == ["entailment", "contradiction"]
    said = json.loads((tmp_path / "out/translated/mnli/train-de.json").read_text())
    assert (said["identity"]["model"], said["identity"]["revision"]) == (MODEL, commit)
    assert said["data"]["sources"][0]["repository"] == "nyu-mll/glue"
    for untouched in ("pytorch_model.bin", "generate.py"):
        assert not hub.asked("GET", untouched)
    assert MODEL in done.err or "{language}" in done.err


def test_what_was_fetched_translates_without_network(translating, cli: Cli, tmp_path: Path) -> None:
    assert cli(*translating).code == 0
    first = rows(tmp_path)
    (tmp_path / "out").rename(tmp_path / "before")
    done = cli(*translating, "--offline", HF_ENDPOINT=DEAD)
    assert done.code == 0, done.err
    assert rows(tmp_path) == first


def test_what_is_not_here_is_told_offline_and_without_network(
    translating, cli: Cli, tmp_path: Path
) -> None:
    toy = ("translate", "toy-nli", *translating[2:])
    offline = cli(*toy, "--offline", HF_HOME=str(tmp_path / "empty"))
    assert (offline.code, offline.out) == (1, "")
    assert f"error: translation model '{MODEL}' at revision 'main' is not here" in offline.err
    assert "nothing is fetched offline" in offline.err


def test_a_repository_of_pickles_is_refused_before_any_of_it_is_fetched(
    translating, hub: Hub, model: Path, cli: Cli
) -> None:
    config = (model / "config.json").read_bytes()
    hub.push(MODEL, {"config.json": config, "pytorch_model.bin": b"pickle"}, kind="model")
    done = cli("translate", "toy-nli", *translating[2:])
    assert done.code == 1
    assert "it holds only pytorch_model.bin" in done.err
    assert "--revision refs/pr/NUMBER" in done.err
    assert not hub.asked("GET", "config.json")
    files = {path.name: path for path in model.iterdir()}
    hub.push(MODEL, files, kind="model", branch="refs/pr/3")
    done = cli("translate", "toy-nli", *translating[2:], "--revision", "refs/pr/3", "--limit", "2")
    assert done.code == 0, done.err


def test_a_name_that_the_hub_has_not_is_told(translating, cli: Cli) -> None:
    words = ["nobody/nothing" if "opus" in word else word for word in translating]
    done = cli(*words)
    assert done.code == 1
    assert "error: no translation model 'nobody/nothing' on the Hub" in done.err
