"""One set of weights from several of the same shape.

It is the parameters that are averaged, once. The Average block of `adapters` 1.3 averages outputs
in every forward pass, and divides by their number twice.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

State = Mapping[str, Tensor]

_DOWN, _UP = "lora_A", "lora_B"


def shapes(state: State) -> dict[str, tuple[int, ...]]:
    """Return what two states must have alike to stand in for each other."""
    return {name: tuple(weight.shape) for name, weight in state.items()}


def check_alike(state: State, other: State) -> None:
    """Refuse weights that have no mean, for they are not of one shape."""
    if shapes(state) != shapes(other):
        raise ValueError("its weights are not of the shape of the first source's")


def averaged(states: Sequence[State]) -> dict[str, Tensor]:
    """Return the mean of some states that are alike; of one alone, that one.

    LoRA's two factors mean nothing apart, and the mean of each would mix the updates of different
    sources. Their products are averaged, and made factors again: the best ones of the same rank
    (Eckart and Young 1936).
    """
    first = states[0]
    if len(states) == 1:
        return dict(first)
    found = {
        name: torch.stack([state[name] for state in states]).mean(0)
        for name in first
        if _DOWN not in name
    }
    for name in first:
        up = name.replace(_DOWN, _UP)
        if up != name:
            pairs = [(state[up], state[name]) for state in states]
            found[up], found[name] = _factors(pairs)
    return found


def _factors(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Return the two factors nearest to the mean product of some pairs, without the product."""
    rank = pairs[0][1].shape[0]
    ups = torch.cat([up for up, _ in pairs], dim=1).double() / len(pairs)
    downs = torch.cat([down for _, down in pairs], dim=0).double()
    left, left_core = torch.linalg.qr(ups)
    right, right_core = torch.linalg.qr(downs.T)
    inner, sizes, outer = torch.linalg.svd(left_core @ right_core.T, full_matrices=False)
    share = sizes[:rank].sqrt()
    up = left @ inner[:, :rank] * share
    down = share[:, None] * outer[:rank] @ right.T
    return up.to(pairs[0][0].dtype), down.to(pairs[0][1].dtype)
