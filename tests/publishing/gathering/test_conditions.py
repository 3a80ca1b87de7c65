"""Which condition is which baseline of which: said once, for plans and for stores."""

from dataclasses import replace
from itertools import product

import pytest

from adapterstilts.core.store import Store
from adapterstilts.plan.planner import plan
from adapterstilts.plan.recipe import load
from adapterstilts.publishing.gathering.conditions import (
    Condition,
    Run,
    baselines,
    fits,
    is_trained,
)
from adapterstilts.publishing.gathering.items import OWN, gather, gather_from
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE, Base
from adapterstilts.stages.publish import Publish
from tests.publishing.conftest import Grid

STACK = ("seq_bn", "stack", "toy-nli")
OURS = Run(condition=STACK, target="xnli", asked=("xlmr", "test"), seed=1)


@pytest.mark.parametrize(
    ("own", "trained", "wanted"),
    [
        (
            STACK,
            True,
            {
                NO_SOURCE: ("seq_bn", "target", ""),
                FULL: ("full", "target", ""),
                FULL_STILTS: ("full", "continue", "toy-nli"),
            },
        ),
        (
            ("seq_bn", "zero", "toy-nli"),
            False,
            {
                NO_SOURCE: ("none", "zero", ""),
                FULL: ("full", "target", ""),
                FULL_STILTS: ("full", "zero", "toy-nli"),
            },
        ),
        (("seq_bn", "target", ""), True, {FULL: ("full", "target", "")}),
        (("full", "continue", "toy-nli"), True, {NO_SOURCE: ("full", "target", "")}),
        (("full", "target", ""), True, {}),
    ],
)
def test_a_condition_has_the_baselines_that_mean_something(
    own: Condition, trained: bool, wanted: dict[str, Condition]
) -> None:
    assert baselines(own, trained=trained) == wanted


def test_a_run_fits_that_was_asked_the_same_with_the_same_seed() -> None:
    alone: Condition = ("seq_bn", "target", "")
    other = replace(OURS, condition=alone)
    assert fits(other, alone, OURS)
    for wrong in ({"seed": 2}, {"target": "pawsx"}, {"asked": ("xlmr", "dev")}):
        assert not fits(replace(other, **wrong), alone, OURS)
    assert not fits(OURS, alone, OURS)
    untrained: Condition = ("none", "zero", "")
    assert fits(replace(OURS, condition=untrained, seed=7), untrained, OURS)


def test_a_source_as_it_is_trains_nothing_on_a_target() -> None:
    as_it_is = replace(OURS, condition=("seq_bn", "zero", "toy-nli"))
    assert not is_trained("xnli", [as_it_is])
    assert is_trained("xnli", [as_it_is, OURS])
    assert not is_trained("pawsx", [OURS])


def test_a_plan_gives_a_card_every_baseline_that_the_whole_store_would(grid: Grid) -> None:
    asked = "publish={to: someone/x, base_model: someone/tiny}"
    planned = plan(load(grid.store.root.parent / "small.yaml", (asked,)))
    base, seen = Base(title="tiny"), 0
    for spec in planned.stages.values():
        if not isinstance(config := spec.config, Publish):
            continue
        about = {"expression": config.expression, "way": config.way, "base": base}
        folders = {role: grid.store.folder(id, role) for role, id in spec.needs.items()}
        given = gather_from(folders, **about)
        whole = gather(Store(grid.store.root), spec.needs[OWN], **about)
        assert given.baselines == whole.baselines, config.way
        assert (given.scores, given.evaluated) == (whole.scores, whole.evaluated)
        seen += len(given.baselines)
    assert seen > 10


def test_every_condition_has_at_most_the_three() -> None:
    for method, source, trained in product(("full", "lora"), ("", "squad"), (True, False)):
        found = baselines((method, "stack", source), trained=trained)
        assert found.keys() <= {NO_SOURCE, FULL, FULL_STILTS}
        assert (method, "stack", source) not in found.values()
