"""Sequential STILTs: the target begins where the source ended, under a new head."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch

from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.methods import METHODS

OFFERED = [each.name for each in METHODS.values() if not COMPOSITIONS.get("continue").refuses(each)]
HYPER = Hyperparameters(learning_rate=1e-2, batch_size=4, steps=3)


def under(state: Mapping[str, torch.Tensor], old: str, new: str) -> dict[str, torch.Tensor]:
    """Return weights under the names that the target has for them."""
    renamed = {}
    for key, weight in state.items():
        path = [new if part == old else part for part in key.split(".")]
        renamed[".".join(path).replace(f"{old}__", f"{new}__")] = weight
    return renamed


def is_head(key: str) -> bool:
    return any(part in key for part in ("heads.", "classifier.", "qa_outputs."))


@pytest.mark.parametrize("task", ["toy-xnli", "toy-udpos"])
@pytest.mark.parametrize("method", OFFERED)
def test_the_weights_at_step_nought_are_the_sources_and_the_head_is_new(
    lab: Any, method: str, task: str
) -> None:
    """Bit for bit; the head is drawn by the seed alone, also where the source's would fit."""
    parts = lab.parts(method, "continue", task, "toy-nli")
    now, other = (lab.assembly(parts, seed).model.state_dict() for seed in (1, 2))
    own = lab.parts(method, "target", "toy-nli")
    source = for_prediction(own, lab.source(method, "toy-nli"), device=lab.device)
    left = under(source.model.state_dict(), "toy-nli", task)
    encoder = {key for key in now if not is_head(key) and "pooler" not in key}
    assert encoder == {key for key in left if not is_head(key) and "pooler" not in key}
    assert [key for key in encoder if not torch.equal(now[key], left[key])] == []
    begun = lab.assembly(lab.parts(method, "target", task), 1).model.state_dict()
    learned = [key for key in encoder if not torch.equal(now[key], begun[key])]
    assert learned, "the source had learned nothing, so that this would show nothing"
    matrices = [key for key in now if is_head(key) and now[key].ndim == 2]
    assert matrices
    for key in matrices:
        assert not torch.equal(now[key], other[key])
        if key in left and left[key].shape == now[key].shape:
            assert not torch.equal(now[key], left[key])


@pytest.mark.parametrize("method", ["seq_bn", "peft:lora", "full"])
def test_the_head_is_the_one_that_a_target_without_a_source_begins_with(
    lab: Any, method: str
) -> None:
    begun, alone = (
        lab.assembly(lab.parts(method, *how), 4).model.state_dict()
        for how in (("continue", "toy-xnli", "toy-nli"), ("target", "toy-xnli"))
    )
    heads = [key for key in begun if is_head(key)]
    assert heads
    assert all(torch.equal(begun[key], alone[key]) for key in heads)


@pytest.mark.parametrize("method", ["seq_bn", "full"])
def test_the_optimiser_is_fresh(lab: Any, method: str) -> None:
    assembly = lab.assembly(lab.parts(method, "continue", "toy-xnli", "toy-nli"))
    step = lab.steps(assembly, HYPER)
    assert not step.optimizer.state
    step.step(range(4), 0)
    assert {float(state["step"]) for state in step.optimizer.state.values()} == {1.0}


def test_a_source_of_another_task_leaves_its_head_behind_whatever_its_shape(lab: Any) -> None:
    """Also where source and target bear one name, as when a task goes on from itself."""
    parts = lab.parts("seq_bn", "continue", "toy-nli", "toy-nli")
    own = lab.parts("seq_bn", "target", "toy-nli")
    left = for_prediction(own, lab.source("seq_bn", "toy-nli"), device=lab.device)
    now, before = lab.assembly(parts).model.state_dict(), left.model.state_dict()
    heads = [key for key in now if is_head(key) and now[key].ndim == 2]
    assert not any(torch.equal(now[key], before[key]) for key in heads)
    again = replace(own, begun=parts.sources[0].folder)
    kept = lab.assembly(again).model.state_dict()
    assert all(torch.equal(kept[key], before[key]) for key in heads)
