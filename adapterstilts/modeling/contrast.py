"""What trains embeddings: each query is to find its candidate among those of its batch."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

TEMPERATURE = 0.05
"""What cosines are divided by: that of SimCSE (Gao et al. 2021, arXiv:2104.08821, section 3), and
as a factor of 20 the default of `MultipleNegativesRankingLoss` in sentence-transformers."""


def loss(pairs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the sum over pairs of the cross-entropy of finding the other half, both ways' mean.

    Args:
        pairs: Embeddings by pair, side and dimension.
        batch: The input of both sides: those that read the same are not each other's negatives.
    """
    queries, candidates = functional.normalize(pairs.float(), dim=-1).unbind(1)
    # Cosines differ in digits that half precision does not have.
    with torch.autocast(pairs.device.type, enabled=False):
        said = queries @ candidates.T / TEMPERATURE
    said = said.masked_fill(_alike(batch), -torch.inf)
    right = torch.arange(len(said), device=said.device)
    ways = (functional.cross_entropy(each, right, reduction="sum") for each in (said, said.T))
    return sum(ways, start=said.new_zeros(())) / 2


def _alike(batch: Mapping[str, Tensor]) -> Tensor:
    """Return which two pairs, other than one and itself, have the same query or candidate."""
    # By length and not by id: a text may hold the characters `<pad>`.
    sides = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -1)
    same = (sides.unsqueeze(0) == sides.unsqueeze(1)).all(-1).any(-1)
    return same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
