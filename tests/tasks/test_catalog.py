"""What every declared task promises, asked of each one in the registry."""

import pytest

from adapterstilts.tasks.registry import FORMATS, METRICS, TASKS
from adapterstilts.tasks.task import Task

each = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.names())


# Sources are English; what is evaluated has as many languages as its benchmark.
LANGUAGES = {
    "intermediate": dict.fromkeys(
        "anli anli-plus ccg commonsenseqa mnli qqp snli squad squad-v2".split(), 1
    ),
    "xtreme": {
        "xnli": 15,
        "pawsx": 7,
        "udpos": 33,
        "panx": 40,
        "xquad": 11,
        "mlqa": 7,
        "tydiqa": 9,
        "bucc2018": 4,
        "tatoeba": 36,
    },
    "xtreme-r": {
        "xcopa": 11,
        "udpos-xr": 38,
        "panx-xr": 48,
        "xquad-xr": 12,
        "tatoeba-xr": 41,
        "mewslix": 11,
        "lareqa": 11,
    },
    "reasoning": {
        **dict.fromkeys("arc-challenge arc-easy copa cosmosqa hellaswag siqa".split(), 1),
        "m-arc": 34,
        "m-hellaswag": 33,
    },
}


@pytest.mark.parametrize("suite", LANGUAGES)
def test_a_suite_has_its_tasks_in_their_languages(suite: str) -> None:
    tasks = [task for task in TASKS.values() if task.suite == suite and task.name != "mlm"]
    assert {task.name: len(task.languages) for task in tasks} == LANGUAGES[suite]


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


def trained(task: Task) -> bool:
    return FORMATS.get(task.format).head != "none"


@each
def test_it_has_english_or_learns_it_from_others_and_is_evaluated(task: Task) -> None:
    assert task.english in task.languages or task.training or not trained(task)
    assert "test" in task.splits
    assert set(task.splits) <= {"train", "dev", "test"} or not trained(task)
    assert "dev" in task.splits or "train" not in task.splits


@each
def test_it_learns_somewhere_unless_its_format_has_nothing_to_train(task: Task) -> None:
    for source in [TASKS.get(name) for name in task.training] or [task]:
        learned = {"train", "dev"} <= set(source.splits)
        assert learned or not trained(task)
        # Pairs that find each other are learned from without a head.
        assert trained(task) or not learned or source.format == "retrieval"
        assert source.english in source.languages or not trained(task)
        assert FORMATS.get(source.format).head == FORMATS.get(task.format).head
        assert source.labels == task.labels


@each
def test_its_labels_are_distinct_and_there_where_the_head_needs_them(task: Task) -> None:
    assert len(set(task.labels)) == len(task.labels)
    if FORMATS.get(task.format).head in {"sequence", "token"}:
        assert FORMATS.get(task.format).outputs(task) == len(task.labels) >= 2
    if FORMATS.get(task.format).head == "choice":
        assert task.choices >= 2
