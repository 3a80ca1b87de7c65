import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling import folders
from adapterstilts.modeling.locate import Located, locate


@pytest.fixture(scope="module")
def trained(lab: Any) -> Path:
    """Return the folder of a trained adapter, with its head."""
    found: Path = lab.source("seq_bn", "toy-nli") / "adapter"
    return found


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of it that a test may spoil."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def change(folder: Path, **values: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("method", "kind"),
    [("seq_bn", "adapter"), ("peft:lora", "peft"), ("full", "model"), ("head", "head")],
)
def test_a_stage_or_its_part_is_told_by_its_files(lab: Any, method: str, kind: str) -> None:
    stage = lab.source(method, "toy-nli")
    found = folders.left(str(stage))
    assert found.kind == kind
    assert found.folder.parent == stage.resolve()
    assert folders.left(str(found.folder)).folder == found.folder
    assert found.head is (kind in ("adapter", "head"))
    folders.check(found, lab.located)


def test_what_is_no_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no folder 'runs/a/b'.*training stage"):
        folders.left("runs/a/b")
    with pytest.raises(UsageError, match=r"or a repository of the Hub as hub\(user/repo\)"):
        folders.left("someone/adapter")
    with pytest.raises(StiltsError, match="holds nothing that a library has saved"):
        folders.left(str(tmp_path))


def test_only_pickles_are_refused_by_name(copy: Path) -> None:
    weights = load_file(copy / "adapter.safetensors")
    (copy / "adapter.safetensors").unlink()
    with pytest.raises(StiltsError, match="lacks its weights"):
        folders.left(str(copy))
    torch.save(weights, copy / "pytorch_adapter.bin")
    with pytest.raises(StiltsError, match=r"only pickles, and nothing is unpickled.*safetensors"):
        folders.left(str(copy))


def test_a_head_that_is_a_pickle_is_refused_too(copy: Path) -> None:
    (copy / "model_head.safetensors").rename(copy / "pytorch_model_head.bin")
    with pytest.raises(StiltsError, match=r"only pickles.*model_head.safetensors"):
        folders.left(str(copy))


def test_a_broken_configuration_is_refused_with_its_place(copy: Path) -> None:
    for content in ("{", "[]"):
        (copy / "adapter_config.json").write_text(content)
        with pytest.raises(StiltsError, match=r"adapter_config.json is not"):
            folders.left(str(copy))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model_type": "bert"}, "its architecture is bert, the backbone's xlm-roberta"),
        ({"hidden_size": 768}, "its hidden size is 768, the backbone's 64"),
    ],
)
def test_another_architecture_or_width_is_refused(
    lab: Any, copy: Path, values: dict[str, Any], said: str
) -> None:
    change(copy, **values)
    with pytest.raises(StiltsError, match=said):
        folders.check(folders.left(str(copy)), lab.located)


def test_more_layers_than_the_backbone_has_are_refused(lab: Any, copy: Path) -> None:
    from safetensors.torch import save_file

    state = load_file(copy / "adapter.safetensors")
    moved = {name.replace("layer.1.", "layer.11."): weight for name, weight in state.items()}
    save_file(moved, copy / "adapter.safetensors")
    with pytest.raises(StiltsError, match="it has 12 layers, the backbone 2"):
        folders.check(folders.left(str(copy)), lab.located)


def test_peft_says_its_width_by_its_weights(lab: Any, tmp_path: Path) -> None:
    found = folders.left(str(lab.source("peft:lora", "toy-nli")))
    config = json.loads((lab.located.folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": 768}))
    wider = Located(name=str(tmp_path), folder=tmp_path, revision="")
    with pytest.raises(StiltsError, match="its hidden size is 64, the backbone's 768"):
        folders.check(found, wider)


def test_other_weights_of_the_same_shape_are_refused(lab: Any, copy: Path) -> None:
    from adapterstilts.core.records import StageRecord, write_record

    identity = {"backbone": {"digest": "another"}, "hyper": {"max_length": 40}, "task": "toy-nli"}
    record = StageRecord(
        id="0" * 16,
        kind="train",
        version=2,
        slug="x",
        identity=identity,
        needs={},
    )
    stage = copy.parent / "stage"
    shutil.copytree(copy, stage / "adapter")
    write_record(stage / "record.json", record)
    found = folders.left(str(stage))
    assert (found.max_length, found.task) == (40, "toy-nli")
    with pytest.raises(StiltsError, match=r"other weights of the same shape \(digest another"):
        folders.check(found, lab.located)


def test_weights_that_cannot_be_read_are_refused_with_their_place(lab: Any, copy: Path) -> None:
    (copy / "adapter.safetensors").write_bytes(b"broken")
    with pytest.raises(StiltsError, match=r"adapter.safetensors is broken"):
        folders.check(folders.left(str(copy)), lab.located)


def test_the_embedded_backbone_is_checked_like_any_other(trained: Path) -> None:
    with pytest.raises(StiltsError, match="its hidden size is 64, the backbone's 128"):
        folders.check(folders.left(str(trained)), locate("toyworld", "main"))


def test_what_a_backbone_says_of_itself_is_told_in_short(
    lab: Any, copy: Path, tmp_path: Path
) -> None:
    said = json.loads((lab.located.folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**said, "model_type": "\x1b[2J" * 9999}))
    with pytest.raises(StiltsError) as caught:
        folders.check(folders.left(str(copy)), replace(lab.located, folder=tmp_path))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000
