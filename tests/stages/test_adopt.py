"""An adapter of somebody else as a stage: known by what it holds, checked, and kept as ours."""

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.records import read_record, write_record
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.parts import Head
from adapterstilts.stages import run
from adapterstilts.stages.adopt import Adopt, look, of_hub, of_path
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from tests.modeling.foreign_adapters import LABELS, made
from tests.stages.conftest import RUNTIME

Adopted = Callable[..., Adopt]


@pytest.fixture
def folder(theirs: Path, tmp_path: Path) -> Path:
    """Return a copy of it that a test may spoil."""
    return Path(shutil.copytree(theirs, tmp_path / "copy"))


@pytest.fixture
def adopted(tiny_backbone: Path) -> Adopted:
    """Return a function that makes the stage of a folder."""
    revision = locate.locate(str(tiny_backbone), "").revision
    backbone = Backbone(name=str(tiny_backbone), revision=revision)

    def of(folder: Path, **other: Any) -> Adopt:
        given = {"method": "seq_bn", "exact": False, "backbone": backbone, "origin": backbone}
        return of_path(str(folder), **(given | other))

    return of


def done(config: Adopt, store: Store) -> Path:
    """Return the folder of a stage that has been run."""
    spec = StageSpec(config)
    run.run(spec, store, RUNTIME, lambda done, total, note: None)
    found = store.find(spec.id)
    assert found is not None
    return found


def test_a_folder_is_known_by_what_it_holds_and_not_by_where_it_lies(
    adopted: Adopted, theirs: Path, folder: Path
) -> None:
    one = StageSpec(adopted(theirs))
    assert StageSpec(adopted(folder)).id == one.id
    stage = folder.parent / "train-x"
    stage.mkdir()
    folder.rename(stage / "adapter")
    assert StageSpec(adopted(stage)).id == one.id
    config = stage / "adapter" / "adapter_config.json"
    config.write_text(config.read_text() + "\n")
    assert StageSpec(adopted(stage)).id != one.id


def test_what_it_must_be_is_part_of_what_it_is(adopted: Adopted, theirs: Path) -> None:
    loose, exact = adopted(theirs), adopted(theirs, exact=True)
    other = adopted(theirs, backbone=Backbone(name="toyworld", revision="another"))
    assert len({StageSpec(each).id for each in (loose, exact, other)}) == 3
    assert StageSpec(replace(loose, origin=other.backbone)).id == StageSpec(loose).id


def test_a_stage_leaves_what_a_training_would_and_says_where_it_is_from(
    adopted: Adopted, theirs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        path = done(adopted(theirs), Store(tmp_path / "runs"))
    assert not caplog.records
    record = read_record(path / "record.json")
    assert path.name.startswith("adopt-seq_bn-path-nli-")
    assert record.resolved["method"] == "seq_bn"
    assert record.resolved["head"] == "sequence"
    assert record.resolved["other_backbone"] is False
    assert sorted(record.resolved["files"]) == [
        "adapter.safetensors",
        "adapter_config.json",
        "head_config.json",
        "model_head.safetensors",
    ]
    before = load_file(theirs / "adapter.safetensors")
    after = load_file(path / "adapter" / "adapter.safetensors")
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert record.costs.trainable_parameters == sum(each.numel() for each in before.values())
    assert record.costs.train_seconds is None
    assert look(str(path)).crown.head == Head(
        name="mnli", kind="sequence", outputs=3, labels=LABELS
    )


def test_another_name_of_the_backbone_is_noted_and_not_refused(
    adopted: Adopted, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "adapter_config.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "model_name": "someone/other-xlmr"}))
    with caplog.at_level(logging.WARNING):
        left = done(adopted(folder), Store(tmp_path / "runs"))
    assert "trained on 'someone/other-xlmr', and is used on 'tiny-xlmr'" in caplog.text
    record = read_record(left / "record.json")
    assert record.resolved["trained_on"] == "someone/other-xlmr"
    assert record.resolved["other_backbone"] is True


def test_what_a_stage_of_ours_left_can_be_named_by_its_folder(
    adopted: Adopted, theirs: Path, tmp_path: Path
) -> None:
    first = done(adopted(theirs), Store(tmp_path / "runs"))
    record = read_record(first / "record.json")
    known = replace(record.costs, train_seconds=7.0, peak_memory=8)
    write_record(first / "record.json", replace(record, costs=known))
    again = done(adopted(first), Store(tmp_path / "others"))
    costs = read_record(again / "record.json").costs
    assert (costs.train_seconds, costs.peak_memory) == (7.0, 8)
    for file in ("adapter.safetensors", "model_head.safetensors"):
        one, other = (load_file(each / "adapter" / file) for each in (first, again))
        assert one.keys() == other.keys()
        assert all(torch.equal(other[name], weight) for name, weight in one.items())


def test_what_has_changed_since_it_was_planned_is_not_used(
    adopted: Adopted, folder: Path, tmp_path: Path
) -> None:
    config, store = adopted(folder), Store(tmp_path / "runs")
    made(folder, dropout=0.1)
    with pytest.raises(StiltsError, match="has changed since it was looked at: run the same"):
        done(config, store)
    assert store.find(StageSpec(config).id) is None


def test_what_does_not_fit_is_refused_when_it_is_planned(adopted: Adopted, folder: Path) -> None:
    with pytest.raises(StiltsError, match=r"path\(.*copy\) is of method 'seq_bn', and 'lora'"):
        adopted(folder, method="lora")
    made(folder, reduction_factor=4)
    with pytest.raises(StiltsError, match=r"'seq_bn\[reduction_factor=4\]' has [\d,]+ there"):
        adopted(folder)
    with pytest.raises(UsageError, match=r"no folder '.*nowhere'"):
        adopted(folder.parent / "nowhere")


def test_a_repository_with_an_impossible_name_is_refused_when_it_is_planned() -> None:
    backbone = Backbone(name="someone/xlmr", revision="main")
    given: dict[str, Any] = {"method": "lora", "exact": True, "backbone": backbone}
    with pytest.raises(UsageError, match="is no name of a model on the Hub"):
        of_hub("../../etc", "main", origin=backbone, **given)
    with pytest.raises(UsageError, match="is no revision of model 'someone/nli'"):
        of_hub("someone/nli", "../x", origin=backbone, **given)
    config = of_hub("someone/nli", "v1", origin=backbone, **given)
    assert config.asked == "hub(someone/nli@v1)"
    assert config.identity()["from"] == {"name": "someone/nli", "revision": "v1"}
