"""What every declared task promises, asked of each one in the registry."""

import pytest

from adapterstilts.tasks.registry import FORMATS, METRICS, TASKS
from adapterstilts.tasks.task import Task

each = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.names())


def test_there_are_tasks_of_every_format() -> None:
    assert {task.format for task in TASKS.values()} == set(FORMATS)


@each
def test_it_has_the_roles_of_its_format(task: Task) -> None:
    assert set(FORMATS.get(task.format).roles) <= set(task.roles)


@each
def test_its_metrics_can_read_its_predictions(task: Task) -> None:
    assert task.primary in task.metrics
    assert set(task.metrics) <= set(FORMATS.get(task.format).metrics)
    assert all(name in METRICS for name in task.metrics)


@each
def test_it_can_be_listed_and_cited(task: Task) -> None:
    assert task.suite and task.licence and task.citation
    assert task.description.endswith((".", "?"))


@each
def test_it_has_english_and_is_evaluated(task: Task) -> None:
    assert task.english in task.languages
    assert "test" in task.splits
    assert set(task.splits) <= {"train", "dev", "test"}
    assert ("train" in task.splits) == ("dev" in task.splits)


@each
def test_it_learns_somewhere_unless_its_format_has_nothing_to_train(task: Task) -> None:
    source = TASKS.get(task.training) if task.training else task
    trained = FORMATS.get(task.format).head != "none"
    assert ("train" in source.splits) == trained
    assert FORMATS.get(source.format).head == FORMATS.get(task.format).head


@each
def test_its_labels_are_distinct_and_there_where_the_head_needs_them(task: Task) -> None:
    assert len(set(task.labels)) == len(task.labels)
    if FORMATS.get(task.format).head in {"sequence", "token"}:
        assert FORMATS.get(task.format).outputs(task) == len(task.labels) >= 2
    if FORMATS.get(task.format).head == "choice":
        assert task.choices >= 2
