"""The command that publishes: what it says, what it leaves, and going on after it was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import adapterstilts as stilts
from tests.cli.requests import QUICK, STACK
from tests.hub.people import TOKEN
from tests.hub.server import Hub

RECIPE = """\
question: Is it all published?
backbone: toyworld
seeds: 0
languages: [qaa, qab]
sources: toy-nli
grid:
  - {methods: seq_bn, compositions: [target, stack], targets: toy-xnli}
training:
  default: {steps: 2, batch_size: 2, train_examples: 8, max_length: 40}
runtime: {threads: 1}
"""
NAME = "someone/x"
ALONE = f"{NAME}-toy-xnli-seq_bn-target"
SOURCE = f"{NAME}-toy-nli-seq_bn-target"
STACKED = f"{NAME}-toy-xnli-seq_bn-stack-toy-nli"


@pytest.fixture(scope="module")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    (folder / "mine.yaml").write_text(RECIPE, encoding="utf-8")
    stilts.run(folder / "mine.yaml", store=folder / "runs")
    return folder / "runs"


@pytest.fixture
def published(cli, _store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Return a function that runs `adapterstilts publish` on a recipe that has been run."""
    monkeypatch.setenv("ADAPTERSTILTS_STORE", str(_store))
    return lambda *arguments: cli("publish", *arguments)


@pytest.fixture
def there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a Hub that knows us."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


def states(text: str) -> dict[str, str]:
    """Return the state of each repository that a JSON document tells of."""
    return {each["repository"]: each["state"] for each in json.loads(text)["published"]}


def test_one_is_published_and_shown(published, there: Hub) -> None:
    result = published("toy-xnli", "--on", STACK, *QUICK, "--repo", NAME, "--collection", "Mine")
    assert result.code == 0, result.err
    head, row, where, collection, seen = result.out.splitlines()
    assert head.split() == ["repository", "what", "state", "commit", "files", "size", "sent"]
    assert row.split()[0] == NAME
    assert "toy-xnli by seq_bn/stack(toy-nli)" in row
    assert " new " in row
    assert where == f"published at: {there.url}/{NAME}"
    assert collection.startswith(f"collection: {there.url}/collections/someone/mine-")
    assert seen == f"as others see it: adapterstilts show 'hub({NAME})'"
    first, *_, last = result.err.splitlines()
    assert first.startswith(f"1/1 {NAME}: 0 B of ")
    whole = first.rpartition(" of ")[2]
    assert last == f"1/1 {NAME}: {whole} of {whole}"
    again = published("toy-xnli", "--on", STACK, *QUICK, "--repo", NAME, "--json")
    document = json.loads(again.out)
    assert (document["state"], document["sent"]) == ("unchanged", 0)
    assert f"{whole} of {whole}" in again.err
    proposed = published("toy-xnli", *QUICK, "--repo", NAME, "--pull-request")
    assert proposed.out.splitlines()[-1] == f"proposed at: {there.url}/{NAME}/discussions/1"
    asked = published("toy-xnli", *QUICK, "--repo", NAME, "--pull-request", "--json")
    told = json.loads(asked.out)
    assert (told["state"], told["pull_request"][-2:], told["sent"]) == ("unchanged", "/1", 0)
    assert document["library"] == "adapters"
    assert "README.md" in document["files"]
    assert len(document["commit"]) == 40


def test_a_dry_run_asks_nobody(published, recipe: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    out = tmp_path / "out"
    one = ("toy-xnli", "--on", STACK, "--like", recipe, "--repo", NAME, "--dry-run", out)
    result = published(*one)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-2:] == [
        f"written to: {out}",
        f"as others see it: adapterstilts show {out}",
    ]
    assert (out / "recipe.yaml").read_text(encoding="utf-8") == RECIPE
    assert published(*one).code == 0
    (out / "mine.txt").write_text("mine")
    refused = published(*one)
    assert refused.code == 2
    assert "mine.txt is no part of a publication" in refused.err


def test_all_of_a_recipe(published, recipe: Path, there: Hub) -> None:
    result = published("--all", recipe, "--repo", NAME)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0].startswith("3 things and an index, ")
    assert [line.split()[0] for line in lines[2:6]] == [ALONE, SOURCE, STACKED, NAME]
    assert lines[6] == f"published at: {there.url}/{NAME}"
    total = lines[0].rpartition(", ")[2]
    heard = [line for line in result.err.splitlines() if line.startswith("3/4 ")]
    assert heard[0].startswith(f"3/4 {STACKED}: ")
    assert f" of {total}, about " in heard[0]
    again = published("--all", recipe, "--repo", NAME, "--json")
    assert set(states(again.out).values()) == {"unchanged"}


def test_what_failed_is_told_at_the_end(published, recipe: Path, there: Hub) -> None:
    there.fault(f"/{SOURCE}/commit/main", method="POST", status=403, message="closed")
    result = published("--all", recipe, "--repo", NAME, "--json")
    assert result.code == 1
    assert list(states(result.out)) == [ALONE, STACKED, NAME]
    assert [each["repository"] for each in json.loads(result.out)["failed"]] == [SOURCE]
    assert result.err.splitlines()[-1].startswith(f"error: {SOURCE} was not published: ")
    assert "closed" in result.err


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_what_was_stopped_goes_on_where_it_was(
    published, recipe: Path, there: Hub, how: signal.Signals, _store: Path
) -> None:
    there.fault(f"/{STACKED}/commit/main", method="POST", hang=60.0)
    process = subprocess.Popen(
        [sys.executable, "-m", "adapterstilts", "publish", "--all", recipe, "--repo", NAME],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        # What is started in the background of a script would not hear Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while not there.asked("POST", f"/{STACKED}/commit/main") and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert said.splitlines()[-1] == "interrupted; the same command goes on from here"
        assert not list(_store.glob(".partial/*"))
    before = there.received
    result = published("--all", recipe, "--repo", NAME, "--json")
    assert result.code == 0, result.err
    assert states(result.out) == {
        ALONE: "unchanged", SOURCE: "unchanged", STACKED: "new", NAME: "new",
    }  # fmt: skip
    whole = {each["repository"]: each["bytes"] for each in json.loads(result.out)["published"]}
    # Its weights had arrived before; what is sent now is a commit and the index.
    assert there.received - before < whole[STACKED] + whole[NAME]
    assert not list(_store.glob(".partial/*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "missing option '--repo'"),
        (("--repo", NAME), "name what is published: EXPRESSION, or --all RECIPE, and not both"),
        (("toy-nli", "--all", "{recipe}", "--repo", NAME), "and not both"),
        (("toy-nli", "--repo", "x"), "'x' is no name of a repository: write OWNER/NAME"),
        (("toy-nli", "--repo", NAME, "--only", "sources"), "--only goes with --all RECIPE"),
        (("--all", "{recipe}", "--repo", NAME, "--on", "stack"), "--on goes with EXPRESSION"),
        (("--all", "{recipe}", "--repo", NAME, "--method", "lora"), "could be published by lora"),
        (("--all", "{recipe}", "--repo", NAME, "--method", "lroa"), "unknown method 'lroa'"),
        (("--all", "gone.yaml", "--repo", NAME), "there is no recipe at gone.yaml"),
        (("--all", "{recipe}", "--repo", "x"), "'x' is no name of a repository"),
        (("toy-nil", "--repo", NAME), "unknown target 'toy-nil'"),
        (("toy-nli", "--repo", NAME, "--seed", "-1"), "'-1' is no seed: give one whole number"),
        (("toy-nli", "--repo", NAME, "--seed", "1,2"), "'1,2' is no seed: give one whole number"),
        (("--all", "{recipe}", "--repo", NAME, "--like", "x.yaml"), "--like goes with EXPRESSION"),
        (("mine.yaml", "--repo", NAME), "'mine.yaml' is a recipe: publish all of it with --all"),
        (("toy-nli", "--repo", f"https://huggingface.co/{NAME}"), f"write --repo {NAME}"),
        (("toy-nli", "--repo", NAME, "--revision", "a b"), "'a b' is no name of a branch"),
        (("toy-panx", "--repo", NAME), "run `adapterstilts train toy-panx"),
        (("toy-nli", "--repo", NAME, "--base-model", "a b"), "'a b' is no name of a model"),
        (("hub(someone/y)", "--backbone", "toyworld", "--repo", NAME), "but taken over"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(
    published, recipe: Path, there: Hub, arguments: tuple[str, ...], said: str
) -> None:
    result = published(*(each.format(recipe=recipe) for each in arguments))
    assert result.code == 2, result.err
    assert said in result.err
    assert there.requests == []


def test_warnings_are_said_once_each(published, recipe: Path, there: Hub) -> None:
    several = recipe.with_name("several.yaml")
    several.write_text(RECIPE.replace("seeds: 0", "seeds: [0, 1]"), encoding="utf-8")
    result = published("--all", several, "--repo", NAME, "--licence", "gpl-3.0")
    assert result.code == 0, result.err
    told = [line for line in result.err.splitlines() if line.startswith("warning: ")]
    assert "warning: of the seeds 0, 1 it is 0: --seed names another" in told
    assert len(told) == len(set(told))
