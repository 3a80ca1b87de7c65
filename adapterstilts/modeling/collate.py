"""Encoded features as padded tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.format import IGNORED, PARTNER, Encoded
from adapterstilts.tasks.ragged import lengths

_ABSENT = -1
"""Stands for the feature of a choice that an example does not have."""


class Items:
    """What batches are made of: one feature each, all the choices of one example, or a pair."""

    def __init__(self, encoded: Encoded, head: Head, *, pad: int, pairs: bool = False) -> None:
        """Group the features of a split for a head; `pairs` are queries with their candidates."""
        self._ids = encoded.features["input_ids"]
        self._labels = encoded.features.get("labels")
        self._salient = encoded.features.get("salient")
        self._kind, self._pad = head.kind, pad
        self._slots = 2 if pairs else head.outputs if head.kind == "choice" else 1
        self._slotted = pairs or head.kind == "choice"
        self.groups: list[list[int]] = [[index] for index in range(len(encoded.owner))]
        """Indices of the features of each item."""
        if head.kind == "choice":
            self.groups = [[] for _ in encoded.examples]
            for feature, example in enumerate(encoded.owner):
                self.groups[example].append(feature)
        elif pairs:
            offsets = (offset for (offset,) in encoded.features[PARTNER])
            self.groups = [[at, at + offset] for at, offset in enumerate(offsets) if offset]
        sizes = lengths(self._ids)
        self.lengths = [
            self._slots * max(sizes[feature] for feature in group) for group in self.groups
        ]
        """Input positions of each item on its own."""

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.groups)

    def batch(self, items: Sequence[int], device: torch.device) -> dict[str, Tensor]:
        """Return the items as tensors, one row an item; `labels` where the data has some.

        Where examples have unequal numbers of choices, `there` says which of the slots are real.
        """
        features = [feature for item in items for feature in self._filled(self.groups[item])]
        # A choice that is not there is one lone pad that looks at itself, so that nothing is NaN.
        rows = [self._ids[feature] if feature != _ABSENT else [self._pad] for feature in features]
        width = max(len(row) for row in rows)
        shape = (len(items), self._slots, width) if self._slotted else (len(items), width)
        # By length and not by id: a text may hold the characters `<pad>`.
        mask = _rectangle([[1] * len(row) for row in rows], width, 0)
        batch = {
            "input_ids": _rectangle(rows, width, self._pad).view(shape),
            "attention_mask": mask.view(shape),
        }
        if self._labels is not None:
            batch["labels"] = self._targets(self._labels, items, width)
        if self._salient is not None:
            batch["salient"] = _rectangle([self._salient[item] for item in items], width, 0)
        if self._kind == "choice":
            there = torch.tensor([feature != _ABSENT for feature in features])
            batch["there"] = there.view(shape[:2])
        return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}

    def _filled(self, group: list[int]) -> list[int]:
        return group + [_ABSENT] * (self._slots - len(group))

    def _targets(self, labels: Sequence[Sequence[int]], items: Sequence[int], width: int) -> Tensor:
        if self._kind == "choice":
            return torch.tensor(
                [[labels[feature][0] for feature in self.groups[item]].index(1) for item in items]
            )
        rows = [labels[self.groups[item][0]] for item in items]
        if self._kind in ("token", "lm"):
            return _rectangle(rows, width, IGNORED)
        targets = torch.tensor(rows)
        return targets[:, 0] if self._kind == "sequence" else targets


def _rectangle(rows: Sequence[Sequence[int]], width: int, fill: int) -> Tensor:
    return torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])
