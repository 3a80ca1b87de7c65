import math
from typing import Any

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.tasks import metrics
from adapterstilts.tasks.metrics import Metric, score, tallies
from adapterstilts.tasks.registry import METRICS

SHARES = ("f1", "precision", "recall")


def example(prediction: Any, reference: Any) -> Prediction:
    return Prediction(example_id="e", language="en", prediction=prediction, reference=reference)


GOLD: dict[str, Any] = {
    "label": "a",
    "tags": ["NOUN"],
    "answer": ["a b"],
    "masks": 3,
    "pairs": ["en-1"],
    "ranking": ["Q1"],
}


def perfect(metric: Metric) -> Any:
    if metric.compares == "masks":
        return {"hits": 3, "total": 3, "loss": 0.0}
    return "a b" if metric.compares == "answer" else GOLD[metric.compares]


each = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.names())


def test_the_registry_has_every_metric() -> None:
    shares = {f"{kind}_{share}" for kind in ("entity", "pos", "bucc") for share in SHARES}
    answers = {
        f"{rule}{name}" for rule in ("", "squad2_", "mlqa_") for name in ("f1", "exact_match")
    }
    others = {"accuracy", "token_accuracy", "map_at_20", "masked_accuracy", "masked_loss"}
    assert set(METRICS) == shares | answers | others


@each
def test_declarations_are_complete(metric: Metric) -> None:
    assert metric.low < metric.high
    assert metric.scale > 0
    assert metric.best == (metric.high if metric.direction == "higher" else metric.low)
    assert metric.description.endswith(".")


@each
def test_tallies_are_one_row_an_example(metric: Metric) -> None:
    found = tallies(metric, [example(perfect(metric), GOLD[metric.compares])] * 4)
    assert found.shape == (4, 2)
    assert found.dtype == np.float64
    assert (found == found[0]).all()


@each
def test_an_example_without_a_label_is_refused_with_what_to_do(metric: Metric) -> None:
    with pytest.raises(StiltsError, match=r"'e' in 'en' cannot be scored.*--submission DIR"):
        score(metric, [example(perfect(metric), None)])


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


def test_squad_2_takes_what_normalises_to_nothing_for_no_answer() -> None:
    examples = [example("", []), example("", ["the"]), example("cat", []), example("", ["cat"])]
    assert score(metrics.SQUAD2_F1, examples) == score(metrics.SQUAD2_EXACT_MATCH, examples) == 50
    assert score(metrics.F1, [example("", ["the"])]) == 0


def test_mlqa_normalises_by_the_language_of_the_example() -> None:
    german = Prediction(example_id="e", language="de", prediction="Haus", reference=["das Haus"])
    assert score(metrics.MLQA_EXACT_MATCH, [german]) == score(metrics.MLQA_F1, [german]) == 100
    assert score(metrics.MLQA_EXACT_MATCH, [example("Haus", ["das Haus"])]) == 0
    assert score(metrics.EXACT_MATCH, [german]) == 0


def test_bucc_counts_pairs_over_both_sides() -> None:
    examples = [example(["a", "b"], ["a"]), example([], ["c"]), example(["d"], [])]
    assert score(metrics.BUCC_PRECISION, examples) == pytest.approx(100 / 3)
    assert score(metrics.BUCC_RECALL, examples) == pytest.approx(100 / 2)
    assert score(metrics.BUCC_F1, examples) == pytest.approx(100 * 2 / 5)


def test_a_pair_that_is_named_twice_is_one_pair() -> None:
    assert score(metrics.BUCC_F1, [example(["a", "a"], ["a"])]) == 100


def test_a_query_left_out_counts_nothing_and_one_without_a_right_one_is_not_asked() -> None:
    examples = [example(["a"], ["a"]), example(None, ["b"]), example(["c"], [])]
    assert score(metrics.MAP_AT_20, examples) == 50


def test_a_question_that_was_left_out_is_wrong_even_if_the_answer_is_empty() -> None:
    for metric in (metrics.EXACT_MATCH, metrics.F1, metrics.MLQA_F1, metrics.SQUAD2_F1):
        assert score(metric, [example(None, ["the"])]) == 0
