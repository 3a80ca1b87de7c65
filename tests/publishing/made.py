"""Publications made by hand, of which nothing lies anywhere: for what a card says of facts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapterstilts.core.records import Costs, Score, StageRecord
from adapterstilts.publishing.card.front_matter import metadata_of
from adapterstilts.publishing.card.model_index import Result, results_of
from adapterstilts.publishing.item import Base, Item, Layout, Module
from tests.publishing.conftest import LAYOUTS

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HYPER = {
    "learning_rate": 2e-4, "batch_size": 32, "steps": 12_000, "warmup": 0.06, "weight_decay": 0.0,
    "clip": 1.0, "accumulation": 1, "evaluate_every": 500, "patience": 0, "max_length": 128,
    "train_examples": 0, "dev_examples": 500,
}  # fmt: skip


def record(kind: str = "train", **changes: Any) -> StageRecord:
    """Return what a stage says of itself."""
    said: dict[str, Any] = {
        "id": "a" * 16, "kind": kind, "version": 1, "slug": "", "identity": {}, "needs": {},
        "resolved": {}, "software": {"torch": "2.9.0", "adapters": "1.3.0"}, "costs": Costs(),
    }  # fmt: skip
    return StageRecord(**{**said, **changes})


def prepared(task: str, repository: str, **resolved: Any) -> StageRecord:
    """Return what a stage says that has read rows from the Hub."""
    source = {"task": task, "repository": repository, "revision": "main", "commit": COMMIT}
    return record(
        "prepare",
        identity={"language": "en", "split": "train"},
        resolved={"rows": 392_702, "data": {"sources": [source]}, **resolved},
    )


def trained(task: str, repository: str = "", **changes: Any) -> Module:
    """Return a training on a task, with the data of a repository where one is named."""
    method = {"library": "adapters", "architecture": "seq_bn", "overrides": {}}
    said = {"task": task, "seed": 3, "method": method, "hyper": HYPER, "selected_by": "accuracy"}
    resolved = {
        "best_step": 9_500, "dev": 81.25, "device": "NVIDIA H200", "hardware": "NVIDIA H200",
        "precision": "bf16", "processes": 2,
    }  # fmt: skip
    costs = Costs(train_seconds=3723.0, peak_memory=3_500_000_000, trainable_parameters=894_528)
    made = record(identity=said, resolved=resolved, costs=costs)
    data = {"train": prepared(task, repository)} if repository else {}
    return Module(**{"name": task, "folder": Path("gone"), "record": made, "data": data, **changes})


def score(language: str, value: float, **changes: Any) -> Score:
    """Return a score of XNLI."""
    said: dict[str, Any] = {
        "backbone": "xlm-roberta-base", "method": "seq_bn", "composition": "stack",
        "source": "squad", "target": "xnli", "suite": "xtreme", "language": language,
        "split": "test", "perturbation": "", "seed": 3, "metric": "accuracy", "value": value,
        "low": value - 1, "high": value + 1, "n": 5_010, "primary": True, "stage": "b" * 16,
        "signature": "metric=accuracy.v1",
    }  # fmt: skip
    return Score(**{**said, **changes})


def scores(values: Sequence[float] = (84.5, 70.25, 65.75), **changes: Any) -> tuple[Score, ...]:
    """Return scores in English, German and Swahili."""
    codes = ("en", "de", "sw")
    return tuple(score(code, value, **changes) for code, value in zip(codes, values, strict=True))


def made(**changes: Any) -> Item:
    """Return an adapter for XNLI on a source, with the baselines that are told of."""
    base = Base(title="xlm-roberta-base", id="FacebookAI/xlm-roberta-base", revision=COMMIT)
    alone = {"composition": "target", "source": ""}
    said: dict[str, Any] = {
        "expression": "xnli",
        "way": "seq_bn/stack(squad)",
        "own": trained("mnli", "nyu-mll/glue"),
        "sources": (trained("squad", "rajpurkar/squad"),),
        "base": base,
        "scores": scores(),
        "baselines": {"no_source": scores((84.0, 69.25, 66.5), **alone)},
    }
    return Item(**{**said, **changes})


def layout(library: str = "adapters") -> Layout:
    """Return a layout of a library."""
    return LAYOUTS[library]


def numbers_of(card: str) -> list[Result]:
    """Return the numbers that a card says."""
    return results_of(metadata_of(card))
