"""What several sets of weights of one shape make together.

It is the parameters that are merged, once. The Average block of `adapters` 1.3 averages outputs
in every forward pass, and divides by their number twice. PEFT's `ties` and `dare` trim the factors
of LoRA, each in a basis of its own, and its `add_weighted_adapter` forgets the root in the scale of
`use_rslora`; here it is the updates themselves that are merged, and the scale stays as it is.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from adapterstilts.modeling import merges
from adapterstilts.modeling.merges import Merging

State = Mapping[str, Tensor]
_Pair = tuple[Tensor, Tensor]

_DOWN, _UP = "lora_A", "lora_B"
_PIECE = 2**22
"""Numbers of each source that are merged at a time."""


def shapes(state: State) -> dict[str, tuple[int, ...]]:
    """Return what two states must have alike to stand in for each other."""
    return {name: tuple(weight.shape) for name, weight in state.items()}


def check_alike(state: State, other: State) -> None:
    """Refuse weights that cannot be merged, for they are not of one shape."""
    if shapes(state) != shapes(other):
        raise ValueError("its weights are not of the shape of the first source's")


def merged(
    states: Sequence[State], asked: Merging | None = None, *, origin: State | None = None
) -> dict[str, Tensor]:
    """Return what some states that are alike make by a rule.

    LoRA's two factors mean nothing apart, and the mean of each would mix the updates of different
    sources. Their products are merged, and made factors again: the best ones of the same rank
    (Eckart and Young 1936).

    Args:
        states: The weights of each source.
        asked: How; the plain mean without it.
        origin: What the weights were before any training, by name; nothing where a name lacks.
            The mean needs none, for it is the same wherever changes are counted from.
    """
    asked = asked or Merging()
    drawn = torch.Generator().manual_seed(asked.seed)
    found: dict[str, Tensor] = {}
    for name in sorted(states[0]):
        if (up := name.replace(_DOWN, _UP)) != name:
            pairs = [(state[up], state[name]) for state in states]
            found[up], found[name] = (
                _refactored(pairs, asked, drawn) if asked.thins else _factors(pairs, asked)
            )
        elif _UP not in name or name.replace(_UP, _DOWN) not in states[0]:
            start = (origin or {}).get(name) if asked.thins else None
            found[name] = _joined([state[name] for state in states], start, asked, drawn)
    return {name: found[name].contiguous() for name in states[0]}


def _joined(
    every: Sequence[Tensor], start: Tensor | None, asked: Merging, drawn: torch.Generator
) -> Tensor:
    """Return what one weight of every source makes, a piece at a time: embeddings are large."""
    begun = torch.zeros(()) if start is None else start.flatten()
    flat = [each.flatten() for each in every]
    bounds = [_bound(each - begun, asked.density) if _trims(asked) else -1.0 for each in flat]
    found = torch.empty_like(flat[0])
    for low in range(0, len(found), _PIECE):
        place = slice(low, low + _PIECE)
        pieces = torch.stack([each[place] for each in flat])
        if not asked.thins:
            found[place] = _mean(pieces, _along(asked, pieces))
            continue
        was = begun[place] if begun.dim() else begun
        changes = pieces - was
        if _trims(asked):
            limits = torch.tensor(bounds, dtype=changes.dtype)[:, None]
            changes = torch.where(changes.abs() > limits, changes, 0)
        else:
            changes = _dropped(changes, asked.density, drawn)
        join = _elected if asked.rule in (merges.TIES, merges.DARE_TIES) else _mean
        found[place] = was + join(changes, _along(asked, changes))
    return found.view(every[0].shape)


def _trims(asked: Merging) -> bool:
    return asked.rule in (merges.TIES, merges.MAGNITUDE)


def _bound(change: Tensor, density: float) -> float:
    """Return the size above which a source's changes of a weight are kept.

    It is the largest of what is dropped, rather than the least of what is kept: equal ones share
    one fate.
    """
    dropped = change.numel() - int(density * change.numel())
    return float(change.abs().kthvalue(dropped).values) if dropped else -1.0


def _dropped(changes: Tensor, density: float, drawn: torch.Generator) -> Tensor:
    """Return changes of which some are dropped at random, and the others made up for them."""
    kept = torch.rand(changes.shape, generator=drawn, dtype=torch.float32) < density
    return torch.where(kept, changes, 0) / density


def _mean(changes: Tensor, weights: Tensor) -> Tensor:
    return (changes * weights).sum(0) / weights.sum(0)


def _elected(changes: Tensor, weights: Tensor) -> Tensor:
    """Return the mean, place by place, of those changes that have the sign of their sum.

    The weights vote and count. PEFT divides by the number of those that agree, whatever they
    weigh, which is the same where each weighs one.
    """
    sign = torch.where((changes * weights).sum(0) >= 0, 1, -1)
    agree = weights * (changes.sign() == sign)
    return (changes * agree).sum(0) / agree.sum(0).clamp(min=torch.finfo(changes.dtype).tiny)


def _along(asked: Merging, changes: Tensor) -> Tensor:
    """Return the weight of each source in the shape and the type of their changes."""
    weights = asked.weights or [1.0] * len(changes)
    return torch.tensor(weights, dtype=changes.dtype).view(-1, *[1] * (changes.dim() - 1))


def _refactored(pairs: Sequence[_Pair], asked: Merging, drawn: torch.Generator) -> _Pair:
    """Return the factors of what a rule makes of the products of some pairs."""
    rank = pairs[0][1].shape[0]
    product = _joined([up.double() @ down.double() for up, down in pairs], None, asked, drawn)
    inner, sizes, outer = torch.linalg.svd(product, full_matrices=False)
    share = sizes[:rank].sqrt()
    up, down = inner[:, :rank] * share, share[:, None] * outer[:rank]
    return up.to(pairs[0][0].dtype), down.to(pairs[0][1].dtype)


def _factors(pairs: Sequence[_Pair], asked: Merging) -> _Pair:
    """Return the two factors nearest to the mean product of some pairs, without the product."""
    rank = pairs[0][1].shape[0]
    weights = asked.weights or [1.0] * len(pairs)
    weighed = [up.double() * weight for (up, _), weight in zip(pairs, weights, strict=True)]
    ups = torch.cat(weighed, dim=1) / sum(weights)
    downs = torch.cat([down for _, down in pairs], dim=0).double()
    left, left_core = torch.linalg.qr(ups)
    right, right_core = torch.linalg.qr(downs.T)
    inner, sizes, outer = torch.linalg.svd(left_core @ right_core.T, full_matrices=False)
    share = sizes[:rank].sqrt()
    up = left @ inner[:, :rank] * share
    down = share[:, None] * outer[:rank] @ right.T
    return up.to(pairs[0][0].dtype), down.to(pairs[0][1].dtype)
