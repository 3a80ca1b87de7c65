"""What the Hub and people call tasks and metrics."""

import pytest

from adapterstilts.publishing.card import vocabulary
from adapterstilts.tasks.registry import TASKS


@pytest.mark.parametrize("name", TASKS.names())
def test_what_a_task_asks_is_said_without_its_part_in_an_experiment(name: str) -> None:
    task = TASKS.get(name)
    said = vocabulary.asked(task)
    assert said
    assert task.description.endswith(said)
    assert not said.startswith(("Source", "Target"))


def test_only_metrics_of_the_hub_are_named_as_such() -> None:
    names = ("entity_f1", "token_accuracy", "f1", "masked_loss", "nobody_knows")
    assert vocabulary.metrics_of_hub(names) == ["f1", "accuracy"]
    assert vocabulary.metric_type("masked_loss") == "masked_loss"
