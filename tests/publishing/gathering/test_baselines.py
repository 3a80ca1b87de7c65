"""Which runs are the baselines of another, where several could be."""

from pathlib import Path

from adapterstilts.core.store import Store
from adapterstilts.publishing.gathering.items import gather
from adapterstilts.publishing.gathering.store_view import StoreView
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE, Base, Item
from tests.publishing.conftest import Grid

STACK = "seq_bn/stack(toy-nli)"
LONGER = "training.default={steps: 3, batch_size: 2, train_examples: 8, max_length: 40}"
FASTER = (
    "training.default={steps: 2, batch_size: 2, train_examples: 8, max_length: 40,"
    " learning_rate: 0.01}"
)


def stacked(grid: Grid, store: Store, among: frozenset[str] = frozenset()) -> Item:
    id = grid.one(f"toy-xnli {STACK}").own.record.id
    base = Base(title="tiny")
    return gather(store, id, expression="toy-xnli", way=STACK, base=base, among=among)


def answered(store: Store, *condition: str) -> list[str]:
    """Return the trainings of a condition."""
    every = StoreView.of(store).answers
    return [each.by for each in every if each.condition == condition and each.target == "toy-xnli"]


def scored_by(item: Item, name: str, store: Store) -> set[str]:
    """Return the trainings whose scores a baseline is."""
    by = {each.id: each.by for each in StoreView.of(store).answers}
    return {by[row.stage] for row in item.baselines.get(name, ())}


def test_of_several_the_one_with_the_same_settings_is_taken(
    grid: Grid, tmp_path: Path, also
) -> None:
    (first,) = answered(grid.store, "seq_bn", "target", "")
    store = also(grid, tmp_path, LONGER, grid_of="seq_bn/target")
    assert len(answered(store, "seq_bn", "target", "")) == 2
    item = stacked(grid, store)
    assert scored_by(item, NO_SOURCE, store) == {first}
    assert item.notes == ()


def test_full_fine_tuning_may_have_a_learning_rate_of_its_own(
    grid: Grid, tmp_path: Path, also
) -> None:
    """With the same steps and batches it is the baseline, whatever else the store has."""
    store = also(grid, tmp_path, LONGER, grid_of="full/target")
    (first,) = answered(grid.store, "full", "target", "")
    store.remove(first)  # Its scores stay, and so do those of the others.
    store = also(grid, tmp_path / "faster", FASTER, grid_of="full/target", store=store)
    (faster,) = set(answered(store, "full", "target", "")) - {first} - _longer(store)
    only = Store(store.root)
    for each in only.entries():
        if each.kind == "score" and _by(only, each.id) == first:
            only.remove(each.id)
    assert scored_by(stacked(grid, only), FULL, only) == {faster}


def test_where_none_is_like_it_none_is_taken_and_that_is_said(
    grid: Grid, tmp_path: Path, also
) -> None:
    store = also(grid, tmp_path, LONGER, grid_of="full/target")
    (first,) = answered(grid.store, "full", "target", "")
    other = LONGER.replace("steps: 3", "steps: 4")
    store = also(grid, tmp_path / "other", other, grid_of="full/target", store=store)
    for each in store.entries():
        if each.kind == "score" and _by(store, each.id) == first:
            store.remove(each.id)
    item = stacked(grid, store)
    assert FULL not in item.baselines
    assert list(item.baselines) == [NO_SOURCE, FULL_STILTS]
    (note,) = item.notes
    assert "2 runs of full/target on toy-xnli" in note
    assert "--like" in note
    longer = frozenset(_longer(store))
    told = stacked(grid, store, among=longer)
    assert scored_by(told, FULL, store) == longer
    assert told.notes == ()


def test_what_answered_other_examples_is_no_baseline(grid: Grid, tmp_path: Path, also) -> None:
    store = also(grid, tmp_path, "languages=[qab]", grid_of="full/target")
    for each in store.entries():
        if each.kind == "score" and each.slug.startswith("full-target"):
            if len(StoreView.of(store).record(each.id).identity["languages"]) > 1:
                store.remove(each.id)
            else:
                _change_examples(each.path)
    assert FULL not in stacked(grid, store).baselines


def test_what_is_a_baseline_itself_has_none_of_its_own(grid: Grid) -> None:
    for name, expected in (
        ("toy-xnli full/target", []),
        ("toy-xnli seq_bn/target", [FULL]),
        ("toy-xnli full/continue(toy-nli)", [NO_SOURCE]),
    ):
        expression, _, way = name.partition(" ")
        id = grid.one(name).own.record.id
        item = gather(grid.store, id, expression=expression, way=way, base=Base(title="tiny"))
        assert list(item.baselines) == expected, name


def _longer(store: Store) -> set[str]:
    view = StoreView.of(store)
    found = answered(store, "full", "target", "")
    known = {entry.id for entry in store.entries()}
    return {id for id in found if id in known and view.record(id).identity["hyper"]["steps"] == 3}


def _by(store: Store, score: str) -> str:
    return next((each.by for each in StoreView.of(store).answers if each.id == score), "")


def _change_examples(folder: Path) -> None:
    path = folder / "ids.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('": "', '": "0'), encoding="utf-8")
