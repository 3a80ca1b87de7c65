"""What a model's head says of a split."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.batching import evaluation_batches
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.format import IGNORED, Encoded, Output

Report = Callable[[int, int], None]


def outputs(
    assembly: Assembly,
    encoded: Encoded,
    *,
    head: Head | None = None,
    pad: int,
    device: Device,
    tokens: int,
    report: Report = lambda done, total: None,
) -> list[Output]:
    """Return what a head gives for every feature, in the features' order.

    It is the first of the assembly where none is named.
    The result does not depend on how the batches fall, beyond rounding: padding is masked, and
    every feature is cut back to its own length.
    """
    head = head or assembly.parts.head
    items = Items(encoded, head, pad=pad)
    found: dict[int, Output] = {}
    done = 0
    with torch.inference_mode(), autocast(device):
        for indices in evaluation_batches(items.lengths, tokens=tokens):
            batch = items.batch(indices, device.device)
            answers = _answers(head.kind, assembly.logits(batch, head), batch, items, indices)
            for index, rows in zip(indices, answers, strict=True):
                found.update(zip(items.groups[index], rows, strict=True))
            done += len(indices)
            report(done, len(items))
    return [found[feature] for feature in range(len(encoded.owner))]


def autocast(device: Device) -> torch.autocast:
    """Return the context in which bf16 backbones meet fp32 adapters."""
    kind, enabled = device.device.type, device.precision == "bf16"
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=enabled)


def _answers(
    kind: str, said: Tensor, batch: dict[str, Tensor], items: Items, indices: list[int]
) -> Iterator[list[Output]]:
    """Yield the outputs of each item's features, padding cut off."""
    if kind == "lm":
        yield from _guesses(said, batch["labels"])
        return
    rows = said.float().cpu().numpy()
    check_numbers(rows)
    for place, index in enumerate(indices):
        if kind == "choice":
            yield [rows[place, choice : choice + 1] for choice in range(len(items.groups[index]))]
        elif kind in ("token", "span"):
            yield [rows[place, : items.lengths[index]].copy()]
        else:
            yield [rows[place].copy()]


def check_numbers(answers: Any) -> None:
    """Refuse answers that are no numbers: the first would be taken for the best."""
    if not np.isfinite(answers).all():
        raise StiltsError(
            "the model answers with what is no number, for some weight of it is too large: train it"
            " again with a lower learning rate, or take another"
        )


def _guesses(said: Tensor, labels: Tensor) -> Iterator[list[Output]]:
    """Yield the best piece and the loss of the right one at each masked place of each feature."""
    right = labels[labels != IGNORED]
    losses = functional.cross_entropy(said.float(), right, reduction="none")
    pairs = torch.stack((said.argmax(-1).float(), losses), dim=-1).cpu().numpy()
    check_numbers(pairs)
    start = 0
    for count in (labels != IGNORED).sum(1).tolist():
        yield [np.ascontiguousarray(pairs[start : start + count])]
        start += count
