import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.tasks import metrics
from adapterstilts.tasks.metrics import Metric, score, tallies
from adapterstilts.tasks.registry import METRICS

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "NOUN", "SYM"]
WORDS = ["cat", "dog", "mat", "你好", "ja"]


def example(prediction: Any, reference: Any) -> Prediction:
    return Prediction(example_id="e", language="en", prediction=prediction, reference=reference)


def references(metric: Metric) -> st.SearchStrategy[Any]:
    return {
        "label": st.sampled_from(WORDS),
        "tags": st.lists(st.sampled_from(TAGS), min_size=1, max_size=6),
        "answer": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
        "masks": st.integers(1, 9),
    }[metric.compares]


def perfect(metric: Metric, reference: Any) -> Any:
    if metric.compares == "masks":
        return {"hits": reference, "total": reference, "loss": 0.0}
    return reference[-1] if metric.compares == "answer" else reference


def spoiled(metric: Metric, reference: Any) -> Any:
    if metric.compares == "masks":
        return {"hits": reference - 1, "total": reference, "loss": 1.5}
    return ["X"] * len(reference) if metric.compares == "tags" else "nothing of it"


each = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.names())


def test_the_registry_has_every_metric() -> None:
    assert set(METRICS) == {
        "accuracy",
        "exact_match",
        "f1",
        "token_accuracy",
        "entity_f1",
        "pos_f1",
        "masked_accuracy",
        "masked_loss",
    }


@each
def test_declarations_are_complete(metric: Metric) -> None:
    assert metric.low < metric.high
    assert metric.scale > 0
    assert metric.best == (metric.high if metric.direction == "higher" else metric.low)
    assert metric.description.endswith(".")


@each
@given(data=st.data())
def test_perfect_predictions_have_the_best_value(metric: Metric, data: st.DataObject) -> None:
    golds = data.draw(st.lists(references(metric), min_size=1, max_size=5))
    examples = [example(perfect(metric, gold), gold) for gold in golds]
    assume(sum(tallies(metric, examples)[:, 1]) > 0)
    assert score(metric, examples) == pytest.approx(metric.best)


@each
@given(data=st.data())
def test_spoiling_an_example_never_helps(metric: Metric, data: st.DataObject) -> None:
    golds = data.draw(st.lists(references(metric), min_size=1, max_size=5))
    wrong = data.draw(st.integers(0, len(golds)))
    values = []
    for spoilt in (wrong, min(wrong + 1, len(golds))):
        examples = [
            example((spoiled if number < spoilt else perfect)(metric, gold), gold)
            for number, gold in enumerate(golds)
        ]
        assume(sum(tallies(metric, examples)[:, 1]) > 0)
        values.append(score(metric, examples))
    better, worse = values
    assert metric.low - 1e-9 <= min(values) and max(values) <= metric.high + 1e-9
    assert better >= worse if metric.direction == "higher" else better <= worse


@each
def test_tallies_are_one_row_an_example(metric: Metric) -> None:
    gold = {"label": "a", "tags": ["NOUN"], "answer": ["a b"], "masks": 3}[metric.compares]
    found = tallies(metric, [example(perfect(metric, gold), gold)] * 4)
    assert found.shape == (4, 2)
    assert found.dtype == np.float64
    assert (found == found[0]).all()


@each
def test_nothing_counted_is_zero(metric: Metric) -> None:
    assert tallies(metric, []).shape == (0, 2)
    assert score(metric, []) == 0


def test_labels_are_compared_without_the_space_around_them() -> None:
    examples = [example("neutral\r", "neutral"), example(1, 1), example("1", "0"), example(0, 1)]
    assert score(metrics.ACCURACY, examples) == 50


def test_f1_is_micro_over_all_sentences() -> None:
    examples = [
        example(["B-PER", "O", "O"], ["B-PER", "O", "B-LOC"]),
        example(["B-LOC", "I-LOC"], ["B-LOC", "O"]),
    ]
    assert score(metrics.ENTITY_F1, examples) == pytest.approx(100 * 2 * 1 / (2 + 3))


def test_pos_f1_is_below_token_accuracy_where_runs_are_split() -> None:
    examples = [example(["NOUN", "VERB", "NOUN"], ["NOUN", "NOUN", "NOUN"])]
    assert score(metrics.TOKEN_ACCURACY, examples) == pytest.approx(200 / 3)
    assert score(metrics.POS_F1, examples) == 0


def test_sentences_without_entities_count_for_nothing() -> None:
    examples = [example(["O", "O"], ["O", "O"])]
    assert score(metrics.ENTITY_F1, examples) == 0
    assert score(metrics.TOKEN_ACCURACY, examples) == 100


def test_masked_metrics_weigh_by_masks() -> None:
    examples = [
        example({"hits": 1, "total": 1, "loss": 0.5}, 1),
        example({"hits": 0, "total": 3, "loss": 5.5}, 3),
    ]
    assert score(metrics.MASKED_ACCURACY, examples) == 25
    assert score(metrics.MASKED_LOSS, examples) == 1.5
    assert (metrics.MASKED_LOSS.best, metrics.MASKED_LOSS.high) == (0, math.inf)


@pytest.mark.parametrize("name", ["token_accuracy", "entity_f1", "pos_f1"])
def test_tags_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(StiltsError, match=r"example 'e' in 'en' has 1 predicted tags for 2 tokens"):
        score(METRICS.get(name), [example(["O"], ["O", "O"])])
