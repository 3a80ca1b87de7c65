"""The recipes that come with the project: each can be planned, and says of itself what is true."""

import re
from collections import Counter
from pathlib import Path

import pytest

from adapterstilts.modeling import locate
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import load
from adapterstilts.plan.sources import Reading
from adapterstilts.plan.ways import written_source
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS

HOME = Path(__file__).parents[2]
RECIPES = sorted((HOME / "recipes").glob("*.yaml"))
README = (HOME / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```yaml\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
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


@pytest.mark.parametrize("text", SHOWN)
def test_a_recipe_of_the_readme_can_be_planned(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    whole = text if "question:" in text else f"question: What is shown?\nbackbone: toyworld\n{text}"
    path.write_text(whole, encoding="utf-8")
    assert plan(load(path)).stages


def test_the_readme_shows_recipes_whole_and_in_part() -> None:
    assert len(SHOWN) == 3


def test_every_source_of_the_readme_is_read() -> None:
    (table,) = re.findall(r"^\| source \|.*?\n\n", README, flags=re.MULTILINE | re.DOTALL)
    cells = [row.split("|")[1] for row in table.splitlines()[2:] if row]
    found = [text for cell in cells for text in re.findall(r"`(.*?)`", cell)]
    assert {text.partition("(")[0].partition("[")[0] for text in found} == {
        "mnli", "mix", "translated", "sample", "average", "hub", "path",
    }  # fmt: skip
    for text in found:
        if text != "path(dir)":
            assert written_source(text, "README.md", reading=Reading()) == text
