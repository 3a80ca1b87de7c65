"""The one training function: every format, method and composition goes through it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from torch import Tensor, nn

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import checkpoint, heads
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.batching import training_batches
from adapterstilts.modeling.checkpoint import Progress
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.composition import Trains
from adapterstilts.modeling.device import Device, Memory, drawing
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.masking import Masker
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.tokenizing import Tokenizer

Evaluate = Callable[[Assembly], float]
"""Score of the model as it is on English dev data; higher is better."""
Report = Callable[[int, int, str], None]
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
    assembly: Assembly, encoded: Encoded, tokenizer: Tokenizer, hyper: Hyperparameters, *,
    seed: int, device: Device, evaluate: Evaluate, work: Path, checkpoint_seconds: float,
    report: Report = lambda done, total, note: None,
) -> Trained:  # fmt: skip
    """Train what the assembly leaves unfrozen, and keep the weights that did best on English dev data.

    A run that was stopped at any moment goes on from the last checkpoint in `work` and ends with the
    very same weights: order of data, dropout and schedule depend on the seed and the step alone.
    """
    accelerator = _accelerator(device)
    optimizer = torch.optim.AdamW(_groups(assembly, hyper), lr=hyper.learning_rate)
    with drawing(seed, 1):
        kept = checkpoint.load(work, assembly.trainable, optimizer)
        progress, best = kept or (Progress(), {})
        run = _Run(assembly, encoded, tokenizer, hyper, seed, device, accelerator, optimizer)
        memory, started, saved = Memory(device.device), time.monotonic(), time.monotonic()
        before = progress.seconds
        for indices in training_batches(run.items.lengths, size=hyper.batch_size, seed=seed, start=progress.step):
            if _ended(progress, hyper):
                break
            loss = run.step(indices, progress.step)
            progress.step += 1
            if progress.step % _LOG_EVERY == 0 or progress.step == hyper.steps:
                rate = hyper.learning_rate * schedule(progress.step - 1, hyper)
                value = float(loss)
                _check_finite(value, progress.step)
                progress.history.append({"step": progress.step, "loss": value, "learning_rate": rate})
                report(progress.step, hyper.steps, f"loss {value:.3f}")
            if _evaluates(progress.step, hyper):
                best = _select(assembly, evaluate, progress, best)
            progress.seconds = before + time.monotonic() - started
            progress.peak_memory = max(progress.peak_memory, memory.peak() if progress.step == hyper.steps else 0)
            if time.monotonic() - saved >= checkpoint_seconds and progress.step < hyper.steps:
                progress.peak_memory = max(progress.peak_memory, memory.peak())
                checkpoint.save(work, progress, assembly.trainable, optimizer, best)
                saved = time.monotonic()
    _restore(assembly.trainable, best)
    return Trained(
        history=progress.history, seconds=progress.seconds, peak_memory=progress.peak_memory,
        best=progress.best or 0.0, best_step=progress.best_step,
    )  # fmt: skip


def schedule(step: int, hyper: Hyperparameters) -> float:
    """Return the share of the peak learning rate at a step: linear warm-up, then linear decay."""
    warm = max(1, round(hyper.warmup * hyper.steps))
    if step < warm:
        return (step + 1) / warm
    return (hyper.steps - step) / max(1, hyper.steps - warm)


class _Run:
    """What one optimiser step needs."""

    def __init__(
        self, assembly: Assembly, encoded: Encoded, tokenizer: Tokenizer, hyper: Hyperparameters,
        seed: int, device: Device, accelerator: Accelerator, optimizer: torch.optim.AdamW,
    ) -> None:  # fmt: skip
        self.items = Items(encoded, assembly.parts.head, pad=tokenizer.pad)
        if not self.items.groups:
            raise StiltsError("the training split is empty: check the data and the train_examples setting")
        self._assembly, self._hyper, self._seed = assembly, hyper, seed
        self._device, self._accelerator = device, accelerator
        self._model = accelerator.prepare_model(assembly.model)
        self._optimizer = accelerator.prepare_optimizer(optimizer)
        self._masks = Masker(tokenizer)
        self._parameters = list(assembly.trainable.values())

    def step(self, indices: Sequence[int], number: int) -> Tensor:
        """Take one step on a batch; return its loss."""
        self._model.train()
        for group in self._optimizer.param_groups:
            group["lr"] = self._hyper.learning_rate * schedule(number, self._hyper)
        size = -(-len(indices) // self._hyper.accumulation)
        total = torch.zeros((), device=self._device.device)
        for part, start in enumerate(range(0, len(indices), size)):
            chunk = indices[start : start + size]
            with self._accelerator.autocast():
                loss = self._loss(chunk, number * self._hyper.accumulation + part)
            loss = loss * (len(chunk) / len(indices))
            self._accelerator.backward(loss)
            total += loss.detach()
        if self._hyper.clip:
            self._accelerator.clip_grad_norm_(self._parameters, self._hyper.clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return total

    def _loss(self, indices: Sequence[int], number: int) -> Tensor:
        batch = self.items.batch(indices, self._device.device)
        head = self._assembly.parts.head
        if head.kind == "lm":
            seed = self._seed * 1_000_003 + number
            batch["input_ids"], batch["labels"] = self._masks(
                batch["input_ids"], batch.get("salient"), seed
            )
        loss = heads.loss(head, heads.logits(self._model, head, batch).float(), batch)
        # In the library the fusion's regularisation comes one step late; here it is part of the loss.
        if self._assembly.parts.composition.trains is Trains.FUSION:
            loss = loss + self._assembly.model.base_model.get_fusion_regularization_loss()
        return loss


def _accelerator(device: Device) -> Accelerator:
    """Return an Accelerator of this stage alone; its state is otherwise kept for the whole process."""
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()
    return Accelerator(
        cpu=device.device.type == "cpu", mixed_precision="bf16" if device.precision == "bf16" else "no"
    )


def _groups(assembly: Assembly, hyper: Hyperparameters) -> list[dict[str, Any]]:
    """Return parameter groups: no decay for biases, norms, and what starts from the identity."""
    spared, decayed = list[nn.Parameter](), list[nn.Parameter]()
    for name, parameter in assembly.trainable.items():
        fusion_value = "adapter_fusion_layer" in name and ".value." in name
        (spared if parameter.ndim < 2 or fusion_value else decayed).append(parameter)
    return [
        {"params": decayed, "weight_decay": hyper.weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]


def _ended(progress: Progress, hyper: Hyperparameters) -> bool:
    return progress.step >= hyper.steps or bool(hyper.patience and progress.stale >= hyper.patience)


def _evaluates(step: int, hyper: Hyperparameters) -> bool:
    return step == hyper.steps or bool(hyper.evaluate_every and step % hyper.evaluate_every == 0)


def _select(
    assembly: Assembly, evaluate: Evaluate, progress: Progress, best: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Evaluate, note the score, and return the best weights so far."""
    assembly.model.eval()
    with torch.random.fork_rng(devices=[]):
        score = evaluate(assembly)
    progress.history.append({"step": progress.step, "dev": score})
    if progress.best is not None and score <= progress.best:
        progress.stale += 1
        return best
    progress.best, progress.best_step, progress.stale = score, progress.step, 0
    return {name: parameter.detach().clone() for name, parameter in assembly.trainable.items()}


def _restore(trainable: Mapping[str, nn.Parameter], best: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, tensor in best.items():
            trainable[name].copy_(tensor)


def _check_finite(loss: float, step: int) -> None:
    if loss != loss or loss in (float("inf"), float("-inf")):
        raise StiltsError(
            f"the loss is {loss} at step {step}: lower learning_rate, raise warmup, or set"
            " runtime.precision to fp32"
        )
