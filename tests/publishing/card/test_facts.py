"""How something was trained, in words and numbers that its records have."""

from dataclasses import replace
from typing import Any

import pytest

from adapterstilts.core.records import Costs
from adapterstilts.publishing.card import facts, origins, training_data
from adapterstilts.publishing.card.origins import Data
from adapterstilts.publishing.card.vocabulary import NOT_RECORDED
from adapterstilts.publishing.item import Base, Item, Module
from tests.publishing.conftest import Grid
from tests.publishing.made import COMMIT, HYPER, made, prepared, record, trained


def said(item: Item) -> dict[str, str]:
    return {name: str(value) for name, value in (*facts.training(item), *facts.machine(item))}


def with_hyper(**changes: Any) -> Item:
    """Return a publication with other hyper-parameters."""
    own = trained("mnli")
    identity = {**own.record.identity, "hyper": {**HYPER, **changes}}
    return made(own=replace(own, record=replace(own.record, identity=identity)))


def test_every_hyper_parameter_that_there_is_has_a_name_here() -> None:
    assert facts._HYPER.keys() == HYPER.keys()


@pytest.mark.parametrize(
    ("name", "title", "value"),
    [
        ("train_examples", "Most training examples", "all"),
        ("evaluate_every", "Steps between evaluations on dev", "at the end only"),
        ("patience", "Patience, in evaluations", "never stops early"),
        ("clip", "Largest norm of the gradient", "none"),
        ("weight_decay", "Weight decay", "0"),
        ("warmup", "Warm-up, share of the steps", "0"),
    ],
)
def test_a_zero_is_told_as_what_it_means(name: str, title: str, value: str) -> None:
    assert said(with_hyper(**{name: 0}))[title] == value


def test_a_method_and_a_composition_come_with_their_sentences_and_settings() -> None:
    item = made(way="lora[r=16]/stack(squad)")
    own = item.own
    method = {"library": "adapters", "architecture": "lora", "overrides": {"r": 16}}
    changed = replace(own.record, identity={**own.record.identity, "method": method})
    found = said(replace(item, own=replace(own, record=changed)))
    assert found["Method"].startswith("`lora[r=16]`: Low-rank updates")
    assert found["Composition"].startswith("`stack(squad)`: The sources frozen below")
    assert found["Settings of the method"] == "`r=16`"
    assert facts.described("nobody-knows") == ""


def test_a_merge_tells_its_rule_and_weights_and_no_hyper_parameters() -> None:
    identity = {"sources": ["a", "b"], "rule": "ties", "weights": [2.0, 1.0], "density": 0.3}
    costs = Costs(train_seconds=3723.0)
    own = trained("x", record=record("merge", identity=identity, costs=costs))
    found = said(made(own=own, way="seq_bn/target"))
    assert (found["Merged"], found["Rule"]) == ("`a`, `b`", "ties")
    assert (found["Weights"], found["Density"]) == ("2, 1", "0.3")
    assert "Steps" not in found
    assert "Composition" not in found
    assert "Training time" not in found
    assert found["Time of the trainings that were merged"] == "1 h 02 min"


def test_what_is_trained_alone_is_not_called_a_target() -> None:
    found = said(made(way="seq_bn/target", expression="squad"))
    assert found["Composition"] == "`target`: Trained alone, on no source."


def test_a_mix_tells_the_shares_and_the_mean_on_dev() -> None:
    own = trained("x")
    identity = {**own.record.identity, "parts": [{"task": "mnli"}, {"task": "squad"}]}
    resolved = {**own.record.resolved, "shares": {"mnli": 0.75, "squad": 0.25}}
    changed = replace(own.record, identity=identity, resolved=resolved)
    found = said(made(own=replace(own, record=changed)))
    assert found["Trained on"] == "`mnli`, `squad`"
    assert found["Shares of the tasks"] == "mnli 0.75, squad 0.25"
    assert found["Dev score at that step"] == "81.2 (accuracy+f1, the mean of its tasks)"


def test_a_device_stands_for_hardware_that_an_older_record_does_not_name() -> None:
    own = trained("mnli")
    resolved = {"device": "cpu", "precision": "fp32"}
    found = said(made(own=replace(own, record=replace(own.record, resolved=resolved))))
    assert (found["Hardware"], found["Processes"]) == ("cpu", NOT_RECORDED)


def test_what_something_took_is_told_or_said_to_be_missing() -> None:
    own = trained("mnli")
    found = said(made(own=replace(own, record=replace(own.record, costs=Costs()))))
    assert {found[name] for name in ("Training time", "Peak memory")} == {NOT_RECORDED}


def test_what_others_have_trained_is_told_with_its_repository_and_commit() -> None:
    identity = {"from": {"name": "someone/nli", "revision": "v1"}, "method": {}}
    resolved = {"commit": COMMIT, "trained_on": ""}
    theirs = trained("x", name="hub(someone/nli)", record=record(
        "adopt", identity=identity, resolved=resolved
    ))  # fmt: skip
    (row,) = facts.history(made(sources=(theirs,)))
    assert row[:3] == ("`hub(someone/nli)`", "loaded beside it", "others")
    assert str(row[4]) == (
        "[someone/nli](https://huggingface.co/someone/nli) at `0123456789ab`, trained on"
        " not recorded"
    )
    folder = trained("x", record=record("adopt", identity={"from": {"digest": "0"}}))
    assert str(facts.history(made(sources=(folder,)))[0][4]).startswith("a folder, trained on")


@pytest.mark.parametrize(
    ("library", "architecture", "overrides", "written"),
    [
        ("adapters", "seq_bn", {}, "seq_bn"),
        ("adapters", "lora", {"r": 3, "alpha": 6.5}, "lora[alpha=6.5,r=3]"),
        ("adapters", "seq_bn", {"leave_out": [0, 1, 2]}, "seq_bn[leave_out=0-2]"),
        ("peft", "lora", {"r": 2}, "peft:lora[r=2]"),
        ("peft", "bitfit", {}, "bitfit"),
        ("transformers", "", {}, "full"),
    ],
)
def test_what_it_builds_on_was_made_by_a_method_with_its_settings(
    library: str, architecture: str, overrides: dict[str, Any], written: str
) -> None:
    source = trained("squad")
    method = {"library": library, "architecture": architecture, "overrides": overrides}
    changed = replace(source.record, identity={**source.record.identity, "method": method})
    (row,) = facts.history(made(sources=(replace(source, record=changed),)))
    assert row[3] == f"`{written}`"


def test_a_backbone_is_linked_where_the_hub_has_it() -> None:
    assert str(facts.backbone(made())).endswith("xlm-roberta-base) at `0123456789ab`")
    assert facts.backbone(made(base=Base(title="toyworld", id="toyworld"))) == "`toyworld`"
    assert "is not recorded" in facts.backbone(made(base=Base(title="mine")))


def test_hardware_is_recorded_without_the_name_of_the_machine(grid: Grid) -> None:
    resolved = grid.one("toy-xnli seq_bn/target").own.record.resolved
    assert resolved["hardware"].startswith("CPU, ")
    assert resolved["hardware"].endswith(" cores")


def test_data_are_known_by_repository_and_commit_where_that_is_recorded() -> None:
    (data,) = training_data.data(trained("mnli", "nyu-mll/glue"))
    assert data == Data(task="mnli", repository="nyu-mll/glue", commit=COMMIT)
    (declared,) = training_data.data(trained("mnli"))
    assert (declared.repository, declared.commit) == ("nyu-mll/glue", "")
    (toy,) = training_data.data(trained("toy-nli"))
    assert toy.generated


def test_files_of_a_folder_are_told_by_their_names_alone() -> None:
    files = [{"name": f"mnli/{n}.tsv", "sha256": "0"} for n in range(6)]
    source = {"task": "mnli", "files": files}
    module = trained("mnli", data={"train": record("prepare", resolved={
        "rows": 7, "data": {"sources": [source]}
    })})  # fmt: skip
    (data,) = training_data.data(module)
    assert data.repository == ""
    assert data.files[0] == "mnli/0.tsv"
    told = said(made(own=module))["Data"]
    assert told.startswith("files of `mnli`: `mnli/0.tsv`, ")
    assert told.endswith("`mnli/3.tsv`, …")


def test_joined_data_are_those_of_every_part() -> None:
    places = {each.task: each.repository for each in training_data.data(trained("anli-plus"))}
    assert places.keys() == {"anli", "mnli", "snli"}
    assert [task.name for task in origins.parts("anli-plus")] == list(places)
    assert origins.parts("nobody-knows") == []


def test_examples_and_languages_are_counted_over_the_training_splits_alone() -> None:
    data = {
        "train:mnli:en": prepared("mnli", "nyu-mll/glue"),
        "train:mnli:de": replace(
            prepared("mnli", "nyu-mll/glue", rows=8), identity={"language": "de"}
        ),
        "dev": prepared("mnli", "nyu-mll/glue"),
    }
    module: Module = trained("mnli", data=data)
    assert training_data.examples(module) == 392_702 + 8
    assert training_data.languages(module) == ["de", "en"]
    assert training_data.examples(trained("mnli")) is None


@pytest.mark.parametrize(
    "data", [3, {"sources": 3}, {"sources": [3]}, {"sources": [{"files": [3]}]}, {}]
)
def test_a_record_of_another_shape_breaks_nothing(data: Any) -> None:
    module = trained("mnli", data={"train": record("prepare", resolved={"data": data})})
    assert training_data.data(module)
    assert training_data.examples(module) is None
