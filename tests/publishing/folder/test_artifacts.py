"""What a stage left is found where its library put it, with its heads in order."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import StageRecord
from adapterstilts.publishing.folder import artifacts
from adapterstilts.publishing.item import Base, Item, Module
from adapterstilts.publishing.scrubbing.texts import Scrubber
from tests.publishing.conftest import Grid


def record(**identity: Any) -> StageRecord:
    return StageRecord(id="0" * 16, kind="train", version=2, slug="x", identity=identity, needs={})


@pytest.fixture
def left(tmp_path: Path) -> Callable[..., Item]:
    """Return what makes a thing of files by their paths and of what its stage says of itself."""

    def of(files: dict[str, Any], **identity: Any) -> Item:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith(".json"):
                path.write_text(json.dumps(content), encoding="utf-8")
            else:
                save_file({key: np.zeros(shape) for key, shape in content.items()}, path)
        said = {"composition": "target", "sources": [], **identity}
        own = Module(name="x", folder=tmp_path, record=record(**said))
        return Item(expression="x", way="m/target", own=own, base=Base(title="tiny"))

    return of


def peft(**said: Any) -> dict[str, Any]:
    return {"peft_type": "LORA", "task_type": None, "auto_mapping": None, **said}


def head(name: str, kind: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "config": {"head_type": kind, "label2id": None, **said}}


@pytest.mark.parametrize(
    ("name", "part", "library", "kind"),
    [
        ("toy-xnli seq_bn/target", "adapter", "adapters", "sequence"),
        ("toy-xnli seq_bn/fuse(toy-nli, toy-squad)", "fusion", "adapters", "sequence"),
        ("toy-xnli peft:lora/target", "adapter", "peft", "sequence"),
        ("toy-xnli full/target", "model", "transformers", "sequence"),
        ("toy-squad seq_bn/target", "adapter", "adapters", "span"),
    ],
)
def test_what_was_trained_says_what_it_is(
    name: str, part: str, library: str, kind: str, grid: Grid
) -> None:
    found = artifacts.trained(grid.one(name))

    assert (found.part, found.library, found.heads[0].kind) == (part, library, kind)
    assert not found.several
    if kind == "sequence":
        assert found.heads[0].labels == ("entailment", "neutral", "contradiction")
        task = found.heads[0].task
        assert task is not None and task.name == "toy-xnli"


def test_heads_of_a_mix_come_in_the_order_of_its_tasks(left: Callable[..., Item]) -> None:
    heads = {"toy-squad": "question_answering", "toy-nli": "classification"}
    item = left(
        {
            "adapter/adapter_config.json": {"name": "mix", "config": {}},
            **{f"heads/{name}/head_config.json": head(name, kind) for name, kind in heads.items()},
        },
        parts=[{"task": "toy-squad"}, {"task": "toy-nli"}],
    )

    found = artifacts.trained(item)

    assert [(each.name, each.kind) for each in found.heads] == [
        ("toy-squad", "span"),
        ("toy-nli", "sequence"),
    ]
    assert found.several


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (peft(task_type="TOKEN_CLS"), "token"),
        (peft(auto_mapping={"base_model_class": "XLMRobertaForMultipleChoice"}), "choice"),
        (peft(auto_mapping={"base_model_class": "XLMRobertaForMaskedLM"}), "lm"),
        (peft(auto_mapping={"base_model_class": "XLMRobertaModel"}), "none"),
        (peft(), "none"),
    ],
)
def test_a_file_of_peft_says_what_its_head_is_for(
    config: dict[str, Any], kind: str, left: Callable[..., Item]
) -> None:
    weights = {"base_model.model.classifier.weight": (7, 4)}
    item = left(
        {"adapter/adapter_config.json": config, "adapter/adapter_model.safetensors": weights},
        task="toy-panx",
    )

    found = artifacts.trained(item).heads[0]

    assert found.kind == kind
    assert len(found.labels) == (7 if kind == "token" else 0)


def test_labels_that_do_not_fit_their_head_are_left_out(left: Callable[..., Item]) -> None:
    weights = {"base_model.model.classifier.out_proj.weight": (2, 4)}
    config = peft(task_type="SEQ_CLS")
    item = left(
        {"adapter/adapter_config.json": config, "adapter/adapter_model.safetensors": weights},
        task="toy-xnli",
    )

    assert artifacts.trained(item).heads[0].labels == ("LABEL_0", "LABEL_1")


@pytest.mark.parametrize(
    ("config", "prompted"),
    [
        ({"name": "a", "config": {"architecture": "prompt_tuning"}}, True),
        ({"name": "a", "config": {"architecture": "lora"}}, False),
        (peft(peft_type="PROMPT_TUNING"), True),
        (peft(), False),
    ],
)
def test_a_prompt_is_known_for_one(
    config: dict[str, Any], prompted: bool, left: Callable[..., Item]
) -> None:
    files = {
        "adapter/adapter_config.json": config,
        "adapter/adapter_model.safetensors": {"base_model.model.x": (1,)},
    }

    assert artifacts.trained(left(files)).prompted is prompted


def test_a_head_of_an_unknown_type_is_refused(left: Callable[..., Item]) -> None:
    item = left({"head/head_config.json": head("x", "causal_lm")}, task="toy-xnli")

    with pytest.raises(StiltsError, match="a head of type causal_lm, which is none of"):
        artifacts.trained(item)


def test_what_stands_on_weights_that_were_drawn_is_refused(grid: Grid) -> None:
    item, whole = grid.one("toy-xnli seq_bn/target"), grid.one("toy-xnli full/target")
    drawn = replace(item.base, title="toyworld-random", id="")

    with pytest.raises(StiltsError, match=r"stands on toyworld-random.*train it on another"):
        artifacts.trained(replace(item, base=drawn))

    assert artifacts.trained(replace(whole, base=drawn)).library == "transformers"


def test_sources_are_called_what_their_expressions_say_but_tell_of_nobody(grid: Grid) -> None:
    item = grid.one("toy-xnli seq_bn/stack(average(toy-nli, toy-squad))")

    (plain,) = artifacts.names(item, Scrubber())
    (told,) = artifacts.names(item, Scrubber(users=("squad",)))

    assert plain.startswith("average-toy-nli-toy-squad-")
    assert told.startswith("average-toy-nli-toy-user-")


def test_a_block_has_its_fusions_in_the_folders_that_the_stage_has(grid: Grid) -> None:
    item = grid.one("toy-xnli seq_bn/fuse(toy-nli, toy-squad)")

    block = artifacts.block(item, "", ("toy-nli", "toy-squad"))

    assert [*artifacts.fusions(item, block)] == [("toy-nli,toy-squad", item.own.folder / "fusion")]
    assert artifacts.left_out(item) == ()


def test_only_what_stands_on_sources_is_loaded_with_them(grid: Grid) -> None:
    joined = {name for name, item in grid.items.items() if artifacts.joins(item)}

    assert joined == {name for name, item in grid.items.items() if item.sources}
    stack = grid.one("toy-xnli seq_bn/stack(toy-nli)")
    merged = replace(stack.own, record=replace(stack.own.record, kind="merge"))
    assert not artifacts.joins(replace(stack, own=merged))
