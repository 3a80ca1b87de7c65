"""One optimiser step: what it learns from, how fast, and what is spared from decay."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from accelerate.utils import patch_environment
from torch import Tensor, nn

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import heads
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.masking import Masker
from adapterstilts.modeling.ranks import ALONE, Ranks
from adapterstilts.modeling.tracks import Share

_SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""Where launchers say how many processes there are."""


def schedule(step: int, hyper: Hyperparameters) -> float:
    """Return the share of the peak learning rate at a step: linear warm-up, then linear decay.

    These are the rates of `transformers`, but that its warm-up is one step behind: it begins at
    nothing, so that the first batch teaches nothing, and a run of one step does not learn at all.
    """
    warm = round(hyper.warmup * hyper.steps)
    if step < warm:
        return (step + 1) / warm
    return (hyper.steps - step) / max(1, hyper.steps - warm)


def groups(assembly: Assembly, hyper: Hyperparameters) -> list[dict[str, Any]]:
    """Return parameter groups: no decay for biases, norms, and what starts from the identity.

    `adapters` 1.3 means to spare the fusion's values too, but its pattern never matches a name.
    """
    spared, decayed = list[nn.Parameter](), list[nn.Parameter]()
    for name, parameter in assembly.trainable.items():
        fusion_value = "adapter_fusion_layer" in name and ".value." in name
        # A matrix of one column in both libraries, which starts from ones.
        scale = assembly.parts.method.architecture == "ia3" and ("loras" in name or "ia3_l" in name)
        (spared if parameter.ndim < 2 or fusion_value or scale else decayed).append(parameter)
    return [
        {"params": decayed, "weight_decay": hyper.weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]


def check_finite(value: float, step: int, *, what: str = "loss") -> None:
    """Refuse to go on with a run that has left the numbers."""
    if not math.isfinite(value):
        raise StiltsError(
            f"the {what} is {value} at step {step}: training ran away; lower learning_rate, raise"
            " warmup, or set runtime.precision to fp32 in the recipe"
        )


class Stepper:
    """Takes one optimiser step after the other."""

    def __init__(
        self,
        assembly: Assembly,
        masker: Masker,
        hyper: Hyperparameters,
        *,
        device: Device,
        ranks: Ranks = ALONE,
    ) -> None:
        """Prepare the model and an optimiser for a device."""
        accelerator = _accelerator(device)
        self.optimizer = torch.optim.AdamW(groups(assembly, hyper), lr=hyper.learning_rate)
        """Optimiser of what the assembly leaves unfrozen."""
        self._assembly, self._masker, self._hyper = assembly, masker, hyper
        self._device, self._accelerator, self._ranks = device, accelerator, ranks
        self._model = accelerator.prepare_model(assembly.model)
        self._prepared = accelerator.prepare_optimizer(self.optimizer)

    def step(self, shares: Sequence[Share], number: int) -> Tensor:
        """Take step `number`, counted from 0, on the rows of one head or of several.

        Return the loss: the mean of theirs, each by its number of rows.
        """
        self._model.train()
        for group in self._prepared.param_groups:
            group["lr"] = self._hyper.learning_rate * schedule(number, self._hyper)
        total = torch.zeros((), device=self._device.device)
        rows, before = sum(len(share.rows) for share in shares), 0
        mine = self._ranks.rows(rows)
        size = -(-len(mine) // self._hyper.accumulation)
        for share in shares:
            head, batch = share.track.head, self._batch(share, number)
            terms = heads.terms(head, batch)
            own = range(len(share.rows))[max(0, mine.start - before) : max(0, mine.stop - before)]
            before += len(share.rows)
            # Pairs are each other's negatives, so that no part of them could stand for all.
            whole = head.kind == "none"
            for part in _parts(batch, own, len(share.rows) if whole else size):
                with self._accelerator.autocast():
                    said = heads.logits(self._model, head, part).float()
                    loss = heads.loss(head, said, part) / terms * (len(share.rows) / rows)
                    loss = loss + self._regularisation() * (len(part["input_ids"]) / rows)
                self._accelerator.backward(loss)
                total += loss.detach()
        total = self._ranks.add_up(self._assembly.trainable, total)
        if self._hyper.clip:
            parameters = list(self._assembly.trainable.values())
            self._accelerator.clip_grad_norm_(parameters, self._hyper.clip)
        self._prepared.step()
        self._prepared.zero_grad()
        return total

    def _batch(self, share: Share, number: int) -> dict[str, Tensor]:
        batch = share.track.items.batch(share.rows, self._device.device)
        if share.track.head.kind == "lm":
            seed = share.track.seed * 1_000_003 + number
            batch["input_ids"], batch["labels"] = self._masker(
                batch["input_ids"], batch.get("salient"), seed
            )
        return batch

    def _regularisation(self) -> Tensor | float:
        """Return what keeps a fusion's values near the identity.

        `AdapterTrainer` adds its gradient after a step, for the next one: the first step of a
        fusion that does not begin at the identity lacks it, and so does the first after a resume.
        Here it is part of the loss.
        """
        if not any(block.fuses for block in self._assembly.parts.block.blocks()):
            return 0.0
        loss: Tensor | None = self._assembly.model.base_model.get_fusion_regularization_loss()
        return 0.0 if loss is None else loss  # A static fusion has no values.


def _parts(batch: dict[str, Tensor], rows: range, size: int) -> Iterator[dict[str, Tensor]]:
    """Yield rows of a batch in parts of at most `size`."""
    for start in rows[::size]:
        stop = min(start + size, rows.stop)
        yield {name: tensor[start:stop] for name, tensor in batch.items()}


def _accelerator(device: Device) -> Accelerator:
    """Return an Accelerator of this stage alone; its state else stays for the whole process.

    It is told of no other process: it would wrap the model, or wait for what MPI started beside.
    """
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()
    cpu = device.device.type == "cpu"
    with patch_environment(LOCAL_RANK=-1, ACCELERATE_USE_CPU=cpu, **dict.fromkeys(_SIZES, 1)):
        return Accelerator(
            cpu=cpu,
            mixed_precision="bf16" if device.precision == "bf16" else "no",
        )
