"""UniPELT's gates: padding does not open them, and without padding they are the library's own."""

from typing import Any

import torch
from torch import nn

from adapterstilts.modeling.gates import ignore_padding
from tests.modeling.plainly import IDS, MASK, add, apart, loud, ours, said


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
