"""UniPELT's gates, made to look at the text and not at its padding.

In `adapters` 1.3 a gate is the mean over every place of a batch's width, so that an answer depends
on its neighbours. Without padding these gates are the library's own.
"""

from typing import Any

import torch
from adapters import ForwardContext
from torch import Tensor, nn


def ignore_padding(model: nn.Module, name: str) -> None:
    """Let the gates of an adapter open as they would if there were no padding."""
    for path, module in model.named_modules():
        parts = path.split(".")
        if isinstance(module, nn.Linear) and name in parts and {"gate", "prefix_gates"} & {*parts}:
            module.register_forward_hook(_ignore_padding)


def _ignore_padding(module: nn.Module, inputs: tuple[Any, ...], said: Tensor) -> Tensor:
    """Return a gate's logits with those of padding put where they leave the mean as it is."""
    lengths = getattr(ForwardContext.get_context(), "seqlens", None)
    if lengths is None:
        return said
    lengths = lengths.view(-1, 1, 1)
    there = torch.arange(said.shape[1], device=said.device).view(1, -1, 1) < lengths
    mean = (said.float().sigmoid() * there).sum(1, keepdim=True) / lengths
    return torch.where(there, said, torch.logit(mean, eps=1e-6).to(said.dtype))
