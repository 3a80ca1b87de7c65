"""Files of the libraries get other names and another backbone, and stay theirs otherwise."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.folder import artifacts, files, library_files
from adapterstilts.publishing.item import Item
from adapterstilts.publishing.scrubbing.texts import Scrubber
from tests.publishing.conftest import Grid


def written(item: Item, at: Path, scrubber: Scrubber) -> str:
    """Return what is active of what now lies in a folder."""
    found, active = library_files.of(item, artifacts.trained(item), scrubber)
    files.write(found, at)
    return active


def said(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_module_that_is_called_after_somebody_gets_another_name_in_every_file(
    grid: Grid, tmp_path: Path
) -> None:
    item = grid.one("toy-xnli seq_bn/target")

    active = written(item, tmp_path, Scrubber(users=("xnli",)))

    config, head = (said(tmp_path / f"{name}_config.json") for name in ("adapter", "head"))
    assert active == '"toy-user"'
    assert config["name"] == head["name"] == "toy-user"
    adapter = load_file(tmp_path / "adapter.safetensors")
    assert all(".adapters.toy-user." in name for name in adapter)
    assert {name.split(".")[1] for name in load_file(tmp_path / "model_head.safetensors")} == {
        "toy-user"
    }


def test_labels_and_architectures_are_no_names_of_anybody(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli full/target")

    written(item, tmp_path, Scrubber(users=("neutral", "roberta")))

    config = said(tmp_path / "config.json")
    assert config == said(item.own.folder / "model" / "config.json")


def test_a_fusion_is_called_after_the_modules_that_it_is_over(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli seq_bn/fuse(toy-nli, toy-squad)")

    active = written(item, tmp_path, Scrubber(users=("squad",)))

    config = said(tmp_path / "toy-nli,toy-user" / "adapter_fusion_config.json")
    assert active == 'Fuse("toy-nli", "toy-user")'
    assert (config["name"], config["adapter_names"]) == (
        "toy-nli,toy-user",
        ["toy-nli", "toy-user"],
    )
    weights = load_file(tmp_path / "toy-nli,toy-user" / "model_adapter_fusion.safetensors")
    assert all(".adapter_fusion_layer.toy-nli,toy-user." in name for name in weights)


def test_a_setup_says_its_block_its_head_and_the_version_that_wrote_it(
    grid: Grid, tmp_path: Path
) -> None:
    written(grid.one("toy-xnli seq_bn/stack(toy-nli)"), tmp_path, Scrubber())

    assert said(tmp_path / "adapter_setup.json") == {
        "adapter_setup": {
            "type": "Stack",
            "children": [
                {"type": "single", "children": ["toy-nli"]},
                {"type": "single", "children": ["toy-xnli"]},
            ],
        },
        "head_setup": "toy-xnli",
        "version": said(tmp_path / "toy-nli" / "adapter_config.json")["version"],
    }


def test_a_source_without_its_weights_is_named(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli seq_bn/stack(toy-nli)")
    (source,) = item.sources
    empty = Path(shutil.copytree(source.folder, tmp_path / "stage"))
    (empty / "adapter" / "adapter.safetensors").unlink()

    with pytest.raises(StiltsError, match=r"source 'toy-nli' in .* has no adapter\.safetensors"):
        written(
            replace(item, sources=(replace(source, folder=empty),)), tmp_path / "out", Scrubber()
        )


def test_paths_in_configurations_become_their_last_parts(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli peft:lora/target")
    stage = Path(shutil.copytree(item.own.folder, tmp_path / "stage"))
    config = stage / "adapter" / "adapter_config.json"
    config.write_text(json.dumps({**said(config), "corda_config": "/home/x/corda"}))

    written(replace(item, own=replace(item.own, folder=stage)), tmp_path / "out", Scrubber())

    assert said(tmp_path / "out" / "adapter_config.json")["corda_config"] == "corda"


def test_a_full_model_in_several_files_keeps_its_index(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli full/target")
    stage = Path(shutil.copytree(item.own.folder, tmp_path / "stage"))
    weights = stage / "model" / "model.safetensors"
    names = list(load_file(weights))
    weights.rename(weights.with_name("model-00001-of-00001.safetensors"))
    index = {"metadata": {}, "weight_map": dict.fromkeys(names, "model-00001-of-00001.safetensors")}
    (stage / "model" / "model.safetensors.index.json").write_text(json.dumps(index))

    written(replace(item, own=replace(item.own, folder=stage)), tmp_path / "out", Scrubber())

    assert said(tmp_path / "out" / "model.safetensors.index.json") == index
    assert [*load_file(tmp_path / "out" / "model-00001-of-00001.safetensors")] == names
