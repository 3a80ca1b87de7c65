"""UniPELT's gates: padding does not open them, and without padding they are the library's own."""

from typing import Any

import pytest
import torch
from adapters import AdapterConfig, AutoAdapterModel
from torch import nn

from adapterstilts.modeling.gates import ignore_padding

IDS = torch.tensor([[0, 17, 21, 35, 18, 40, 2], [0, 29, 44, 2, 1, 1, 1]])
MASK = (IDS != 1).long()
INPUTS = {"input_ids": IDS, "attention_mask": MASK}


@pytest.fixture
def plain(lab: Any) -> Any:
    """Return the backbone in the plain library, without dropout and without its own head."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    for name in list(model.heads):
        model.delete_head(name)
    return model.eval()


def add(model: Any, architecture: str, *names: str, **settings: Any) -> None:
    """Add adapters that do something, and one head."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        for name in names:
            model.add_adapter(name, config=AdapterConfig.load(architecture, **settings))
        for key, weight in model.named_parameters():
            if any(f".{name}." in key for name in names):
                weight.add_(torch.randn_like(weight) * 0.3)
        model.add_classification_head("head", num_labels=3)


def said(model: Any, inputs: Any = INPUTS) -> torch.Tensor:
    with torch.inference_mode():
        answer: torch.Tensor = model(**inputs).logits
    return answer


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def ours(assembly: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        batch = {"input_ids": ids, "attention_mask": (ids != 1).long()}
        answer: torch.Tensor = assembly.logits(batch)
    return answer


def loud(parts: Any, lab: Any) -> Any:
    """Return an assembly in evaluation mode whose modules do something."""
    assembly = lab.assembly(parts)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(9)
        for weight in assembly.trainable.values():
            weight.add_(torch.randn_like(weight) * 0.3)
    assembly.model.eval()
    return assembly


def test_a_gate_opens_by_padding_in_the_plain_library_and_not_here(plain: Any, lab: Any) -> None:
    add(plain, "unipelt", "one")
    plain.set_active_adapters("one")
    short = {"input_ids": IDS[1:, :4], "attention_mask": MASK[1:, :4]}
    assert apart(said(plain)[1:], said(plain, short)) > 1e-3
    assembly = loud(lab.parts("unipelt", "target", "toy-xnli"), lab)
    padded, alone = ours(assembly, IDS)[1:], ours(assembly, IDS[1:, :4])
    assert apart(padded, alone) < 1e-5 * max(1.0, float(alone.abs().max()))


def test_without_padding_a_gate_opens_as_in_the_plain_library(plain: Any) -> None:
    add(plain, "unipelt", "one")
    plain.set_active_adapters("one")
    whole = {"input_ids": IDS[:1], "attention_mask": MASK[:1]}
    before, padded = said(plain, whole), said(plain)
    ignore_padding(plain, "one")
    assert torch.equal(said(plain, whole), before)
    assert apart(said(plain), padded) > 1e-3


def test_every_gate_of_the_adapter_is_watched_and_no_other(plain: Any) -> None:
    add(plain, "unipelt", "one", "two")
    ignore_padding(plain, "one")
    watched = {
        path
        for path, module in plain.named_modules()
        if isinstance(module, nn.Linear) and module._forward_hooks
    }
    # Two layers: one gate each before the prefixes and the bottleneck, two before LoRA.
    assert len(watched) == 2 * 4
    assert all("one" in path.split(".") for path in watched)


def test_a_gate_learns_from_the_text_alone(plain: Any) -> None:
    add(plain, "unipelt", "one")
    plain.train_adapter("one")
    plain.active_head = "head"
    plain.eval()
    ignore_padding(plain, "one")
    gates = [weight for path, weight in plain.named_parameters() if ".gate." in path]
    plain(input_ids=IDS[1:], attention_mask=MASK[1:]).logits.sum().backward()
    padded = [weight.grad.clone() for weight in gates]
    plain.zero_grad()
    plain(input_ids=IDS[1:, :4], attention_mask=MASK[1:, :4]).logits.sum().backward()
    for weight, grad in zip(gates, padded, strict=True):
        torch.testing.assert_close(weight.grad, grad, atol=1e-4, rtol=1e-3)
