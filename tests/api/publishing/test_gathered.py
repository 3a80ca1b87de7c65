"""What a request names is gathered with what there is to be said of it."""

from pathlib import Path

import pytest

import adapterstilts as stilts
from adapterstilts.api.one_off import Choices, way
from adapterstilts.api.publishing.gathered import check_id, destination, requested, seeds_told
from adapterstilts.core.errors import UsageError
from adapterstilts.publishing.item import NO_SOURCE
from tests.api.conftest import QUICK, Done

STACK = way("stack(toy-nli)")
SLOW = {"steps": 2, "batch_size": 2, "train_examples": 8, "max_length": 40, "learning_rate": 1e-6}


def test_it_has_its_sources_its_scores_and_its_baseline(done: Done) -> None:
    found = requested("toy-xnli", STACK, Choices(set=QUICK, store=done.store))
    assert found.title == "toy-xnli by seq_bn/stack(toy-nli)"
    assert [each.name for each in found.item.sources] == ["toy-nli"]
    assert {row.composition for row in found.item.scores} == {"stack"}
    assert list(found.item.baselines) == [NO_SOURCE]
    assert found.item.base.id == "toyworld"
    assert found.item.recipe == ""
    assert found.store.root == done.store


def test_a_recipe_that_it_is_like_is_told_with_what_was_set(own: Done) -> None:
    set = {"training.default.learning_rate": 1e-6}
    stilts.train("toy-nli", like=own.recipe, set=set, store=own.store)
    found = requested("toy-nli", way("target"), Choices(like=own.recipe, set=set, store=own.store))
    first, _, rest = found.item.recipe.partition("\n")
    assert first == "# --set training.default.learning_rate=1e-06"
    assert rest == own.recipe.read_text(encoding="utf-8")


def test_of_several_runs_the_baseline_is_that_of_the_recipe(own: Done) -> None:
    slower = {**QUICK, "training.default": SLOW, "languages": ["qaa", "qab", "qah"]}
    stilts.evaluate("toy-xnli", set=slower, store=own.store)
    usual = requested("toy-xnli", STACK, Choices(set=QUICK, store=own.store))
    of_recipe = requested("toy-xnli", STACK, Choices(like=own.recipe, store=own.store))
    assert of_recipe.item.baselines == usual.item.baselines
    baseline = {row.stage for row in usual.item.baselines[NO_SOURCE]}
    alone = requested("toy-xnli", way("target"), Choices(like=own.recipe, store=own.store))
    assert baseline == {row.stage for row in alone.item.scores}
    assert usual.item.notes == of_recipe.item.notes == ()


def test_what_is_missing_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    store = tmp_path / "runs"
    with pytest.raises(UsageError, match="run `adapterstilts train toy-nli --store"):
        requested("toy-nli", way("target"), Choices(store=store))
    assert not store.exists()


def test_with_a_recipe_no_other_one_is_asked_for(done: Done, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        requested("toy-nli", way("target"), Choices(like=done.recipe, store=tmp_path / "no"))
    assert f"train toy-nli --like {done.recipe}" in str(refusal.value)
    assert "--like RECIPE" not in str(refusal.value)


def test_names_on_the_hub_are_checked_first() -> None:
    assert destination("me/x", "v1").revision == "v1"
    assert destination("me/x").kind == "model"
    check_id("")
    check_id("FacebookAI/xlm-roberta-base")
    for name in ("a b", "a//b", "../x"):
        with pytest.raises(UsageError, match="is no name of"):
            check_id(name)
        with pytest.raises(UsageError, match="is no name of"):
            destination(name)


def test_the_first_of_several_seeds_is_told() -> None:
    assert seeds_told((3, 1)) == "of the seeds 3, 1 it is 3: --seed names another"


def test_another_backbone_than_that_of_the_training_is_looked_at(done: Done) -> None:
    choices = Choices(set=QUICK, store=done.store)
    found = requested("toy-xnli", STACK, choices, base_model="me/toyworld")
    assert found.item.base.id == "me/toyworld"
    assert any("it was trained on toyworld, and its files" in said for said in found.warnings)
    same = requested("toy-xnli", STACK, choices, base_model="toyworld")
    assert not any("trained on" in said for said in same.warnings)
