"""What is published of a stage: its modules, where they come from, and its scores."""

import shutil
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import RECORD, Score, read_record, read_rows
from adapterstilts.core.store import Store
from adapterstilts.publishing.gathering.items import OWN, gather, gather_from
from adapterstilts.publishing.gathering.store_view import StoreView
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE, Base, Item
from tests.publishing.conftest import Grid

BASE = Base(title="tiny")
STACK = "seq_bn/stack(toy-nli)"


def again(grid: Grid, name: str, store: Store | None = None) -> Item:
    """Return a thing of the grid, gathered from its store."""
    by_hand = grid.one(name)
    return gather(
        store or grid.store,
        by_hand.own.record.id,
        expression=by_hand.expression,
        way=by_hand.way,
        base=BASE,
    )


def numbers(rows: tuple[Score, ...]) -> set[tuple[object, ...]]:
    return {(row.target, row.language, row.metric, row.value) for row in rows}


def names(item: Item) -> tuple[list[str], list[str]]:
    return [each.name for each in item.sources], [each.name for each in item.before]


@pytest.mark.parametrize(
    ("name", "sources", "before"),
    [
        ("toy-nli seq_bn/target", [], []),
        (f"toy-xnli {STACK}", ["toy-nli"], []),
        ("toy-xnli seq_bn/continue(toy-nli)", [], ["toy-nli"]),
        ("toy-xnli seq_bn/fuse(toy-nli, toy-squad)", ["toy-nli", "toy-squad"], []),
        (
            "toy-xnli seq_bn/stack(average(toy-nli, toy-squad))",
            ["average(toy-nli, toy-squad)"],
            ["toy-nli", "toy-squad"],
        ),
        ("average(toy-nli, toy-squad) seq_bn/target", [], ["toy-nli", "toy-squad"]),
        (
            "toy-xquad seq_bn/stack(mix(toy-nli, toy-squad))",
            ["mix(toy-nli, toy-squad)"],
            [],
        ),
        ("toy-xnli full/continue(toy-nli)", [], ["toy-nli"]),
    ],
)
def test_what_is_loaded_beside_and_what_came_before(
    grid: Grid, name: str, sources: list[str], before: list[str]
) -> None:
    item = again(grid, name)
    assert names(item) == (sources, before)
    assert item.own.record == read_record(item.own.folder / RECORD)
    for module in (*item.sources, *item.before):
        assert module.folder == grid.store.find(module.record.id)


def test_what_the_examples_were_prepared_by_is_there_for_every_score(grid: Grid) -> None:
    item = again(grid, f"toy-xnli {STACK}")
    for row in item.scores:
        prepared = item.evaluated[row.stage][row.language]
        assert prepared.kind == "prepare"
        said = (prepared.identity["language"], prepared.identity["split"])
        assert said == (row.language, row.split)


def test_every_score_of_a_training_is_there_once(grid: Grid) -> None:
    item = again(grid, f"toy-xnli {STACK}")
    every = [
        row
        for entry in grid.store.entries()
        if entry.kind == "score" and entry.slug.startswith("seq_bn-stack-toy-nli-toy-xnli")
        for row in read_rows(entry.path / "scores.jsonl", Score)
    ]
    assert numbers(item.scores) == numbers(tuple(every))
    assert len(item.scores) == len(every) == 3
    assert [row.language for row in item.scores] == ["qaa", "qab", "qah"]


def test_a_source_has_the_scores_that_it_has_as_it_is(grid: Grid) -> None:
    item = again(grid, "toy-nli seq_bn/target")
    assert {(row.composition, row.source, row.target) for row in item.scores} == {
        ("zero", "toy-nli", "toy-xnli"),
        ("zero", "toy-nli", "toy-tatoeba"),
    }


def test_what_was_scored_again_in_fewer_languages_is_told_once(
    grid: Grid, tmp_path: Path, also
) -> None:
    store = also(grid, tmp_path, "languages=[qab]", grid_of=STACK)
    scored = [each for each in StoreView.of(store).answers if each.condition[1] == "stack"]
    of_nli = [each for each in scored if each.condition[2] == "toy-nli"]
    assert sorted(len(each.languages) for each in of_nli) == [1, 3]
    item = again(grid, f"toy-xnli {STACK}", store)
    assert item.scores == again(grid, f"toy-xnli {STACK}").scores
    assert item.notes == ()


def test_the_rows_are_those_of_the_name_that_was_asked_for(
    grid: Grid, tmp_path: Path, also
) -> None:
    own = "fuse[own=true](toy-nli, toy-squad)"
    written = "fuse(toy-nli, toy-squad, toy-xnli)"
    store = also(grid, tmp_path, grid_of=[f"seq_bn/{own}", f"seq_bn/{written}"])
    (id,) = {each.by for each in StoreView.of(store).answers if "own" in each.condition[1]}
    for way, composition in ((own, "fuse[own=true]"), (written, "fuse")):
        found = gather(store, id, expression="toy-xnli", way=f"seq_bn/{way}", base=BASE)
        assert {row.composition for row in found.scores} == {composition}
        assert len(found.scores) == 3


def test_baselines_have_their_scores_on_the_same_target(grid: Grid) -> None:
    item = again(grid, f"toy-xnli {STACK}")
    assert list(item.baselines) == [NO_SOURCE, FULL, FULL_STILTS]
    ways = {
        name: {(row.method, row.composition, row.source) for row in rows}
        for name, rows in item.baselines.items()
    }
    assert ways == {
        NO_SOURCE: {("seq_bn", "target", "")},
        FULL: {("full", "target", "")},
        FULL_STILTS: {("full", "continue", "toy-nli")},
    }
    for rows in item.baselines.values():
        assert [row.language for row in rows] == ["qaa", "qab", "qah"]


def test_folders_that_are_given_give_the_same_as_the_store(grid: Grid) -> None:
    whole = again(grid, f"toy-xnli {STACK}")
    folders = {entry.id: entry.path for entry in grid.store.entries()}
    folders[OWN] = folders.pop(whole.own.record.id)
    found = gather_from(folders, expression="toy-xnli", way=STACK, base=BASE)
    assert found == whole


def test_of_folders_what_is_not_given_is_as_if_it_were_not(grid: Grid) -> None:
    whole = again(grid, f"toy-xnli {STACK}")
    given = {OWN: whole.own.folder, "source:0": whole.sources[0].folder}
    found = gather_from(given, expression="toy-xnli", way=STACK, base=BASE)
    assert (found.scores, found.baselines) == ((), {})
    assert names(found) == names(whole)


def test_what_somebody_else_has_trained_is_there_with_its_record(
    grid: Grid, tmp_path: Path, also, theirs: Path
) -> None:
    store = also(grid, tmp_path, grid_of=f"seq_bn/stack(path({theirs}))")
    (answer,) = [each for each in StoreView.of(store).answers if "path(" in each.condition[2]]
    way = f"seq_bn/stack({answer.condition[2]})"
    item = gather(store, answer.by, expression="toy-xnli", way=way, base=BASE)
    (source,) = item.sources
    assert source.record.kind == "adopt"
    assert source.name == answer.condition[2]
    assert str(theirs.parent) not in source.name
    assert len(item.scores) == 3


def test_a_source_that_is_gone_is_told(grid: Grid, tmp_path: Path) -> None:
    store = Store(Path(shutil.copytree(grid.store.root, tmp_path / "runs")))
    store.remove(grid.one(f"toy-xnli {STACK}").sources[0].record.id)
    with pytest.raises(StiltsError, match=r"is gone from .*: run it again"):
        again(grid, f"toy-xnli {STACK}", store)


def test_what_has_trained_nothing_is_refused(grid: Grid) -> None:
    id = next(each.id for each in grid.store.entries() if each.kind == "predict")
    with pytest.raises(StiltsError, match="has trained nothing"):
        gather(grid.store, id, expression="toy-xnli", way="seq_bn/target", base=BASE)
