"""What is trained keeps its precision, whatever stands beside it."""

from pathlib import Path
from typing import Any

import pytest
import torch

from adapterstilts.modeling.assembly import for_prediction, for_training
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.methods import METHODS

HALF = Device(device=torch.device("cpu"), precision="bf16")
IDS = torch.tensor([[0, 17, 21, 35, 2], [0, 29, 2, 1, 1]])
BATCH = {"input_ids": IDS, "attention_mask": (IDS != 1).long()}
NAMES = [
    method.name for method in METHODS.values() if not COMPOSITIONS.get("target").refuses(method)
]


def norms(model: Any) -> set[str]:
    return {
        f"{name}.{key}"
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.LayerNorm)
        for key, _ in module.named_parameters()
    }


@pytest.mark.parametrize("name", NAMES)
def test_in_half_precision_only_what_is_frozen_is_halved(
    lab: Any, name: str, tmp_path: Path
) -> None:
    parts = lab.parts(name, "target", "toy-xnli")
    assembly = for_training(parts, seed=0, device=HALF)
    whole = {
        key for key, weight in assembly.model.named_parameters() if weight.dtype == torch.float32
    }
    spared = whole - assembly.trainable.keys()
    assert whole >= assembly.trainable.keys()
    fine = norms(assembly.model) | {key for key in spared if ".units.1.projection." in key}
    assert spared == fine - assembly.trainable.keys()
    assert (name == "full") == (not spared)
    assert len(whole) < len(dict(assembly.model.named_parameters())) or name == "full"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assembly.logits(BATCH).float().sum().backward()
    assert all(weight.grad is not None for weight in assembly.trainable.values())
    assembly.save(tmp_path)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.inference_mode():
        assembly.model.eval()
        expected = assembly.logits(BATCH)
        again = for_prediction(parts, tmp_path, device=HALF)
        torch.testing.assert_close(again.logits(BATCH), expected)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "head"])
def test_a_source_as_it_is_can_be_asked_in_half_precision(lab: Any, name: str) -> None:
    assembly = for_prediction(lab.parts(name, "zero", "toy-xnli", "toy-nli"), None, device=HALF)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.inference_mode():
        assert assembly.logits(BATCH).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_trained_where_nothing_is_to_be(lab: Any, name: str) -> None:
    if COMPOSITIONS.get("zero").refuses(METHODS.get(name)):
        return
    assembly = for_prediction(
        lab.parts(name, "zero", "toy-xnli", "toy-nli"), None, device=lab.device
    )
    assert not assembly.trainable
    assert not any(weight.requires_grad for weight in assembly.model.parameters())
