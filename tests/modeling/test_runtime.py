from dataclasses import fields

from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.runtime import Runtime


def test_nothing_is_said_at_two_levels() -> None:
    runtime = {each.name for each in fields(Runtime)}
    assert runtime
    assert not runtime & {each.name for each in fields(Hyperparameters)}


def test_the_defaults_leave_the_choice_to_the_machine() -> None:
    assert (Runtime().device, Runtime().precision, Runtime().threads) == ("auto", "auto", 0)
