"""A training that goes on from one on another task: Social IQA before COPA, as XTREME-R has it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adapterstilts.modeling import inference
from adapterstilts.modeling.composition import composition
from adapterstilts.modeling.methods import METHODS

FIRST, THEN = "toy-swag", "toy-xcopa"
WAYS = (
    "target",
    "continue(toy-nli)",
    "stack(toy-nli)",
    "stack(toy-nli, fuse(toy-squad, toy-pawsx))",
    "fuse(toy-nli, toy-squad)",
    "fuse[last_layer=false](toy-nli, stack(toy-squad, toy-pawsx))",
)
OFFERED = [
    (method.name, way)
    for method in METHODS.values()
    for way in WAYS
    if not composition(way).refuses(method) and not method.heads
]


def logits(lab: Any, assembly: Any) -> list[Any]:
    assembly.model.eval()
    data = lab.encoded(THEN, "test")
    return inference.outputs(
        assembly, data, pad=lab.tokenizer.pad, device=lab.device, tokens=10_000
    )


@pytest.mark.parametrize(("method", "way"), OFFERED)
def test_it_begins_with_the_weights_and_the_head_of_the_first(
    method: str, way: str, lab: Any, weights_of: Any, tmp_path: Path
) -> None:
    before = lab.assembly(lab.way(method, way, FIRST))
    lab.train(before, FIRST, tmp_path / "first-work")
    for name in ("first", "then"):
        (tmp_path / name).mkdir()
    before.save(tmp_path / "first")
    parts = lab.way(method, way, THEN, begun=tmp_path / "first")
    after = lab.assembly(parts)
    for one, other in zip(logits(lab, before), logits(lab, after), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
    fresh = lab.assembly(replace(parts, begun=None))
    assert after.trainable.keys() == fresh.trainable.keys()
    start = weights_of(after.model)
    lab.train(after, THEN, tmp_path / "then-work")
    end = weights_of(after.model)
    changed = {name for name in end if not torch.equal(end[name], start[name])}
    assert changed
    assert changed <= after.trainable.keys()
    after.save(tmp_path / "then")
    again = lab.assembly(replace(parts, begun=tmp_path / "then"))
    for one, other in zip(logits(lab, after), logits(lab, again), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
