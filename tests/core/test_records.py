import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core import records
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Costs, Prediction, Score, StageRecord

RECORD = StageRecord(
    id="0123456789abcdef",
    kind="train",
    version=1,
    slug="qaa-stack",
    identity={"lr": 1e-4, "seeds": [1, 2]},
    needs={"source": "f" * 16},
    resolved={"revision": "abc"},
    software={"torch": "2.13"},
    costs=Costs(train_seconds=1.5, trainable_parameters=7),
)
SCORE = Score(
    backbone="toyworld", method="seq_bn", composition="stack", source="nli", target="qa",
    suite="toy", language="qab", split="test", perturbation="", seed=1, metric="f1",
    value=71.25, low=70.0, high=72.5, n=300, primary=True, stage="f" * 16, signature="s",
    train_seconds=3.0, peak_memory=10**9, trainable_parameters=5, stored_bytes=20,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


def test_a_stage_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    records.write_record(path, RECORD)
    assert records.read_record(path) == RECORD
    assert json.loads(path.read_text())["schema"] == "adapterstilts/stagerecord"
    assert [each.name for each in tmp_path.iterdir()] == ["record.json"]


def test_scores_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [SCORE, replace(SCORE, language="qac", train_seconds=None)]
    assert records.write_rows(tmp_path / "s", Score, rows) == 2
    assert list(records.read_rows(tmp_path / "s", Score)) == rows


@given(answer=JSON, reference=JSON, extra=st.dictionaries(st.text("xy"), JSON))
def test_predictions_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, answer: Any, reference: Any, extra: Any
) -> None:
    path = tmp_path_factory.mktemp("rows") / "predictions.jsonl"
    rows = [
        Prediction(
            example_id=str(number),
            language="qab",
            prediction=answer,
            reference=reference,
            extra=extra,
        )
        for number in range(2)
    ]
    records.write_rows(path, Prediction, rows)
    assert list(records.read_rows(path, Prediction)) == rows


def test_no_rows_are_still_a_file(tmp_path: Path) -> None:
    assert records.write_rows(tmp_path / "s", Score, []) == 0
    assert list(records.read_rows(tmp_path / "s", Score)) == []


def test_costs_are_apart_from_what_is_stated() -> None:
    dearer = replace(SCORE, train_seconds=99.0, peak_memory=None)
    assert dearer.stated() == SCORE.stated()
    assert replace(SCORE, value=1.0).stated() != SCORE.stated()
    assert SCORE.measured() == {
        "train_seconds": 3.0,
        "peak_memory": 10**9,
        "trainable_parameters": 5,
        "stored_bytes": 20,
    }
    assert not SCORE.measured().keys() & SCORE.stated().keys()


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_an_unknown_version_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    records.write_record(path, RECORD)
    rewrite(path, version=99)
    with pytest.raises(StiltsError, match=r"version 99; .* reads version 1: use the release"):
        records.read_record(path)


def test_another_schema_is_refused(tmp_path: Path) -> None:
    records.write_rows(tmp_path / "s", Score, [SCORE])
    with pytest.raises(StiltsError, match=r"s:1: schema 'adapterstilts/score' where .*prediction"):
        list(records.read_rows(tmp_path / "s", Prediction))


@pytest.mark.parametrize("record", [None, "text", {"id": "x"}, {"costs": {"euros": 3}}])
def test_a_record_with_other_fields_is_refused(tmp_path: Path, record: object) -> None:
    path = tmp_path / "record.json"
    records.write_record(path, RECORD)
    rewrite(path, record=record)
    with pytest.raises(StiltsError, match=r"broken artifact .*record\.json:1: .* run again"):
        records.read_record(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]\n", b"\xff\xfe"])
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(StiltsError, match=r"broken artifact .*file:1: "):
        records.read_record(path)
    with pytest.raises(StiltsError, match=r"broken artifact .*file:1: "):
        list(records.read_rows(path, Score))


def test_a_missing_file_is_a_broken_artifact(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match="No such file"):
        records.read_record(tmp_path / "none")
    with pytest.raises(StiltsError, match="No such file"):
        list(records.read_rows(tmp_path / "none", Score))


@pytest.mark.parametrize("line", ['{"value": 1', '{"value": 1}', "7"])
def test_a_broken_row_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "scores.jsonl"
    records.write_rows(path, Score, [SCORE])
    path.write_text(path.read_text() + line + "\n")
    rows = records.read_rows(path, Score)
    assert next(rows) == SCORE
    with pytest.raises(StiltsError, match=r"scores\.jsonl:3: .* run again to compute it anew"):
        next(rows)


def test_what_several_trainings_took_is_unknown_where_one_of_them_is() -> None:
    one, other = Costs(train_seconds=1.5, peak_memory=7), Costs(train_seconds=0.25, peak_memory=9)
    foreign = Costs(trainable_parameters=3)
    assert Costs.trained([one, other]) == Costs(train_seconds=1.75, peak_memory=9)
    assert Costs.trained([one, foreign]) == Costs(peak_memory=7)
    assert Costs.trained([foreign]) == Costs()
    assert Costs.trained([]) == Costs(train_seconds=0, peak_memory=0)
