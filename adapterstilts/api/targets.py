"""Which tasks a request is about: those that it names, or what a suite has that can be had."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapterstilts.api.experiment import Experiment
from adapterstilts.api.one_off import Choices, Wanted, Way, check_name, one_off
from adapterstilts.api.reusing import evaluation
from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.core.suites import SUITES, Suite
from adapterstilts.plan.ways import AS_IT_IS, BASELINE, trains
from adapterstilts.tasks.origin import MissingData
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld.rows import MULTILINGUAL

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is evaluated, and what of a suite is not."""

    experiment: Experiment
    """The plan."""
    suite: Suite | None = None
    """The suite, where one was asked for."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Task of the suite that cannot be had, and why."""


def request(way: Way, tasks: Sequence[str], suite: str, choices: Choices) -> Request:
    """Return what is to be evaluated one way: some tasks, or what can be had of a suite."""
    if bool(tasks) == bool(suite):
        raise UsageError("name the tasks that are evaluated, or a suite of them, as --suite xtreme")
    if not suite:
        check_once(tasks)
        return Request(experiment=evaluation([wanted(way, task) for task in tasks], choices))
    found = SUITES.get(suite)
    kept: list[Wanted] = []
    left_out: dict[str, str] = {}
    for member in found.members:
        each = wanted(way, member.task)
        if TASKS.get(member.task).english == MULTILINGUAL:
            left_out[member.task] = "it is text in every language, of which nothing is zero-shot"
            continue
        try:
            one_off([each], choices)
        except (UsageError, MissingData) as error:
            left_out[member.task] = str(error)
        else:
            kept.append(each)
    if not kept:
        raise UsageError(next(iter(left_out.values())))
    for task, why in left_out.items():
        _LOG.warning("%s is left out: %s", task, why)
    return Request(experiment=evaluation(kept, choices), suite=found, left_out=left_out)


def check_once(tasks: Sequence[object]) -> None:
    """Refuse what is no name of a task, and a task that is asked for twice."""
    for index, task in enumerate(tasks):
        check_name(task)
        if task in tasks[:index]:
            raise UsageError(f"'{task}' is named twice: name every task once")


def wanted(way: Way, task: str) -> Wanted:
    """Return how a task is answered in some way.

    Where nothing can be trained on a task, as on retrieval, the one source of the way answers it as
    it is, and where it has none, the untrained backbone.
    """
    name = task.partition("@")[0]
    if name in TASKS and not trains(TASKS.get(name)):
        term = parse(way.composition)
        if len(term.arguments) == 1:
            way = Way(method=way.method, composition=f"{AS_IT_IS}({term.arguments[0].text})")
        elif not term.arguments:
            way = Way(method=way.method, composition=BASELINE)
    return Wanted(way=way, targets=(task,))
