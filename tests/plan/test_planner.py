from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.store import Store
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.stages.predict import TRAINED
from adapterstilts.stages.references import source_role
from adapterstilts.stages.stage import StageSpec
from adapterstilts.stages.train import BEGUN
from adapterstilts.toyworld.languages import LANGUAGES

Planned = Callable[..., Plan]


def of(plan: Plan, kind: str, **config: Any) -> list[StageSpec]:
    """Return the stages of a kind whose configuration is as given."""
    return [
        spec
        for spec in plan.stages.values()
        if spec.kind == kind
        and all(getattr(spec.config, name) == value for name, value in config.items())
    ]


def refusal(planned: Planned, *changes: str) -> str:
    with pytest.raises(UsageError) as caught:
        planned(*changes)
    return str(caught.value)


def test_what_a_stage_needs_stands_before_it(planned: Planned) -> None:
    seen: set[str] = set()
    for id, spec in planned().stages.items():
        assert id == spec.id
        assert set(spec.needs.values()) <= seen
        seen.add(id)
    assert seen


def test_a_plan_is_the_same_every_time(planned: Planned) -> None:
    assert list(planned().stages) == list(planned().stages)


def test_one_source_training_serves_every_target_and_composition(planned: Planned) -> None:
    plan = planned("grid.0.targets=[toy-xnli, toy-pawsx, toy-udpos]")
    for source in ("toy-nli", "toy-squad"):
        (trained,) = of(plan, "train", title=source, composition="target")
        users = [spec for spec in plan.stages.values() if trained.id in spec.needs.values()]
        trainings = {(s.config.composition, s.config.title) for s in users if s.kind == "train"}
        assert trainings == {
            (composition, target)
            for composition in ("stack", "fuse")
            for target in ("toy-xnli", "toy-pawsx", "toy-udpos")
        }
        assert len([spec for spec in users if spec.kind == "predict"]) == 6


def test_one_target_training_serves_what_else_asks_for_it_as_a_source(planned: Planned) -> None:
    plan = planned("grid.0.targets=[toy-nli, toy-xnli]", "grid.0.compositions=[target, stack]")
    assert len(of(plan, "train", title="toy-nli", composition="target")) == 1


def test_encoded_data_are_shared_by_all_that_read_them(planned: Planned) -> None:
    plan = planned()
    assert len(of(plan, "prepare")) == 8
    (learned,) = of(plan, "prepare", split="train", task="toy-xnli")
    readers = [spec for spec in plan.stages.values() if learned.id in spec.needs.values()]
    assert len(readers) == len(of(plan, "train", title="toy-xnli")) > 1
    tests = of(plan, "prepare", split="test")
    assert sorted(spec.config.language for spec in tests) == ["qaa", "qab"]


def test_seeds_share_data_and_nothing_else(planned: Planned) -> None:
    one, two = planned(), planned("seeds=[0, 1]")
    assert set(one.stages) < set(two.stages)
    new = [spec for id, spec in two.stages.items() if id not in one.stages]
    assert {spec.kind for spec in new} == {"train", "predict", "score"}
    assert len(of(two, "train")) == 2 * len(of(one, "train"))


def test_a_source_as_it_is_only_answers_where_the_heads_agree(planned: Planned) -> None:
    plan = planned(
        "grid.0.compositions=zero", "grid.0.targets=[toy-xnli, toy-xquad, toy-pawsx, toy-udpos]"
    )
    found = {(spec.config.sources, spec.config.task) for spec in of(plan, "predict")}
    assert found == {(("toy-nli",), "toy-xnli"), (("toy-squad",), "toy-xquad")}
    assert {spec.config.title for spec in of(plan, "train")} == {"toy-nli", "toy-squad"}
    for spec in of(plan, "predict"):
        assert "trained" not in spec.needs
        assert "source:0" in spec.needs


def test_retrieval_has_the_untrained_backbone_as_its_baseline(planned: Planned) -> None:
    plan = planned(
        "grid.0.compositions=[target, zero, stack]",
        "grid.0.targets=toy-tatoeba",
        "seeds=[0, 1]",
        "retrieval.layer=1",
    )
    found = {
        (spec.config.method, spec.config.composition, spec.config.source, spec.config.seed)
        for spec in of(plan, "score")
    }
    assert found == {
        *(("none", "zero", "", seed) for seed in (0, 1)),
        *(("seq_bn", "zero", s, seed) for s in ("toy-nli", "toy-squad") for seed in (0, 1)),
    }
    (baseline,) = of(plan, "predict", sources=())
    assert set(baseline.needs) == {"qaa", "qab"}
    assert baseline.config.layer == 1


def test_pairs_that_can_be_learned_are_trained_on_like_every_target(planned: Planned) -> None:
    plan = planned(
        "grid.0.targets=toy-answers",
        "grid.0.compositions=[target, zero, stack, continue]",
        "grid.0.sources=[toy-nli]",
    )
    found = {
        (spec.config.method, spec.config.composition, spec.config.source)
        for spec in of(plan, "score")
    }
    assert found == {
        ("seq_bn", "target", ""),
        *(("seq_bn", way, "toy-nli") for way in ("zero", "stack", "continue")),
    }
    trained = of(plan, "train", title="toy-answers")
    assert {spec.config.composition for spec in trained} == {"target", "stack", "continue"}
    for spec in of(plan, "predict"):
        assert (TRAINED in spec.needs) == (spec.config.composition != "zero")
        assert (spec.config.layer, spec.config.pooling) == (None, "mean")
    assert {spec.config.split for spec in of(plan, "prepare", task="toy-answers")} == {
        "train",
        "dev",
        "test",
    }


def test_pairs_that_were_learned_are_a_source_of_every_target(planned: Planned) -> None:
    plan = planned(
        "grid.0.targets=[toy-xnli, toy-tatoeba]",
        "grid.0.compositions=[zero, stack]",
        "grid.0.sources=[toy-answers, 'mix(toy-nli, toy-answers)']",
    )
    found = {
        (spec.config.composition, spec.config.sources, spec.config.task, spec.config.head)
        for spec in of(plan, "predict")
    }
    mix = "mix(toy-nli, toy-answers)"
    assert found == {
        ("stack", ("toy-answers",), "toy-xnli", ""),
        ("stack", (mix,), "toy-xnli", ""),
        ("zero", (mix,), "toy-xnli", "toy-nli"),
        ("zero", ("toy-answers",), "toy-tatoeba", ""),
        ("zero", (mix,), "toy-tatoeba", ""),
    }


def test_method_none_answers_by_the_untrained_backbone_where_no_head_is_read(
    planned: Planned,
) -> None:
    changes = ("grid.0.methods=none", "grid.0.compositions=target", "retrieval.layers=all")
    plan = planned("grid.0.targets=[toy-answers, toy-tatoeba]", *changes)
    assert not of(plan, "train")
    found = {(s.config.method, s.config.composition, s.config.task) for s in of(plan, "score")}
    assert found == {("none", "zero", "toy-answers"), ("none", "zero", "toy-tatoeba")}
    assert len(of(plan, "sweep")) == 2


def test_how_embeddings_are_read_is_a_matter_of_retrieval_alone(planned: Planned) -> None:
    read = planned("retrieval={layer: 1, layers: all, pooling: cls}")
    assert list(read.stages) == list(planned().stages)


def test_the_untrained_backbone_is_swept_once_beside_what_is_compared(planned: Planned) -> None:
    changes = ("grid.0.compositions=[target, zero]", "grid.0.targets=toy-tatoeba", "seeds=[0, 1]")
    without, swept = planned(*changes), planned(*changes, "retrieval={layers: [0, 2]}")
    (sweep,) = of(swept, "sweep")
    assert not of(without, "sweep")
    assert set(swept.stages) - set(without.stages) == {sweep.id}
    assert (sweep.config.layers, sweep.config.pooling) == ((0, 2), "mean")
    assert (sweep.config.method, sweep.config.sources) == ("none", ())
    assert set(sweep.needs) == {"qaa", "qab"}
    (every,) = of(planned(*changes, "retrieval={layers: all}"), "sweep")
    assert every.config.layers == ()


@pytest.mark.parametrize(
    ("method", "composition", "why", "remedy"),
    [
        ("lora", "fuse", "nothing that AdapterFusion can read", "use seq_bn or double_seq_bn"),
        ("full", "stack", "another module can stand on", "use seq_bn or double_seq_bn or "),
        ("head", "continue", "a target could build on", "use seq_bn or double_seq_bn or "),
        ("none", "target", "trains nothing", "use seq_bn"),
    ],
)
def test_what_cannot_be_composed_is_refused_with_what_can(
    planned: Planned, method: str, composition: str, why: str, remedy: str
) -> None:
    message = refusal(planned, f"grid.0.methods={method}", f"grid.0.compositions={composition}")
    assert f"composition '{composition}' in " in message
    assert "mine.yaml cannot be had with method '" + method + "'" in message
    assert why in message
    assert remedy in message


def test_a_method_may_set_what_its_library_can_set(planned: Planned) -> None:
    plan = planned("grid.0.methods=seq_bn[leave_out=0, reduction_factor=8]")
    assert {spec.config.method for spec in of(plan, "train")} == {
        "seq_bn[leave_out=0,reduction_factor=8]"
    }
    usual = planned("grid.0.methods=seq_bn[reduction_factor=16]")
    assert list(usual.stages) == list(planned().stages)
    set_alike = refusal(planned, "grid.0.methods=[seq_bn, 'seq_bn[reduction_factor=16]']")
    assert "seq_bn" in set_alike
    assert "twice" in set_alike


def test_what_cannot_be_set_of_a_method_is_refused_at_its_character(planned: Planned) -> None:
    message = refusal(planned, "grid.0.methods=seq_bn[reduction=8]")
    assert "character 8: unknown setting 'reduction'" in message
    assert "reduction_factor" in message


def test_a_method_that_the_backbone_has_no_room_for_is_refused(planned: Planned) -> None:
    message = refusal(planned, "grid.0.methods=seq_bn[leave_out=2]")
    assert "method 'seq_bn[leave_out=2]' in " in message
    assert "names layer 2, and the last of the backbone is 1" in message


def test_hyperparameters_of_a_method_hold_for_its_settings_too(planned: Planned) -> None:
    plan = planned(
        "grid.0.methods=[seq_bn, 'seq_bn[reduction_factor=8]', 'seq_bn[reduction_factor=4]']",
        "training.methods.seq_bn.steps=3",
        "training.methods.seq_bn[reduction_factor=4].steps=4",
    )
    steps = {spec.config.method: spec.config.hyper.steps for spec in of(plan, "train")}
    assert steps == {
        "seq_bn": 3,
        "seq_bn[reduction_factor=8]": 3,
        "seq_bn[reduction_factor=4]": 4,
    }


@pytest.mark.parametrize("composition", ["stack", "fuse", "zero", "continue"])
def test_a_composition_that_needs_a_source_and_has_none_is_refused(
    planned: Planned, composition: str
) -> None:
    recipe = planned("grid.0.compositions=target").recipe
    grid = replace(recipe.grid[0], sources=(), compositions=("target",))
    assert of(plan(replace(recipe, grid=(grid,))), "score")
    grid = replace(grid, compositions=("target", composition))
    with pytest.raises(UsageError) as caught:
        plan(replace(recipe, grid=(grid,)))
    assert f"composition '{composition}' in {recipe.path} needs a source" in str(caught.value)
    assert "give the recipe or the grid entry 'sources'" in str(caught.value)


def test_a_source_that_cannot_be_trained_is_refused(planned: Planned) -> None:
    message = refusal(planned, "sources=toy-tatoeba")
    assert message.startswith("task 'toy-tatoeba' in ")
    assert "has no training data: name another source" in message


def test_a_target_that_names_several_trainings_takes_them_in_turn(planned: Planned) -> None:
    plan = planned("grid.0.targets=xcopa", "grid.0.compositions=[target, stack]", "languages=[et]")
    for composition, sources in (("target", ()), ("stack", ("toy-nli",))):
        chosen = {"composition": composition, "sources": sources}
        (first,) = of(plan, "train", title="siqa", **chosen)
        (then,) = of(plan, "train", title="copa", **chosen)
        (asked,) = of(plan, "predict", task="xcopa", **chosen)
        assert BEGUN not in first.needs
        assert then.needs[BEGUN] == first.id
        assert asked.needs[TRAINED] == then.id
        if sources:
            assert first.needs[source_role(0)] == then.needs[source_role(0)]


def test_a_grid_entry_that_asks_for_nothing_is_refused(planned: Planned) -> None:
    message = refusal(planned, "grid.0.targets=toy-tatoeba", "grid.0.compositions=[stack, fuse]")
    assert "holds nothing that can be: none of stack, fuse goes with toy-tatoeba" in message


def test_languages_are_those_that_are_asked_for_and_that_there_are(planned: Planned) -> None:
    (spec,) = of(planned("grid.0.compositions=target"), "score")
    assert spec.config.languages == ("qaa", "qab")
    (spec,) = of(planned("grid.0.compositions=target", "languages=all"), "score")
    assert spec.config.languages == tuple(LANGUAGES)
    (spec,) = of(
        planned("grid.0.compositions=target", "grid.0.targets=toy-text", "languages=all"), "score"
    )
    assert "mul" not in spec.config.languages
    message = refusal(planned, "languages=mul")
    assert "has none of the languages that " in message
    assert "(mul): name some of qaa, qab" in message


@pytest.mark.parametrize(
    ("change", "trained"),
    [
        ("training.tasks={toy-nli: {learning_rate: 9e-3}}", {"target toy-nli", "stack", "fuse"}),
        ("training.tasks={toy-xnli: {learning_rate: 9e-3}}", {"target toy-xnli", "stack", "fuse"}),
    ],
)
def test_a_changed_learning_rate_changes_what_depends_on_it_alone(
    planned: Planned, change: str, trained: set[str]
) -> None:
    before, after = planned(), planned(change)
    new = [spec for id, spec in after.stages.items() if id not in before.stages]
    assert len(after.stages) == len(before.stages)
    assert not [spec for spec in new if spec.kind == "prepare"]
    trainings = [spec.config for spec in new if spec.kind == "train"]
    said = {
        f"{c.composition} {c.title}" if c.composition == "target" else c.composition
        for c in trainings
    }
    assert said == trained
    stacks = {c.sources for c in trainings if c.composition == "stack"}
    both = {("toy-nli",), ("toy-squad",)}
    assert stacks == (both if "toy-xnli" in change else {("toy-nli",)})
    kinds = [spec.kind for spec in new]
    assert kinds.count("predict") == kinds.count("score") == (4 if "toy-xnli" in change else 2)


def test_what_the_machine_does_is_no_part_of_a_plan(planned: Planned) -> None:
    changes = (
        "runtime={threads: 1, checkpoint_seconds: 1, evaluation_tokens: 99}",
        "question=Why?",
    )
    assert list(planned(*changes).stages) == list(planned().stages)


def test_distances_are_told_where_the_languages_are_the_toy_worlds(planned: Planned) -> None:
    distances = planned().distances
    assert distances is not None
    assert list(distances) == ["qaa", "qab"]
    assert distances["qaa"] == 0 < distances["qab"]
    assert Plan(planned().recipe).distances is None


def test_scores_are_the_folders_that_are_finished(planned: Planned, tmp_path: Path) -> None:
    plan, store = planned(), Store(tmp_path / "runs")
    assert plan.scores(store) == []
    first, *_ = of(plan, "score")
    with store.writing("score", first.slug, first.id) as folder:
        (folder / "scores.jsonl").write_text("")
    assert plan.scores(store) == [store.find(first.id)]
