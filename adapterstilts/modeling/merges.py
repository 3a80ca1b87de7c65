"""How the weights of several sources become one, as plain data.

Every rule but the mean reads what a source changed: for LoRA the product of its factors, for scales
what they are away from one, for norms, `bitfit` and `full` what they are away from the backbone.
Methods that add layers of their own change no weight that was there before, and a coefficient of a
spectrum changes all of a matrix at once, so they have a mean alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from adapterstilts.modeling import settings
from adapterstilts.modeling.methods import METHODS, Method
from adapterstilts.modeling.settings import NUMBER, NUMBERS, WORD, Setting, Value
from adapterstilts.tasks.task import Task

LINEAR, TIES, DARE_LINEAR, DARE_TIES = "linear", "ties", "dare_linear", "dare_ties"
MAGNITUDE = "magnitude_prune"

RULES: Mapping[str, str] = {
    LINEAR: "The weighted mean.",
    TIES: "The largest changes, and of these the ones of the elected sign (Yadav et al. 2023).",
    DARE_LINEAR: "The mean of changes of which some are dropped at random (Yu et al. 2024).",
    DARE_TIES: "As that, and then the ones of the elected sign.",
    MAGNITUDE: "The mean of the largest changes.",
}
"""Every rule by name, with one sentence for `adapterstilts methods`."""

AVERAGE = "average"
"""Word of a source that is merged."""
WEIGHTS, MERGE, DENSITY = "weights", "merge", "density"
SETTINGS: Mapping[str, Setting] = {
    WEIGHTS: Setting(kind=NUMBERS, default=()),
    MERGE: Setting(kind=WORD, default=LINEAR, known=tuple(RULES)),
    DENSITY: Setting(kind=NUMBER, default=0.5, most=1),
}
"""What may be set of `average[weights=2+1,merge=ties,density=0.3](a, b)`."""
NO_MEAN = "leaves weights whose mean means nothing"
"""Why some methods cannot be averaged, behind `which`."""
_MOST = 10**9
"""Whole numbers from here on cannot be read, so such weights are left as they were written."""


@dataclass(frozen=True, kw_only=True)
class Merging:
    """How some sources are merged."""

    rule: str = LINEAR
    """Name of the rule."""
    weights: tuple[float, ...] = ()
    """What each source counts, by their sum; empty where all count the same."""
    density: float = 0.5
    """Share of each source's changes that is kept, by the rules that drop some."""
    seed: int = 0
    """Seed of what is dropped at random."""

    @property
    def thins(self) -> bool:
        """Return whether the density counts."""
        return self.rule != LINEAR

    @property
    def draws(self) -> bool:
        """Return whether the seed counts."""
        return self.rule in (DARE_LINEAR, DARE_TIES)


def merging(kept: Mapping[str, Value], *, seed: int = 0) -> Merging:
    """Return what the settings of an average mean."""
    weights = kept.get(WEIGHTS)
    return Merging(
        rule=str(kept.get(MERGE, LINEAR)),
        weights=tuple(map(float, weights)) if isinstance(weights, tuple) else (),
        density=float(str(kept.get(DENSITY, SETTINGS[DENSITY].default))),
        seed=seed,
    )


def named(asked: Merging, sources: Iterable[str]) -> str:
    """Return the expression of what is merged, with its settings."""
    kept: dict[str, Value] = {WEIGHTS: asked.weights, MERGE: asked.rule}
    if asked.thins:
        kept[DENSITY] = asked.density
    told = {key: kept[key] for key in sorted(kept) if kept[key] != SETTINGS[key].default}
    return settings.named(AVERAGE, canonical(told), sources)


def canonical(kept: Mapping[str, Value]) -> dict[str, Value]:
    """Return the settings of an average so that one meaning has one text: 4+2 is 2+1, 1+1 none."""
    found = dict(kept)
    weights = merging(kept).weights
    shares = [Fraction(str(weight)) for weight in weights]
    if len(set(shares)) > 1:
        whole = [int(share * lcm(*(each.denominator for each in shares))) for share in shares]
        least = [each // gcd(*whole) for each in whole]
        if max(least) < _MOST:
            found[WEIGHTS] = tuple(map(float, least))
    else:
        found.pop(WEIGHTS, None)
    return found


def complaint(kept: Mapping[str, Value], count: int) -> str:
    """Return what is wrong with the settings of an average of so many sources, or nothing."""
    asked = merging(kept)
    if asked.weights and len(asked.weights) != count:
        said = settings.written(asked.weights)
        return f"'weights={said}' is {len(asked.weights)} for {count} sources: give one for each"
    if DENSITY in kept and not asked.thins:
        others = ", ".join(rule for rule in RULES if rule != LINEAR)
        return f"'density' says nothing of merge={asked.rule}: leave it out, or set one of {others}"
    return ""


def rules_of(method: Method) -> tuple[str, ...]:
    """Return the names of the rules by which a method's weights can be merged."""
    if not method.averages:
        return ()
    return tuple(RULES) if method.alters else (LINEAR,)


def mergeable(method: Method, rule: str = LINEAR) -> str:
    """Return why a method's weights cannot be merged by a rule (`which …`), or an empty string."""
    rules = rules_of(method)
    if not rules:
        return NO_MEAN
    if rule in rules:
        return ""
    others = ", ".join(each.name for each in METHODS.values() if each.alters and each.averages)
    return (
        f"leaves no changes of single weights that were there before, and '{rule}' reads these:"
        f" set merge={LINEAR}, or take one of {others}"
    )


def heads_agree(tasks: Iterable[Task]) -> bool:
    """Return whether the heads of some tasks have a mean: all answer the same in one way."""
    return len({(task.format, task.labels) for task in tasks}) == 1
