"""What a recipe trains that can be published, under the names that people know it by."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import load
from adapterstilts.plan.things import names, things

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def compositions() -> Plan:
    """Return the plan of a recipe with every composition, for one seed."""
    return plan(replace(load(RECIPES / "compositions.yaml"), seeds=(1,)))


def test_what_is_built_on_and_what_is_trained_on_targets(compositions: Plan) -> None:
    found = {(each.expression, each.way) for each in things(compositions.stages)}
    assert {
        ("toy-nli", "seq_bn/target"),
        ("mix(toy-nli, toy-squad, toy-swag)", "seq_bn/target"),
        ("average(toy-nli, toy-squad)", "seq_bn/target"),
        ("toy-pawsx", "seq_bn/target"),
        ("toy-pawsx", "seq_bn/stack(toy-squad, toy-nli)"),
        ("toy-pawsx", "seq_bn/fuse[own=true](toy-nli, toy-squad)"),
        ("toy-pawsx", "seq_bn/stack(toy-swag, fuse(toy-nli, toy-squad))"),
        ("toy-pawsx", "seq_bn/average(toy-nli, toy-squad)"),
        ("toy-pawsx@64", "seq_bn/continue(mix(toy-nli, toy-squad, toy-swag))"),
        ("toy-pawsx", "full/continue(toy-nli)"),
    } <= found
    every = list(things(compositions.stages))
    made = {id for id, spec in compositions.stages.items() if spec.kind in ("train", "merge")}
    assert [each.id for each in every] == [id for id in compositions.stages if id in made]


def test_sources_and_targets_apart(compositions: Plan) -> None:
    sources, targets = (
        {each.id for each in things(compositions.stages, only=only)}
        for only in ("sources", "targets")
    )
    assert sources | targets == {each.id for each in things(compositions.stages)}
    own = {each.expression for each in things(compositions.stages) if each.id in sources & targets}
    # The target's own module in a fusion is a source, and the target alone.
    assert own == {"toy-pawsx", "toy-pawsx@64"}
    with pytest.raises(UsageError, match="is neither 'sources' nor 'targets'"):
        list(things(compositions.stages, only="both"))


def test_every_thing_has_a_name_of_its_own(compositions: Plan) -> None:
    every = list(things(compositions.stages))
    found = names("me/x", every)
    assert len({*found}) == len(every)
    assert all(name.startswith("me/x-") and name.endswith("-s1") for name in found)
    assert "me/x-toy-pawsx-seq_bn-stack-toy-squad-toy-nli-s1" in found


def test_several_backbones_are_told_apart(
    planned: Callable[..., Plan], tiny_backbone: Path, still_backbone: Path
) -> None:
    grid = (
        f"grid=[{{methods: seq_bn, compositions: target, targets: toy-xnli, backbones:"
        f" ['{tiny_backbone}', '{still_backbone}']}}]"
    )
    every = list(things(planned(grid).stages))
    assert names("me/x", every) == [
        "me/x-tiny-xlmr-toy-xnli-seq_bn-target",
        "me/x-still-xlmr-toy-xnli-seq_bn-target",
    ]


def test_the_same_name_for_two_has_the_stage_in_it(planned: Callable[..., Plan]) -> None:
    (one,) = things(
        planned("grid=[{methods: seq_bn, compositions: target, targets: toy-xnli}]").stages
    )
    other = replace(one, id="fedcba9876543210")
    assert names("me/x", [one, other]) == [
        f"me/x-toy-xnli-seq_bn-target-{one.id[:8]}",
        "me/x-toy-xnli-seq_bn-target-fedcba98",
    ]


def test_a_backbone_that_is_made_is_no_thing() -> None:
    recipe = replace(load(RECIPES / "toyworld-backbone.yaml"))
    stages = plan(recipe).stages
    assert any(spec.kind == "train" for spec in stages.values())
    titles = {each.expression for each in things(stages)}
    assert recipe.pretrain is not None
    assert recipe.pretrain.task not in titles


def test_whether_it_can_be_evaluated_by_itself(compositions: Plan) -> None:
    said = {each.expression: each.is_evaluated for each in things(compositions.stages)}
    assert said["toy-pawsx@64"]
    assert not said["mix(toy-nli, toy-squad, toy-swag)"]
