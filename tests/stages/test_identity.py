"""What changes the result of a stage changes its id, and nothing else does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import Backbone, method_identity, task_identity
from adapterstilts.stages.score import Evaluate
from adapterstilts.stages.stage import StageSpec
from adapterstilts.stages.train import Train
from adapterstilts.tasks.mixture import Part
from adapterstilts.tasks.registry import TASKS

HUB = Backbone(name="someone/xlmr", revision="main")
TRAIN = Train(
    backbone=HUB,
    method="seq_bn",
    composition="stack",
    sources=("toy-nli",),
    parts=(Part(task="toy-pawsx"),),
    seed=3,
    hyper=Hyperparameters(),
)
PREDICT = Predict(
    backbone=HUB,
    method="seq_bn",
    composition="stack",
    sources=("toy-nli",),
    task="toy-pawsx",
    languages=("qaa", "qab"),
    split="test",
    layer=None,
    pooling="",
    keep_logits=False,
)
SCORE = Evaluate(
    backbone="someone/xlmr",
    method="seq_bn",
    composition="stack",
    source="toy-nli",
    task="toy-pawsx",
    languages=("qaa", "qab"),
    split="test",
    seed=3,
)
PREPARE = Prepare(
    task="toy-pawsx",
    language="qab",
    split="test",
    size=7,
    max_length=40,
    backbone=HUB,
    tokenizer="",
)


@pytest.mark.parametrize(
    "changed",
    [
        replace(TRAIN, seed=4),
        replace(TRAIN, method="lora"),
        replace(TRAIN, composition="continue"),
        replace(TRAIN, sources=("toy-squad",)),
        replace(TRAIN, parts=(Part(task="toy-xnli"),)),
        replace(TRAIN, backbone=replace(HUB, revision="v2")),
        replace(TRAIN, hyper=Hyperparameters(learning_rate=2e-4)),
        replace(TRAIN, version=TRAIN.version + 1),
        replace(PREDICT, languages=("qaa",)),
        replace(PREDICT, layer=3),
        replace(PREDICT, pooling="cls"),
        replace(PREDICT, keep_logits=True),
        replace(PREDICT, split="dev"),
        replace(SCORE, seed=4),
        replace(SCORE, source=""),
        replace(PREPARE, size=8),
        replace(PREPARE, language="qaa"),
        replace(PREPARE, tokenizer="0123"),
        replace(PREPARE, backbone=replace(HUB, name="other/xlmr")),
    ],
)
def test_what_changes_the_result_changes_the_id(changed: Any) -> None:
    base = {type(each): each for each in (TRAIN, PREDICT, SCORE, PREPARE)}[type(changed)]
    assert StageSpec(base).id == StageSpec(replace(base)).id
    assert StageSpec(changed).id != StageSpec(base).id
    assert StageSpec(base, {"x": "0" * 16}).id != StageSpec(base).id


def test_a_tokenizer_that_is_known_is_all_that_encoding_depends_on() -> None:
    known = replace(PREPARE, tokenizer="0123")
    other = replace(known, backbone=Backbone(name="other/xlmr", revision="v7"))
    assert StageSpec(known).id == StageSpec(other).id


def test_the_selecting_metric_counts_only_where_there_is_a_selection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    selects = replace(TRAIN, hyper=Hyperparameters(evaluate_every=10))
    before = [StageSpec(each).id for each in (TRAIN, selects)]
    task = replace(TASKS.get("toy-pawsx"), primary="other")
    monkeypatch.setattr(TASKS, "get", lambda name, **_: task)
    after = [StageSpec(each).id for each in (TRAIN, selects)]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_where_a_folder_lies_is_no_part_of_an_identity(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (Backbone(name=str(tmp_path / name), revision="digest") for name in "ab")
    assert one.identity() == other.identity() == {"digest": "digest"}
    assert Backbone(name="made", revision="").identity() == {}
    assert HUB.identity() == {"name": "someone/xlmr", "revision": "main"}


def test_identities_of_methods_and_tasks_hold_what_matters() -> None:
    assert method_identity("seq_bn") != method_identity("double_seq_bn")
    assert method_identity("full")["library"] == "transformers"
    # The same questions about other sentences.
    assert task_identity("toy-nli") != task_identity("toy-xnli")
    assert task_identity("toy-nli")["labels"] == task_identity("toy-xnli")["labels"]
    assert task_identity("toy-nli") != task_identity("toy-pawsx")
