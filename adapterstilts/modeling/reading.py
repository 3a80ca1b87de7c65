"""The states of an encoder at some of its layers, each pooled over positions on its way up."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

from torch import Tensor, nn

from adapterstilts.modeling.sizes import height

Pooling = Literal["mean", "cls"]
"""Mean over all positions, `<s>` and `</s>` included as in XTREME; or the first position alone."""


def depth(model: Any) -> int:
    """Return the number of layers that can be read, the embeddings below them not counted."""
    layers: int = model.config.num_hidden_layers
    return layers


def pooled(model: Any, batch: Mapping[str, Tensor]) -> Tensor:
    """Return one vector a row, read where none says otherwise; what lies above has no part in it.

    Training and what answers by default meet here: another height or pooling would be untrained.
    """
    with Reading(model.base_model, [height(depth(model))], "mean") as reading:
        return reading.read(batch)[0]


class Reading:
    """The encoder, cut off above the highest of some layers, each of which is pooled on its way."""

    def __init__(self, model: Any, layers: Sequence[int], pooling: Pooling) -> None:
        """Take the encoder, without what may stand around it."""
        self._model, self._layers, self._pooling = model, layers, pooling
        self._pooled: dict[int, Tensor] = {}
        self._mask: Tensor | None = None
        self._stack = ExitStack()

    def __enter__(self) -> "Reading":
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

    def read(self, batch: Mapping[str, Tensor]) -> list[Tensor]:
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
