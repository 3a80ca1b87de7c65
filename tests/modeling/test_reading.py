"""The states that training and answers read: where, pooled how, and with which gradients."""

from typing import Any

import pytest
import torch

from adapterstilts.modeling.reading import Reading, depth, pooled


@pytest.fixture
def model(still_lab: Any) -> Any:
    return still_lab.assembly(still_lab.parts("full", "target", "toy-xnli")).model


IDS = torch.tensor([[0, 17, 21, 35, 2], [0, 29, 2, 1, 1]])
BATCH = {"input_ids": IDS, "attention_mask": (IDS != 1).long()}


def test_what_is_pooled_is_the_mean_over_real_positions_of_the_layer(model: Any) -> None:
    assert depth(model) == 2
    states = model.base_model(**BATCH, output_hidden_states=True).hidden_states
    found = pooled(model, BATCH)
    for row, count in enumerate((5, 3)):
        torch.testing.assert_close(found[row], states[1][row, :count].mean(0))
    with Reading(model.base_model, [2, 0], "cls") as reading:
        top, bottom = reading.read(BATCH)
    torch.testing.assert_close(top, states[2][:, 0])
    torch.testing.assert_close(bottom, states[0][:, 0])


def test_gradients_reach_what_lies_below_and_nothing_above(model: Any) -> None:
    pooled(model, BATCH).square().sum().backward()
    reached = {name for name, weight in model.named_parameters() if weight.grad is not None}
    assert any(".layer.0." in name for name in reached)
    assert not any(".layer.1." in name or "classifier" in name for name in reached)
    assert len(model.base_model.encoder.layer) == 2


def test_the_encoder_is_whole_again_after_a_failure(model: Any) -> None:
    with pytest.raises(ZeroDivisionError), Reading(model.base_model, [1], "mean"):
        raise ZeroDivisionError
    layers = model.base_model.encoder.layer
    assert len(layers) == 2
    assert not any(layer._forward_hooks for layer in layers)
