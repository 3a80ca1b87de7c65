"""Few-shot targets have rows and ids of their own, and are compared with their like alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.records import Score, read_rows, write_rows
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import score
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import Context, StageSpec

ALL = Evaluate(
    backbone="tiny",
    method="seq_bn",
    composition="stack",
    source="toy-nli",
    task="toy-xnli",
    languages=("qab",),
    split="test",
    seed=0,
)


def test_only_a_number_of_shots_changes_what_was() -> None:
    assert "shots" not in ALL.identity()
    few = [replace(ALL, shots=shots) for shots in (4, 16)]
    assert len({StageSpec(each).id for each in [ALL, *few]}) == 3
    assert [each.target for each in [ALL, *few]] == ["toy-xnli", "toy-xnli@4", "toy-xnli@16"]
    assert len({each.slug for each in [ALL, *few]}) == 3


@pytest.fixture
def rows(tmp_path: Path, finished) -> dict[int, list[Score]]:
    """Return the rows of one prediction as those of all examples and of sixteen."""
    _, predicted = finished.one("predict", composition="target")
    languages = ("qaa", "qab")
    found = {}
    for shots in (0, 16):
        out = tmp_path / str(shots)
        out.mkdir()
        context = Context(
            id=f"{shots:016x}",
            inputs={PREDICTED: predicted},
            out=out,
            work=tmp_path,
            store=Store(tmp_path / "runs"),
            runtime=Runtime(device="cpu"),
            report=lambda done, total, note: None,
        )
        score.run(replace(ALL, languages=languages, shots=shots), context)
        found[shots] = list(read_rows(out / score.SCORES, Score))
    return found


def test_rows_name_the_target_with_its_shots(rows: dict[int, list[Score]]) -> None:
    assert {row.target for row in rows[0]} == {"toy-xnli"}
    assert {row.target for row in rows[16]} == {"toy-xnli@16"}
    for whole, few in zip(rows[0], rows[16], strict=True):
        assert (whole.value, whole.n, whole.suite) == (few.value, few.n, few.suite)
        assert whole.signature == "metric=accuracy.v1|task=toy-xnli|split=test"
        assert few.signature == f"{whole.signature}|shots=16"


def test_rows_of_few_shots_are_written_and_read_like_all_others(
    rows: dict[int, list[Score]], tmp_path: Path
) -> None:
    path = tmp_path / "scores.jsonl"
    write_rows(path, Score, rows[16])
    assert list(read_rows(path, Score)) == rows[16]
