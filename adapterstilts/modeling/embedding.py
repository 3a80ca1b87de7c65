"""Embeddings of a split: the states of one layer, or of many at once, pooled over positions."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.batching import evaluation_batches
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.inference import Report, autocast
from adapterstilts.tasks.formats.format import Encoded

Pooling = Literal["mean", "cls"]
"""Mean over all positions, `<s>` and `</s>` included as in XTREME; or the first position alone."""
Embeddings = npt.NDArray[np.float32]
"""Layer, feature, dimension."""


def depth(assembly: Assembly) -> int:
    """Return the number of layers that can be read, the embeddings below them not counted."""
    layers: int = assembly.model.config.num_hidden_layers
    return layers


def width(assembly: Assembly) -> int:
    """Return the number of dimensions of an embedding."""
    dimensions: int = assembly.model.config.hidden_size
    return dimensions


def embeddings(
    assembly: Assembly,
    encoded: Encoded,
    *,
    layers: Sequence[int],
    pooling: Pooling,
    pad: int,
    device: Device,
    tokens: int,
    into: Embeddings | None = None,
    report: Report = lambda done, total: None,
) -> Embeddings:
    """Return the pooled states of each layer for every feature, from one pass over the encoder.

    The encoder stops at the highest of the layers. Each is pooled as soon as it is there, so that
    no more states are held than without the others.

    Args:
        assembly: The model.
        encoded: The split.
        layers: Layers in the order of the result, 0 being the embeddings.
        pooling: How positions become one.
        pad: Id that fills rows up.
        device: Where and in which precision.
        tokens: Input positions of a batch, padding included.
        into: Array of the result's shape, where it is not to be held in memory.
        report: Called with how far it is.
    """
    items = Items(encoded, assembly.parts.head, pad=pad)
    shape = (len(layers), len(items), width(assembly))
    found = np.empty(shape, np.float32) if into is None else into
    done = 0
    with torch.inference_mode(), autocast(device), _Reading(assembly, layers, pooling) as reading:
        for indices in evaluation_batches(items.lengths, tokens=tokens):
            batch = items.batch(indices, device.device)
            for place, rows in enumerate(reading.read(batch)):
                found[place, indices] = rows.float().cpu().numpy()
            done += len(indices)
            report(done, len(items))
    return found


class _Reading:
    """The encoder, cut off above the highest of some layers, each of which is pooled on its way."""

    def __init__(self, assembly: Assembly, layers: Sequence[int], pooling: Pooling) -> None:
        self._model, self._layers, self._pooling = assembly.model.base_model, layers, pooling
        self._pooled: dict[int, Tensor] = {}
        self._mask: Tensor | None = None
        self._stack = ExitStack()

    def __enter__(self) -> "_Reading":
        encoder = self._model.encoder
        self._stack.enter_context(_cut(encoder, max(self._layers)))
        for layer in set(self._layers):
            # What goes into the first layer, not what the embeddings give: a method may change it.
            hooked = (
                encoder.layer[layer - 1].register_forward_hook(self._after(layer))
                if layer
                else encoder.register_forward_pre_hook(self._before, with_kwargs=True)
            )
            self._stack.callback(hooked.remove)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, batch: dict[str, Tensor]) -> list[Tensor]:
        """Return the pooled states of each layer for the rows of a batch."""
        self._mask = batch["attention_mask"]
        self._model(input_ids=batch["input_ids"], attention_mask=self._mask)
        return [self._pooled[layer] for layer in self._layers]

    def _before(self, module: nn.Module, given: Any, named: Any) -> None:
        self._pooled[0] = self._pool(given[0] if given else named["hidden_states"])

    def _after(self, layer: int) -> Any:
        def keep(module: nn.Module, given: Any, states: Any) -> None:
            self._pooled[layer] = self._pool(states[0] if isinstance(states, tuple) else states)

        return keep

    def _pool(self, states: Tensor) -> Tensor:
        assert self._mask is not None, "a batch is being read"
        # A learned prompt has places before the input's own.
        states = states[:, -self._mask.shape[1] :]
        if self._pooling == "cls":
            return states[:, 0]
        weights = self._mask.unsqueeze(-1).to(states.dtype)
        pooled: Tensor = (states * weights).sum(1) / weights.sum(1)
        return pooled


@contextmanager
def _cut(encoder: Any, layer: int) -> Iterator[None]:
    """Stop the encoder at a layer: what lies above would be computed for nothing."""
    whole = encoder.layer
    encoder.layer = nn.ModuleList(list(whole)[:layer])
    try:
        yield
    finally:
        encoder.layer = whole
