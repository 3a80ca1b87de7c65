"""What every metric of the registry promises, asked with random predictions."""

from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapterstilts.core.records import Prediction
from adapterstilts.tasks.metrics import Metric, score, tallies
from adapterstilts.tasks.mlqa import LANGUAGES
from adapterstilts.tasks.registry import METRICS

WORDS = ["cat", "dog", "mat", "北京", "घर", "Stadt", "elefante", "كتاب"]
"""Words that no normalisation takes away."""
NOISE = ["the", "der", "la", "ال", "những", ".", "“", "", "!"]
"""Words that some normalisation does."""
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "NOUN", "INTJ", "SYM", "SCONJ", "X"]
IDS = [f"q{number}" for number in range(30)]

texts = st.lists(st.sampled_from(WORDS + NOISE), max_size=5).map(" ".join)
golds = st.tuples(st.sampled_from(WORDS), texts).map(" ".join)
each = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.names())


# Made once: to make a strategy anew for every draw takes longer than the draw.
labels, tags = st.sampled_from(WORDS), st.lists(st.sampled_from(TAGS), max_size=8)
instead = {tag: st.sampled_from([tag, *TAGS]) for tag in TAGS}
answers = st.lists(golds, min_size=1, max_size=3)
pairs = st.lists(st.sampled_from(IDS[:6]), max_size=4)
rankings = st.lists(st.sampled_from(IDS), max_size=25)
relevant = st.lists(st.sampled_from(IDS), min_size=1, max_size=25, unique=True)
losses = st.floats(0, 100)


@cache
@st.composite
def cases(draw: st.DrawFn, metric: Metric) -> tuple[Any, Any]:
    """Return any prediction, right or wrong, and its reference."""
    if metric.compares == "label":
        return draw(labels), draw(labels)
    if metric.compares == "tags":
        gold = draw(tags)
        return [draw(instead[tag]) for tag in gold], gold
    if metric.compares == "answer":
        gold = draw(answers)
        return draw(st.sampled_from(gold) | texts), gold
    if metric.compares == "pairs":
        return draw(pairs), draw(pairs)
    if metric.compares == "ranking":
        return draw(rankings), draw(relevant)
    masked = draw(st.integers(1, 9))
    return {"hits": draw(st.integers(0, masked)), "total": masked, "loss": draw(losses)}, masked


@cache
def examples(metric: Metric, *, least: int = 1) -> st.SearchStrategy[list[Prediction]]:
    return st.builds(
        _predictions,
        st.sampled_from(LANGUAGES),
        st.lists(cases(metric), min_size=least, max_size=6),
    )


def _predictions(language: str, found: list[tuple[Any, Any]]) -> list[Prediction]:
    return [
        Prediction(example_id=str(number), language=language, prediction=one, reference=other)
        for number, (one, other) in enumerate(found)
    ]


def mended(metric: Metric, example: Prediction) -> Prediction:
    """Return the example with the right answer."""
    gold = example.reference
    if metric.compares == "masks":
        gold = {"hits": gold, "total": gold, "loss": 0.0}
    elif metric.compares == "answer":
        gold = gold[0]
    return Prediction(
        example_id=example.example_id,
        language=example.language,
        prediction=gold,
        reference=example.reference,
    )


@each
@settings(max_examples=40)
@given(data=st.data())
def test_the_value_stays_in_its_declared_range(metric: Metric, data: st.DataObject) -> None:
    value = score(metric, data.draw(examples(metric)))
    assert metric.low - 1e-9 <= value <= metric.high + 1e-9


@each
@settings(max_examples=40)
@given(data=st.data())
def test_the_order_of_examples_does_not_matter(metric: Metric, data: st.DataObject) -> None:
    some = data.draw(examples(metric, least=2))
    shuffled = data.draw(st.permutations(some))
    assert score(metric, shuffled) == pytest.approx(score(metric, some))


@each
@settings(max_examples=40)
@given(data=st.data())
def test_a_mended_prediction_never_moves_it_the_wrong_way(
    metric: Metric, data: st.DataObject
) -> None:
    some = data.draw(examples(metric))
    place = data.draw(st.integers(0, len(some) - 1))
    better = [*some[:place], mended(metric, some[place]), *some[place + 1 :]]
    # With nothing left to count the value is 0 by convention.
    assume(tallies(metric, better)[:, 1].sum() > 0)
    gain = score(metric, better) - score(metric, some)
    assert (gain if metric.direction == "higher" else -gain) >= -1e-9


@each
@settings(max_examples=40)
@given(data=st.data())
def test_gold_in_gives_the_best_value_out(metric: Metric, data: st.DataObject) -> None:
    some = [mended(metric, example) for example in data.draw(examples(metric))]
    assume(tallies(metric, some)[:, 1].sum() > 0)
    assert score(metric, some) == pytest.approx(metric.best)


@each
@settings(max_examples=40)
@given(data=st.data())
def test_an_example_that_is_wrong_is_worse_than_one_that_is_right(
    metric: Metric, data: st.DataObject
) -> None:
    some = data.draw(examples(metric))
    right = [mended(metric, example) for example in some]
    wrong = [*right[:-1], spoilt(metric, right[-1])]
    assume(tallies(metric, [right[-1]])[:, 1].sum() > 0)
    assume(tallies(metric, wrong)[:, 1].sum() > 0)
    loss = score(metric, right) - score(metric, wrong)
    # Too few pairs or entities leave the precision of the others as it is.
    least = 0.0 if metric.name.endswith(("_precision", "_recall")) else 1e-12
    assert (loss if metric.direction == "higher" else -loss) >= least


def spoilt(metric: Metric, example: Prediction) -> Prediction:
    """Return the example with an answer that has nothing right in it."""
    wrong: Any = "zebra zebra"
    if metric.compares == "masks":
        wrong = {"hits": 0, "total": example.reference, "loss": 99.0}
    elif metric.compares == "tags":
        wrong = ["Z"] * len(example.reference)
    elif metric.compares in {"pairs", "ranking"}:
        wrong = ["nowhere"]
    return Prediction(
        example_id=example.example_id,
        language=example.language,
        prediction=wrong,
        reference=example.reference,
    )
