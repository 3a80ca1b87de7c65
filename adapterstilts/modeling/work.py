"""What the stages ask of this room: train these parts, or say what they predict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.progress import Report
from adapterstilts.modeling import inference, training
from adapterstilts.modeling.assembly import Assembly, for_prediction, for_training
from adapterstilts.modeling.device import Device, choose
from adapterstilts.modeling.embedding import Embeddings, depth, embeddings, width
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.parts import Head, Parts
from adapterstilts.modeling.ranks import joined
from adapterstilts.modeling.reading import Pooling
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.sizes import height
from adapterstilts.modeling.training import Trained
from adapterstilts.tasks.formats.format import Encoded, Output
from adapterstilts.tasks.mixture import PLAIN, Sampling
from adapterstilts.tasks.tokenizing import Tokenizer

Score = Callable[[Sequence[Output]], float]
"""Dev score of a model's outputs; higher is better."""


class _How(TypedDict):
    """How a split is read."""

    pad: int
    device: Device
    tokens: int


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What one head is taught."""

    train: Encoded
    """What it learns from."""
    dev: Encoded
    """English dev data."""
    score: Score
    """Dev score of what it says of them."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a training stage has to tell."""

    trained: Trained
    """History and best score."""
    trainable: int
    """Parameters that the optimiser changed."""
    stored_bytes: int
    """Bytes of the weights that were saved."""
    resolved: dict[str, Any]
    """Backbone's commit, device and precision; of several heads, how they took turns."""


def train(
    parts: Parts,
    lessons: Sequence[Lesson],
    *,
    mixture: Sampling = PLAIN,
    seed: int,
    hyper: Hyperparameters,
    runtime: Runtime,
    out: Path,
    work: Path,
    report: Report,
) -> Result:
    """Train the parts, a lesson a head; leave the files in `out`, and return what there is to tell.

    Args:
        parts: What the model is made of.
        lessons: What its heads are taught, in their order.
        mixture: How often each has its turn.
        seed: Seed of new weights, order of data and dropout.
        hyper: How long, how fast, on how much.
        runtime: The machine's side.
        out: Empty folder for the result.
        work: Folder that survives a kill.
        report: Hears of steps taken.
    """
    device, ranks = choose(runtime), joined()
    tokenizer = Tokenizer.load(parts.backbone.folder)
    assembly = for_training(parts, seed=seed, device=device)

    how: _How = {
        "pad": tokenizer.pad,
        "device": device,
        "tokens": runtime.evaluation_tokens,
    }

    def asked(now: Assembly, head: Head, dev: Encoded) -> Sequence[Output]:
        if head.kind != "none":
            return inference.outputs(now, dev, head=head, **how)
        found = embeddings(now, dev, layers=[height(depth(now))], pooling="mean", **how)
        return cast(Sequence[Output], found[0])

    def evaluate(now: Assembly) -> list[float]:
        each = zip(parts.heads, lessons, strict=True)
        return [lesson.score(asked(now, head, lesson.dev)) for head, lesson in each]

    trained = training.train(
        assembly,
        [lesson.train for lesson in lessons],
        tokenizer,
        hyper,
        mixture=mixture,
        seed=seed,
        device=device,
        evaluate=evaluate,
        work=work,
        checkpoint_seconds=runtime.checkpoint_seconds,
        report=report,
        ranks=ranks,
    )
    if ranks.leads:
        assembly.save(out)
    return Result(
        trained=trained,
        trainable=sum(parameter.numel() for parameter in assembly.trainable.values()),
        stored_bytes=sum(path.stat().st_size for path in out.rglob("*.safetensors")),
        resolved={
            "backbone": parts.backbone.revision,
            **device.described(),
            "hardware": device.hardware(),
            "processes": ranks.size,
            **(_turns(parts, trained) if parts.others else {}),
        },
    )


def _turns(parts: Parts, trained: Trained) -> dict[str, Any]:
    """Return what a record says of the turns that heads took."""
    names = [head.name for head in parts.heads]
    return {
        "shares": dict(zip(names, trained.shares, strict=True)),
        "turns": dict(zip(names, trained.turns, strict=True)),
    }


class Predictor:
    """Parts that have been trained, ready to be asked."""

    def __init__(
        self,
        parts: Parts,
        trained: Path | None,
        *,
        runtime: Runtime,
        layer: int | None = None,
        pooling: Pooling = "mean",
    ) -> None:
        """Assemble them once for all the languages that follow."""
        self._device, self._tokens = choose(runtime), runtime.evaluation_tokens
        self._pad = Tokenizer.load(parts.backbone.folder).pad
        self._assembly = for_prediction(parts, trained, device=self._device)
        self._name, self._pooling = parts.backbone.name, pooling
        self.depth = depth(self._assembly)
        """Layers of the backbone."""
        self.width = width(self._assembly)
        """Dimensions of an embedding."""
        self.layer = height(self.depth) if layer is None else self.checked(layer)
        """Layer that embeddings are pooled from."""
        self.resolved = {"backbone": parts.backbone.revision, **self._device.described()}
        """What a stage record says of where the outputs came from."""

    def checked(self, layer: int) -> int:
        """Return a layer that the backbone has, or refuse it."""
        if layer > self.depth:
            raise StiltsError(
                f"layer {layer} was asked for, but backbone '{self._name}' has {self.depth}: set"
                f" 'layer' or 'layers' of 'retrieval' in the recipe to 0 to {self.depth}"
            )
        return layer

    def outputs(self, encoded: Encoded, report: Callable[[int, int], None]) -> Sequence[Output]:
        """Return what the head gives for every feature; without a head, one array of embeddings."""
        if self._assembly.parts.head.kind == "none":
            found = self.embeddings(encoded, layers=[self.layer], report=report)
            return cast(Sequence[Output], found[0])
        return inference.outputs(
            self._assembly,
            encoded,
            pad=self._pad,
            device=self._device,
            tokens=self._tokens,
            report=report,
        )

    def embeddings(
        self,
        encoded: Encoded,
        *,
        layers: Sequence[int],
        into: Embeddings | None = None,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> Embeddings:
        """Return the pooled states of some layers, by layer and feature, from one pass."""
        return embeddings(
            self._assembly,
            encoded,
            layers=[self.checked(layer) for layer in layers],
            pooling=self._pooling,
            pad=self._pad,
            device=self._device,
            tokens=self._tokens,
            into=into,
            report=report,
        )
