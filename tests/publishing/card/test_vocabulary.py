"""What the Hub and people call tasks and metrics."""

import pytest

from adapterstilts.publishing.card import vocabulary
from adapterstilts.publishing.card.card import summary
from adapterstilts.tasks.registry import TASKS
from tests.publishing.made import layout, made, record, trained


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


def test_a_merge_meets_no_target_and_has_a_seed_only_where_it_draws() -> None:
    identity = {"sources": ["a", "b"], "rule": "linear"}
    linear = made(own=trained("x", record=record("merge", identity=identity)), way="seq_bn/target")
    said = summary(linear, layout())
    assert "merged from the weights of others" in said
    assert "composition" not in said
    assert "Seed" not in said
    drawn = {**identity, "rule": "dare", "seed": 4}
    random = made(own=trained("x", record=record("merge", identity=drawn)), way="seq_bn/target")
    assert "Seed: 4." in summary(random, layout())
    assert "composition `stack(squad)`" in summary(made(), layout())
    assert "Seed: 3." in summary(made(), layout())
