"""A stage of merged sources is a source like any other."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.modeling import safe_files
from adapterstilts.modeling.merges import Merging
from adapterstilts.modeling.ready import load
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import run
from adapterstilts.stages.merge import Merge
from adapterstilts.stages.references import Backbone, source_role
from adapterstilts.stages.stage import StageSpec

RUNTIME = Runtime(device="cpu")
HUB = Backbone(name="someone/xlmr", revision="0123abcd")
MERGE = Merge(backbone=HUB, method="lora", sources=("mnli", "mix(squad, qqp)"))


def silent(done: int, total: int, note: str) -> None:
    pass


@pytest.fixture(scope="module")
def averaged(planned: Any, finish: Any) -> Any:
    """Return a finished plan with a merge that is trained on and one that is used as it is."""
    return finish(
        planned(
            "grid.0.compositions=[average, 'stack(average(toy-nli, toy-squad))',"
            " 'zero(average[weights=2+1](toy-nli, toy-xnli))', 'continue(toy-nli)']",
        )
    )


def test_the_mean_of_two_sources_is_one_stage_for_all_that_name_it(averaged: Any) -> None:
    spec, path = averaged.one("merge", sources=("toy-nli", "toy-squad"))
    record = read_record(path / RECORD)
    assert path.name == f"merge-seq_bn-average-toy-nli,-toy-squad-{spec.id}"
    assert {file.name for file in (path / "adapter").iterdir()} == {
        "adapter.safetensors",
        "adapter_config.json",
    }
    assert record.resolved["head"] is False
    users = [each for each in averaged.stages.values() if spec.id in each.needs.values()]
    assert {each.kind for each in users} == {"train", "predict"}
    trained = [each.config.composition for each in users if each.kind == "train"]
    assert sorted(trained) == ["continue", "stack"]


def test_a_merge_costs_what_its_sources_did(averaged: Any) -> None:
    for spec, path in averaged.of("merge"):
        costs = read_record(path / RECORD).costs
        sources = [
            read_record(averaged.store.find(spec.needs[source_role(index)]) / RECORD).costs
            for index in range(2)
        ]
        assert costs.train_seconds == pytest.approx(sum(each.train_seconds for each in sources))
        assert costs.peak_memory == max(each.peak_memory for each in sources)
        weights = list(path.rglob("*.safetensors"))
        assert costs.stored_bytes == sum(file.stat().st_size for file in weights)
        assert costs.trainable_parameters == 0


def test_the_weights_are_those_of_the_sources(averaged: Any) -> None:
    spec, path = averaged.one("merge", sources=("toy-nli", "toy-xnli"))
    sources = [averaged.store.find(spec.needs[source_role(index)]) for index in range(2)]
    for file in ("adapter.safetensors", "model_head.safetensors"):
        merged, *theirs = (load_file(each / "adapter" / file) for each in (path, *sources))
        for name, weight in merged.items():
            one, other = (
                state[name.replace(spec.config.name, task)]
                for state, task in zip(theirs, spec.config.sources, strict=True)
            )
            torch.testing.assert_close(weight, (2 * one + other) / 3)


def test_a_merge_is_loaded_like_any_source(averaged: Any, tiny_backbone: Path) -> None:
    _, path = averaged.one("merge", sources=("toy-nli", "toy-xnli"))
    model = load(str(tiny_backbone), str(path), task="toy-nli")
    assert model.predict("toy-nli", [("kidu nasa", "veruvu")])[0] in (
        "entailment",
        "neutral",
        "contradiction",
    )


def test_scores_say_average_and_its_sources(averaged: Any) -> None:
    found = {(spec.config.composition, spec.config.source) for spec, _ in averaged.of("score")}
    assert ("average", "toy-nli+toy-squad") in found
    assert ("stack", "average(toy-nli, toy-squad)") in found
    assert ("zero", "average[weights=2+1](toy-nli, toy-xnli)") in found


def test_a_merge_that_is_killed_leaves_nothing_and_is_made_again(
    averaged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, path = averaged.one("merge", sources=("toy-nli", "toy-squad"))
    store = averaged.store
    # Weights that are all the same make the same, but another stage of it.
    twin = replace(spec, config=replace(spec.config, how=Merging(weights=(1, 1))))
    written: list[Path] = []

    def killed(tensors: Any, file: Path, **other: Any) -> None:
        save_file(tensors, file, **other)
        written.append(file)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(safe_files, "save_file", killed)
        with pytest.raises(KeyboardInterrupt):
            run.run(twin, store, RUNTIME, silent)
    assert written
    assert not written[0].exists()
    assert store.find(twin.id) is None
    assert run.run(twin, store, RUNTIME, silent)
    file = Path("adapter") / "adapter.safetensors"
    assert (store.find(twin.id) / file).read_bytes() == (path / file).read_bytes()


def test_sources_of_different_methods_are_refused_by_name(planned: Any, finish: Any) -> None:
    done = finish(planned("grid.0.compositions=target", "grid.0.methods=[lora, 'lora[r=2]']"))
    (one, _), (other, _) = done.of("train")
    config = Merge(backbone=one.config.backbone, method="lora", sources=("first", "second"))
    spec = StageSpec(config, {source_role(0): one.id, source_role(1): other.id})
    with pytest.raises(StiltsError, match=r"source 'second' in .* cannot be merged with 'first'"):
        run.run(spec, done.store, RUNTIME, silent)
    assert done.store.find(spec.id) is None


def test_an_id_is_of_what_changes_the_result() -> None:
    ties = replace(MERGE, how=Merging(rule="ties"))
    dare = replace(MERGE, how=Merging(rule="dare_ties"))
    same = [
        (MERGE, replace(MERGE, how=Merging(density=0.1, seed=3))),
        (ties, replace(ties, how=replace(ties.how, seed=3))),
        (
            replace(MERGE, how=Merging(weights=(2, 1))),
            replace(MERGE, how=Merging(weights=(2.0, 1))),
        ),
    ]
    others = [
        MERGE,
        ties,
        dare,
        replace(MERGE, how=Merging(weights=(2, 1))),
        replace(MERGE, head=False),
        replace(MERGE, method="lora[r=2]"),
        replace(ties, how=replace(ties.how, density=0.1)),
        replace(dare, how=replace(dare.how, seed=3)),
    ]
    for one, other in same:
        assert StageSpec(one).id == StageSpec(other).id
    assert len({StageSpec(each).id for each in others}) == len(others)
    assert json.loads(json.dumps(MERGE.identity())) == MERGE.identity()


def test_names_are_safe_and_say_what_was_merged() -> None:
    seeded = replace(MERGE, how=Merging(rule="dare_ties", weights=(2, 1), seed=3))
    assert seeded.name.startswith("average-merge-dare_ties-weights-2-1-mnli-mix-squad-")
    assert seeded.slug == f"lora-{seeded.title}-s3"
    assert set(MERGE.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert MERGE.name != replace(MERGE, sources=("mnli", "mix(squad, qqp, siqa)")).name
