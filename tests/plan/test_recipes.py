"""The recipes that come with the project: each can be planned, and says of itself what is true."""

import re
from collections import Counter
from pathlib import Path

import pytest

from adapterstilts.modeling import locate
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import load
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
FIRST_REAL = "xnli-stilts"


def planned(name: str) -> Plan:
    (path,) = (path for path in RECIPES if path.stem == name)
    return plan(load(path))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_can_be_planned_and_asks_its_question(path: Path) -> None:
    found = planned(path.stem)
    assert found.stages
    assert found.recipe.question.endswith("?")
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_the_first_real_recipe_says_how_large_it_is() -> None:
    found = planned(FIRST_REAL)
    kinds = Counter(spec.kind for spec in found.stages.values())
    head = " ".join(re.findall(r"^# ?(.*)$", found.recipe.text, flags=re.MULTILINE))
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("prepare", "train", "predict", "score"))
    assert f"{len(found.stages)} stages: {counts}" in head
    whole = [
        spec
        for spec in found.stages.values()
        if isinstance(spec.config, Train) and spec.config.method == "full"
    ]
    assert f"the {len(whole)} fine-tuned models" in head
    assert f"The {kinds['train']} trainings" in head
    assert f"the {kinds['train'] - len(whole)} adapters" in head


def test_the_first_real_recipe_has_a_target_of_each_shape_in_all_its_languages() -> None:
    asked = [
        spec.config
        for spec in planned(FIRST_REAL).stages.values()
        if isinstance(spec.config, Predict)
    ]
    shapes = {TASKS.get(config.task).format for config in asked}
    assert shapes == {"classification", "tagging", "span_qa", "multiple_choice", "retrieval"}
    assert all(set(config.languages) == set(TASKS.get(config.task).languages) for config in asked)
    met = {(config.method, config.composition) for config in asked if config.task == "xnli"}
    assert met == {
        ("seq_bn", "target"),
        ("seq_bn", "stack"),
        ("full", "target"),
        ("full", "continue"),
    }


def test_the_first_real_recipe_learns_and_selects_in_english_alone() -> None:
    prepared = [
        spec.config
        for spec in planned(FIRST_REAL).stages.values()
        if isinstance(spec.config, Prepare)
    ]
    assert {config.language for config in prepared if config.split in ("train", "dev")} == {"en"}


def test_the_first_real_recipe_takes_its_backbone_from_the_hub() -> None:
    assert not locate.is_local(planned(FIRST_REAL).recipe.backbone)
