from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import checkpoint
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.tasks.formats.format import Encoded

HYPER = Hyperparameters(learning_rate=1e-2, batch_size=4, steps=6, evaluate_every=1)
SETUPS = {
    "seq_bn": ("seq_bn", "target", "toy-xnli", ()),
    "fuse": ("seq_bn", "fuse", "toy-xnli", ("toy-nli", "toy-squad")),
    "full": ("full", "target", "toy-xnli", ()),
    "language model": ("lora", "target", "toy-mlm", ()),
}


def build(lab: Any, name: str, seed: int = 0) -> Any:
    method, composition, task, sources = SETUPS[name]
    return lab.assembly(lab.parts(method, composition, task, *sources), seed)


def scripted(*scores: float, then: Callable[[int, Any], None] = lambda count, now: None) -> Any:
    """Return an evaluation that says one score after the other."""
    left = list(enumerate(scores, start=1))

    def evaluate(now: Any) -> list[float]:
        count, score = left.pop(0)
        then(count, now)
        return [score]

    return evaluate


def drawn(now: Any) -> list[float]:
    """Return scores that depend on the weights and disturb the generator."""
    torch.rand(3)
    score = float(sum(value.detach().double().sum() for value in now.trainable.values()))
    return [score + index for index in range(len(now.parts.heads))]


def kept(assembly: Any) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in assembly.trainable.items()}


@pytest.fixture(scope="module")
def whole(lab: Any, tmp_path_factory: Any) -> Any:
    """Return what a run gives that nobody stopped, by setup."""
    found: dict[str, Any] = {}

    def of(name: str) -> Any:
        if name not in found:
            assembly = build(lab, name)
            work = tmp_path_factory.mktemp("whole")
            trained = lab.train(assembly, SETUPS[name][2], work, HYPER, evaluate=drawn)
            found[name] = (trained, kept(assembly))
        return found[name]

    return of


@pytest.mark.parametrize("name", SETUPS)
def test_a_run_stopped_at_every_step_ends_as_one_that_was_not(
    lab: Any, whole: Any, tmp_path: Path, name: str
) -> None:
    """Bit for bit, with dropout on: weights, history, best score and step."""
    expected, weights = whole(name)
    for number, stops in enumerate([(1,), (2,), (3,), (4,), (5,), (6,), (2, 2, 3)]):
        work = tmp_path / str(number)
        work.mkdir()
        for stop in stops:
            with pytest.raises(KeyboardInterrupt):
                resume(lab, name, work, stop)
        assembly, trained = resume(lab, name, work, 99)
        assert trained.history == expected.history
        assert (trained.best, trained.best_step) == (expected.best, expected.best_step)
        for parameter, tensor in assembly.trainable.items():
            assert torch.equal(tensor, weights[parameter]), parameter


def resume(lab: Any, name: str, work: Path, stop: int) -> Any:
    """Train with a checkpoint at every step, and be stopped at the given evaluation."""
    calls = iter(range(1, 99))

    def evaluate(now: Any) -> list[float]:
        if next(calls) == stop:
            raise KeyboardInterrupt
        return drawn(now)

    assembly = build(lab, name)
    options = {"evaluate": evaluate, "checkpoint_seconds": 0.0}
    return assembly, lab.train(assembly, SETUPS[name][2], work, HYPER, **options)


def test_a_run_stopped_while_it_reports_goes_on(lab: Any, whole: Any, tmp_path: Path) -> None:
    def stop(done: int, total: int, note: str) -> None:
        assert (done, total) == (6, 6)
        assert note.startswith("loss ")
        raise KeyboardInterrupt

    options = {"evaluate": drawn, "checkpoint_seconds": 0.0}
    with pytest.raises(KeyboardInterrupt):
        lab.train(build(lab, "seq_bn"), "toy-xnli", tmp_path, HYPER, report=stop, **options)
    assembly = build(lab, "seq_bn")
    trained = lab.train(assembly, "toy-xnli", tmp_path, HYPER, **options)
    assert trained.history == whole("seq_bn")[0].history
    assert all(torch.equal(assembly.trainable[n], w) for n, w in whole("seq_bn")[1].items())


def test_dropout_and_seed_matter(lab: Any, still_lab: Any, whole: Any, tmp_path: Path) -> None:
    """Else the tests above would show nothing."""
    losses = []
    for number, (where, seed) in enumerate([(lab, 0), (lab, 1), (still_lab, 0)]):
        work = tmp_path / str(number)
        work.mkdir()
        assembly = build(where, "seq_bn")
        trained = where.train(assembly, "toy-xnli", work, HYPER, evaluate=drawn, seed=seed)
        losses.append([row["loss"] for row in trained.history if "loss" in row][-1])
    assert losses[0] == [row["loss"] for row in whole("seq_bn")[0].history if "loss" in row][-1]
    assert len(set(losses)) == 3


def test_the_best_weights_come_back_with_their_head(lab: Any, tmp_path: Path) -> None:
    seen: dict[int, dict[str, torch.Tensor]] = {}
    assembly = build(lab, "fuse")
    evaluate = scripted(1, 5, 3, 5, 2, 4, then=lambda count, now: seen.update({count: kept(now)}))
    trained = lab.train(assembly, "toy-xnli", tmp_path, HYPER, evaluate=evaluate)
    assert (trained.best, trained.best_step) == (5, 2)
    assert any(name.startswith("heads.") for name in assembly.trainable)
    for name, tensor in assembly.trainable.items():
        assert torch.equal(tensor, seen[2][name])
        assert not torch.equal(tensor, seen[6][name])


def test_training_ends_when_nothing_gains_any_more(lab: Any, tmp_path: Path) -> None:
    hyper = replace(HYPER, patience=2)
    trained = lab.train(
        build(lab, "seq_bn"), "toy-xnli", tmp_path, hyper, evaluate=scripted(1, 2, 2, 1, 9, 9)
    )
    assert [row["dev"] for row in trained.history if "dev" in row] == [1, 2, 2, 1]
    assert (trained.best, trained.best_step) == (2, 2)
    assert trained.peak_memory > 10_000_000
    assert trained.seconds > 0


def test_an_ended_run_is_not_taken_up_again(lab: Any, tmp_path: Path) -> None:
    """It was killed after its last evaluation, before anything was saved but the checkpoint."""
    hyper = replace(HYPER, patience=2)
    options = {"checkpoint_seconds": 0.0}
    first, again = build(lab, "seq_bn"), build(lab, "seq_bn")
    one = lab.train(first, "toy-xnli", tmp_path, hyper, evaluate=scripted(3, 2, 1), **options)
    other = lab.train(again, "toy-xnli", tmp_path, hyper, evaluate=scripted(), **options)
    assert other.history == one.history
    assert other.peak_memory > 0
    assert all(torch.equal(again.trainable[name], w) for name, w in first.trainable.items())


def test_the_history_says_loss_rate_and_dev_score(lab: Any, tmp_path: Path) -> None:
    hyper = Hyperparameters(learning_rate=1e-3, batch_size=4, steps=12, warmup=0.5)
    told: list[tuple[int, int]] = []
    trained = lab.train(
        build(lab, "seq_bn"),
        "toy-xnli",
        tmp_path,
        hyper,
        evaluate=scripted(7),
        report=lambda done, total, note: told.append((done, total)),
    )
    assert [sorted(row) for row in trained.history] == [
        ["learning_rate", "loss", "step"],
        ["learning_rate", "loss", "step"],
        ["dev", "step"],
    ]
    assert [row["step"] for row in trained.history] == [10, 12, 12]
    assert trained.history[0]["learning_rate"] == pytest.approx(1e-3 * 3 / 6)
    assert told == [(10, 12), (12, 12)]
    assert trained.best == 7


@pytest.mark.parametrize("every", [0, 1])
def test_a_loss_that_is_not_a_number_is_an_error(lab: Any, tmp_path: Path, every: int) -> None:
    assembly = build(lab, "seq_bn")
    with torch.no_grad():
        next(iter(assembly.trainable.values())).fill_(float("nan"))
    hyper = replace(HYPER, evaluate_every=every)
    with pytest.raises(StiltsError, match=f"loss is nan at step {1 if every else 6}: .*lower"):
        lab.train(assembly, "toy-xnli", tmp_path, hyper)


def test_weights_that_ran_away_in_the_last_step_are_not_kept(lab: Any, tmp_path: Path) -> None:
    def evaluate(now: Any) -> list[float]:
        with torch.no_grad():
            next(iter(now.trainable.values())).fill_(float("inf"))
        return [1.0]

    with pytest.raises(StiltsError, match=r"sum of the weights .* is inf at step 6"):
        lab.train(
            build(lab, "seq_bn"),
            "toy-xnli",
            tmp_path,
            replace(HYPER, evaluate_every=0),
            evaluate=evaluate,
        )


def test_a_dev_score_that_is_not_a_number_is_no_gain(lab: Any, tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match="dev score is nan at step 1"):
        lab.train(
            build(lab, "seq_bn"), "toy-xnli", tmp_path, HYPER, evaluate=scripted(float("nan"))
        )


def test_no_data_is_an_error_that_says_what_to_look_at(lab: Any, tmp_path: Path) -> None:
    from adapterstilts.modeling import training

    empty = Encoded(examples=[], features={"input_ids": [], "labels": []}, owner=[])
    with pytest.raises(StiltsError, match=r"split of 'toy-xnli' is empty: .*train_examples"):
        training.train(
            build(lab, "seq_bn"),
            [empty],
            lab.tokenizer,
            HYPER,
            seed=0,
            device=lab.device,
            evaluate=drawn,
            work=tmp_path,
            checkpoint_seconds=1.0,
        )


@pytest.mark.parametrize("damage", ["cut", "empty", "other shapes", "another version"])
def test_a_checkpoint_that_is_broken_is_begun_again(
    lab: Any, whole: Any, tmp_path: Path, damage: str
) -> None:
    def stop(count: int, now: Any) -> None:
        if count == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other = "full" if damage == "another version" else "seq_bn"
        lab.train(
            build(lab, other),
            "toy-xnli",
            tmp_path,
            HYPER,
            evaluate=scripted(*range(6), then=stop),
            checkpoint_seconds=0.0,
        )
    path = tmp_path / checkpoint.FILE
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "other shapes":
        from safetensors import safe_open
        from safetensors.torch import load_file, save_file

        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        save_file({n: t.flatten()[:1] for n, t in load_file(path).items()}, path, metadata)
    assembly = build(lab, "seq_bn")
    trained = lab.train(assembly, "toy-xnli", tmp_path, HYPER, evaluate=drawn)
    assert trained.history == whole("seq_bn")[0].history
    assert all(torch.equal(assembly.trainable[n], w) for n, w in whole("seq_bn")[1].items())


def test_the_global_generator_is_left_as_it_was(lab: Any, tmp_path: Path) -> None:
    assembly, state = build(lab, "seq_bn"), torch.get_rng_state()
    lab.train(assembly, "toy-xnli", tmp_path, HYPER)
    assert torch.equal(torch.get_rng_state(), state)
