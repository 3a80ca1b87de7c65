"""The one training function: every format, method and composition goes through it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from adapterstilts.core.progress import Report, unheard
from adapterstilts.modeling import checkpoint, sampling, tracks
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.checkpoint import Progress
from adapterstilts.modeling.device import Device, Memory, drawing
from adapterstilts.modeling.dividing import check_pairs, check_rows
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.masking import Masker
from adapterstilts.modeling.optimising import Stepper, check_finite, schedule
from adapterstilts.modeling.ranks import ALONE, Ranks
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.mixture import PLAIN, Sampling
from adapterstilts.tasks.tokenizing import Tokenizer

Evaluate = Callable[[Assembly], Sequence[float]]
"""Score of each head of the model as it is on English dev data; higher is better."""
_LOG_EVERY = 10


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a run; the assembly holds the best weights."""

    history: Sequence[Mapping[str, float]]
    """Loss and learning rate by step, and the dev score where there was an evaluation.

    Of several heads each has its own, and `dev` is their mean.
    """
    seconds: float
    """Wall-clock time of training, its interrupted parts included."""
    peak_memory: int
    """Largest memory in use, in bytes."""
    best: float
    """Dev score of the weights that were kept."""
    best_step: int
    """Step at which they were reached."""
    shares: Sequence[float]
    """Share of the training that was asked for each head."""
    turns: Sequence[int]
    """Steps that each head took part in."""


def train(
    assembly: Assembly,
    encoded: Sequence[Encoded],
    tokenizer: Tokenizer,
    hyper: Hyperparameters,
    *,
    mixture: Sampling = PLAIN,
    seed: int,
    device: Device,
    evaluate: Evaluate,
    work: Path,
    checkpoint_seconds: float,
    report: Report = unheard,
    ranks: Ranks = ALONE,
) -> Trained:
    """Train what the assembly leaves unfrozen and keep the weights that did best on English dev.

    Each head learns from a split of its own, in turns or in batches of several as the mixture says.
    A run that was stopped at any moment goes on from the last checkpoint in `work` and ends with
    the very same weights: order of data, dropout and schedule depend on seed and step alone.
    Several processes take every step together, and only the first of them evaluates and writes.
    """
    learned = tracks.tracks(assembly.parts.heads, encoded, pad=tokenizer.pad, seed=seed)
    shares = sampling.shares([len(track.items) for track in learned], mixture)
    counts = sampling.rows(shares, mixture, steps=hyper.steps, size=hyper.batch_size, seed=seed)
    mixed = mixture.batches == "mixed"
    for track in learned:
        rows = hyper.batch_size if mixed else len(track.items)
        check_rows(rows, hyper, ranks.size, track.head.name)
        if track.head.kind == "none":
            check_pairs(ranks.size, track.head.name)
    with drawing(*ranks.key(seed, 1)):
        stepper = Stepper(assembly, Masker(tokenizer), hyper, device=device, ranks=ranks)
        kept = checkpoint.load(work, assembly.trainable, stepper.optimizer, ranks)
        progress, best = kept or (Progress(), {})
        ranks.begin_alike(assembly.trainable, progress.step)
        memory, started, saved = Memory(device.device), time.monotonic(), time.monotonic()
        before = progress.seconds
        for batch in tracks.batches(
            learned, counts, size=hyper.batch_size, mixed=mixed, start=progress.step
        ):
            if _ended(progress, hyper):
                break
            loss = stepper.step(batch, progress.step)
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
                best = _select(assembly, evaluate, progress, best, ranks)
            progress.seconds = before + time.monotonic() - started
            due = ranks.agreed(time.monotonic() - saved >= checkpoint_seconds)
            if due and progress.step < hyper.steps:
                progress.peak_memory = max(progress.peak_memory, memory.peak())
                checkpoint.save(work, progress, assembly.trainable, stepper.optimizer, best, ranks)
                saved = time.monotonic()
    _restore(assembly.trainable, best)
    return Trained(
        history=progress.history,
        seconds=progress.seconds,
        peak_memory=max(progress.peak_memory, memory.peak()),
        best=progress.best or 0.0,
        best_step=progress.best_step,
        shares=shares,
        turns=(counts[: progress.step] > 0).sum(axis=0).tolist(),
    )


def _ended(progress: Progress, hyper: Hyperparameters) -> bool:
    return progress.step >= hyper.steps or bool(hyper.patience and progress.stale >= hyper.patience)


def _logs(step: int, hyper: Hyperparameters) -> bool:
    return step == hyper.steps or step % _LOG_EVERY == 0


def _evaluates(step: int, hyper: Hyperparameters) -> bool:
    return step == hyper.steps or bool(hyper.evaluate_every and step % hyper.evaluate_every == 0)


def _select(
    assembly: Assembly,
    evaluate: Evaluate,
    progress: Progress,
    best: dict[str, Tensor],
    ranks: Ranks,
) -> dict[str, Tensor]:
    """Evaluate, note the score, and return the best weights so far."""
    assembly.model.eval()
    with torch.random.fork_rng(devices=[]):
        scores = ranks.first(len(assembly.parts.heads), lambda: evaluate(assembly))
    score = sum(scores) / len(scores)
    check_finite(score, progress.step, what="dev score")
    progress.history.append({"step": progress.step, "dev": score})
    heads = assembly.parts.heads
    if len(heads) > 1:
        each = zip(heads, scores, strict=True)
        progress.history[-1] |= {f"dev/{head.name}": value for head, value in each}
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
