"""What a user can mend is told in one paragraph: the thing, the place, the remedy, no traceback."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import RECIPE, Start

SMALL = """question: Does it say what is wrong?
backbone: toyworld
languages: [qaa, qab]
grid:
  - methods: seq_bn
    sources: toy-nli
    targets: toy-pawsx
    compositions: stack
training:
  default: {steps: 2, train_examples: 40, batch_size: 4, max_length: 64}
runtime: {threads: 1}
"""


def said(start: Start, *arguments: str | Path) -> tuple[int, str]:
    process = start(*arguments)
    _, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors
    return process.returncode, errors


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sources: toy-nli", "sources: toy-nil", ["unknown source 'toy-nil'", "'toy-nli'", ":6"]),
        ("toy-pawsx", "toy-pawx", ["unknown target 'toy-pawx'", "'toy-pawsx'", ":7"]),
        ("methods: seq_bn", "methods: seqbn", ["unknown method 'seqbn'", "'seq_bn'", ":5"]),
        ("stack", "stackk", ["unknown composition 'stackk'", "'stack'", ":8"]),
        ("targets:", "target:", ["unknown key 'target'", "'targets'", ":7"]),
        ("steps: 2", "steps: two", ["under 'steps'", "not 'two'", ":10"]),
        ("{steps: 2", "{steps: 2}}", ["not YAML", ":10"]),
        ("[qaa, qab]", "[qaa, qaz]", ["unknown language 'qaz'", ":3"]),
        ("methods: seq_bn", "methods: full", ["'stack'", "'full'", "seq_bn"]),
        ("backbone: toyworld", "backbone: ./nowhere", ["nowhere", "folder"]),
    ],
)
def test_a_mistake_in_a_recipe(
    old: str, new: str, words: list[str], start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    code, errors = said(start, "plan", path, "--store", tmp_path / "store")
    assert code in (1, 2)
    for word in (str(path) if ":" in "".join(words) else "", *words):
        assert word in errors, errors
    assert not (tmp_path / "store").exists()


def test_a_recipe_that_is_not_there(start: Start, tmp_path: Path) -> None:
    code, errors = said(start, "run", tmp_path / "nothing.yaml", "--store", tmp_path / "store")
    assert code == 2
    assert "nothing.yaml" in errors


def test_a_store_that_is_a_file(start: Start, tmp_path: Path) -> None:
    recipe, store = tmp_path / "small.yaml", tmp_path / "store"
    recipe.write_text(SMALL, encoding="utf-8")
    store.write_text("not a folder")
    code, errors = said(start, "run", recipe, "--store", store)
    assert code == 1
    assert str(store) in errors
    assert "--store" in errors


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder that is a file system of two megabytes."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("a file system of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_store_that_cannot_be_written(mounted: Path, start: Start, tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(SMALL, encoding="utf-8")
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    code, errors = said(start, "run", recipe, "--store", mounted / "store")
    assert code == 1
    assert str(mounted) in errors
    assert "read-only" in errors
    assert "--store" in errors


def test_a_full_disk_loses_nothing_that_is_finished(
    mounted: Path, start: Start, tmp_path: Path
) -> None:
    recipe = tmp_path / "small.yaml"
    # A whole model does not fit into two megabytes; the data before it does.
    text = SMALL.replace("seq_bn", "full").replace("stack", "continue")
    recipe.write_text(text, encoding="utf-8")
    code, errors = said(start, "run", recipe, "--store", mounted / "store")
    assert code == 1
    assert "no space is left" in errors
    assert "--store" in errors
    finished = {path.name for path in (mounted / "store").glob("prepare-*")}
    assert finished
    subprocess.run(["mount", "-o", "remount,size=64m", str(mounted)], check=True)
    code, errors = said(start, "run", recipe, "--store", mounted / "store")
    assert code == 0, errors
    assert finished <= {path.name for path in (mounted / "store").glob("prepare-*")}


def test_the_small_experiment_is_not_one_of_the_mistakes(start: Start, tmp_path: Path) -> None:
    for text in (RECIPE, SMALL):
        path = tmp_path / "right.yaml"
        path.write_text(text, encoding="utf-8")
        assert said(start, "plan", path, "--store", tmp_path / "store")[0] == 0
