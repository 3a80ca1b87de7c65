"""Which training a request names, and the commands that messages name."""

import shlex
from pathlib import Path

import pytest

from adapterstilts.api.one_off import Choices, Way, way
from adapterstilts.api.publishing.publishable import command, evaluation, every, one
from adapterstilts.core.errors import UsageError
from adapterstilts.plan.recipe import load
from tests.api.conftest import QUICK, Done


@pytest.mark.parametrize(
    ("task", "on", "expression", "written"),
    [
        ("toy-xnli", "stack( toy-nli )", "toy-xnli", "seq_bn/stack(toy-nli)"),
        ("toy-xnli@4", "lora/target", "toy-xnli@4", "lora/target"),
        ("mix(toy-nli,toy-squad)", "target", "mix(toy-nli, toy-squad)", "seq_bn/target"),
        ("average(toy-nli, toy-squad)", "target", "average(toy-nli, toy-squad)", "seq_bn/target"),
        ("toy-nli", "full", "toy-nli", "full/target"),
        (
            "toy-xnli",
            "average(toy-nli, toy-squad)",
            "toy-xnli",
            "seq_bn/average(toy-nli, toy-squad)",
        ),
    ],
)
def test_a_request_names_one_training_under_its_one_text(
    task: str, on: str, expression: str, written: str
) -> None:
    asked, candidate = one(task, way(on), Choices(set=QUICK))
    assert (candidate.expression, candidate.way) == (expression, written)
    assert candidate.id in asked.plan.stages


def test_what_a_request_names_is_what_a_recipe_has_trained(done: Done) -> None:
    of_recipe = {(each.expression, each.way): each.id for each in every(load(done.recipe))}
    for expression, on in (("toy-xnli", "stack(toy-nli)"), ("toy-nli", "target")):
        _, candidate = one(expression, way(on), Choices(set=QUICK, store=done.store))
        assert of_recipe[expression, candidate.way] == candidate.id


def test_a_name_of_a_recipe_is_what_it_means(done: Done, tmp_path: Path) -> None:
    path = tmp_path / "named.yaml"
    text = done.recipe.read_text().replace("sources: toy-nli\n", "")
    text = text.replace("question:", "define: {both: 'mix(toy-nli, toy-squad)'}\nquestion:")
    path.write_text(text.replace("stack]", "stack(both)]").replace(": zero", ": zero(both)"))
    choices = Choices(like=path, store=done.store)
    _, source = one("both", way("target"), choices)
    assert source.expression == "mix(toy-nli, toy-squad)"
    _, target = one("toy-xnli", way("stack(both)"), choices)
    assert target.way == "seq_bn/stack(mix(toy-nli, toy-squad))"


def test_a_folder_that_was_taken_over_is_named_without_its_place(
    theirs: Path, tiny_backbone: Path
) -> None:
    choices = Choices(set=QUICK, backbone=tiny_backbone)
    _, candidate = one("toy-xnli", way(f"stack(path({theirs}))"), choices)
    assert str(theirs.parent) not in candidate.way
    assert candidate.way.startswith(f"seq_bn/stack(path({theirs.name}@")
    with pytest.raises(UsageError, match="but taken over"):
        one(f"path({theirs})", way("target"), choices)


@pytest.mark.parametrize(
    ("asked", "choices", "said"),
    [
        (Way(method="seq_bn", composition="target"), Choices(), "train xnli"),
        (
            Way(method="lora[r=16]", composition="stack(mnli, squad)"),
            Choices(like="a b.yaml", backbone="o/n", seeds=(3,), set={"x": 1}, data="d", store="s"),
            "train xnli --on 'stack(mnli, squad)' --method 'lora[r=16]' --like 'a b.yaml'"
            " --backbone o/n --seed 3 --set x=1 --data d --store s",
        ),
        (
            Way(method="full", composition="target"),
            Choices(store="runs"),
            "train xnli --method full",
        ),
    ],
)
def test_a_command_that_a_message_names_can_be_given_as_it_is(
    asked: Way, choices: Choices, said: str
) -> None:
    found = command("train", "xnli", asked, choices)
    assert found == f"adapterstilts {said}"
    assert shlex.split(found)[:3] == ["adapterstilts", "train", "xnli"]


@pytest.mark.parametrize(
    ("task", "on", "said"),
    [
        ("toy-xnli", "stack(toy-nli)", "toy-xnli --on 'stack(toy-nli)'"),
        ("toy-xnli", "full/target", "toy-xnli --method full"),
        ("sample(toy-nli, 5)", "target", "TASK --on 'zero(sample(toy-nli, 5))'"),
    ],
)
def test_what_evaluates_a_training(task: str, on: str, said: str) -> None:
    _, candidate = one(task, way(on), Choices(set=QUICK))
    assert evaluation(candidate, Choices()) == f"adapterstilts evaluate {said}"
    asked = evaluation(candidate, Choices(), task=task, way=way(on))
    assert asked == f"adapterstilts evaluate {said}"
