"""Which runs of a store are the baselines of another, and which cannot be told from their like.

A baseline is compared where it has answered the same examples in the same languages on the same
backbone with the same seed. Several trainings may fit, with other hyper-parameters each. Then the
recipe's own comes first, then what was trained with the same hyper-parameters, sources included,
then with the same but the learning rate, which full fine-tuning has its own of. If several are
still left, none is taken, and that is said.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from adapterstilts.core.records import Score, StageRecord
from adapterstilts.publishing.gathering import conditions
from adapterstilts.publishing.gathering.conditions import Condition
from adapterstilts.publishing.gathering.store_view import BEGUN, SOURCE, Answer, StoreView, number
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE

_OWN_RATE = ("learning_rate", "warmup")
"""Hyper-parameters that full fine-tuning is given values of its own for."""

Rows = Sequence[tuple[Score, Answer]]
"""Score rows, each with the stage that it is from."""


def of(
    own: StageRecord, rows: Rows, view: StoreView, *, among: Collection[str]
) -> tuple[dict[str, tuple[Score, ...]], list[str]]:
    """Return the scores of each baseline that was run, and a sentence on each that is missing.

    Args:
        own: What the baselines are compared with.
        rows: Its scores.
        view: Where baselines are looked for.
        among: Stages that come first.
    """
    found: dict[str, list[Score]] = {}
    notes: list[str] = []
    for answer in {where.id: where for _, where in rows}.values():
        asked = [row for row, where in rows if where.id == answer.id]
        trained = conditions.is_trained(answer.target, (each.run for each in view.answers))
        for name, condition in conditions.baselines(answer.condition, trained=trained).items():
            fits = _fitting(condition, answer, own, view)
            chosen = _chosen(fits, own, view, among=among)
            if len(chosen) > 1:
                notes.append(_undecided(condition, answer.target, len(chosen)))
            for one in chosen if len(chosen) == 1 else ():
                found.setdefault(name, []).extend(_same(asked, answer, fits[one]))
    order = (NO_SOURCE, FULL, FULL_STILTS)
    return {name: tuple(found[name]) for name in order if found.get(name)}, [*dict.fromkeys(notes)]


def _fitting(
    condition: Condition, answer: Answer, own: StageRecord, view: StoreView
) -> dict[str, list[Answer]]:
    """Return the trainings of a condition that answered the same as another, with their answers."""
    found: dict[str, list[Answer]] = {}
    for each in view.answers:
        alike = conditions.fits(each.run, condition, answer.run)
        if alike and each.by != own.id and _agree(each, answer):
            found.setdefault(each.by, []).append(each)
    return found


def _agree(one: Answer, other: Answer) -> bool:
    """Return whether two have answered the same examples in some language."""
    return any(other.examples.get(code) == digest for code, digest in one.examples.items())


def _chosen(
    fits: Collection[str], own: StageRecord, view: StoreView, *, among: Collection[str]
) -> list[str]:
    """Return the one training that is meant, or all that cannot be told apart."""
    left = [id for id in fits if id in among] or list(fits)
    for wanted in _likeness(own, view) if len(left) > 1 else ():
        left = [id for id in left if wanted(view.record(id))] or left
        if len(left) == 1:
            break
    return left


def _likeness(own: StageRecord, view: StoreView) -> Iterator[Callable[[StageRecord], bool]]:
    """Yield in what a training may be like another, the closest first."""
    for free in ((), _OWN_RATE):

        def with_sources(record: StageRecord, free: Sequence[str] = free) -> bool:
            return _line(record, view, free) == _line(own, view, free)

        def by_itself(record: StageRecord, free: Sequence[str] = free) -> bool:
            return _hyper(record, free) == _hyper(own, free)

        yield with_sources
        yield by_itself


def _line(record: StageRecord, view: StoreView, free: Sequence[str]) -> list[object]:
    """Return the hyper-parameters of a training and of all that it builds on."""
    roles = sorted(role for role in record.needs if role == BEGUN or role.startswith(SOURCE))
    below = (view.record(record.needs[role]) for role in roles)
    return [_hyper(record, free), *(_line(each, view, free) for each in below)]


def _hyper(record: StageRecord, free: Sequence[str]) -> dict[str, Any]:
    hyper = record.identity.get("hyper", {})
    return {name: value for name, value in hyper.items() if name not in free}


def _same(asked: Sequence[Score], answer: Answer, others: Sequence[Answer]) -> list[Score]:
    """Return the rows of a baseline for the same numbers as some rows, over the same examples."""
    more = sorted(others, key=lambda each: (-len(each.languages), each.id))
    known: dict[tuple[object, ...], Score] = {}
    for each in more:
        for row in each.rows():
            if each.examples.get(row.language) == answer.examples.get(row.language):
                known.setdefault(number(row), row)
    return [known[key] for row in asked if (key := number(row)) in known]


def _undecided(condition: Condition, target: str, count: int) -> str:
    method, composition, source = condition
    way = f"{method}/{composition}({source})" if source else f"{method}/{composition}"
    return (
        f"the store has {count} runs of {way} on {target} with other settings each, and which of"
        " them is the baseline cannot be told: name the recipe that has it with --like"
    )
