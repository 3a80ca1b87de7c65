"""The one training function: every format, method and composition goes through it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import checkpoint
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.batching import training_batches
from adapterstilts.modeling.checkpoint import Progress
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.device import Device, Memory, drawing
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.masking import Masker
from adapterstilts.modeling.optimising import Stepper, check_finite, schedule
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.tokenizing import Tokenizer

Evaluate = Callable[[Assembly], float]
"""Score of the model as it is on English dev data; higher is better."""
Report = Callable[[int, int, str], None]
"""Hears of steps taken, of how many, and a note."""
_LOG_EVERY = 10


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a run; the assembly holds the best weights."""

    history: Sequence[Mapping[str, float]]
    """Loss and learning rate by step, and the dev score where there was an evaluation."""
    seconds: float
    """Wall-clock time of training, its interrupted parts included."""
    peak_memory: int
    """Largest memory in use, in bytes."""
    best: float
    """Dev score of the weights that were kept."""
    best_step: int
    """Step at which they were reached."""


def train(
    assembly: Assembly,
    encoded: Encoded,
    tokenizer: Tokenizer,
    hyper: Hyperparameters,
    *,
    seed: int,
    device: Device,
    evaluate: Evaluate,
    work: Path,
    checkpoint_seconds: float,
    report: Report = lambda done, total, note: None,
) -> Trained:
    """Train what the assembly leaves unfrozen and keep the weights that did best on English dev.

    A run that was stopped at any moment goes on from the last checkpoint in `work` and ends with
    the very same weights: order of data, dropout and schedule depend on seed and step alone.
    """
    items = Items(encoded, assembly.parts.head, pad=tokenizer.pad)
    if not items.groups:
        raise StiltsError(
            f"the training split of '{assembly.parts.head.name}' is empty: check its data and"
            " the train_examples setting"
        )
    with drawing(seed, 1):
        stepper = Stepper(assembly, items, Masker(tokenizer), hyper, seed=seed, device=device)
        kept = checkpoint.load(work, assembly.trainable, stepper.optimizer)
        progress, best = kept or (Progress(), {})
        memory, started, saved = Memory(device.device), time.monotonic(), time.monotonic()
        before = progress.seconds
        for indices in training_batches(
            items.lengths, size=hyper.batch_size, seed=seed, start=progress.step
        ):
            if _ended(progress, hyper):
                break
            loss = stepper.step(indices, progress.step)
            progress.step += 1
            logs, evaluates = _logs(progress.step, hyper), _evaluates(progress.step, hyper)
            if logs or evaluates:
                check_finite(float(loss), progress.step)
            if logs:
                rate = hyper.learning_rate * schedule(progress.step - 1, hyper)
                progress.history.append(
                    {"step": progress.step, "loss": float(loss), "learning_rate": rate}
                )
                report(progress.step, hyper.steps, f"loss {float(loss):.3f}")
            if evaluates:
                best = _select(assembly, evaluate, progress, best)
            progress.seconds = before + time.monotonic() - started
            if time.monotonic() - saved >= checkpoint_seconds and progress.step < hyper.steps:
                progress.peak_memory = max(progress.peak_memory, memory.peak())
                checkpoint.save(work, progress, assembly.trainable, stepper.optimizer, best)
                saved = time.monotonic()
    _restore(assembly.trainable, best)
    return Trained(
        history=progress.history,
        seconds=progress.seconds,
        peak_memory=max(progress.peak_memory, memory.peak()),
        best=progress.best or 0.0,
        best_step=progress.best_step,
    )


def _ended(progress: Progress, hyper: Hyperparameters) -> bool:
    return progress.step >= hyper.steps or bool(hyper.patience and progress.stale >= hyper.patience)


def _logs(step: int, hyper: Hyperparameters) -> bool:
    return step == hyper.steps or step % _LOG_EVERY == 0


def _evaluates(step: int, hyper: Hyperparameters) -> bool:
    return step == hyper.steps or bool(hyper.evaluate_every and step % hyper.evaluate_every == 0)


def _select(
    assembly: Assembly, evaluate: Evaluate, progress: Progress, best: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Evaluate, note the score, and return the best weights so far."""
    assembly.model.eval()
    with torch.random.fork_rng(devices=[]):
        score = evaluate(assembly)
    check_finite(score, progress.step, what="dev score")
    progress.history.append({"step": progress.step, "dev": score})
    if progress.best is not None and score <= progress.best:
        progress.stale += 1
        return best
    progress.best, progress.best_step, progress.stale = score, progress.step, 0
    now = {name: parameter.detach().clone() for name, parameter in assembly.trainable.items()}
    for name, tensor in now.items():  # A last gradient may have run away after a loss that had not.
        check_finite(float(tensor.sum()), progress.step, what=f"sum of the weights {name}")
    return now


def _restore(trainable: Mapping[str, nn.Parameter], best: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, tensor in best.items():
            trainable[name].copy_(tensor)
