"""Where a training run stands, in one safetensors file that is whole or not there.

Optimiser moments, the best weights so far and the state of the dropout generators are tensors;
step, scores and history are JSON in the header. Nothing is pickled. The order of the data follows
from the seed and the step, so it needs no place here.

Of several processes that train together the first one writes, for all. The file is good for any
number of them: one that it holds no generator of begins to draw where it stands.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from adapterstilts.modeling.ranks import ALONE, Ranks

FILE = "checkpoint.safetensors"
_GENERATOR, _CUDA = "generator", "generator.cuda"
_WEIGHT, _BEST = "weight/", "best/"
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


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
    folder: Path,
    progress: Progress,
    trainable: Mapping[str, nn.Parameter],
    optimizer: Optimizer,
    best: Mapping[str, Tensor],
    ranks: Ranks = ALONE,
) -> None:
    """Write the checkpoint, replacing the one before in a single step."""
    tensors = _named(_GENERATOR, ranks.gathered(torch.get_rng_state()))
    if torch.cuda.is_available():
        tensors |= _named(_CUDA, ranks.gathered(torch.cuda.get_rng_state()))
    if not ranks.leads:
        return
    for name, parameter in trainable.items():
        tensors[_WEIGHT + name] = parameter.detach()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{key}/{name}"] = value
    tensors |= {_BEST + name: tensor for name, tensor in best.items()}
    temporary = folder / f".{FILE}"
    ready = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    save_file(ready, temporary, metadata={"progress": json.dumps(asdict(progress))})
    temporary.replace(folder / FILE)


def load(
    folder: Path,
    trainable: Mapping[str, nn.Parameter],
    optimizer: Optimizer,
    ranks: Ranks = ALONE,
) -> tuple[Progress, dict[str, Tensor]] | None:
    """Put weights, moments and generators back; return how far the run was and its best weights.

    A file that was cut off, or that another version wrote, is removed: the run begins again.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        progress, tensors = _read(path)
        for name, parameter in trainable.items():
            if tensors[_WEIGHT + name].shape != parameter.shape:
                raise ValueError(f"'{name}' has another shape")
        if _GENERATOR not in tensors:
            raise KeyError(_GENERATOR)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        path.unlink(missing_ok=True)
        return None
    with torch.no_grad():
        for name, parameter in trainable.items():
            parameter.copy_(tensors[_WEIGHT + name])
            moments = {
                key: tensors[f"{key}/{name}"].to("cpu" if key == "step" else parameter.device)
                for key in _MOMENTS
                if f"{key}/{name}" in tensors
            }
            if moments:
                optimizer.state[parameter] = moments
    torch.set_rng_state(tensors.get(_of(_GENERATOR, ranks.launch.rank), torch.get_rng_state()))
    if (cuda := _of(_CUDA, ranks.launch.rank)) in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors[cuda])
    return progress, {
        name.removeprefix(_BEST): tensor
        for name, tensor in tensors.items()
        if name.startswith(_BEST)
    }


def _of(generator: str, rank: int) -> str:
    """Return what the state of a process's generator is called."""
    return f"{generator}.{rank}" if rank else generator


def _named(generator: str, states: Sequence[Tensor]) -> dict[str, Tensor]:
    return {_of(generator, rank): state for rank, state in enumerate(states)}


def _read(path: Path) -> tuple[Progress, dict[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        progress = Progress(**json.loads(file.metadata()["progress"]))
        names: list[str] = file.keys()
        return progress, {name: file.get_tensor(name) for name in names}
