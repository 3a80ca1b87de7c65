"""Of a plan, the stages that answer the tasks of a suite, one way for each task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from adapterstilts.core.errors import UsageError
from adapterstilts.core.store import Store
from adapterstilts.core.suites import Member, Suite
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.score import PREDICTED, Evaluate

CHOICES = ("backbone", "method", "composition", "source", "seed")
"""What tells two ways apart that answer the same task: fields of `Evaluate`."""
Wanted = Mapping[str, Sequence[str]]
"""Name of a choice to the values that will do; any of them where it is not there or empty."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One way that answers a task."""

    member: Member
    """The task, as the suite has it."""
    config: Evaluate
    """How it was trained, in the words of score rows."""
    stage: str
    """Id of the stage that predicts."""

    def chosen(self) -> dict[str, str]:
        """Return what was chosen, by name."""
        return {name: str(getattr(self.config, name)) for name in CHOICES}


def answering(plan: Plan, suite: Suite, wanted: Wanted) -> list[Answer]:
    """Return one way for each task of a suite that a plan answers, in the order of the suite.

    Where several ways are left for a task, or none at all for any, the error says what to choose.
    """
    found = _answers(plan, suite)
    if not found:
        known = ", ".join(member.task for member in suite.members)
        raise UsageError(
            f"{plan.recipe.path} has no target of {suite.name}: add one of {known} to its grid, or"
            " choose another --suite"
        )
    left = [answer for answer in found if _matches(answer.chosen(), wanted)]
    if not left:
        asked = " and ".join(f"{name} {' or '.join(some)}" for name, some in wanted.items() if some)
        raise UsageError(f"nothing in {plan.recipe.path} has {asked}: it has {_options(found)}")
    by_task = {member.folder: _distinct(left, member) for member in suite.members}
    several = {folder: some for folder, some in by_task.items() if len(some) > 1}
    if several:
        options = _options([answer for some in several.values() for answer in some])
        raise UsageError(
            f"{plan.recipe.path} has more than one answer for {', '.join(several)}: choose with"
            f" {options}"
        )
    return [answer for some in by_task.values() for answer in some]


def left_out(plan: Plan, suite: Suite, answers: Iterable[Answer]) -> list[str]:
    """Return the tasks of a suite that a plan has and that are not among some answers."""
    there = {answer.member.folder for answer in answers}
    every = dict.fromkeys(answer.member.folder for answer in _answers(plan, suite))
    return [folder for folder in every if folder not in there]


def missing(plan: Plan, ids: Iterable[str], store: Store) -> Plan:
    """Return the part of a plan that is still to be run before some stages are there."""
    kept: set[str] = set()
    waiting = list(ids)
    while waiting:
        id = waiting.pop()
        if id not in kept and store.find(id) is None:
            kept.add(id)
            waiting.extend(plan.stages[id].needs.values())
    return replace(plan, stages={id: spec for id, spec in plan.stages.items() if id in kept})


def _answers(plan: Plan, suite: Suite) -> list[Answer]:
    members = {member.task: member for member in suite.members}
    return [
        Answer(member=members[config.task], config=config, stage=spec.needs[PREDICTED])
        for spec in plan.stages.values()
        if isinstance(config := spec.config, Evaluate) and config.task in members
    ]


def _matches(chosen: Mapping[str, str], wanted: Wanted) -> bool:
    return all(not some or chosen[name] in some for name, some in wanted.items())


def _distinct(answers: Iterable[Answer], member: Member) -> list[Answer]:
    """Return the ways of a task; what is untrained answers for every seed, and counts once."""
    found: dict[str, Answer] = {}
    for answer in answers:
        if answer.member == member:
            found.setdefault(answer.stage, answer)
    return list(found.values())


def _options(answers: Sequence[Answer]) -> str:
    """Return the options that tell some ways apart, each with its values."""
    values = {
        name: list(dict.fromkeys(answer.chosen()[name] or "''" for answer in answers))
        for name in CHOICES
    }
    told = [f"--{name} ({', '.join(some)})" for name, some in values.items() if len(some) > 1]
    return ", ".join(told) or "one way only"
