"""What a recipe publishes of what it trains: which stages, after which others, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import client
from adapterstilts.core.store import Store
from adapterstilts.plan import publications
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import load
from adapterstilts.publishing.gathering.items import OWN
from adapterstilts.stages.index import Index
from adapterstilts.stages.publish import Publish
from adapterstilts.stages.stage import StageSpec
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

TO = "publish={to: someone/x, base_model: someone/tiny}"
SENT = ("publish", "index")
Planned = Callable[..., Plan]


def published(plan: Plan) -> dict[str, StageSpec]:
    """Return the stages that publish, by the name of the repository."""
    return {
        spec.config.repository: spec
        for spec in plan.stages.values()
        if isinstance(spec.config, Publish)
    }


def needed(plan: Plan, spec: StageSpec, kind: str) -> list[StageSpec]:
    return [plan.stages[id] for id in spec.needs.values() if plan.stages[id].kind == kind]


def refusal(planned: Planned, *changes: str) -> str:
    with pytest.raises(UsageError) as caught:
        planned(*changes)
    return str(caught.value)


def test_everything_that_is_trained_is_published_under_a_name_of_its_own(planned: Planned) -> None:
    found = published(planned(TO))
    assert set(found) == {
        "someone/x-toy-nli-seq_bn-target",
        "someone/x-toy-squad-seq_bn-target",
        "someone/x-toy-xnli-seq_bn-target",
        "someone/x-toy-xnli-seq_bn-stack-toy-nli",
        "someone/x-toy-xnli-seq_bn-stack-toy-squad",
        "someone/x-toy-xnli-seq_bn-fuse-toy-nli-toy-squad",
    }
    (stack,) = (spec for name, spec in found.items() if name.endswith("stack-toy-nli"))
    assert (stack.config.expression, stack.config.way) == ("toy-xnli", "seq_bn/stack(toy-nli)")


def index(plan: Plan) -> StageSpec:
    """Return the stage that publishes the index."""
    (found,) = (spec for spec in plan.stages.values() if isinstance(spec.config, Index))
    return found


def test_an_index_comes_last_and_leads_to_everything_that_is_published(planned: Planned) -> None:
    plan = planned(TO)
    found, last = published(plan), index(plan)
    assert last.config.repository == "someone/x"
    assert last.config.title == "the index of x"
    assert last.needs == {name: spec.id for name, spec in found.items()}
    assert [thing.repository for thing in last.config.things] == list(found)
    assert list(plan.stages)[-1] == last.id


def test_an_index_changes_with_what_it_leads_to_and_with_nothing_else(planned: Planned) -> None:
    one = index(planned(TO)).id
    assert index(planned(TO, "question=Another", "runtime.workers=2")).id == one
    for change in (
        "training.default.steps=3",
        "publish.what=toy-xnli",
        "publish.licence=cc-by-4.0",
        "publish.revision=v2",
    ):
        assert index(planned(TO, change)).id != one


def test_nothing_is_published_that_nobody_asks_for(planned: Planned) -> None:
    whole, none = planned(TO), planned()
    assert published(none) == {}
    assert {id for id, spec in whole.stages.items() if spec.kind not in SENT} == set(none.stages)
    assert set(planned(TO, "publish=null").stages) == set(none.stages)


def test_a_publication_comes_after_all_that_its_card_tells_of(planned: Planned) -> None:
    grid = (
        "methods: seq_bn, compositions: [target, stack]",
        "methods: full, compositions: [target, continue]",
    )
    plan = planned(TO, f"grid=[{', '.join(f'{{{each}, targets: toy-xnli}}' for each in grid)}]")
    spec = published(plan)["someone/x-toy-xnli-seq_bn-stack-toy-nli"]
    assert next(iter(spec.needs)) == OWN
    own = plan.stages[spec.needs[OWN]]
    assert (own.config.composition, own.config.title) == ("stack", "toy-xnli")
    told = {
        (each.config.method, each.config.composition, each.config.source)
        for each in needed(plan, spec, "score")
    }
    assert told == {
        ("seq_bn", "stack", "toy-nli"),
        ("seq_bn", "target", ""),
        ("full", "target", ""),
        ("full", "continue", "toy-nli"),
    }
    trained = {each.config.slug for each in needed(plan, spec, "train")}
    assert {"seq_bn-target-toy-nli-s0", "full-target-toy-nli-s0"} <= trained
    assert not any("toy-squad" in slug for slug in trained)
    read = {(each.config.task, each.config.split) for each in needed(plan, spec, "prepare")}
    learned = {(task, split) for task in ("toy-nli", "toy-xnli") for split in ("train", "dev")}
    assert read == {*learned, ("toy-xnli", "test")}
    seen = list(plan.stages)
    assert all(seen.index(id) < seen.index(spec.id) for id in spec.needs.values())


def test_a_publication_stays_the_same_whatever_else_is_asked_for(planned: Planned) -> None:
    name = "someone/x-toy-xnli-seq_bn-stack-toy-nli"
    one = published(planned(TO))[name]
    for change in (
        "grid.0.targets=[toy-pawsx, toy-xnli]",
        "seeds=[0, 1]",
        "question=Another",
        "runtime.workers=2",
    ):
        assert published(planned(TO, change))[name].id == one.id
    for change in ("publish.private=true", "publish.licence=cc-by-4.0", "training.default.steps=3"):
        assert published(planned(TO, change))[name].id != one.id


def test_some_of_it_and_another_seed_can_be_named(planned: Planned) -> None:
    some = published(
        planned(TO, "publish.what=[toy-squad, toy-xnli]", "publish.seed=1", "seeds=[0, 1]")
    )
    assert "someone/x-toy-squad-seq_bn-target-s1" in some
    assert not any("x-toy-nli" in name for name in some)
    seeds = {plan_of.config.backbone.name for plan_of in some.values()}
    assert len(seeds) == 1
    assert len(some) == 5
    assert "with the seed 7" in refusal(planned, TO, "publish.seed=7")
    message = refusal(planned, TO, "publish.what=toy-mnli")
    assert "'toy-mnli' in 'publish' of" in message
    assert "is nothing that is trained (did you mean 'toy-nli'?)" in message


def test_what_one_method_made_can_be_published_alone(planned: Planned) -> None:
    both = "grid=[{methods: [seq_bn, full], compositions: target, targets: toy-xnli}]"
    every, some = planned(TO, both), planned(TO, both, "publish.methods=seq_bn")
    assert len(published(every)) == 2
    assert list(published(some)) == ["someone/x-toy-xnli-seq_bn-target"]
    (name,) = published(some)
    assert published(some)[name].id == published(every)[name].id
    message = refusal(planned, TO, both, "publish.methods=lora")
    assert "nothing is trained by 'lora'" in message
    assert "name one of seq_bn, full" in message
    assert "unknown method 'lroa'" in refusal(planned, TO, "publish.methods=lroa")


def test_a_recipe_may_say_only_where_to(planned: Planned) -> None:
    short = planned("publish=someone/x", backbone="toyworld")
    assert {spec.config.private for spec in published(short).values()} == {None}
    assert {spec.config.base_model for spec in published(short).values()} == {""}


def test_a_backbone_that_others_do_not_have_is_refused_before_anything_runs(
    planned: Planned, tiny_backbone: Path
) -> None:
    message = refusal(planned, "publish=someone/x")
    assert f"the backbone '{tiny_backbone.name}' of toy-xnli is none that others have" in message
    assert "'base_model' under 'publish'" in message
    assert str(tiny_backbone) not in message
    made = ("pretrain={task: toy-mlm, training: {steps: 1}}", "publish=someone/x")
    assert "is none that others have" in refusal(planned, *made)
    assert published(planned(made[0], TO))


def test_without_network_and_without_a_token_it_is_refused_at_once(
    planned: Planned,
    hub: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, stages, here = Store(tmp_path / "runs"), planned(TO).stages, client.here()
    with pytest.raises(StiltsError, match="leave it out with --set publish=null, or run without"):
        publications.check(stages, store, replace(here, offline=True))
    with pytest.raises(StiltsError, match="there is no token to publish"):
        publications.check(stages, store, here)
    assert not hub.requests
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    publications.check(stages, store, here)
    base = "/api/models/someone/tiny/revision/main"
    assert [each.path for each in hub.requests] == ["/api/whoami-v2", base]
    assert "there is no model 'someone/tiny' on the Hub, or it is private" in caplog.text
    hub.people.users.clear()
    with pytest.raises(StiltsError, match="does not know the token"):
        publications.check(stages, store, client.here())
    publications.check(planned().stages, store, replace(here, offline=True))


def test_a_plan_that_is_not_evaluated_publishes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = "question: Why?\nbackbone: toyworld\npublish: someone/x\n"
    path.write_text(f"{text}grid: [{{methods: seq_bn, compositions: target, targets: toy-xnli}}]\n")
    recipe = load(path)
    assert published(plan(recipe))
    assert not published(plan(recipe, evaluated=False))


def test_what_is_like_a_recipe_that_publishes_publishes_nothing(
    tmp_path: Path, planned: Any
) -> None:
    from adapterstilts.api.one_off import Choices, Wanted, Way, one_off

    path = tmp_path / "mine.yaml"
    text = "question: Why?\nbackbone: toyworld\npublish: someone/x\n"
    path.write_text(f"{text}grid: [{{methods: seq_bn, compositions: target, targets: toy-xnli}}]\n")
    way = Way(method="seq_bn", composition="target")
    asked = one_off([Wanted(way=way, targets=("toy-pawsx",))], Choices(like=path))
    assert not published(asked.plan)


def test_nothing_is_published_over_what_it_is_made_of(planned: Planned) -> None:
    source = "someone/x-toy-nli"
    way = f"stack(hub({source}))"
    ways = f'grid=[{{methods: seq_bn, compositions: "{way}", targets: toy-xnli}}]'
    named = published(planned(TO, ways))
    assert any(name.startswith("someone/x-toy-xnli-seq_bn-stack-hub") for name in named)
    over = refusal(planned, TO.replace("someone/x,", f"{source.upper()},"), ways)
    thing = "toy-xnli by seq_bn/stack(hub(someone/x-toy-nli))"
    assert over.startswith(f"the index with {thing} cannot be published as")
    assert "'SOMEONE/X-TOY-NLI': it is made of hub(someone/x-toy-nli)" in over
    assert "another repository with 'to' under 'publish' in " in over
    base = TO.replace("someone/tiny", "someone/x")
    assert "it is made of hub(someone/x)" in refusal(planned, base)
