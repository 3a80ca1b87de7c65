"""One process of several that train together: what `test_ranks` starts, with a file of jobs.

Run as `python -m tests.modeling.beside FOLDER`, in the environment that a launcher gives.
"""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from adapterstilts.core.failures import explain
from adapterstilts.core.launch import launched
from adapterstilts.modeling import training
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.ranks import ALONE, join
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.tasks.mixture import Sampling
from tests.modeling.conftest import Lab

HYPER = Hyperparameters(learning_rate=2e-3, batch_size=4, steps=6, warmup=0.0, evaluate_every=3)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training."""

    name: str
    """What its files are called."""
    setup: tuple[str, ...]
    """Method, composition, task and sources; or method, `mix` and tasks."""
    backbone: str
    """A folder."""
    work: str
    """Folder of its checkpoints."""
    hyper: dict[str, Any] = field(default_factory=dict)
    """What is not as ever."""
    batches: str = "one"
    """Whether the batches of a mix are mixed."""
    stop: int = 0
    """Step after which it is stopped."""


def measured(now: Any) -> list[float]:
    """Return scores that depend on the weights and disturb the generator."""
    torch.rand(3)
    total = sum(float(value.detach().double().abs().sum()) for value in now.trainable.values())
    return [total / (index + 1) for index, _ in enumerate(now.parts.heads)]


def do(job: Job, lab: Lab, out: Path, ranks: Any = ALONE) -> tuple[Any, Any]:
    """Do a job, and return what came of it and the model."""
    method, composition, *tasks = job.setup
    mixes = composition == "mix"
    parts = lab.mix(method, *tasks) if mixes else lab.parts(method, composition, *tasks)
    assembly = lab.assembly(parts)

    def report(done: int, total: int, note: str) -> None:
        if done == job.stop:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_LOG_EVERY", 1)  # So that every loss is in the history.
        trained = lab.train(
            assembly,
            tasks if mixes else tasks[0],
            Path(job.work),
            replace(HYPER, **job.hyper),
            evaluate=measured,
            checkpoint_seconds=0.0,
            report=report,
            mixture=Sampling(batches=job.batches),
            ranks=ranks,
        )
    return trained, assembly


def main() -> None:
    folder = Path(sys.argv[1])
    launch = launched()
    ranks = join(launch, Runtime(device="cpu"))
    labs: dict[str, Lab] = {}
    for row in json.loads((folder / "jobs.json").read_text()):
        job = Job(**row)
        home = folder / f"{Path(job.backbone).name}-{launch.rank}"
        if job.backbone not in labs:
            home.mkdir()
            labs[job.backbone] = Lab(Path(job.backbone), home)
        said: dict[str, Any] = {}
        with suppress(KeyboardInterrupt):
            try:
                trained, assembly = do(job, labs[job.backbone], folder, ranks)
                said = {"history": trained.history, "best": trained.best}
                weights = {name: value.detach() for name, value in assembly.trainable.items()}
                save_file(weights, folder / f"{job.name}-{launch.rank}.safetensors")
            except Exception as error:
                said = {"error": explain(error)}
        (folder / f"{job.name}-{launch.rank}.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main()
