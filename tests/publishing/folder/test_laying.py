"""What lies in the folder that is published, and how it is written."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors import safe_open

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.records import Score, read_rows
from adapterstilts.publishing.folder import history, laying
from adapterstilts.publishing.item import Item, Layout
from tests.publishing.conftest import BASE, Grid

OURS = {"records.json", "recipe.yaml", "scores.jsonl"}


@pytest.fixture
def laid(grid: Grid, tmp_path: Path) -> Callable[[str], tuple[Path, Layout]]:
    """Return what lays a thing by its name, and gives its folder and what is in it."""

    def of(name: str) -> tuple[Path, Layout]:
        return tmp_path / "out", laying.lay(grid.one(name), tmp_path / "out")

    return of


def there(at: Path) -> set[str]:
    return {path.relative_to(at).as_posix() for path in at.rglob("*") if path.is_file()}


def said(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "files", "kind", "active", "heads"),
    [
        (
            "toy-xnli seq_bn/target",
            "adapter_config.json adapter.safetensors head_config.json model_head.safetensors",
            "adapter",
            '"toy-xnli"',
            {"toy-xnli": ""},
        ),
        (
            "toy-xnli seq_bn/stack(toy-nli)",
            "adapter_setup.json toy-nli/adapter_config.json toy-nli/adapter.safetensors"
            " toy-xnli/adapter_config.json toy-xnli/adapter.safetensors"
            " toy-xnli/head_config.json toy-xnli/model_head.safetensors",
            "setup",
            'Stack("toy-nli", "toy-xnli")',
            {"toy-xnli": "toy-xnli"},
        ),
        (
            "toy-xnli seq_bn/fuse(toy-nli, toy-squad)",
            "adapter_setup.json toy-nli/adapter_config.json toy-nli/adapter.safetensors"
            " toy-squad/adapter_config.json toy-squad/adapter.safetensors"
            " toy-nli,toy-squad/adapter_fusion_config.json"
            " toy-nli,toy-squad/model_adapter_fusion.safetensors"
            " toy-xnli/head_config.json toy-xnli/model_head.safetensors",
            "setup",
            'Fuse("toy-nli", "toy-squad")',
            {"toy-xnli": "toy-xnli"},
        ),
        (
            "mix(toy-nli, toy-squad) seq_bn/target",
            "adapter_config.json adapter.safetensors"
            " heads/toy-nli/head_config.json heads/toy-nli/model_head.safetensors"
            " heads/toy-squad/head_config.json heads/toy-squad/model_head.safetensors",
            "adapter",
            '"mix-toy-nli-toy-squad-9e84e1c9"',
            {"toy-nli": "heads/toy-nli", "toy-squad": "heads/toy-squad"},
        ),
        (
            "toy-xnli peft:lora/target",
            "adapter_config.json adapter_model.safetensors",
            "peft",
            "",
            {},
        ),
        (
            "toy-xnli full/target",
            "config.json model.safetensors tokenizer.json tokenizer_config.json"
            " special_tokens_map.json",
            "model",
            "",
            {},
        ),
    ],
)
def test_files_of_a_library_lie_where_it_looks_for_them(
    name: str,
    files: str,
    kind: str,
    active: str,
    heads: dict[str, str],
    laid: Callable[[str], tuple[Path, Layout]],
) -> None:
    at, layout = laid(name)

    assert there(at) == {*files.split(), *OURS} == {*layout.files}
    assert list(layout.files) == sorted(layout.files)
    assert (layout.kind, layout.heads) == (kind, heads)
    assert layout.active.rpartition("-")[0] == active.rpartition("-")[0]


@pytest.mark.parametrize(
    ("name", "files", "key"),
    [
        ("toy-xnli seq_bn/stack(toy-nli)", ["toy-nli/adapter_config.json"], "model_name"),
        ("toy-xnli seq_bn/target", ["adapter_config.json", "head_config.json"], "model_name"),
        ("toy-xnli peft:lora/target", ["adapter_config.json"], "base_model_name_or_path"),
    ],
)
def test_files_name_the_backbone_as_the_hub_does(
    name: str, files: list[str], key: str, laid: Callable[[str], tuple[Path, Layout]]
) -> None:
    at, _ = laid(name)

    assert {said(at / file)[key] for file in files} == {BASE}


def test_what_the_library_wrote_is_otherwise_as_it_was(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli seq_bn/target")
    title = said(item.own.folder / "adapter" / "adapter_config.json")["model_name"]
    laying.lay(replace(item, base=replace(item.base, id=title)), tmp_path / "out")

    for name in ("adapter_config.json", "head_config.json", "adapter.safetensors"):
        assert (tmp_path / "out" / name).read_bytes() == (
            item.own.folder / "adapter" / name
        ).read_bytes()


def test_every_size_is_known_before(grid: Grid, tmp_path: Path) -> None:
    for number, item in enumerate(grid.items.values()):
        out = tmp_path / str(number)
        laying.lay(item, out)

        bytes_ = sum((out / name).stat().st_size for name in there(out))
        assert laying.planned_bytes(item) == bytes_
        assert laying.planned_layout(item).files == tuple(sorted(there(out)))


def test_scores_are_its_own_and_then_those_of_the_baselines(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli seq_bn/stack(toy-nli)")
    laying.lay(item, tmp_path / "out")

    rows = list(read_rows(tmp_path / "out" / "scores.jsonl", Score))
    counted = history.read_records(tmp_path / "out" / "records.json").rows

    assert list(counted) == sorted(["own", *item.baselines])
    assert rows[: counted["own"]] == list(item.scores)
    assert rows[counted["own"] :] == [row for some in item.baselines.values() for row in some]


def test_the_recipe_is_the_one_that_was_written_without_its_paths(
    grid: Grid, tmp_path: Path
) -> None:
    laying.lay(grid.one("toy-xnli seq_bn/target"), tmp_path / "out")

    written = (tmp_path / "out" / "recipe.yaml").read_text(encoding="utf-8")
    before = yaml.safe_load(grid.text)

    assert yaml.safe_load(written) == {**before, "backbone": "tiny-xlmr"}


def test_what_is_no_part_of_a_recipe_has_none(grid: Grid, tmp_path: Path) -> None:
    layout = laying.lay(replace(grid.one("toy-xnli full/target"), recipe=""), tmp_path / "out")

    assert "recipe.yaml" not in layout.files


def test_a_source_has_no_adapter_in_a_layer_that_its_fusion_leaves_out(
    grid: Grid, tmp_path: Path
) -> None:
    item = grid.one("toy-xnli seq_bn/fuse(toy-nli, toy-squad)")
    record = item.own.record
    identity = {**record.identity, "composition": "fuse[last_layer=false]"}
    own = replace(item.own, record=replace(record, identity=identity), folder=tmp_path / "stage")
    (own.folder / "fusion").mkdir(parents=True)
    for path in (item.own.folder / "fusion").iterdir():
        (own.folder / "fusion" / path.name).write_bytes(path.read_bytes())
    config = own.folder / "fusion" / "adapter_fusion_config.json"
    config.write_text(json.dumps({**said(config), "leave_out": [1]}))

    laying.lay(replace(item, own=own), tmp_path / "out")

    for name in ("toy-nli", "toy-squad"):
        at = tmp_path / "out" / name
        assert said(at / "adapter_config.json")["config"]["leave_out"] == [1]
        with safe_open(at / "adapter.safetensors", framework="np") as opened:
            names = list(opened.keys())
        assert names
        assert all(".layer.0." in name for name in names)


def test_a_folder_that_holds_something_is_left_alone(grid: Grid, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(UsageError, match="is not empty"):
        laying.lay(grid.one("toy-xnli seq_bn/target"), tmp_path)

    assert there(tmp_path) == {"notes.txt"}


def test_what_trained_nothing_is_refused(item: Callable[[str], Item], tmp_path: Path) -> None:
    found = item("toy-xnli seq_bn/target")
    (tmp_path / "stage").mkdir()
    empty = replace(found, own=replace(found.own, folder=tmp_path / "stage"))

    with pytest.raises(StiltsError, match=r"has trained no weights.*publish what was trained"):
        laying.lay(empty, tmp_path / "out")


def test_a_source_that_is_gone_is_named(item: Callable[[str], Item], tmp_path: Path) -> None:
    found = item("toy-xnli seq_bn/stack(toy-nli)")

    with pytest.raises(StiltsError, match="stands on toy-nli, of which 0 are at hand"):
        laying.lay(replace(found, sources=()), tmp_path / "out")
