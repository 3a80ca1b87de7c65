"""Retrieval tasks of real data from their files to scores, on the fixtures of the declarations."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from adapterstilts.core.records import RECORD, Prediction, Score, read_record, read_rows
from adapterstilts.core.statistics import ratio
from adapterstilts.stages.predict import dev_role
from adapterstilts.tasks import encoding
from adapterstilts.tasks.formats.format import POOL

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tasks"


@pytest.fixture(scope="module")
def run(planned: Any, finish: Any) -> Any:
    """Return a function that runs one target on a fixture's layout, untrained and after NLI."""

    def of(task: str, layout: str, languages: str, *changes: str) -> Any:
        folder = FIXTURES / task / "raw" / layout
        return finish(
            planned(
                f"grid.0.targets={task}",
                "grid.0.compositions=[target, zero]",
                "sources=toy-nli",
                f"languages={languages}",
                f"data={{{task}: {folder}}}",
                "keep_logits=false",
                *changes,
            )
        )

    return of


def answers(path: Path, language: str) -> list[Prediction]:
    return list(read_rows(path / "predictions" / f"{language}.jsonl", Prediction))


@pytest.fixture(scope="module")
def bucc(run: Any) -> Any:
    return run("bucc2018", "release", "[de, zh]", "retrieval={layers: all}")


def test_mined_pairs_are_scored_as_sets(bucc: Any) -> None:
    spec, path = bucc.one("predict", sources=())
    assert set(spec.needs) == {"de", "zh", dev_role("de"), dev_role("zh")}
    _, scored = bucc.one("score", source="")
    scores = {(row.language, row.metric): row for row in read_rows(scored / "scores.jsonl", Score)}
    gold = {"de": 3, "zh": 1}
    sources = {"de": 3, "zh": 2}
    for language in ("de", "zh"):
        rows = answers(path, language)
        mined = {(row.example_id, target) for row in rows for target in row.prediction}
        right = {(row.example_id, target) for row in rows for target in row.reference}
        assert len(right) == gold[language]
        assert all(row.prediction or row.reference for row in rows)
        f1 = 100 * 2 * len(mined & right) / (len(mined) + len(right))
        row = scores[language, "bucc_f1"]
        assert row.value == pytest.approx(f1)
        assert (row.n, row.primary) == (sources[language], True)
        assert row.low <= row.value <= row.high
        assert {"layer=1", "pooling=mean"} <= set(row.signature.split("|"))
        tallies = load_file(scored / "tallies.safetensors")
        assert len(tallies[f"{language}/bucc_f1"]) == sources[language]
        assert 100 * ratio(tallies[f"{language}/bucc_f1"]) == pytest.approx(f1)


def test_two_models_answer_the_same_examples_whatever_they_mine(bucc: Any) -> None:
    folders = [path for _, path in bucc.of("score")]
    assert len(folders) == 2
    ids = {(folder / "ids.json").read_text() for folder in folders}
    assert len(ids) == 1
    sizes = {
        tuple(
            (name, len(tally))
            for name, tally in sorted(load_file(folder / "tallies.safetensors").items())
        )
        for folder in folders
    }
    assert len(sizes) == 1


def test_a_sweep_mines_at_every_layer_with_a_threshold_of_its_own(bucc: Any) -> None:
    _, path = bucc.one("sweep")
    rows = [row for row in read_rows(path / "scores.jsonl", Score) if row.primary]
    assert [(row.language, row.signature.split("|")[3]) for row in rows] == [
        (language, f"layer={layer}") for language in ("de", "zh") for layer in (0, 1, 2)
    ]
    _, scored = bucc.one("score", source="")
    alone = {
        row.language: row.value
        for row in read_rows(scored / "scores.jsonl", Score)
        if row.metric == "bucc_f1"
    }
    middle = {row.language: row.value for row in rows if "|layer=1|" in row.signature}
    assert middle == pytest.approx(alone)


def test_stripped_gold_gives_predictions_and_no_score(run: Any) -> None:
    done = run("bucc2018", "xtreme", "de")
    for _, path in done.of("predict"):
        assert {row.reference for row in answers(path, "de")} <= {None}
    for _, path in done.of("score"):
        assert list(read_rows(path / "scores.jsonl", Score)) == []
        assert read_record(path / RECORD).resolved["unlabelled"] == ["de"]


@pytest.mark.parametrize(("task", "pool"), [("mewslix", 3), ("lareqa", 21)])
def test_queries_of_every_language_share_one_pool(run: Any, task: str, pool: int) -> None:
    done = run(task, "release", "[en, de]")
    spec, path = done.one("predict", sources=())
    assert set(spec.needs) == {"en", "de", POOL}
    pools = list(done.of("prepare", task=task, split=POOL))
    assert len(pools) == 1
    names = {example["id"] for example in encoding.read(pools[0][1]).examples}
    assert len(names) == pool
    for language in ("en", "de"):
        for row in answers(path, language):
            assert len(row.prediction) == min(20, pool)
            assert set(row.prediction) | set(row.reference) <= names
    _, scored = done.one("score", source="")
    rows = list(read_rows(scored / "scores.jsonl", Score))
    assert {row.metric for row in rows} == {"map_at_20"}
    assert all(0 < row.value <= 100 for row in rows)


def test_tatoeba_is_scored_where_lines_are_aligned_and_predicted_where_they_are_not(
    run: Any,
) -> None:
    aligned, loose = (run("tatoeba", layout, "de") for layout in ("laser", "xtreme"))
    _, path = aligned.one("score", source="")
    (row,) = read_rows(path / "scores.jsonl", Score)
    given = answers(aligned.one("predict", sources=())[1], "de")
    assert row.value == pytest.approx(
        100 * np.mean([one.prediction == one.reference for one in given])
    )
    assert row.n == 4
    _, path = loose.one("score", source="")
    assert list(read_rows(path / "scores.jsonl", Score)) == []
    # The same answers, by the lines of XTREME's file.
    there = answers(loose.one("predict", sources=())[1], "de")
    assert [one.extra["line"] for one in there] == [0, 1, 2, 3]
    assert {one.extra["line"]: one.prediction for one in given} == {
        one.extra["line"]: one.prediction for one in there
    }
