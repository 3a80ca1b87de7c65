"""Ids of a few fixed stages: a change by accident would make every store worthless.

Where a change is meant, as of a stage kind's `version`, they are written anew by
`ADAPTERSTILTS_UPDATE_GOLDEN=1 python -m pytest tests/stages/test_stage_ids.py`.
"""

import json
import os
from pathlib import Path

import pytest

from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.merges import Merging
from adapterstilts.stages import references
from adapterstilts.stages.index import Index
from adapterstilts.stages.merge import Merge
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.publish import Publish
from adapterstilts.stages.references import BACKBONE, Backbone, source_role
from adapterstilts.stages.score import Evaluate
from adapterstilts.stages.stage import StageSpec
from adapterstilts.stages.train import Train, data_role
from adapterstilts.tasks.mixture import Part, Sampling
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task, ToyData

GOLDEN = Path(__file__).parent.parent / "golden" / "stage_ids.json"
HUB = Backbone(name="someone/xlmr", revision="0123abcd")
TASK = Task(
    name="pairs",
    format="classification",
    suite="golden",
    data=ToyData(generator="pairs", sizes={"train": 9, "dev": 9, "test": 9}),
    roles=("first", "second", "label"),
    languages={"qaa": "qaa"},
    metrics=("accuracy",),
    primary="accuracy",
    description="No task of the catalogue, so that these can change.",
    licence="CC0-1.0",
    citation="",
    labels=("no", "yes"),
)
HYPER = Hyperparameters(learning_rate=2e-3, batch_size=16, steps=50, evaluate_every=10, patience=2)


def stages() -> dict[str, StageSpec]:
    """Return one chain of stages on a backbone that is nowhere, and its variants."""
    splits = {
        split: StageSpec(
            Prepare(
                task="pairs",
                language="qaa",
                split=split,
                size=9,
                max_length=64,
                backbone=HUB,
                tokenizer="0" * 64 if split == "dev" else "",
            )
        )
        for split in ("train", "dev", "test")
    }
    data = {split: splits[split].id for split in ("train", "dev")}
    source = StageSpec(
        Train(
            backbone=HUB,
            method="seq_bn",
            composition="target",
            sources=(),
            parts=(Part(task="pairs"),),
            seed=1,
            hyper=HYPER,
        ),
        data,
    )
    full = StageSpec(
        Train(
            backbone=Backbone(name="made", revision=""),
            method="full",
            composition="target",
            sources=(),
            parts=(Part(task="pairs"),),
            seed=1,
            hyper=Hyperparameters(),
        ),
        {**data, BACKBONE: source.id},
    )
    mix = StageSpec(
        Train(
            backbone=HUB,
            method="seq_bn",
            composition="target",
            sources=(),
            parts=(Part(task="pairs"), Part(task="pairs", languages=("qaa",))),
            sampling=Sampling(cap=100, batches="mixed"),
            seed=1,
            hyper=HYPER,
        ),
        {data_role(split, "pairs"): splits[split].id for split in ("train", "dev")},
    )
    stack = StageSpec(
        Train(
            backbone=HUB,
            method="seq_bn",
            composition="stack",
            sources=("pairs",),
            parts=(Part(task="pairs"),),
            seed=1,
            hyper=HYPER,
        ),
        {**data, source_role(0): source.id},
    )
    merged = StageSpec(
        Merge(
            backbone=HUB,
            method="lora",
            sources=("pairs", "others"),
            how=Merging(rule="dare_ties", weights=(2, 1), density=0.25, seed=1),
        ),
        {source_role(0): source.id, source_role(1): full.id},
    )
    predict = StageSpec(
        Predict(
            backbone=HUB,
            method="seq_bn",
            composition="stack",
            sources=("pairs",),
            task="pairs",
            languages=("qaa",),
            split="test",
            layer=None,
            pooling="",
            keep_logits=False,
        ),
        {"trained": stack.id, source_role(0): source.id, "qaa": splits["test"].id},
    )
    score = StageSpec(
        Evaluate(
            backbone="someone/xlmr",
            method="seq_bn",
            composition="stack",
            source="pairs",
            task="pairs",
            languages=("qaa",),
            split="test",
            seed=1,
        ),
        {"predicted": predict.id},
    )
    publish = StageSpec(
        Publish(
            repository="someone/pairs",
            expression="pairs",
            way="seq_bn/stack(pairs)",
            backbone=HUB,
            licence="mit",
        ),
        {"own": stack.id, f"score:{score.id}": score.id},
    )
    index = StageSpec(
        Index(repository="someone/everything", things=(publish.config,)),
        {publish.config.repository: publish.id},
    )
    return {
        **{f"prepare {split}": spec for split, spec in splits.items()},
        "train source": source,
        "train on a made backbone": full,
        "train mix": mix,
        "train stack": stack,
        "merge": merged,
        "predict": predict,
        "score": score,
        "publish": publish,
        "publish index": index,
    }


def test_ids_are_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TASKS, "get", {"pairs": TASK}.__getitem__)
    monkeypatch.setattr(references, "WORLD", 1)
    found = {name: spec.id for name, spec in stages().items()}
    assert len(set(found.values())) == len(found)
    if os.environ.get("ADAPTERSTILTS_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8")), (
        "ids of stages changed, so every store would be computed anew: if that was meant, run this"
        " test with ADAPTERSTILTS_UPDATE_GOLDEN=1"
    )
