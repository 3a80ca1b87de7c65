"""Test sets that were published without labels: predicted, and not scored."""

import json
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from adapterstilts.analysis.table import load
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction, Score, read_rows, write_rows
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import score
from adapterstilts.stages.stage import Context, Outcome

Scored = Callable[..., tuple[Path, Outcome]]


@pytest.fixture
def scored(finished: Any, tmp_path: Path) -> Scored:
    """Return a function that scores predictions, the references of some of them stripped."""

    def run(languages: Sequence[str], kept: int = 0) -> tuple[Path, Outcome]:
        spec, _ = finished.one("score", composition="fuse")
        folder, out = tmp_path / "predicted", tmp_path / "scored"
        shutil.copytree(finished.store.find(spec.needs["predicted"]), folder)
        out.mkdir()
        for language in languages:
            path = folder / "predictions" / f"{language}.jsonl"
            rows = list(read_rows(path, Prediction))
            bare = [*rows[:kept], *(replace(row, reference=None) for row in rows[kept:])]
            write_rows(path, Prediction, bare)
        context = Context(
            id="s",
            inputs={"predicted": folder},
            out=out,
            work=tmp_path,
            store=finished.store,
            runtime=Runtime(device="cpu"),
            report=lambda done, total, note: None,
        )
        return out, score.run(spec.config, context)

    return run


def test_a_language_without_labels_has_no_scores(
    scored: Scored, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        out, outcome = scored(["qab"])
    assert {row.language for row in read_rows(out / "scores.jsonl", Score)} == {"qaa"}
    assert outcome.resolved == {"unlabelled": ["qab"]}
    assert json.loads((out / "ids.json").read_text()).keys() == {"qaa"}
    assert {name.partition("/")[0] for name in load_file(out / "tallies.safetensors")} == {"qaa"}
    assert "toy-xnli is not scored in qab" in caplog.text


def test_a_target_without_any_labels_leaves_an_empty_table(
    scored: Scored, finished: Any, caplog: pytest.LogCaptureFixture
) -> None:
    out, outcome = scored(["qaa", "qab"])
    assert list(read_rows(out / "scores.jsonl", Score)) == []
    assert outcome.resolved == {"unlabelled": ["qaa", "qab"]}
    assert "toy-xnli is not scored in qaa, qab: its test split has no labels" in caplog.text
    _, other = finished.one("score", composition="fuse")
    both = load([out, other])
    assert len(both) == len(load([other])) > 0


def test_labels_are_said_to_be_missing_only_where_they_are(
    scored: Scored, caplog: pytest.LogCaptureFixture
) -> None:
    out, outcome = scored([])
    assert {row.language for row in read_rows(out / "scores.jsonl", Score)} == {"qaa", "qab"}
    assert outcome.resolved == {} and not caplog.text


def test_a_mix_of_labels_and_none_is_refused(scored: Scored) -> None:
    with pytest.raises(StiltsError, match=r"toy-xnli in 'qab': \d+ of \d+ examples have no label"):
        scored(["qab"], kept=1)
