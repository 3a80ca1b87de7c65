"""What suites say of tasks is what their declarations say."""

import pytest

from adapterstilts.core.suites import SUITES, Member, Suite
from adapterstilts.tasks.registry import METRICS, TASKS

MEMBERS = [(suite, member) for suite in SUITES.values() for member in suite.members]
each = pytest.mark.parametrize(
    ("suite", "member"), MEMBERS, ids=[f"{suite.name}/{member.folder}" for suite, member in MEMBERS]
)


@each
def test_it_is_declared_with_the_metrics_that_the_suite_counts(
    suite: Suite, member: Member
) -> None:
    task = TASKS.get(member.task)
    assert set(member.metrics.values()) <= set(METRICS)
    assert {member.metrics[name] for name in member.score} <= set(task.metrics)
    assert task.primary in member.metrics.values()


@each
def test_it_has_as_many_languages_as_the_suite_says(suite: Suite, member: Member) -> None:
    if member.languages:
        assert len(TASKS.get(member.task).languages) == member.languages


def test_every_task_is_in_the_suite_that_it_is_at_home_in() -> None:
    homes = {(task.suite, task.name) for task in TASKS.values()}
    assert homes <= {(suite.name, member.task) for suite, member in MEMBERS}
