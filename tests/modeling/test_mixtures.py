"""Training of several heads in one run: in turns, or in batches of several."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.sampling import turns
from adapterstilts.tasks.mixture import Sampling

TASKS = ("toy-nli", "toy-squad", "toy-mlm")
HYPER = Hyperparameters(learning_rate=1e-2, batch_size=6, steps=7, warmup=0.0, evaluate_every=1)
STILL = replace(HYPER, clip=0.0, batch_size=8)
UNIFORM, TOGETHER = Sampling(rule="uniform"), Sampling(batches="mixed")


def build(lab: Any, method: str = "seq_bn") -> Any:
    return lab.assembly(lab.mix(method, *TASKS))


def drawn(now: Any) -> list[float]:
    """Return scores that depend on the weights and disturb the generator."""
    torch.rand(3)
    score = float(sum(value.detach().double().sum() for value in now.trainable.values()))
    return [score * (index + 1) for index in range(len(now.parts.heads))]


def gradients(step: Any, assembly: Any) -> dict[str, torch.Tensor]:
    """Return the gradient of a first step, which Adam keeps a tenth of."""
    state = step.optimizer.state
    return {
        name: state[weight]["exp_avg"] / 0.1
        for name, weight in assembly.trainable.items()
        if weight in state
    }


@pytest.mark.parametrize("accumulation", [1, 2, 8])
@pytest.mark.parametrize("method", ["seq_bn", "full", "peft:lora"])
def test_a_mixed_step_learns_from_the_mean_over_the_heads_by_their_rows(
    still_lab: Any, method: str, accumulation: int
) -> None:
    sets = ([0, 1, 2, 3, 4], [0, 1], [0])
    apart, losses = [], []
    for index in range(3):
        assembly = build(still_lab, method)
        step = still_lab.steps(assembly, STILL)
        own = [rows if place == index else [] for place, rows in enumerate(sets)]
        losses.append(float(step.step(own[0], 0, *own[1:])))
        apart.append(gradients(step, assembly))
    assembly = build(still_lab, method)
    step = still_lab.steps(assembly, replace(STILL, accumulation=accumulation))
    loss = float(step.step(sets[0], 0, *sets[1:]))
    assert loss == pytest.approx(sum(len(s) / 8 * one for s, one in zip(sets, losses, strict=True)))
    together = gradients(step, assembly)
    assert set(together) == set().union(*apart) == set(assembly.trainable)
    for name, gradient in together.items():
        expected = sum(
            len(rows) / 8 * found[name]
            for rows, found in zip(sets, apart, strict=True)
            if name in found
        )
        torch.testing.assert_close(gradient, expected, rtol=1e-3, atol=1e-6)


def test_a_step_of_one_head_leaves_the_others_alone(still_lab: Any) -> None:
    """Also what an optimiser that knows of no gradient would do to them: no decay, no moment."""
    assembly = build(still_lab)
    before = {name: weight.detach().clone() for name, weight in assembly.trainable.items()}
    step = still_lab.steps(assembly, replace(STILL, weight_decay=0.5))
    step.step([0, 1, 2], 0, [], [])
    step.step([3, 4], 1, [], [])
    for name, weight in assembly.trainable.items():
        others = name.startswith(("heads.toy-squad", "heads.toy-mlm"))
        assert torch.equal(weight, before[name]) == others, name


@pytest.mark.parametrize("how", [UNIFORM, TOGETHER])
@pytest.mark.parametrize("method", ["seq_bn", "full"])
def test_a_mix_that_is_stopped_at_every_step_ends_as_one_that_was_not(
    lab: Any, tmp_path: Path, method: str, how: Sampling
) -> None:
    """Bit for bit, with dropout on; no step is another task's than it would have been."""

    def run(work: Path, stop: int) -> Any:
        calls = iter(range(1, 99))

        def evaluate(now: Any) -> list[float]:
            if next(calls) == stop:
                raise KeyboardInterrupt
            return drawn(now)

        work.mkdir(exist_ok=True)
        assembly = build(lab, method)
        options = {"evaluate": evaluate, "checkpoint_seconds": 0.0, "mixture": how}
        return assembly, lab.train(assembly, TASKS, work, HYPER, **options)

    expected, whole = run(tmp_path / "whole", 99)
    for stops in [(1,), (4,), (7,), (2, 2, 3)]:
        work = tmp_path / "-".join(map(str, stops))
        for stop in stops:
            with pytest.raises(KeyboardInterrupt):
                run(work, stop)
        assembly, trained = run(work, 99)
        assert trained.history == whole.history
        assert (trained.turns, trained.shares) == (whole.turns, whole.shares)
        for name, weight in assembly.trainable.items():
            assert torch.equal(weight, expected.trainable[name]), name


def test_the_dev_score_is_the_mean_of_the_heads_and_each_has_its_own(
    lab: Any, tmp_path: Path
) -> None:
    scores = iter([[9.0, 0, 0], [4.0, 4, 4], [0.0, 9, 2], [3.0, 3, 3]])
    hyper = replace(HYPER, patience=2)
    trained = lab.train(
        build(lab), TASKS, tmp_path, hyper, evaluate=lambda now: next(scores), mixture=UNIFORM
    )
    found = [row for row in trained.history if "dev" in row]
    assert found == [
        {"step": 1, "dev": 3.0, "dev/toy-nli": 9, "dev/toy-squad": 0, "dev/toy-mlm": 0},
        {"step": 2, "dev": 4.0, "dev/toy-nli": 4, "dev/toy-squad": 4, "dev/toy-mlm": 4},
        {"step": 3, "dev": 11 / 3, "dev/toy-nli": 0, "dev/toy-squad": 9, "dev/toy-mlm": 2},
        {"step": 4, "dev": 3.0, "dev/toy-nli": 3, "dev/toy-squad": 3, "dev/toy-mlm": 3},
    ]
    assert (trained.best, trained.best_step) == (4.0, 2)


def test_shares_that_were_asked_and_turns_that_were_taken_are_told(
    lab: Any, tmp_path: Path
) -> None:
    given = Sampling(weights=(5.0, 1.0, 1.0))
    trained = lab.train(build(lab), TASKS, tmp_path, HYPER, mixture=given)
    assert trained.shares == pytest.approx((5 / 7, 1 / 7, 1 / 7))
    assert trained.turns == [5, 1, 1]
    ended = replace(HYPER, patience=1)
    (tmp_path / "ended").mkdir()
    trained = lab.train(build(lab), TASKS, tmp_path / "ended", ended, mixture=given)
    first = turns((5 / 7, 1 / 7, 1 / 7), 7, 0)[:2].tolist()
    assert trained.turns == [first.count(part) for part in range(3)]


def test_batches_of_several_heads_are_no_batches_of_one(lab: Any, tmp_path: Path) -> None:
    losses = []
    for how in (UNIFORM, TOGETHER):
        work = tmp_path / how.batches
        work.mkdir()
        trained = lab.train(build(lab), TASKS, work, HYPER, mixture=how)
        losses.append(trained.history[-2]["loss"])
        assert (sum(trained.turns) == 7) == (how is UNIFORM)
    assert losses[0] != losses[1]


def test_masks_are_drawn_anew_for_every_turn_of_a_language_model(still_lab: Any) -> None:
    assembly = build(still_lab)
    step, seen = still_lab.steps(assembly, STILL), list[torch.Tensor]()

    def note(module: Any, given: Any, named: Any) -> None:
        seen.append(named["input_ids"].clone())

    assembly.model.base_model.register_forward_pre_hook(note, with_kwargs=True)
    for number in (3, 3, 4):
        step.step([], number, [], [0, 1, 2])
    one, again, other = seen
    assert torch.equal(one, again)
    assert one.shape == other.shape
    assert not torch.equal(one, other)
