"""Where a plan reads what it reads."""

from collections.abc import Callable
from pathlib import Path

from adapterstilts.plan.places import Place, places
from adapterstilts.plan.planner import Plan

REAL = ("grid.0.targets=xnli", "grid.0.compositions=target", "languages=[en, sw]")
Planned = Callable[..., Plan]


def test_generated_data_are_nowhere(planned: Planned) -> None:
    assert places(planned().stages.values(), {}) == []


def test_a_repository_is_named_with_its_splits_and_the_pinned_commit(planned: Planned) -> None:
    plan = planned(*REAL, "revision=v1", backbone="someone/xlmr")
    pins = {"dataset facebook/xnli@main": "c" * 40, "model someone/xlmr@v2": "d" * 40}
    assert places(plan.stages.values(), pins) == [
        Place(name="someone/xlmr", place="someone/xlmr on the Hub, revision v1"),
        Place(
            name="mnli",
            splits=("train", "dev"),
            place="nyu-mll/glue on the Hub, revision main",
        ),
        Place(
            name="xnli",
            splits=("test",),
            place="facebook/xnli on the Hub, revision main",
            commit="c" * 40,
        ),
    ]


def test_a_folder_is_named_where_its_layout_starts(planned: Planned, tmp_path: Path) -> None:
    folder = tmp_path / "below" / "xnli"
    folder.mkdir(parents=True)
    for code in ("en", "sw"):
        (folder / f"test-{code}.tsv").write_text("A\tB\n", encoding="utf-8")
    plan = planned(*REAL, f"data.xnli={tmp_path}")
    assert [each for each in places(plan.stages.values(), {}) if each.name == "xnli"] == [
        Place(name="xnli", splits=("test",), place=str(tmp_path / "below"))
    ]
