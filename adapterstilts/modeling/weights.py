"""What several sets of weights of one shape make together.

It is the parameters that are merged, once. The Average block of `adapters` 1.3 averages outputs
in every forward pass, and divides by their number twice. PEFT's `ties` and `dare` trim the factors
of LoRA, each in a basis of its own, and its `add_weighted_adapter` forgets the root in the scale of
`use_rslora`; here it is the updates themselves that are merged, and the scale stays as it is.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from adapterstilts.modeling import merges
from adapterstilts.modeling.merges import Merging

State = Mapping[str, Tensor]
_Pair = tuple[Tensor, Tensor]

_DOWN, _UP = "lora_A", "lora_B"


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
    weights = torch.tensor(asked.weights or [1.0] * len(states), dtype=torch.float64)
    drawn = torch.Generator().manual_seed(asked.seed)

    def rule(changes: Tensor) -> Tensor:
        return _RULES[asked.rule](changes, _along(weights, changes), asked.density, drawn)

    found: dict[str, Tensor] = {}
    for name in sorted(states[0]):
        if (up := name.replace(_DOWN, _UP)) != name:
            pairs = [(state[up], state[name]) for state in states]
            if asked.thins:
                found[up], found[name] = _refactored(pairs, rule)
            else:
                found[up], found[name] = _factors(pairs, weights)
        elif _UP not in name or name.replace(_UP, _DOWN) not in states[0]:
            every = torch.stack([state[name] for state in states])
            start = (origin or {}).get(name) if asked.thins else None
            found[name] = rule(every) if start is None else start + rule(every - start)
    return {name: found[name].contiguous() for name in states[0]}


def _linear(changes: Tensor, weights: Tensor, density: float, drawn: torch.Generator) -> Tensor:
    return (changes * weights).sum(0) / weights.sum(0)


def _magnitude(changes: Tensor, weights: Tensor, density: float, drawn: torch.Generator) -> Tensor:
    return _linear(_largest(changes, density), weights, density, drawn)


def _ties(changes: Tensor, weights: Tensor, density: float, drawn: torch.Generator) -> Tensor:
    return _elected(_largest(changes, density), weights)


def _dare_linear(
    changes: Tensor, weights: Tensor, density: float, drawn: torch.Generator
) -> Tensor:
    return _linear(_dropped(changes, density, drawn), weights, density, drawn)


def _dare_ties(changes: Tensor, weights: Tensor, density: float, drawn: torch.Generator) -> Tensor:
    return _elected(_dropped(changes, density, drawn), weights)


_RULES: Mapping[str, Callable[[Tensor, Tensor, float, torch.Generator], Tensor]] = {
    merges.LINEAR: _linear,
    merges.TIES: _ties,
    merges.DARE_LINEAR: _dare_linear,
    merges.DARE_TIES: _dare_ties,
    merges.MAGNITUDE: _magnitude,
}


def _largest(changes: Tensor, density: float) -> Tensor:
    """Return each source's largest changes in a weight, and nothing for the others."""
    count = changes[0].numel()
    dropped = count - int(density * count)
    if dropped == 0:
        return changes
    sizes = changes.flatten(1).abs()
    # The largest of what is dropped, rather than the least of what is kept: equal ones go together.
    bound = torch.stack([each.kthvalue(dropped).values for each in sizes])
    return torch.where(changes.abs() > _along(bound, changes), changes, 0)


def _dropped(changes: Tensor, density: float, drawn: torch.Generator) -> Tensor:
    """Return changes of which some are dropped at random, and the others made up for them."""
    kept = torch.rand(changes.shape, generator=drawn, dtype=torch.float32) < density
    return torch.where(kept, changes, 0) / density


def _elected(changes: Tensor, weights: Tensor) -> Tensor:
    """Return the mean, place by place, of those changes that have the sign of their sum.

    The weights vote and count. PEFT divides by the number of those that agree, whatever they
    weigh, which is the same where each weighs one.
    """
    sign = torch.where((changes * weights).sum(0) >= 0, 1, -1)
    agree = weights * (changes.sign() == sign)
    return (changes * agree).sum(0) / agree.sum(0).clamp(min=torch.finfo(changes.dtype).tiny)


def _along(values: Tensor, changes: Tensor) -> Tensor:
    """Return one value a source in the shape and the type of their changes."""
    return values.to(changes.dtype).view(-1, *[1] * (changes.dim() - 1))


def _refactored(pairs: Sequence[_Pair], rule: Callable[[Tensor], Tensor]) -> _Pair:
    """Return the factors of what a rule makes of the products of some pairs."""
    rank = pairs[0][1].shape[0]
    product = rule(torch.stack([up.double() @ down.double() for up, down in pairs]))
    inner, sizes, outer = torch.linalg.svd(product, full_matrices=False)
    share = sizes[:rank].sqrt()
    up, down = inner[:, :rank] * share, share[:, None] * outer[:rank]
    return up.to(pairs[0][0].dtype), down.to(pairs[0][1].dtype)


def _factors(pairs: Sequence[_Pair], weights: Tensor) -> _Pair:
    """Return the two factors nearest to the mean product of some pairs, without the product."""
    rank = pairs[0][1].shape[0]
    weighed = [up.double() * weight for (up, _), weight in zip(pairs, weights, strict=True)]
    ups = torch.cat(weighed, dim=1) / weights.sum()
    downs = torch.cat([down for _, down in pairs], dim=0).double()
    left, left_core = torch.linalg.qr(ups)
    right, right_core = torch.linalg.qr(downs.T)
    inner, sizes, outer = torch.linalg.svd(left_core @ right_core.T, full_matrices=False)
    share = sizes[:rank].sqrt()
    up = left @ inner[:, :rank] * share
    down = share[:, None] * outer[:rank] @ right.T
    return up.to(pairs[0][0].dtype), down.to(pairs[0][1].dtype)
