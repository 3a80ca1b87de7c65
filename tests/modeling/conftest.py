from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from adapterstilts.modeling import training
from adapterstilts.modeling.assembly import Assembly, for_training
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.locate import Located, locate
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.parts import Head, Parts, Source
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.tokenizing import Tokenizer
from adapterstilts.toyworld.rows import rows

CPU = Device(device=torch.device("cpu"), precision="fp32")
SHORT = Hyperparameters(learning_rate=1e-2, batch_size=4, steps=3, warmup=0.0)

TINY = {
    "compacter": "compacter[reduction_factor=8]",
    "prefix_tuning": "prefix_tuning[bottleneck_size=8,prefix_length=3]",
    "mam": "mam[bottleneck_size=8,prefix_length=3]",
    "unipelt": "unipelt[prefix_length=3]",
}
"""What is too large for the tiny backbone, or does not fit, as it is."""


class Lab:
    """What a test needs to train something small."""

    def __init__(self, backbone: Path, folder: Path) -> None:
        self.located: Located = locate(str(backbone), "main")
        self.tokenizer = Tokenizer.load(backbone)
        self.device = CPU
        self._folder = folder
        self._sources: dict[tuple[str, str], Path] = {}
        self._encoded: dict[tuple[str, str, int], Encoded] = {}

    def encoded(self, name: str, split: str, size: int = 12) -> Encoded:
        """Return a split of a toy task in the language that plays English."""
        if (name, split, size) not in self._encoded:
            task = TASKS.get(name)
            found = rows(task.data.generator, language="qaa", split=split, size=size)
            self._encoded[name, split, size] = FORMATS.get(task.format).encode(
                task, found, self.tokenizer, split=split, max_length=64
            )
        return self._encoded[name, split, size]

    def head(self, name: str) -> Head:
        task = TASKS.get(name)
        form = FORMATS.get(task.format)
        return Head(name=name, kind=form.head, outputs=form.outputs(task), labels=task.labels)

    def parts(self, method: str, composition: str, task: str, *sources: str, **other: Any) -> Parts:
        """Return the parts of a model, its sources trained first."""
        trained = [Source(name=name, folder=self.source(method, name)) for name in sources]
        values: dict[str, Any] = {
            "backbone": self.located,
            "method": method_of(TINY.get(method, method)),
            "composition": COMPOSITIONS.get(composition),
            "head": self.head(task),
            "sources": tuple(trained),
        }
        return Parts(**(values | other))

    def source(self, method: str, name: str) -> Path:
        """Return the folder of a trained source."""
        if (method, name) not in self._sources:
            folder = self._folder / f"{method}-{name}"
            folder.mkdir()
            assembly = self.assembly(self.parts(method, "target", name))
            self.train(assembly, name, folder)
            assembly.save(folder)
            self._sources[method, name] = folder
        return self._sources[method, name]

    def assembly(self, parts: Parts, seed: int = 0) -> Assembly:
        return for_training(parts, seed=seed, device=self.device)

    def train(
        self,
        assembly: Assembly,
        task: str,
        work: Path,
        hyper: Hyperparameters = SHORT,
        **other: Any,
    ) -> training.Trained:
        values: dict[str, Any] = {
            "seed": 0,
            "device": self.device,
            "evaluate": lambda now: 0.0,
            "work": work,
            "checkpoint_seconds": 1e9,
        }
        data = self.encoded(task, "train")
        return training.train(assembly, data, self.tokenizer, hyper, **(values | other))


@pytest.fixture(scope="session")
def lab(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tiny_backbone, tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def still_lab(still_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(still_backbone, tmp_path_factory.mktemp("still-sources"))


def weights(model: Any) -> Mapping[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.named_parameters()}


@pytest.fixture(scope="session")
def weights_of() -> Any:
    """Return a function that copies every parameter of a model."""
    return weights
