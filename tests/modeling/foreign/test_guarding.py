"""What is loaded straight from its folder is looked at as what is adopted is."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import locate
from adapterstilts.modeling.folders import left
from adapterstilts.modeling.foreign.guarding import guard
from adapterstilts.modeling.locate import Located
from tests.modeling.foreign_adapters import changed, made, peft_saved, plain_model


@pytest.fixture(scope="module")
def located(tiny_backbone: Path) -> Located:
    return locate.locate(str(tiny_backbone), "")


@pytest.fixture
def folder(theirs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(theirs, tmp_path / "copy"))


def told(folder: Path, located: Located) -> str:
    """Return why a folder is refused."""
    with pytest.raises(StiltsError) as caught:
        guard(left(str(folder)), located)
    return str(caught.value)


def test_an_adapter_that_says_more_than_it_may_is_refused(folder: Path, located: Located) -> None:
    guard(left(str(folder)), located)
    made(folder, reduction_factor=10**9)
    assert "its 'reduction_factor' is wrong" in told(folder, located)
    made(folder, reduction_factor=8)
    assert "its weights hold 1,160 numbers" in told(folder, located)
    changed(folder, config="/etc/passwd")
    assert "where a dict belongs" in told(folder, located)


def test_a_head_that_says_more_than_it_may_is_refused(folder: Path, located: Located) -> None:
    said = json.loads((folder / "head_config.json").read_text())
    changed(folder, "head_config.json", config={**said["config"], "num_labels": 10**9})
    assert "a head with 1000000000 outputs" in told(folder, located)
    changed(
        folder, "head_config.json", config={**said["config"], "num_labels": 9, "label2id": None}
    )
    why = "'heads.mnli.4.bias' of its head is [3], and [9] belongs there"
    assert why in told(folder, located)


def test_an_adapter_of_peft_that_would_act_is_refused(
    tiny_backbone: Path, located: Located, tmp_path: Path
) -> None:
    folder = peft_saved(tmp_path / "p", tiny_backbone, LoraConfig(r=4, task_type="SEQ_CLS"))
    guard(left(str(folder)), located)
    changed(folder, target_modules="(.*)*query")
    assert "for 'target_modules'" in told(folder, located)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda state: {**state, "embeddings.extra": torch.zeros(1)}, "which has no place in"),
        (lambda state: {**state, next(iter(state)): torch.zeros(1)}, "belongs there"),
        (lambda state: {name: state[name].double() for name in state}, "is of type F64"),
    ],
)
def test_a_model_whose_files_are_not_those_of_its_sizes_is_refused(
    tiny_backbone: Path, located: Located, tmp_path: Path, change: Any, why: str
) -> None:
    folder = Path(shutil.copytree(tiny_backbone, tmp_path / "model"))
    guard(left(str(folder)), located)
    path = folder / "model.safetensors"
    plain = {k: v for k, v in load_file(path).items() if k.startswith("roberta.")}
    save_file(change(plain), path, metadata={"format": "pt"})
    assert why in told(folder, located)


def test_a_fusion_is_compared_with_the_backbone(
    tiny_backbone: Path, located: Located, tmp_path: Path
) -> None:
    model = plain_model(tiny_backbone)
    model.add_adapter("squad", config="seq_bn")
    model.add_adapter_fusion(["mnli", "squad"])
    folder = tmp_path / "fusion"
    model.save_adapter_fusion(str(folder), ["mnli", "squad"], use_safetensors=True)
    guard(left(str(folder)), located)
    config = json.loads((folder / "adapter_fusion_config.json").read_text())["config"]
    changed(folder, "adapter_fusion_config.json", config={**config, "key": "yes"})
    assert "has 'yes' for 'key'" in told(folder, located)


def test_a_head_for_masks_is_of_the_pieces_of_its_backbone(
    tiny_backbone: Path, located: Located, tmp_path: Path
) -> None:
    model = plain_model(tiny_backbone)
    model.add_masked_lm_head("masks")
    folder = tmp_path / "head"
    model.save_head(str(folder), "masks", use_safetensors=True)
    guard(left(str(folder)), located)
    config = json.loads((folder / "head_config.json").read_text())["config"]
    changed(folder, "head_config.json", config={**config, "vocab_size": 653})
    assert "its head has vocab_size 653, the backbone" in told(folder, located)
    size = config["embedding_size"]
    changed(folder, "head_config.json", config={**config, "embedding_size": 10**12})
    assert f"its head has embedding_size {10**12}, the backbone {size}" in told(folder, located)
