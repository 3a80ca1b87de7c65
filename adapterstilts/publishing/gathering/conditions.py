"""Which runs are the baselines of another: one rule, for what is planned and what a store holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE

ALONE, GOES_ON, AS_IT_IS = "target", "continue", "zero"
"""Compositions of baselines; the last one answers with a source, or the backbone, as it is."""
WHOLE, UNTRAINED = "full", "none"
"""Method of full fine-tuning, and what rows call that of the untrained backbone."""

Condition = tuple[str, str, str]
"""Method, composition and source."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was, or will be, scored, as far as baselines are told by it."""

    condition: Condition
    """Method, composition and source."""
    target: str
    """What was asked."""
    asked: tuple[object, ...]
    """What else two runs share that are compared: backbone, suite, split."""
    seed: int
    """Seed of the training."""


def is_trained(target: str, runs: Iterable[Run]) -> bool:
    """Return whether some runs have trained anything on a target: a source as it is has not."""
    return any(run.target == target and run.condition[1] != AS_IT_IS for run in runs)


def baselines(own: Condition, *, trained: bool) -> Mapping[str, Condition]:
    """Return name to condition of every baseline that another condition can have.

    Args:
        own: What is compared.
        trained: Whether anything is trained on its target. Where nothing is, as of retrieval, what
            has no source is the untrained backbone, and full STILTs the source as it is.
    """
    method, _, source = own
    found: dict[str, Condition] = {}
    if source:
        found[NO_SOURCE] = (method, ALONE, "") if trained else (UNTRAINED, AS_IT_IS, "")
    if method != WHOLE:
        found[FULL] = (WHOLE, ALONE, "")
    if source and method != WHOLE:
        found[FULL_STILTS] = (WHOLE, GOES_ON if trained else AS_IT_IS, source)
    return found


def fits(run: Run, condition: Condition, own: Run) -> bool:
    """Return whether a run is of a condition and was asked what another one was.

    The untrained backbone has no seed and stands for every one.
    """
    return (
        run.condition == condition
        and (run.target, run.asked) == (own.target, own.asked)
        and (condition[0] == UNTRAINED or run.seed == own.seed)
    )
