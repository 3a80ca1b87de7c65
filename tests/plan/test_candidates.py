"""What of a plan can be published, and what each candidate's repository is called."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.plan.candidates import Candidate, candidates, names
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.train import Train

Planned = Callable[..., Plan]


def said(plan: Plan, only: str = "") -> list[tuple[str, str]]:
    return [(each.expression, each.way) for each in candidates(plan.stages, only=only)]


SOURCES = [("toy-nli", "seq_bn/target"), ("toy-squad", "seq_bn/target")]
TARGETS = [
    ("toy-xnli", "seq_bn/target"),
    ("toy-xnli", "seq_bn/stack(toy-nli)"),
    ("toy-xnli", "seq_bn/stack(toy-squad)"),
    ("toy-xnli", "seq_bn/fuse(toy-nli, toy-squad)"),
]


def test_targets_are_called_as_score_rows_call_them_and_sources_as_expressions_do(
    planned: Planned,
) -> None:
    assert sorted(said(planned(), "sources")) == SOURCES
    assert sorted(said(planned(), "targets")) == sorted(TARGETS)
    assert sorted(said(planned())) == sorted([*SOURCES, *TARGETS])
    with pytest.raises(UsageError, match="neither 'sources' nor 'targets'"):
        said(planned(), "all")


def test_what_is_built_on_stands_before_what_builds_on_it(planned: Planned) -> None:
    found = said(planned())
    assert found.index(SOURCES[0]) < found.index(TARGETS[1])
    assert found.index(SOURCES[1]) < found.index(TARGETS[3])


def test_a_merge_and_a_target_with_few_examples_are_things_too(planned: Planned) -> None:
    plan = planned("grid.0.compositions=[average]", "grid.0.targets=toy-xnli@4")
    assert ("toy-xnli@4", "seq_bn/average(toy-nli, toy-squad)") in said(plan, "targets")
    assert ("average(toy-nli, toy-squad)", "seq_bn/target") in said(plan, "sources")


def test_the_backbone_that_a_recipe_makes_is_none_of_them(planned: Planned) -> None:
    plan = planned("pretrain={task: toy-mlm, training: {steps: 1}}")
    assert sorted(said(plan)) == sorted([*SOURCES, *TARGETS])


def test_whether_a_thing_answers_a_task_of_its_own_is_known(planned: Planned) -> None:
    plan = planned("sources=['mix(toy-nli, toy-squad)']", "grid.0.compositions=stack")
    found = {each.expression: each.is_evaluated for each in candidates(plan.stages)}
    assert found == {"toy-xnli": True, "mix(toy-nli, toy-squad)": False}


def test_no_two_have_one_name(planned: Planned) -> None:
    found = list(candidates(planned("seeds=[0, 3]").stages))
    every = names("me/x", found)
    assert len(set(every)) == len(found) == 12
    assert {
        name.endswith("-s3")
        for candidate, name in zip(found, every, strict=True)
        if candidate.seed == 3
    } == {True}
    assert {candidate.seed for candidate in found} == {0, 3}


def test_two_that_differ_in_what_no_name_says_are_told_apart(planned: Planned) -> None:
    one = next(iter(candidates(planned().stages)))
    assert isinstance(one.config, Train)
    other = replace(one, id="f" * 16)
    assert len(set(names("me/x", [one, other]))) == 2


def test_the_backbone_is_told_where_there_are_several(planned: Planned) -> None:
    one: Candidate = next(iter(candidates(planned().stages)))
    assert isinstance(one.config, Train)
    backbone = replace(one.config.backbone, name="toyworld")
    other = replace(one, config=replace(one.config, backbone=backbone))
    first, second = names("me/x", [one, other])
    assert "toyworld" in second
    assert "toyworld" not in first
    assert "tiny-xlmr" in first
    assert names("me/x", [one]) == [f"me/x-{one.expression}-seq_bn-target"]
