from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.hyperparameters import RANGES, Hyperparameters, out_of_range


def test_every_hyperparameter_has_a_range_and_a_default_inside_it() -> None:
    assert {each.name for each in fields(Hyperparameters)} == set(RANGES)
    for each in fields(Hyperparameters):
        assert out_of_range(each.name, getattr(Hyperparameters(), each.name)) == ""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be above 0 and at most 1, not 0"),
        ({"learning_rate": 3.0}, "learning_rate must be above 0 and at most 1, not 3"),
        ({"batch_size": 0}, "batch_size must be at least 1, not 0"),
        ({"warmup": 1.5}, "warmup must be at least 0 and at most 1, not 1.5"),
        ({"clip": -1.0}, "clip must be at least 0, not -1"),
        ({"max_length": 3}, "max_length must be at least 8, not 3"),
        ({"train_examples": -1}, "train_examples must be at least 0, not -1"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"accumulation": 64}, "accumulation 64 cannot divide a batch_size of 32"),
        ({"patience": 1}, "patience 1 counts evaluations, but evaluate_every is 0"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Hyperparameters(**wrong)
    assert message in str(caught.value)


def test_hyperparameters_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Hyperparameters().steps = 2


def test_ends_of_a_range_are_allowed_unless_it_is_open() -> None:
    assert Hyperparameters(warmup=0.0, weight_decay=1.0, clip=0.0).warmup == 0.0
    assert Hyperparameters(patience=1, evaluate_every=1).patience == 1
