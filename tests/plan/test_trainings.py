"""Plans of expressions: which stages make a source, and what a way needs of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.predict import TRAINED
from adapterstilts.stages.references import source_role
from adapterstilts.stages.stage import StageSpec
from adapterstilts.tasks.mixture import Part, Sampling
from tests.modeling.foreign_adapters import plain_model, saved

Planned = Callable[..., Plan]


def asking(planned: Planned, composition: str, *changes: str, target: str = "toy-xnli") -> Plan:
    return planned(f"grid.0.compositions=['{composition}']", f"grid.0.targets=[{target}]", *changes)


def of(plan: Plan, kind: str, **config: Any) -> list[StageSpec]:
    return [
        spec
        for spec in plan.stages.values()
        if spec.kind == kind
        and all(getattr(spec.config, name) == value for name, value in config.items())
    ]


def the(plan: Plan, kind: str, **config: Any) -> StageSpec:
    (found,) = of(plan, kind, **config)
    return found


def made_by(plan: Plan, spec: StageSpec, *roles: str) -> list[str]:
    """Return what was learned or merged for some roles of a stage."""
    makers = [plan.stages[spec.needs[role]].config for role in roles]
    return [str(getattr(each, "title", each.kind)) for each in makers]


def test_every_stage_stands_behind_what_it_needs(planned: Planned) -> None:
    plan = asking(planned, "stack(average(toy-nli, toy-squad), fuse(toy-swag, toy-panx))")
    seen: set[str] = set()
    for id, spec in plan.stages.items():
        assert set(spec.needs.values()) <= seen
        seen.add(id)


def test_sources_of_nested_blocks_have_roles_in_the_order_of_their_appearance(
    planned: Planned,
) -> None:
    plan = asking(planned, "stack(toy-nli, fuse[kind=static](toy-squad, toy-swag))")
    trained = the(plan, "train", title="toy-xnli")
    assert trained.config.composition == "stack"  # type: ignore[attr-defined]
    assert trained.config.sources == (  # type: ignore[attr-defined]
        "toy-nli",
        "fuse[kind=static](toy-squad, toy-swag)",
    )
    roles = [source_role(index) for index in range(3)]
    assert made_by(plan, trained, *roles) == ["toy-nli", "toy-squad", "toy-swag"]
    predicted = the(plan, "predict")
    assert made_by(plan, predicted, TRAINED, *roles) == [
        "toy-xnli",
        "toy-nli",
        "toy-squad",
        "toy-swag",
    ]
    score = the(plan, "score").config
    assert (score.composition, score.source) == (  # type: ignore[attr-defined]
        "stack",
        "toy-nli+fuse[kind=static](toy-squad, toy-swag)",
    )


def test_a_mix_is_one_training_on_the_data_of_each_task(planned: Planned) -> None:
    plan = asking(
        planned,
        "continue(mix[cap=5](toy-nli, toy-squad))",
        "training.tasks={toy-squad: {max_length: 64, train_examples: 6}}",
    )
    mixed = the(plan, "train", title="mix[cap=5](toy-nli, toy-squad)")
    config = mixed.config
    assert config.parts == (Part(task="toy-nli"), Part(task="toy-squad"))  # type: ignore[attr-defined]
    assert config.sampling == Sampling(cap=5)  # type: ignore[attr-defined]
    # Each is read as it would be alone.
    data = {
        role: (prepared.task, prepared.split, prepared.max_length, prepared.size)
        for role, id in mixed.needs.items()
        if (prepared := plan.stages[id].config)
    }
    assert data["train:toy-nli:qaa"] == ("toy-nli", "train", 40, 8)
    assert data["train:toy-squad:qaa"] == ("toy-squad", "train", 64, 6)
    assert {role for role in data if role.startswith("dev")} == {
        "dev:toy-nli:qaa",
        "dev:toy-squad:qaa",
    }


def test_what_a_mix_learns_by_can_be_set_under_its_name(planned: Planned) -> None:
    plan = asking(
        planned,
        "stack(mix(toy-nli, toy-squad))",
        'training.tasks={"mix( toy-nli,toy-squad )": {steps: 3}, toy-nli: {steps: 4}}',
    )
    assert the(plan, "train", title="mix(toy-nli, toy-squad)").config.hyper.steps == 3  # type: ignore[attr-defined]


def test_a_translated_source_reads_other_languages_and_is_selected_in_english(
    planned: Planned,
) -> None:
    plan = asking(planned, "stack(translated(toy-nli, qab, qac))")
    trained = the(plan, "train", title="translated(toy-nli, qab, qac)")
    data = {role: plan.stages[id].config.language for role, id in trained.needs.items()}  # type: ignore[attr-defined]
    assert data == {
        "train:toy-nli:qab": "qab",
        "train:toy-nli:qac": "qac",
        "dev:toy-nli:qaa": "qaa",
    }


def test_a_sample_is_drawn_by_the_seed(planned: Planned) -> None:
    plan = asking(planned, "stack(sample(toy-nli, 5))", "seeds=[3, 4]")
    drawn = [
        (spec.config.drawn, spec.config.seed, spec.config.size)  # type: ignore[attr-defined]
        for spec in of(plan, "prepare", split="train", task="toy-nli")
    ]
    assert drawn == [(5, 3, 6000), (5, 4, 6000)]


def test_a_few_examples_of_a_target_are_of_its_own_training(planned: Planned) -> None:
    plan = asking(planned, "stack(toy-nli)", target="toy-xnli@4")
    (few,) = of(plan, "prepare", split="train", task="toy-xnli")
    assert few.config.drawn == 4  # type: ignore[attr-defined]
    assert the(plan, "train", title="sample(toy-xnli, 4)").needs["train"] == few.id
    assert the(plan, "score").config.target == "toy-xnli@4"  # type: ignore[attr-defined]
    assert not any(
        spec.config.drawn  # type: ignore[attr-defined]
        for spec in of(plan, "prepare", task="toy-nli")
    )


def test_more_examples_than_there_are_are_refused(planned: Planned) -> None:
    assert "there are 6,000 (qaa)" in refusal(planned, "stack(sample(toy-nli, 6001))")
    assert "9,999 training rows" in refusal(planned, "stack(toy-nli)", target="toy-xnli@9999")


def test_an_average_is_merged_once_and_gone_on_from(planned: Planned) -> None:
    plan = asking(planned, "average[weights=2+1](toy-nli, toy-squad)")
    merged = the(plan, "merge")
    assert made_by(plan, merged, "source:0", "source:1") == ["toy-nli", "toy-squad"]
    trained = the(plan, "train", composition="continue")
    assert trained.needs["source:0"] == merged.id
    score = the(plan, "score").config
    assert (score.composition, score.source) == (  # type: ignore[attr-defined]
        "average[weights=2+1]",
        "toy-nli+toy-squad",
    )
    both = planned(
        "grid.0.compositions=['average(toy-nli, toy-squad)', 'zero(average(toy-nli, toy-xnli))',"
        " 'stack(average(toy-nli, toy-squad))']"
    )
    assert len(of(both, "merge")) == 2


def test_a_fusion_with_a_module_of_the_targets_own_is_a_fusion_with_one_more(
    planned: Planned,
) -> None:
    asked = asking(planned, "fuse[own=true](toy-nli, toy-squad)")
    written = asking(planned, "fuse(toy-nli, toy-squad, toy-xnli)")
    assert {spec.id for spec in of(asked, "train")} == {spec.id for spec in of(written, "train")}
    rows = [the(plan, "score").config for plan in (asked, written)]
    assert [each.composition for each in rows] == ["fuse[own=true]", "fuse"]  # type: ignore[attr-defined]


def test_the_head_of_a_mix_that_answers_is_the_one_that_fits(planned: Planned) -> None:
    plan = asking(planned, "zero(mix(toy-squad, toy-nli))")
    predicted = the(plan, "predict").config
    assert (predicted.head, predicted.sources) == (  # type: ignore[attr-defined]
        "toy-nli",
        ("mix(toy-squad, toy-nli)",),
    )


def test_what_has_a_name_in_the_recipe_is_made_once(planned: Planned) -> None:
    plan = planned(
        "define={two: 'mix(toy-nli, toy-squad)'}",
        "grid.0.compositions=['stack(two)', 'fuse(mix(toy-nli,toy-squad), toy-swag)']",
    )
    assert len(of(plan, "train", title="mix(toy-nli, toy-squad)")) == 1


def refusal(planned: Planned, composition: str, *changes: str, target: str = "toy-xnli") -> str:
    with pytest.raises(UsageError) as caught:
        asking(planned, composition, *changes, target=target)
    return str(caught.value)


@pytest.mark.parametrize(
    ("composition", "target", "method", "told"),
    [
        ("zero(toy-squad)", "toy-xnli", "seq_bn", "'toy-squad' has no head that answers"),
        ("zero(mix(toy-squad, toy-swag))", "toy-xnli", "seq_bn", "has no head that answers"),
        ("zero(average(toy-nli, toy-squad))", "toy-xnli", "seq_bn", "has no head that answers"),
        ("stack(toy-nli)", "toy-tatoeba", "seq_bn", "nothing trains on 'toy-tatoeba'"),
        ("fuse(toy-nli, toy-squad)", "toy-xnli", "lora", "AdapterFusion"),
        ("stack(toy-nli, fuse(toy-squad, toy-swag))", "toy-xnli", "lora", "AdapterFusion"),
        ("stack(average(toy-nli, toy-squad))", "toy-xnli", "prefix_tuning", "cannot be had with"),
        (
            "average[merge=ties](toy-nli, toy-squad)",
            "toy-xnli",
            "seq_bn",
            "no changes of single weights that were there before, and 'ties' reads these",
        ),
        ("stack(toy-nli)", "toy-xnli", "full", "leaves nothing that another module can stand on"),
        ("stack(path(nowhere))", "toy-xnli", "seq_bn", "there is no folder"),
        ("stack(toy-tatoeba)", "toy-xnli", "seq_bn", "cannot be trained on"),
        ("target", "toy-answers", "head", "(it trains a head alone)"),
        ("target", "toy-answers", "'seq_bn[leave_out=0]'", "all that it trains lies higher"),
        ("stack(mix(toy-nli, toy-answers))", "toy-xnli", "'seq_bn[leave_out=0]'", "'toy-answers'"),
        ("zero(toy-answers)", "toy-xnli", "seq_bn", "'toy-answers' has no head that answers"),
    ],
)
def test_what_cannot_be_is_refused_by_name_before_anything_is_trained(
    planned: Planned, composition: str, target: str, method: str, told: str
) -> None:
    message = refusal(planned, composition, f"grid.0.methods=[{method}]", target=target)
    assert told in message
    assert "mine.yaml" in message or "--set" in message


def test_a_head_of_somebody_else_that_cannot_answer_is_told_with_what_it_has(
    planned: Planned, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "theirs", plain_model(tiny_backbone))
    message = refusal(planned, f"zero(path({folder}))", target="toy-pawsx")
    assert f"'path({folder})' cannot answer 'toy-pawsx' as it is" in message
    assert "its labels are entailment, neutral, contradiction" in message
    assert f"as in stack(path({folder})) or continue(path({folder}))" in message


def test_pairs_need_another_in_their_batch(planned: Planned) -> None:
    alone = "training.tasks={toy-answers: {batch_size: 1}}"
    assert "batch_size 1 in " in refusal(planned, "target", alone, target="toy-answers")
    assert "teaches nothing of 'toy-answers'" in refusal(planned, "stack(toy-answers)", alone)
    assert asking(planned, "target", alone, target="toy-xnli").stages


def test_a_mean_of_what_has_no_head_has_none(planned: Planned) -> None:
    plan = asking(planned, "stack(average(toy-answers, toy-nli))")
    assert the(plan, "merge").config.head is False  # type: ignore[attr-defined]
    twice = "average(toy-answers, sample(toy-answers, 9))"
    assert the(asking(planned, f"stack({twice})"), "merge").config.head is False  # type: ignore[attr-defined]
    answered = asking(planned, f"zero({twice})", target="toy-tatoeba")
    assert not of(answered, "train", composition="stack")


def test_a_name_that_has_a_meaning_already_is_refused(planned: Planned) -> None:
    for name in ("mnli", "stack", "mix", "lora"):
        message = refusal(planned, "target", f"define={{{name}: toy-nli}}")
        assert f"'{name}' in --set" in message
        assert "has a meaning already" in message


def test_a_circle_of_names_is_refused_before_anything_is_trained(planned: Planned) -> None:
    message = refusal(planned, "target", "define={one: 'mix(toy-nli, two)', two: one}")
    assert "is defined by itself" in message
