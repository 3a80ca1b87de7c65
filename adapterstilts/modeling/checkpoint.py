"""Where a training run stands, in one safetensors file that is whole or not there.

Optimiser moments, the best weights so far and the state of the dropout generators are tensors;
step, scores and history are JSON in the header. Nothing is pickled. The order of the data follows
from the seed and the step, so it needs no place here.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

FILE = "checkpoint.safetensors"


@dataclass(kw_only=True)
class Progress:
    """How far a run has come."""

    step: int = 0
    """Optimiser steps taken."""
    seconds: float = 0.0
    """Time that training took, over all of its parts."""
    peak_memory: int = 0
    """Largest memory in use, over all of its parts."""
    best: float | None = None
    """Best dev score so far."""
    best_step: int = 0
    """Step at which it was reached."""
    stale: int = 0
    """Evaluations since."""
    history: list[dict[str, float]] = field(default_factory=list)
    """What the metrics file will say."""


def save(
    folder: Path, progress: Progress, trainable: Mapping[str, nn.Parameter], optimizer: Optimizer,
    best: Mapping[str, Tensor],
) -> None:  # fmt: skip
    """Write the checkpoint, replacing the one before in a single step."""
    tensors: dict[str, Tensor] = {"generator": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors["generator.cuda"] = torch.cuda.get_rng_state()
    for name, parameter in trainable.items():
        tensors[f"weight/{name}"] = parameter.detach()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer/{key}/{name}"] = value
    tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
    temporary = folder / f".{FILE}"
    ready = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    save_file(ready, temporary, metadata={"progress": json.dumps(asdict(progress))})
    temporary.replace(folder / FILE)


def load(
    folder: Path, trainable: Mapping[str, nn.Parameter], optimizer: Optimizer
) -> tuple[Progress, dict[str, Tensor]] | None:
    """Put weights, moments and generators back; return how far the run was, with its best weights."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            progress = Progress(**json.loads(file.metadata()["progress"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 not a dict
    except (SafetensorError, ValueError, KeyError, TypeError):
        path.unlink()  # It was cut off by a full disk or is of another version: begin again.
        return None
    state: dict[nn.Parameter, dict[str, Any]] = {}
    with torch.no_grad():
        for name, parameter in trainable.items():
            parameter.copy_(tensors[f"weight/{name}"])
            state[parameter] = {
                key: tensors[f"optimizer/{key}/{name}"].to(parameter.device if key != "step" else "cpu")
                for key in ("step", "exp_avg", "exp_avg_sq")
                if f"optimizer/{key}/{name}" in tensors
            }
    optimizer.state.update({parameter: each for parameter, each in state.items() if each})
    torch.set_rng_state(tensors["generator"])
    if "generator.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["generator.cuda"])
    best = {name.removeprefix("best/"): value for name, value in tensors.items() if name.startswith("best/")}
    return progress, best
