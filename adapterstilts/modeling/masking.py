"""Masks for language modelling, drawn anew for every batch of training."""

import torch
from torch import Tensor

from adapterstilts.tasks.formats.format import IGNORED
from adapterstilts.tasks.formats.masked_lm import MASKED, REPLACED, SALIENT, SHARE
from adapterstilts.tasks.tokenizing import Tokenizer


class Masker:
    """Draws masks for one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Note which ids stand for text."""
        self._mask = tokenizer.mask
        self._text = torch.ones(tokenizer.size, dtype=torch.bool)
        self._text[list(tokenizer.controls)] = False
        self._pieces = self._text.nonzero().squeeze(1)

    def __call__(
        self, input_ids: Tensor, salient: Tensor | None, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Return masked input and labels: of what is asked, 80 % masked, 10 % random, 10 % left.

        Without the last two, positions that are not masked are never trained, and the features that
        tasks read get worse than random ones while the loss falls.
        """
        generator, ids = torch.Generator().manual_seed(seed), input_ids.cpu()
        share = torch.full(ids.shape, SHARE)
        if salient is not None:
            share[salient.cpu() > 0] = SALIENT
        asked = (torch.rand(ids.shape, generator=generator) < share) & self._text[ids]
        lot = torch.rand(ids.shape, generator=generator)
        noise = self._pieces[torch.randint(len(self._pieces), ids.shape, generator=generator)]
        masked = torch.where(asked & (lot < MASKED), self._mask, ids)
        masked = torch.where(asked & (lot >= MASKED) & (lot < MASKED + REPLACED), noise, masked)
        labels = torch.where(asked, ids, IGNORED)
        return masked.to(input_ids.device), labels.to(input_ids.device)
