"""Encoded features as padded tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.format import IGNORED, Encoded


class Items:
    """What batches are made of: one feature each, or all the choices of one example."""

    def __init__(self, encoded: Encoded, head: Head, *, pad: int) -> None:
        """Group the features of a split for a head."""
        self._ids = encoded.features["input_ids"]
        self._labels = encoded.features.get("labels")
        self._salient = encoded.features.get("salient")
        self._head, self._pad = head, pad
        self.groups: list[list[int]] = [[index] for index in range(len(encoded.owner))]
        """Indices of the features of each item."""
        if head.kind == "choice":
            self.groups = [[] for _ in encoded.examples]
            for feature, example in enumerate(encoded.owner):
                self.groups[example].append(feature)
        self.lengths = [
            sum(max(len(self._ids[feature]) for feature in group) for _ in group)
            for group in self.groups
        ]
        """Padded pieces of each item on its own."""

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.groups)

    def batch(self, items: Sequence[int], device: torch.device) -> dict[str, Tensor]:
        """Return the items as tensors, `labels` among them where the data has some."""
        features = [feature for item in items for feature in self._padded(self.groups[item])]
        width = max((len(self._ids[feature]) for feature in features if feature >= 0), default=1)
        rows = [self._ids[feature] if feature >= 0 else [self._pad] for feature in features]
        input_ids = _rectangle(rows, width, self._pad)
        # A choice that is not there is one lone pad, which may look at itself: no NaN, and masked below.
        mask = input_ids != self._pad
        mask[:, 0] = True
        shape = (len(items), self._head.outputs, width) if self._head.kind == "choice" else (-1, width)
        batch = {"input_ids": input_ids.view(shape), "attention_mask": mask.long().view(shape)}
        if self._labels is not None:
            batch["labels"] = self._targets(items, width)
        if self._salient is not None:
            batch["salient"] = _rectangle([self._salient[item] for item in items], width, 0)
        return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}

    def _padded(self, group: list[int]) -> list[int]:
        missing = self._head.outputs - len(group) if self._head.kind == "choice" else 0
        return group + [-1] * missing

    def _targets(self, items: Sequence[int], width: int) -> Tensor:
        labels = self._labels or []
        if self._head.kind == "choice":
            return torch.tensor(
                [[labels[feature][0] for feature in self.groups[item]].index(1) for item in items]
            )
        rows = [labels[self.groups[item][0]] for item in items]
        if self._head.kind in ("token", "lm"):
            return _rectangle(rows, width, IGNORED)
        targets = torch.tensor(rows)
        return targets[:, 0] if self._head.kind == "sequence" else targets


def _rectangle(rows: Sequence[Sequence[int]], width: int, fill: int) -> Tensor:
    return torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])
