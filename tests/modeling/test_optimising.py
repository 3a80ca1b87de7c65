from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import heads
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.optimising import check_finite, groups, schedule
from adapterstilts.modeling.parts import Head

HYPER = Hyperparameters(learning_rate=1e-3, batch_size=8, steps=10, warmup=0.2, clip=0.0)
TASKS = ["toy-xnli", "toy-udpos", "toy-xquad", "toy-swag", "toy-mlm"]
NESTED = [
    ("fuse(toy-nli, toy-squad)", 2),
    ("fuse[last_layer=false](toy-nli, toy-squad)", 1),
    ("stack(toy-nli, fuse(toy-squad, toy-swag))", 2),
    ("stack(fuse(toy-nli, toy-pawsx), fuse(toy-squad, toy-swag))", 4),
    ("stack(fuse(toy-nli, toy-pawsx), fuse[kind=static](toy-squad, toy-swag))", 2),
]
"""Ways with fusions, and how many layers with values these have."""


def gradients(step: Any) -> torch.Tensor:
    """Return the gradient of a first step, which Adam keeps a tenth of."""
    moments = [state["exp_avg"].flatten() for state in step.optimizer.state.values()]
    return torch.cat(moments) / 0.1


def test_the_rate_rises_to_its_peak_and_falls_to_nearly_nothing() -> None:
    rates = [schedule(step, HYPER) for step in range(10)]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    assert [schedule(step, replace(HYPER, warmup=1.0)) for step in (0, 9)] == [0.1, 1.0]
    assert schedule(0, replace(HYPER, warmup=0.0)) == 1.0
    assert schedule(0, replace(HYPER, warmup=0.0, steps=1)) == 1.0


@pytest.mark.parametrize("task", TASKS)
def test_a_batch_in_parts_has_the_gradient_of_the_whole(still_lab: Any, task: str) -> None:
    """Parts of unequal numbers of labels included, and parts of which nothing is asked."""
    found = []
    for accumulation in (1, 3, 8):
        assembly = still_lab.assembly(still_lab.parts("seq_bn", "target", task))
        step = still_lab.steps(assembly, replace(HYPER, accumulation=accumulation))
        loss = step.step(range(8), 0)
        found.append((float(loss), gradients(step)))
    for loss, gradient in found[1:]:
        assert loss == pytest.approx(found[0][0], rel=1e-4)
        torch.testing.assert_close(gradient, found[0][1], rtol=1e-3, atol=1e-6)


def test_the_gradient_is_clipped_and_left_alone_at_zero(still_lab: Any) -> None:
    norms = {}
    for clip in (0.0, 0.01):
        assembly = still_lab.assembly(still_lab.parts("seq_bn", "target", "toy-xnli"))
        step = still_lab.steps(assembly, replace(HYPER, clip=clip))
        step.step(range(8), 0)
        norms[clip] = float(gradients(step).norm())
    assert norms[0.0] > 0.05
    assert norms[0.01] == pytest.approx(0.01, rel=1e-3)


def test_the_rate_of_a_step_is_the_schedules(still_lab: Any) -> None:
    assembly = still_lab.assembly(still_lab.parts("seq_bn", "target", "toy-xnli"))
    step = still_lab.steps(assembly, HYPER)
    for number in (0, 5):
        step.step(range(8), number)
        for group in step.optimizer.param_groups:
            assert group["lr"] == pytest.approx(1e-3 * schedule(number, HYPER))


@pytest.mark.parametrize(("way", "layers"), NESTED)
def test_every_fusions_regularisation_is_in_the_loss(still_lab: Any, way: str, layers: int) -> None:
    parts = still_lab.way("seq_bn", way, "toy-xnli")
    losses, gradient = [], []
    for weight in (0.0, 3.0):
        assembly = still_lab.assembly(parts)
        with torch.no_grad():
            for name, parameter in assembly.trainable.items():
                if ".value." in name:
                    parameter.add_(0.3)
        apart = assembly.model.base_model.get_fusion_regularization_loss
        expected = float(apart().detach())
        assembly.model.base_model.get_fusion_regularization_loss = (
            lambda apart=apart, weight=weight: weight * apart()
        )
        step = still_lab.steps(assembly, HYPER)
        losses.append(float(step.step(range(8), 0)))
        gradient.append(gradients(step))
    # Every value is 0.3 away from the identity but for what it begins with beside the diagonal.
    assert expected == pytest.approx(layers * 0.01 * 64 * 64 * 0.09, rel=1e-3)
    assert losses[1] - losses[0] == pytest.approx(3 * expected, rel=1e-3)
    assert not torch.allclose(gradient[0], gradient[1])


@pytest.mark.parametrize(("way", "layers"), NESTED)
def test_decay_spares_biases_norms_and_what_begins_as_the_identity(
    lab: Any, way: str, layers: int
) -> None:
    assembly = lab.assembly(lab.way("seq_bn", way, "toy-xnli"))
    decayed, spared = groups(assembly, replace(HYPER, weight_decay=0.1))
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)
    names = {id(parameter): name for name, parameter in assembly.trainable.items()}
    kept = {names[id(parameter)] for parameter in spared["params"]}
    fallen = {names[id(parameter)] for parameter in decayed["params"]}
    assert kept | fallen == assembly.trainable.keys()
    assert not kept & fallen
    values = {name for name in names.values() if ".value." in name}
    assert len(values) == layers
    assert values <= kept
    assert {name for name in names.values() if name.endswith(".bias")} <= kept
    assert {name for name in names.values() if ".query.weight" in name} <= fallen


@pytest.mark.parametrize("name", ["ia3", "peft:ia3"])
def test_decay_spares_scales_that_begin_as_ones(lab: Any, name: str) -> None:
    """They would be pulled to nothing, and the layer with them."""
    assembly = lab.assembly(lab.parts(name, "target", "toy-xnli"))
    decayed, spared = groups(assembly, replace(HYPER, weight_decay=0.1))
    kept = {id(parameter) for parameter in spared["params"]}
    scales = [
        parameter
        for key, parameter in assembly.trainable.items()
        if not key.startswith(("heads.", "classifier."))
    ]
    assert len(scales) == 6
    assert all(torch.equal(scale, torch.ones_like(scale)) for scale in scales)
    assert all(id(scale) in kept for scale in scales)
    assert all(parameter.ndim == 2 for parameter in decayed["params"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_run_that_left_the_numbers_is_refused_with_the_remedy(value: float) -> None:
    check_finite(1e30, 3)
    with pytest.raises(StiltsError, match=rf"the loss is {value} at step 3: .*lower learning_rate"):
        check_finite(value, 3)


def test_losses_are_sums_of_the_cross_entropies_of_what_is_asked() -> None:
    generator = torch.Generator().manual_seed(0)

    def said(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    mean = functional.cross_entropy
    labels = torch.tensor([1, 0, 2])
    logits = said(3, 4)
    head = Head(name="x", kind="sequence", outputs=4)
    batch = {"labels": labels}
    whole = heads.loss(head, logits, batch) / heads.terms(head, batch)
    torch.testing.assert_close(whole, mean(logits, labels))

    head = Head(name="x", kind="span")
    ends, batch = said(2, 6, 2), {"labels": torch.tensor([[1, 3], [0, 5]])}
    whole = heads.loss(head, ends, batch) / heads.terms(head, batch)
    both = [mean(ends[..., side], batch["labels"][:, side]) for side in (0, 1)]
    torch.testing.assert_close(whole, (both[0] + both[1]) / 2)

    head = Head(name="x", kind="token", outputs=4)
    tags, batch = said(2, 3, 4), {"labels": torch.tensor([[-100, 1, 2], [3, -100, -100]])}
    whole = heads.loss(head, tags, batch) / heads.terms(head, batch)
    torch.testing.assert_close(whole, mean(tags.flatten(0, 1), batch["labels"].flatten()))


def test_choices_that_are_not_there_take_no_part() -> None:
    head = Head(name="x", kind="choice", outputs=3)
    said = torch.tensor([[1.0, 2.0, 50.0], [0.5, 0.1, 0.2]], requires_grad=True)
    there = torch.tensor([[True, True, False], [True, True, True]])
    batch = {"labels": torch.tensor([1, 0]), "there": there}
    loss = heads.loss(head, said, batch)
    alone = functional.cross_entropy(said[:1, :2], torch.tensor([1]))
    expected = alone + functional.cross_entropy(said[1:], torch.tensor([0]))
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert said.grad is not None
    assert said.grad[0, 2] == 0
    assert said.grad.isfinite().all()


def test_a_batch_of_which_nothing_is_asked_has_no_loss_and_no_nan() -> None:
    head = Head(name="x", kind="lm")
    batch = {"labels": torch.full((2, 4), -100)}
    said = torch.zeros(0, 9, requires_grad=True)
    loss = heads.loss(head, said, batch) / heads.terms(head, batch)
    loss.backward()
    assert float(loss.detach()) == 0.0
