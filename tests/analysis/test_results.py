import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from adapterstilts.analysis.results import (
    SUMMARY,
    Results,
    find_results,
    labelled,
    plain,
    summary_rows,
)
from adapterstilts.analysis.table import load


@pytest.fixture(scope="module")
def results(grid: list[Path]) -> Results:
    return find_results(load(grid), english="aa")


def test_every_condition_has_one_row(results: Results) -> None:
    keys = results.rows[["target", "method", "composition", "source"]]
    assert len(keys) == 17
    assert not keys.duplicated().any()


def test_baselines_come_first_and_targets_stay_together(results: Results) -> None:
    rows = plain(results.rows)
    assert list(dict.fromkeys(row["target"] for row in rows)) == ["pairs", "tags", "retrieval"]
    pairs = [(row["method"], row["composition"]) for row in rows if row["target"] == "pairs"]
    assert pairs[0] == ("seq_bn", "target")
    assert pairs.index(("full", "target")) == pairs.index(("full", "continue")) - 1
    assert next(row["method"] for row in rows if row["target"] == "retrieval") == "none"


def test_gains_stand_beside_means_and_baselines_have_none(results: Results) -> None:
    for row in plain(results.rows):
        assert (row["gain"] is None) == (row["source"] == "")
        assert row["mean_low"] < row["zero_shot"] < row["mean_high"]
        if row["gain"] is not None:
            assert row["low"] <= row["gain"] <= row["high"]
        with_second = row["method"] == "seq_bn" and row["composition"] == "stack"
        assert (row["full_gain"] is not None) == with_second


def test_a_loss_is_a_row_like_any_other(results: Results) -> None:
    lost = [row for row in summary_rows(results) if row["gain"] is not None and row["high"] < 0]
    assert {row["source"] for row in lost} == {"squad"}


def test_summary_rows_are_plain(results: Results) -> None:
    rows = summary_rows(results)
    assert all(tuple(row) == SUMMARY for row in rows)
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    [row] = [row for row in rows if row["method"] == "none"]
    assert row["trainable_parameters"] is None
    assert rows[0]["trainable_parameters"] == 8_532
    assert type(rows[0]["peak_memory"]) is int


def test_names_say_only_what_varies(planter: Any) -> None:
    planter.add({"aa": [1.0]})
    plain_names = labelled(load(planter.folders))
    assert plain_names["goal"].tolist() == ["pairs"]
    assert plain_names["way"].tolist() == ["seq_bn · target"]
    planter.add({"aa": [1.0]}, backbone="other", perturbation="typos")
    varied = labelled(load(planter.folders))
    assert varied["goal"].tolist() == ["pairs", "pairs · typos"]
    assert varied["way"].tolist() == ["toyworld · seq_bn · target", "other · seq_bn · target"]


def test_plain_has_none_where_there_is_no_number() -> None:
    frame = pd.DataFrame({"a": [1.5, float("nan")], "b": pd.array([None, 3], dtype="Int64")})
    assert plain(frame) == [{"a": 1.5, "b": None}, {"a": None, "b": 3}]
