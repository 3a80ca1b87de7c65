"""The numbers are real: they come from the labels, fade with distance, and grow with a source."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from adapterstilts.analysis import table
from adapterstilts.analysis.gains import gains
from adapterstilts.core.records import Prediction
from adapterstilts.core.store import Store
from adapterstilts.modeling import work
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.locate import TOYWORLD, locate
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import Head, Parts
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import planner, runners
from adapterstilts.plan.recipe import load
from adapterstilts.tasks import metrics
from adapterstilts.tasks.registry import FORMATS, METRICS, TASKS
from adapterstilts.tasks.tokenizing import Tokenizer
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.problems import Row
from adapterstilts.toyworld.rows import rows

pytestmark = pytest.mark.timeout(400)

RECIPE = """
question: Are the numbers real?
backbone: toyworld
seeds: [1, 2]
grid:
  - methods: seq_bn
    targets: [toy-panx, toy-udpos, toy-xcopa, toy-xquad]
    compositions: target
  - methods: seq_bn
    sources: toy-nli
    targets: [toy-xnli, toy-tatoeba]
    compositions: [target, zero]
  - methods: seq_bn
    sources: toy-nli
    targets: toy-xcopa
    compositions: stack
  - methods: seq_bn
    sources: toy-squad
    targets: toy-xquad
    compositions: continue
training:
  default: {learning_rate: 2e-3, batch_size: 16, steps: 100, warmup: 0.1, max_length: 64}
  tasks:
    toy-nli: {steps: 200}
    toy-squad: {steps: 200}
    toy-panx: {steps: 50}
    toy-udpos: {steps: 50}
runtime: {workers: 2, threads: 1}
"""
SOURCES = ("toy-nli", "toy-squad")
CHANCE = {
    ("toy-xnli", "zero"): 100 / 3,
    ("toy-xcopa", "target"): 50.0,
    ("toy-panx", "target"): 5.0,
    ("toy-udpos", "target"): 20.0,
    ("toy-xquad", "target"): 20.0,
    ("toy-tatoeba", "zero"): 100 / 150,
}
"""Target and composition to what guessing gives, or a little more where that is not a number."""


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return the scores of a small experiment on the embedded backbone."""
    folder = tmp_path_factory.mktemp("numbers")
    path = folder / "numbers.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    recipe, store = load(path), Store(folder / "store")
    plan = planner.plan(recipe)
    summary = runners.run(plan, store, recipe.runtime)
    assert summary.failed == 0, summary.failures
    return table.load(plan.scores(store))


def by_language(frame: pd.DataFrame, target: str, composition: str) -> pd.Series:
    """Return the primary score of each language, the nearest first, averaged over seeds."""
    chosen = frame[(frame.target == target) & (frame.composition == composition) & frame.primary]
    return chosen.groupby("language").value.mean().reindex(list(LANGUAGES))


def test_the_mean_over_targets_falls_with_distance(frame: pd.DataFrame) -> None:
    mean = pd.concat([by_language(frame, *way) for way in CHANCE], axis=1).mean(axis=1)
    distance = [language.distance.total for language in LANGUAGES.values()]
    assert spearmanr(distance, mean).statistic < -0.9
    assert mean.iloc[1] > mean.iloc[-1] + 10


@pytest.mark.parametrize("way", CHANCE)
def test_near_languages_do_better_than_far_ones(frame: pd.DataFrame, way: tuple[str, str]) -> None:
    values = by_language(frame, *way)
    assert values.iloc[1:4].mean() > values.iloc[-3:].mean()
    assert values.iloc[0] >= values.iloc[-3:].mean()


@pytest.mark.parametrize("way", CHANCE)
def test_the_nearest_language_is_well_above_chance(
    frame: pd.DataFrame, way: tuple[str, str]
) -> None:
    assert by_language(frame, *way)["qab"] > CHANCE[way] + 10


def test_a_source_beats_no_source_with_an_interval_that_excludes_zero(frame: pd.DataFrame) -> None:
    found = gains(frame, english="qaa")
    ways = found[found.composition.isin(["stack", "continue"])]
    assert sorted(ways.target) == ["toy-xcopa", "toy-xquad"]
    assert (ways.low > 0).any()


def shuffled(task: str, found: list[Row]) -> list[Row]:
    """Return the rows with answers that have nothing to do with them."""
    chance, form = random.Random(task), TASKS.get(task).format
    if form == "classification":
        labels = [row["label"] for row in found]
        chance.shuffle(labels)
        return [{**row, "label": label} for row, label in zip(found, labels, strict=True)]
    if form == "tagging":
        tags = [tag for row in found for tag in row["tags"]]
        chance.shuffle(tags)
        dealt = iter(tags)
        return [{**row, "tags": [next(dealt) for _ in row["tags"]]} for row in found]
    if form == "multiple_choice":
        return [{**row, "label": chance.randrange(len(row["choices"]))} for row in found]
    return [{**row, "answers": [_any_word(row["context"], chance)]} for row in found]


def _any_word(context: str, chance: random.Random) -> dict[str, Any]:
    words = context.replace(".", "").split()
    word = chance.choice(words)
    return {"text": word, "start": context.index(word)}


@pytest.mark.parametrize(
    ("task", "metric", "most"),
    [
        ("toy-nli", "accuracy", 42),
        ("toy-squad", "f1", 35),
        ("toy-swag", "accuracy", 42),
        ("toy-pawsx", "accuracy", 58),
        ("toy-xnli", "accuracy", 42),
        ("toy-xcopa", "accuracy", 58),
        ("toy-panx", "entity_f1", 10),
        ("toy-udpos", "pos_f1", 30),
        ("toy-xquad", "f1", 35),
    ],
)
def test_training_on_shuffled_labels_falls_to_chance(
    task: str, metric: str, most: float, tmp_path: Path
) -> None:
    declared = TASKS.get(task)
    form, backbone = FORMATS.get(declared.format), locate(TOYWORLD, "")
    tokenizer = Tokenizer.load(backbone.folder)

    def encoded(found: list[Row], split: str) -> Any:
        return form.encode(declared, found, tokenizer, split=split, max_length=64)

    def read(split: str, size: int) -> list[Row]:
        generator = declared.data.generator
        return rows(generator, language="qaa", split=split, size=size)

    size = declared.data.sizes["train"]
    dev = encoded(shuffled(task, read("dev", 100)), "dev")
    parts = Parts(
        backbone=backbone,
        method=METHODS.get("seq_bn"),
        composition=COMPOSITIONS.get("target"),
        head=Head(
            name=task, kind=form.head, outputs=form.outputs(declared), labels=declared.labels
        ),
    )
    runtime = Runtime(device="cpu", threads=1)
    out, kept = tmp_path / "out", tmp_path / "work"
    out.mkdir()
    kept.mkdir()
    train = encoded(shuffled(task, read("train", size)), "train")
    # As the recipe trains, which finds far more than chance where labels are right.
    steps = 200 if task in SOURCES else 100
    work.train(
        parts, [work.Lesson(train=train, dev=dev, score=lambda outputs: 0.0)],
        seed=1, runtime=runtime, out=out, work=kept,
        hyper=Hyperparameters(learning_rate=2e-3, batch_size=16, steps=steps, warmup=0.1,
                              max_length=64),
        report=lambda done, total, note: None,
    )  # fmt: skip
    test = encoded(read("test", 400), "test")
    predictor = work.Predictor(parts, out, runtime=runtime)
    answers = form.decode(declared, test, predictor.outputs(test, lambda done, total: None))
    scored = [
        Prediction(example_id=example["id"], language="qaa", prediction=answer,
                   reference=example["reference"])
        for example, answer in zip(test.examples, answers, strict=True)
    ]  # fmt: skip
    assert metrics.score(METRICS.get(metric), scored) < most
    assert np.isfinite(metrics.score(METRICS.get(metric), scored))
