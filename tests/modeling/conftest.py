import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Fuse
from transformers import TrainingArguments

from adapterstilts.core.expressions import parse
from adapterstilts.modeling import training
from adapterstilts.modeling.assembly import Assembly, for_training
from adapterstilts.modeling.batching import training_batches
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.composition import arranged, leaves
from adapterstilts.modeling.composition import composition as composition_of
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.locate import Located, locate
from adapterstilts.modeling.masking import Masker
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.optimising import Stepper
from adapterstilts.modeling.parts import ADAPTER, Head, Parts, Source
from adapterstilts.modeling.tracks import Share, Track, tracks
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
        """Return the parts of a model, its sources, which may be nested, trained first."""
        single = leaves(sources)
        trained = [Source(name=name, folder=self.source(method, name)) for name in single]
        values: dict[str, Any] = {
            "backbone": self.located,
            "method": method_of(TINY.get(method, method)),
            "composition": composition_of(composition),
            "head": self.head(task),
            "sources": tuple(trained),
            "nodes": arranged(sources),
        }
        return Parts(**(values | other))

    def mix(self, method: str, *tasks: str, **other: Any) -> Parts:
        """Return the parts of a model with a head for each task."""
        first, *others = (self.head(name) for name in tasks)
        several = {"head": first, "others": tuple(others), "name": "the-mix"}
        return self.parts(method, "target", tasks[0], **(several | other))

    def way(self, method: str, expression: str, task: str, **other: Any) -> Parts:
        """Return the parts of a composition that is written out: `stack(toy-nli)`."""
        sources = [argument.text for argument in parse(expression).arguments]
        return self.parts(method, composition_of(expression).name, task, *sources, **other)

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
        task: str | Sequence[str],
        work: Path,
        hyper: Hyperparameters = SHORT,
        **other: Any,
    ) -> training.Trained:
        values: dict[str, Any] = {
            "seed": 0,
            "device": self.device,
            "evaluate": lambda now: [0.0] * len(now.parts.heads),
            "work": work,
            "checkpoint_seconds": 1e9,
        }
        tasks = [task] if isinstance(task, str) else task
        data = [self.encoded(each, "train") for each in tasks]
        return training.train(assembly, data, self.tokenizer, hyper, **(values | other))

    def steps(self, assembly: Assembly, hyper: Hyperparameters) -> "Steps":
        """Return what takes single steps of a model."""
        heads = assembly.parts.heads
        encoded = [self.encoded(head.name, "train") for head in heads]
        learned = tracks(heads, encoded, pad=self.tokenizer.pad, seed=0)
        stepper = Stepper(assembly, Masker(self.tokenizer), hyper, device=self.device)
        return Steps(stepper, learned)


class Steps:
    """Takes steps on rows that are given, of one head or of each."""

    def __init__(self, stepper: Stepper, learned: Sequence[Track]) -> None:
        self.optimizer, self.stepper, self._tracks = stepper.optimizer, stepper, learned

    def shares(self, *rows: Sequence[int]) -> list[Share]:
        """Return what a step learns from: the rows of each head that has some."""
        every = zip(self._tracks, rows, strict=True)
        return [Share(track=track, rows=each) for track, each in every if len(each)]

    def step(self, rows: Sequence[int], number: int, *others: Sequence[int]) -> torch.Tensor:
        """Take a step, on rows of the other heads too where there are some."""
        return self.stepper.step(self.shares(rows, *others), number)


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


@pytest.fixture
def plain_model() -> Any:
    """Return a function that reads the backbone in the plain library, without any head."""

    def read(lab: Lab) -> Any:
        model = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
        for head in list(model.heads):
            model.delete_head(head)
        return model

    return read


@pytest.fixture
def plain(lab: Lab, plain_model: Any) -> Any:
    """Return the backbone in the plain library, without dropout and without any head."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return plain_model(lab).eval()


@pytest.fixture
def plain_fusion(plain_model: Any) -> Any:
    """Return a function that makes the plain library's fusion of sources under a head."""

    def fuse(lab: Lab, parts: Parts) -> Any:
        model, head = plain_model(lab), parts.head
        for source in parts.sources:
            folder = str(source.folder / ADAPTER)
            model.load_adapter(folder, load_as=source.name, with_head=False, use_safetensors=True)
        block = Fuse(*(source.name for source in parts.sources))
        model.add_adapter_fusion(block)
        model.add_classification_head(head.name, num_labels=head.outputs)
        model.train_adapter_fusion(block)
        model.active_head = head.name
        return model

    return fuse


def batches_of(lab: Lab, parts: Parts, hyper: Hyperparameters, seed: int = 0) -> Any:
    """Yield without end the batches that a training takes, as the plain libraries name them."""
    items = Items(lab.encoded(parts.head.name, "train"), parts.head, pad=lab.tokenizer.pad)
    for indices in training_batches(items.lengths, size=hyper.batch_size, seed=seed):
        batch = items.batch(indices, lab.device.device)
        if parts.head.kind == "span":
            labels = batch.pop("labels")
            batch |= {"start_positions": labels[:, 0], "end_positions": labels[:, 1]}
        batch.pop("there", None)
        yield batch


def plain_trainer(
    kind: Any, model: Any, batches: Any, hyper: Hyperparameters, folder: Path, **other: Any
) -> Any:
    """Return a library's own trainer, which notes its `losses`, over batches that are given."""

    class Noting(kind):
        losses: list[float]

        def training_step(self, *values: Any, **named: Any) -> Any:
            loss = super().training_step(*values, **named)
            self.losses.append(float(loss))
            return loss

    settings = {
        "learning_rate": hyper.learning_rate,
        "max_steps": hyper.steps,
        "max_grad_norm": hyper.clip,
        "weight_decay": hyper.weight_decay,
        "per_device_train_batch_size": 1,
        "use_cpu": True,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }
    arguments = {key: other.pop(key) for key in list(other) if hasattr(TrainingArguments, key)}
    trainer = Noting(
        model,
        TrainingArguments(str(folder), **(settings | arguments)),
        train_dataset=list(range(hyper.steps)),
        data_collator=lambda rows: next(batches),
        **other,
    )
    trainer.losses = []
    return trainer


@pytest.fixture
def plain_training() -> Iterator[Any]:
    """Return a function that makes a plain trainer; the generators stay as they were."""
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        yield lambda lab, parts, kind, model, hyper, folder, **other: plain_trainer(
            kind, model, batches_of(lab, parts, hyper), hyper, folder, **other
        )
    random.setstate(states[0])
    np.random.set_state(states[1])
