"""Numbers in a card's metadata: exact, whole, and read back from text that nobody trusts."""

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Score
from adapterstilts.publishing.card.front_matter import LONGEST_HEAD, front_matter
from adapterstilts.publishing.card.model_index import (
    MOST_RESULTS,
    Result,
    model_index,
    result,
)
from tests.publishing.made import numbers_of, score, scores

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)
WORDS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)


def card(scores: list[Score]) -> str:
    """Return a card that has nothing but scores."""
    return f"{front_matter({'model-index': model_index('thing', scores)})}\n\n# A thing\n"


def same(one: list[Result], other: list[Result]) -> bool:
    return sorted(one, key=repr) == sorted(other, key=repr)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["xnli", "xnli@16", "toy-xquad", "own"]), WORDS, WORDS,
            st.sampled_from(["accuracy", "f1", "pos_f1", "own"]), NUMBERS, NUMBERS, NUMBERS,
            st.integers(0, 2**62), st.integers(0, 10**9), st.booleans(),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_every_number_comes_back_as_it_was_whatever_it_is(rows: list[tuple[Any, ...]]) -> None:
    given_scores = [
        score(
            code, value, target=target, perturbation=perturbation, metric=metric, low=low,
            high=high, seed=seed, n=n, primary=primary,
        )
        for target, code, perturbation, metric, value, low, high, seed, n, primary in rows
    ]  # fmt: skip
    assert same(numbers_of(card(given_scores)), [result(each) for each in given_scores])


def test_the_library_of_the_hub_keeps_everything_in_a_round_trip() -> None:
    rows = [
        *scores(),
        *scores(target="xnli@16"),
        *scores((1.0, 2.0, 3.0), perturbation="typos"),
        *scores(metric="f1", primary=False),
        *scores(target="toy-nli", seed=7),
    ]
    head = yaml.safe_load(card(rows).split("---\n")[1])
    name, found = model_index_to_eval_results(head["model-index"])
    assert name == "thing"
    assert len(found) == len(rows)
    back = {"model-index": eval_results_to_model_index(name, found)}
    assert same(numbers_of(f"{front_matter(back)}\n"), [result(row) for row in rows])
    again = ModelCard(str(ModelCard(card(rows))))
    assert same(numbers_of(str(again)), [result(row) for row in rows])


def test_a_result_names_the_dataset_the_language_and_the_kinds_of_the_hub() -> None:
    (index,) = model_index("thing", scores()[2:])
    (found,) = index["results"]
    assert found["task"]["type"] == "text-classification"
    assert found["dataset"] == {
        "type": "facebook/xnli",
        "name": "xnli, Swahili (sw)",
        "config": "sw",
        "split": "test",
    }
    (metric,) = found["metrics"]
    assert (metric["type"], metric["name"], metric["value"]) == ("accuracy", "accuracy", 65.75)
    assert metric["args"]["level"] == 0.95


def test_metrics_go_by_the_kind_that_the_hub_has_and_by_their_own_name() -> None:
    (index,) = model_index("thing", [score("en", 1.0, target="udpos", metric="pos_f1")])
    (metric,) = index["results"][0]["metrics"]
    assert (metric["type"], metric["name"]) == ("f1", "pos_f1")


def test_what_json_has_no_number_for_is_left_out() -> None:
    assert model_index("thing", [score("en", float("nan"))]) == []
    assert model_index("thing", [replace(score("en", 1.0), high=float("inf"))]) == []


def test_a_card_without_metadata_has_no_results() -> None:
    assert numbers_of("# A thing\n") == []
    assert numbers_of("---\n---\n# A thing\n") == []
    assert numbers_of("") == []


def test_a_card_of_another_machine_is_read_too() -> None:
    text = card([score("en", 1.5)])
    assert numbers_of("\ufeff" + text.replace("\n", "\r\n")) == [result(score("en", 1.5))]


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "91.2"}, {"value": None}, {"value": float("nan")}, {"value": True},
        {"value": 10**400}, {"name": 3}, {"args": []}, {"args": None},
    ],
)  # fmt: skip
def test_a_result_that_is_not_as_ours_is_passed_over(wrong: dict[str, Any]) -> None:
    index = model_index("thing", scores())
    index[0]["results"][1]["metrics"][0] |= wrong
    found = numbers_of(f"{front_matter({'model-index': index})}\n")
    assert [each.language for each in found] == ["en", "sw"]


@pytest.mark.parametrize(
    "changed", [{"seed": 1.5}, {"seed": 2**70}, {"n": "many"}, {"low": []}, {"primary": 1}]
)
def test_a_result_whose_words_are_of_another_kind_is_passed_over(changed: dict[str, Any]) -> None:
    index = model_index("thing", scores())
    index[0]["results"][0]["metrics"][0]["args"] |= changed
    found = numbers_of(f"{front_matter({'model-index': index})}\n")
    assert [each.language for each in found] == ["de", "sw"]


@pytest.mark.parametrize(
    "index", [3, "a", {"name": "a"}, [1], [{"results": 3}], [{"results": [3]}], [{"results": [{}]}],
              [{"results": [{"metrics": "a"}]}], [{"results": [{"metrics": ["a"]}]}]]
)  # fmt: skip
def test_an_index_of_another_shape_has_no_results(index: Any) -> None:
    assert numbers_of(f"{front_matter({'model-index': index})}\n") == []


def test_more_results_than_anyone_has_are_refused() -> None:
    said = {"target": "a", "language": "a", "split": "a", "perturbation": "", "seed": 0, "n": 1}
    about = {**said, "low": 1, "high": 1, "level": 1, "primary": True}
    one = json.dumps({"value": 1, "name": "a", "args": about}).replace(" ", "")
    for count in (MOST_RESULTS, MOST_RESULTS + 1):
        metrics = ",".join([one] * count)
        text = f'---\nmodel-index: [{{"results":[{{"metrics":[{metrics}]}}]}}]\n---\n'
        assert len(text) < LONGEST_HEAD
        if count == MOST_RESULTS:
            assert len(numbers_of(text)) == count
            continue
        with pytest.raises(StiltsError, match="more than 2,000 results"):
            numbers_of(text)
