"""Embeddings of a split: the states of one layer, or of many at once, pooled over positions."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from adapterstilts.modeling import reading
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.batching import evaluation_batches
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.inference import Report, autocast, check_numbers
from adapterstilts.modeling.parts import NO_HEAD
from adapterstilts.modeling.reading import Pooling, Reading
from adapterstilts.tasks.formats.format import Encoded

Embeddings = npt.NDArray[np.float32]
"""Layer, feature, dimension."""


def depth(assembly: Assembly) -> int:
    """Return the number of layers that can be read, the embeddings below them not counted."""
    return reading.depth(assembly.model)


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
    items = Items(encoded, NO_HEAD, pad=pad)
    shape = (len(layers), len(items), width(assembly))
    found = np.empty(shape, np.float32) if into is None else into
    done = 0
    model = assembly.model.base_model
    with torch.inference_mode(), autocast(device), Reading(model, layers, pooling) as states:
        for indices in evaluation_batches(items.lengths, tokens=tokens):
            batch = items.batch(indices, device.device)
            for place, rows in enumerate(states.read(batch)):
                said = rows.float().cpu().numpy()
                check_numbers(said)
                found[place, indices] = said
            done += len(indices)
            report(done, len(items))
    return found
