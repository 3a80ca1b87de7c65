"""Questions that find their answers: what pairs teach, from a recipe to its gains."""

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from adapterstilts.analysis import table
from adapterstilts.analysis.gains import NO_SOURCE, gains
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
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.tokenizing import Tokenizer
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.problems import Row
from adapterstilts.toyworld.rows import rows

pytestmark = pytest.mark.timeout(400)

TASK, SIZE = "toy-answers", 150
RECIPE = """
question: Do pairs teach questions to find their answers?
backbone: toyworld
seeds: 1
grid:
  - {methods: none, targets: toy-answers, compositions: target}
  - methods: seq_bn
    sources: toy-nli
    targets: toy-answers
    compositions: [target, zero, stack]
  - {methods: seq_bn, sources: toy-answers, targets: toy-tatoeba, compositions: [target, zero]}
training:
  default: {learning_rate: 2e-3, batch_size: 32, steps: 100, warmup: 0.1, max_length: 64}
  tasks: {toy-nli: {steps: 20}}
runtime: {workers: 1, threads: 1}
"""


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return the scores of a small experiment on the embedded backbone."""
    folder = tmp_path_factory.mktemp("answers")
    path = folder / "answers.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    recipe, store = load(path), Store(folder / "store")
    plan = planner.plan(recipe)
    summary = runners.run(plan, store, recipe.runtime)
    assert summary.failed == 0, summary.failures
    return table.load(plan.scores(store))


def by_language(frame: pd.DataFrame, method: str, composition: str) -> pd.Series:
    way = (frame.target == TASK) & (frame.method == method) & (frame.composition == composition)
    return frame[way].set_index("language").value.reindex(list(LANGUAGES))


def test_learned_from_english_it_finds_more_in_every_language(frame: pd.DataFrame) -> None:
    before = by_language(frame, "none", "zero")
    after = by_language(frame, "seq_bn", "target")
    assert (after > before).all()
    assert after["qaa"] > before["qaa"] + 25
    assert after.mean() > before.mean() + 15
    assert after["qab"] > after[["qaf", "qag", "qah"]].mean()


def test_its_gains_are_over_training_without_a_source(frame: pd.DataFrame) -> None:
    found = gains(frame, english="qaa", draws=200)
    base = found[(found.target == TASK) & (found.baseline == NO_SOURCE)]
    assert set(base.composition) == {"zero", "stack"}
    assert set(base.baseline_composition) == {"target"}
    assert set(base.baseline_method) == {"seq_bn"}
    other = found[found.target == "toy-tatoeba"]
    assert list(other.composition) == ["zero"]
    assert list(other.baseline_method) == ["none"]


def shuffled(found: list[Row]) -> list[Row]:
    """Return the rows with candidates that have nothing to do with their queries."""
    texts = [row["candidate"] for row in found]
    random.Random(TASK).shuffle(texts)
    return [{**row, "candidate": text} for row, text in zip(found, texts, strict=True)]


def test_shuffled_pairs_teach_to_find_nothing(tmp_path: Path) -> None:
    """What is right is what the pairs say: without sense in them it is found no more than by luck.

    By the words that they share, questions find their true answers all the same, as they do before.
    """
    declared, backbone = TASKS.get(TASK), locate(TOYWORLD, "")
    form, tokenizer = FORMATS.get(declared.format), Tokenizer.load(backbone.folder)

    def encoded(found: list[Row], split: str) -> Any:
        return form.encode(declared, found, tokenizer, split=split, max_length=64)

    def read(split: str, size: int) -> list[Row]:
        return rows("answer", language="qaa", split=split, size=size)

    def found(predictor: work.Predictor, asked: Any) -> float:
        answers = form.decode(declared, asked, predictor.outputs(asked, lambda done, total: None))
        right = [
            answer == each["reference"]
            for answer, each in zip(answers, asked.examples, strict=True)
        ]
        return 100 * sum(right) / len(right)

    parts = Parts(
        backbone=backbone,
        method=METHODS.get("seq_bn"),
        composition=COMPOSITIONS.get("target"),
        head=Head(name=TASK, kind=form.head),
    )
    runtime = Runtime(device="cpu", threads=1)
    test = {"shuffled": shuffled(read("test", SIZE)), "true": read("test", SIZE)}
    kept: dict[str, work.Predictor] = {}
    for name, change in (("shuffled", shuffled), ("true", list)):
        out, folder = tmp_path / name, tmp_path / f"{name}-work"
        out.mkdir()
        folder.mkdir()
        lesson = work.Lesson(
            train=encoded(change(read("train", 4000)), "train"),
            dev=encoded(change(read("dev", SIZE)), "dev"),
            score=lambda outputs: 0.0,
        )
        work.train(
            parts, [lesson], seed=1, runtime=runtime, out=out, work=folder,
            hyper=Hyperparameters(learning_rate=2e-3, steps=100, warmup=0.1, max_length=64),
            report=lambda done, total, note: None,
        )  # fmt: skip
        kept[name] = work.Predictor(parts, out, runtime=runtime)
    split = {name: encoded(each, "test") for name, each in test.items()}
    assert found(kept["shuffled"], split["shuffled"]) < 4
    assert found(kept["true"], split["shuffled"]) < 4
    assert found(kept["true"], split["true"]) > found(kept["shuffled"], split["true"]) + 10
