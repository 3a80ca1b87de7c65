from pathlib import Path
from typing import Any

import pytest

from adapterstilts.analysis.content import Content, facts, outcome, rules
from adapterstilts.analysis.results import find_results
from adapterstilts.analysis.table import load


def content_of(folders: list[Path], said: dict[str, Any]) -> Content:
    results = find_results(load(folders), english=said["english"])
    return Content(results=results, **said)


@pytest.fixture
def content(grid: list[Path], said: dict[str, Any]) -> Content:
    return content_of(grid, said)


def test_facts_name_few_things_and_count_many(planter: Any, said: dict[str, Any]) -> None:
    languages = ("aa", "bb", "cc", "dd", "ee")
    for seed in (0, 1):
        planter.add({language: [1.0, 0.0] for language in languages}, seed=seed)
    assert facts(content_of(planter.folders, said)) == {
        "backbone": "toyworld",
        "method": "seq_bn",
        "target": "pairs",
        "languages": "5",
        "seeds": "0, 1",
    }


def test_sources_are_listed_once(content: Content) -> None:
    assert facts(content)["sources"] == "nli, squad, nli + squad"


def test_languages_are_called_by_name_and_code(content: Content) -> None:
    assert content.name("bb") == "Beloric (bb)"
    assert content.name("zz") == "zz"


def test_the_outcome_counts_gains_losses_and_what_is_open(content: Content) -> None:
    rows = [row for row in content.rows() if row["gain"] is not None]
    gained = sum(row["low"] > 0 for row in rows)
    lost = sum(row["high"] < 0 for row in rows)
    assert lost > 0
    assert outcome(content).startswith(
        f"Of {len(rows)} comparisons with a baseline without a source, {gained} gained, {lost}"
        f" lost, and {len(rows) - gained - lost} cannot be told from no difference."
    )


def test_one_comparison_is_one(planter: Any, said: dict[str, Any]) -> None:
    planter.add({"aa": [1.0], "bb": [0.0]})
    planter.add({"aa": [1.0], "bb": [1.0]}, composition="stack", source="nli")
    assert outcome(content_of(planter.folders, said)).startswith("Of 1 comparison with a baseline")


def test_rules_are_sentences() -> None:
    assert all(rule[0].isupper() or rule[0].isdigit() for rule in rules())
    assert all(rule.endswith(".") and "\n" not in rule for rule in rules())
