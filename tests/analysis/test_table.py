from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from adapterstilts.analysis import table
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.records import Score


def hits(**shares: int) -> dict[str, list[float]]:
    """Ten examples a language, of which so many are right."""
    return {language: [1.0] * right + [0.0] * (10 - right) for language, right in shares.items()}


def test_load_has_every_column_of_a_score_and_its_folder(planter: Any) -> None:
    folder = planter.add(hits(aa=9, bb=5), peak_memory=1000, train_seconds=2.5)
    frame = table.load([folder])
    assert set(frame.columns) == {*Score.__dataclass_fields__, "folder"}
    assert frame["value"].tolist() == [90.0, 50.0]
    assert frame["folder"].unique().tolist() == [str(folder)]
    assert frame["peak_memory"].tolist() == [1000, 1000]
    assert frame["stored_bytes"].isna().all()


def test_load_of_nothing_is_an_empty_table_with_columns() -> None:
    frame = table.load([])
    assert frame.empty
    assert "train_seconds" in frame.columns


def test_load_names_the_broken_file(planter: Any) -> None:
    folder = planter.add(hits(aa=9))
    (folder / "scores.jsonl").write_text('{"schema": "adapterstilts/score", "version": 99}\n')
    with pytest.raises(StiltsError, match=r"scores\.jsonl has records of version 99"):
        table.load([folder])


def test_means_are_over_languages_and_then_over_seeds(planter: Any) -> None:
    planter.add(hits(aa=10, bb=6, cc=2), seed=0)
    planter.add(hits(aa=8, bb=4, cc=0), seed=1)
    [row] = table.task_means(table.load(planter.folders), english="aa").to_dict("records")
    assert row["mean"] == pytest.approx((60 + 40) / 2)
    assert row["zero_shot"] == pytest.approx((40 + 20) / 2)
    assert row["english"] == pytest.approx(90)
    assert (row["seeds"], row["languages"]) == (2, 3)


def test_every_language_counts_the_same_whatever_its_size(planter: Any) -> None:
    planter.add({"aa": [1.0], "bb": [1.0], "cc": [0.0] * 99})
    [row] = table.task_means(table.load(planter.folders), english="aa").to_dict("records")
    assert row["zero_shot"] == pytest.approx(50)


def test_a_language_that_one_seed_lacks_is_left_out(planter: Any) -> None:
    planter.add(hits(aa=10, bb=6, cc=10), seed=0)
    planter.add(hits(aa=8, bb=4), seed=1)
    [row] = table.task_means(table.load(planter.folders), english="aa").to_dict("records")
    assert row["zero_shot"] == pytest.approx(50)
    assert row["mean"] == pytest.approx(70)
    assert row["languages"] == 2


def test_english_alone_has_no_zero_shot_mean(planter: Any) -> None:
    planter.add(hits(aa=10))
    [row] = table.task_means(table.load(planter.folders), english="aa").to_dict("records")
    assert pd.isna(row["zero_shot"])
    assert row["mean"] == row["english"] == 100


def test_conditions_are_kept_apart(planter: Any) -> None:
    planter.add(hits(aa=10, bb=6))
    planter.add(hits(aa=10, bb=8), composition="stack", source="nli")
    planter.add(hits(aa=10, bb=1), perturbation="typos")
    planter.add(hits(aa=10, bb=2), metric="f1", primary=False, stage="other")
    means = table.task_means(table.load(planter.folders), english="aa")
    assert sorted(means["zero_shot"]) == pytest.approx([10, 20, 60, 80])


def test_costs_are_those_of_one_run(planter: Any) -> None:
    for seed, seconds, memory in ((0, 10.0, 500), (1, 20.0, 700)):
        planter.add(
            hits(aa=1, bb=1), seed=seed, train_seconds=seconds, peak_memory=memory,
            trainable_parameters=12, stored_bytes=48,
        )  # fmt: skip
    [row] = table.task_means(table.load(planter.folders), english="aa").to_dict("records")
    assert row["train_seconds"] == pytest.approx(15)
    assert row["peak_memory"] == 700
    assert (row["trainable_parameters"], row["stored_bytes"]) == (12, 48)


def test_one_score_twice_is_refused_with_both_places(planter: Any, tmp_path: Path) -> None:
    first = planter.add(hits(aa=5, bb=6))
    second = planter.add(hits(aa=5, bb=7), stage="another")
    with pytest.raises(StiltsError) as error:
        table.task_means(table.load(planter.folders), english="aa")
    assert str(first) in str(error.value)
    assert str(second) in str(error.value)
    assert "seq_bn · target · pairs" in str(error.value)


def test_pivot_places_numbers_without_touching_them(planter: Any) -> None:
    for source, right in (("nli", 7), ("squad", 4)):
        planter.add(hits(aa=9, bb=right), composition="stack", source=source)
    means = table.task_means(table.load(planter.folders), english="aa")
    wide = table.pivot(means, rows="source", columns="target", values="zero_shot")
    assert wide.loc["nli", "pairs"].item() == pytest.approx(70)
    assert wide.loc["squad", "pairs"].item() == pytest.approx(40)


def test_pivot_refuses_to_average_and_names_what_differs(planter: Any) -> None:
    planter.add(hits(aa=9, bb=7), seed=0)
    planter.add(hits(aa=9, bb=8), seed=1)
    with pytest.raises(UsageError, match=r"2 rows fall into one cell .* add seed to rows"):
        table.pivot(table.load(planter.folders), rows="language", columns="target")


def test_pivot_suggests_the_column_that_was_meant(planter: Any) -> None:
    planter.add(hits(aa=9))
    with pytest.raises(UsageError, match=r"unknown column 'sorce' \(did you mean 'source'"):
        table.pivot(table.load(planter.folders), rows="sorce", columns="target")
