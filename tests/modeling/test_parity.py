"""Where nothing is wrong with the plain libraries' trainers, ours takes the very same steps.

Same weights at the start, same batches, same draws of dropout: then losses and weights must agree.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AdapterTrainer
from torch.optim.lr_scheduler import LambdaLR
from transformers import Trainer, get_linear_schedule_with_warmup

from adapterstilts.modeling import training
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.optimising import schedule
from adapterstilts.modeling.parts import ADAPTER, MODEL

STEPS = 50
METHODS = ["seq_bn", "full"]
TASKS = ["toy-xnli", "toy-udpos", "toy-xquad"]


def hyper(**other: Any) -> Hyperparameters:
    """Return settings under which clipping, decay and schedule all have something to do."""
    values = {"learning_rate": 1e-3, "batch_size": 4, "steps": STEPS, "warmup": 0.0}
    return Hyperparameters(**(values | {"weight_decay": 0.1, "clip": 0.5} | other))


def add_adapter(model: Any, parts: Any) -> Any:
    """Return the plain library's model with one adapter and one head, ready for its trainer."""
    name, count = parts.head.name, parts.head.outputs
    if parts.sources:
        folder = str(parts.sources[0].folder / ADAPTER)
        model.load_adapter(folder, load_as=name, with_head=False, use_safetensors=True)
    else:
        model.add_adapter(name, config=parts.method.architecture)
    {
        "sequence": partial(model.add_classification_head, num_labels=count),
        "token": partial(model.add_tagging_head, num_labels=count),
        "span": model.add_qa_head,
    }[parts.head.kind](name)
    model.train_adapter(name)
    model.active_head = name
    return model


def whole(lab: Any, parts: Any) -> Any:
    """Return the plain library's model of a task."""
    labels = {"num_labels": parts.head.outputs} if parts.head.outputs else {}
    folder = parts.sources[0].folder / MODEL if parts.sources else lab.located.folder
    return WHOLE_MODELS[parts.head.kind].from_pretrained(folder, **labels)


@pytest.fixture
def plain(plain_model: Any) -> Any:
    """Return a function that makes the plain library's model and says which trainer it has."""

    def make(lab: Any, parts: Any) -> Any:
        if parts.method.whole:
            return whole(lab, parts), Trainer
        return add_adapter(plain_model(lab), parts), AdapterTrainer

    return make


def draw_by_pass(model: Any) -> None:
    """Make what a model draws in its nth pass depend on n alone."""
    passes = iter(range(10_000))

    def seed(*_: Any) -> None:
        torch.manual_seed(next(passes))

    model.base_model.register_forward_pre_hook(seed)


def by_ours(lab: Any, parts: Any, hyper: Hyperparameters, work: Path, monkeypatch: Any) -> Any:
    """Return the losses of our training, its weights before, and its weights after."""
    monkeypatch.setattr(training, "_LOG_EVERY", 1)
    assembly = lab.assembly(parts)
    draw_by_pass(assembly.model)
    before = {key: value.clone() for key, value in assembly.model.state_dict().items()}
    trained = lab.train(assembly, parts.head.name, work, hyper)
    losses = [row["loss"] for row in trained.history if "loss" in row]
    return losses, before, assembly.model.state_dict()


def check(ours: list[float], theirs: list[float]) -> None:
    assert len(ours) == len(theirs) == STEPS
    assert ours == pytest.approx(theirs, abs=1e-4, rel=0)


@pytest.mark.parametrize("where", ["still_lab", "lab"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", METHODS)
def test_losses_agree_with_the_plain_trainers_step_by_step(
    request: Any,
    plain: Any,
    plain_training: Any,
    tmp_path: Path,
    monkeypatch: Any,
    where: str,
    task: str,
    method: str,
) -> None:
    """Without dropout, and with it."""
    lab = request.getfixturevalue(where)
    parts = lab.parts(method, "target", task)
    ours, before, after = by_ours(lab, parts, hyper(), tmp_path, monkeypatch)
    model, kind = plain(lab, parts)
    model.load_state_dict(before)
    draw_by_pass(model)
    trainer = plain_training(lab, parts, kind, model, hyper(), tmp_path)
    trainer.train()
    check(ours, trainer.losses)
    # Of a bias that a softmax takes out the gradient is rounding, which Adam makes large.
    for key, weight in model.state_dict().items():
        if weight.ndim > 1:
            torch.testing.assert_close(after[key], weight, atol=1e-4, rtol=0)
    assert max(float((after[key] - before[key]).abs().max()) for key in before) > 0.01


def test_the_schedule_is_the_plain_one_but_for_its_first_step_at_no_rate() -> None:
    """The library's warm-up begins at nothing, so that its first batch would teach nothing."""
    weight = torch.nn.Parameter(torch.zeros(1))

    def plain(warm: int) -> list[float]:
        optimizer = torch.optim.SGD([weight], lr=1.0)
        rates = get_linear_schedule_with_warmup(optimizer, warm, STEPS).lr_lambdas[0]
        return [rates(step) for step in range(STEPS)]

    assert [schedule(step, hyper()) for step in range(STEPS)] == pytest.approx(plain(0))
    for warm in (1, 2, 10, STEPS - 1):
        ours = [schedule(step, hyper(warmup=warm / STEPS)) for step in range(STEPS)]
        assert ours[warm:] == pytest.approx(plain(warm)[warm:])
        assert ours[:warm] == pytest.approx(plain(warm)[1 : warm + 1])
        assert plain(warm)[0] == 0 < ours[0]


@pytest.mark.parametrize("method", METHODS)
def test_losses_agree_through_a_warm_up_where_the_library_is_given_its_rates(
    still_lab: Any, plain: Any, plain_training: Any, tmp_path: Path, monkeypatch: Any, method: str
) -> None:
    warm = hyper(warmup=0.2)
    parts = still_lab.parts(method, "target", "toy-xnli")
    ours, before, _ = by_ours(still_lab, parts, warm, tmp_path, monkeypatch)
    model, kind = plain(still_lab, parts)
    model.load_state_dict(before)
    trainer = plain_training(still_lab, parts, kind, model, warm, tmp_path)
    trainer.lr_scheduler = LambdaLR(trainer.create_optimizer(), partial(schedule, hyper=warm))
    trainer.train()
    check(ours, trainer.losses)


@pytest.mark.parametrize("task", ["toy-xnli", "toy-udpos"])
@pytest.mark.parametrize("method", METHODS)
def test_continue_is_sequential_stilts_done_by_hand(
    lab: Any,
    plain: Any,
    plain_training: Any,
    tmp_path: Path,
    monkeypatch: Any,
    method: str,
    task: str,
) -> None:
    """The library reads the source's files, gets a new head, and a trainer of its own."""
    parts = lab.parts(method, "continue", task, "toy-nli")
    ours, before, _ = by_ours(lab, parts, hyper(), tmp_path, monkeypatch)
    model, kind = plain(lab, parts)
    head = {
        key: weight for key, weight in before.items() if key.startswith(("heads.", "classifier."))
    }
    assert head
    assert not model.load_state_dict(head, strict=False).unexpected_keys
    draw_by_pass(model)
    trainer = plain_training(lab, parts, kind, model, hyper(), tmp_path)
    trainer.train()
    check(ours, trainer.losses)


def test_a_fusion_that_begins_at_the_identity_is_trained_as_by_the_plain_trainer(
    still_lab: Any,
    plain_fusion: Any,
    plain_training: Any,
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    """Its regularisation, which the library adds a step later, is nothing in the first step.

    Decay is off: the library would pull at the values. Only our loss has the regularisation in it.
    """
    free = hyper(weight_decay=0.0)
    parts = still_lab.parts("seq_bn", "fuse", "toy-xnli", "toy-nli", "toy-squad")
    ours, before, after = by_ours(still_lab, parts, free, tmp_path, monkeypatch)
    model = plain_fusion(still_lab, parts)
    model.load_state_dict(before)
    pulls = []

    def note(*_: Any) -> None:
        pulls.append(float(model.base_model.get_fusion_regularization_loss().detach()))

    model.base_model.register_forward_pre_hook(note)
    trainer = plain_training(still_lab, parts, AdapterTrainer, model, free, tmp_path)
    trainer.train()
    assert pulls[0] < 1e-9 < 1e-3 < pulls[-1]
    check(ours, [loss + pull for loss, pull in zip(trainer.losses, pulls, strict=True)])
    for key, weight in model.state_dict().items():
        if weight.ndim > 1:
            torch.testing.assert_close(after[key], weight, atol=1e-4, rtol=0)
