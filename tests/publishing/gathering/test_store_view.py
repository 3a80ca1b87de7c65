"""What a store is known to hold of trainings and of their scores."""

import shutil
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.store import Store
from adapterstilts.publishing.gathering.store_view import StoreView, number
from tests.publishing.conftest import Grid


@pytest.fixture
def own(grid: Grid, tmp_path: Path) -> Store:
    """Return a copy of a grid's store."""
    return Store(Path(shutil.copytree(grid.store.root, tmp_path / "own")))


def test_every_score_is_told_with_the_stage_whose_model_answered(grid: Grid) -> None:
    view = StoreView.of(grid.store)
    found = {(each.condition, each.target): each.by for each in view.answers}
    own = grid.one("toy-xnli seq_bn/stack(toy-nli)").own.record.id
    source = grid.one("toy-nli seq_bn/target").own.record.id
    assert found[("seq_bn", "stack", "toy-nli"), "toy-xnli"] == own
    assert found[("seq_bn", "zero", "toy-nli"), "toy-xnli"] == source
    assert found[("seq_bn", "zero", "toy-nli"), "toy-tatoeba"] == source
    assert view.record(own).id == own
    assert view.folder(own) == grid.store.find(own)


def test_an_answer_knows_its_languages_its_examples_and_its_rows(grid: Grid) -> None:
    (answer,) = [
        each
        for each in StoreView.of(grid.store).answers
        if each.condition == ("full", "continue", "toy-nli")
    ]
    assert answer.languages == ("qaa", "qab", "qah")
    assert set(answer.examples) == {"qaa", "qab", "qah"}
    rows = list(answer.rows())
    assert {row.stage for row in rows} == {answer.id}
    assert len({number(row) for row in rows}) == len(rows) == 3


def test_a_target_of_few_examples_is_another_target(grid: Grid, tmp_path: Path, also) -> None:
    store = also(grid, tmp_path, grid_of="seq_bn/target")
    assert {each.target for each in StoreView.of(store).answers} >= {"toy-xnli"}
    answer = StoreView.of(store).answers[0]
    few = type(answer)(
        id=answer.id,
        folder=answer.folder,
        about={**answer.about, "shots": 16},
        by=answer.by,
        ground=answer.ground,
        asked=answer.asked,
    )
    assert few.target == f"{answer.about['task']}@16"


def test_scores_whose_predictions_are_gone_are_of_nobody(own: Store) -> None:
    before = StoreView.of(own).answers
    predicted = StoreView.of(own).record(before[0].id).needs["predicted"]
    own.remove(predicted)
    assert before[0].id not in {each.id for each in StoreView.of(own).answers}
    assert len(StoreView.of(own).answers) < len(before)


def test_the_same_numbers_of_two_ways_are_the_same_number(grid: Grid) -> None:
    one, other = (
        grid.one(name).scores
        for name in ("toy-xnli seq_bn/target", "toy-xnli seq_bn/stack(toy-nli)")
    )
    assert {number(row) for row in one} == {number(row) for row in other}


def test_what_is_not_there_is_told_with_its_place(grid: Grid) -> None:
    id = "0123456789abcdef"
    for view, place in (
        (StoreView.of(grid.store), str(grid.store.root)),
        (StoreView.these([]), "what is given"),
    ):
        assert not view.has(id)
        with pytest.raises(StiltsError, match="run it again") as refusal:
            view.folder(id)
        assert place in str(refusal.value)
