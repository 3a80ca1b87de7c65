from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.store import Store
from adapterstilts.core.suites import SUITES, Suite
from adapterstilts.plan.choosing import answering, left_out, missing
from adapterstilts.plan.planner import Plan

TOY = SUITES.get("toy")
Planned = Callable[..., Plan]


def test_what_is_asked_for_is_one_way_for_each_task(planned: Planned) -> None:
    plan = planned("grid.0.targets=[toy-xnli, toy-pawsx]")
    found = answering(plan, TOY, {"composition": ["stack"], "source": ["toy-nli"]})
    assert [each.member.folder for each in found] == ["toy-xnli", "toy-pawsx"]
    for each in found:
        assert each.chosen() == {
            "backbone": each.config.backbone,
            "method": "seq_bn",
            "composition": "stack",
            "source": "toy-nli",
            "seed": "0",
        }
        assert plan.stages[each.stage].kind == "predict"


def test_where_there_is_one_way_nothing_need_be_chosen(planned: Planned) -> None:
    plan = planned("grid.0.compositions=target")
    [found] = answering(plan, TOY, {})
    assert found.chosen()["composition"] == "target"


def test_several_ways_say_what_tells_them_apart_and_nothing_else(planned: Planned) -> None:
    plan = planned("grid.0.compositions=[target, stack]")
    with pytest.raises(UsageError) as error:
        answering(plan, TOY, {"method": ["seq_bn"]})
    assert str(error.value).endswith(
        "has more than one answer for toy-xnli: choose with --composition (target, stack),"
        " --source ('', toy-nli, toy-squad)"
    )


def test_several_values_may_be_asked_for(planned: Planned) -> None:
    plan = planned("grid.0.targets=[toy-xnli, toy-tatoeba]", "grid.0.compositions=[stack, zero]")
    wanted = {"composition": ["stack", "zero"], "source": ["toy-squad"]}
    found = answering(plan, TOY, wanted)
    assert [(each.member.folder, each.config.composition) for each in found] == [
        ("toy-xnli", "stack"),
        ("toy-tatoeba", "zero"),
    ]


def test_what_is_untrained_answers_once_for_every_seed(planned: Planned) -> None:
    plan = planned("seeds=[0, 1]", "grid.0.targets=toy-tatoeba", "grid.0.compositions=target")
    [found] = answering(plan, TOY, {})
    assert (found.config.method, found.config.seed) == ("none", 0)


def test_a_task_that_the_choice_leaves_out_is_known(planned: Planned) -> None:
    plan = planned("grid.0.targets=[toy-xnli, toy-tatoeba]", "grid.0.compositions=[stack, zero]")
    found = answering(plan, TOY, {"composition": ["stack"], "source": ["toy-nli"]})
    assert left_out(plan, TOY, found) == ["toy-tatoeba"]
    assert left_out(plan, TOY, []) == ["toy-xnli", "toy-tatoeba"]


def test_a_choice_that_nothing_has_says_what_there_is(planned: Planned) -> None:
    with pytest.raises(UsageError, match=r"has method full or head: it has --composition"):
        answering(planned(), TOY, {"method": ["full", "head"]})


@pytest.mark.parametrize("suite", [SUITES.get("xtreme"), SUITES.get("xtreme-r")])
def test_a_recipe_without_a_task_of_the_suite_says_what_to_add(
    planned: Planned, suite: Suite
) -> None:
    with pytest.raises(UsageError, match=f"has no target of {suite.name}: add one of xnli,"):
        answering(planned(), suite, {})


def test_only_what_an_answer_takes_is_run(planned: Planned, tmp_path: Path) -> None:
    plan, store = planned(), Store(tmp_path / "runs")
    [found] = answering(plan, TOY, {"composition": ["target"]})
    part = missing(plan, [found.stage], store)
    kinds = [spec.kind for spec in part.stages.values()]
    assert (kinds.count("train"), kinds.count("predict"), kinds.count("score")) == (1, 1, 0)
    assert 0 < len(part.stages) < len(plan.stages)
    assert list(part.stages) == [id for id in plan.stages if id in part.stages]
    seen: set[str] = set()
    for id, spec in part.stages.items():
        assert set(spec.needs.values()) <= seen
        seen.add(id)


def test_nothing_is_run_for_what_is_there(planned: Planned, tmp_path: Path) -> None:
    plan, store = planned(), Store(tmp_path / "runs")
    [found] = answering(plan, TOY, {"composition": ["target"]})
    spec = plan.stages[found.stage]
    with store.writing(spec.kind, spec.slug, spec.id):
        pass
    assert dict(missing(plan, [found.stage], store).stages) == {}
