"""All of a recipe, gathered before anything is sent."""

from pathlib import Path

import pytest

from adapterstilts.api.publishing.sending import written
from adapterstilts.api.publishing.series import index, series
from adapterstilts.core.errors import UsageError
from tests.api.conftest import Done

INDEX = "someone/small"


def test_a_series_knows_its_size_before_anything_is_written(done: Done, tmp_path: Path) -> None:
    found = series(done.recipe, repo=INDEX, store=done.store)
    assert found.title == "small"
    assert found.index.name == INDEX
    without_cards = 0
    for number, (_, each) in enumerate(found.things):
        out = tmp_path / str(number)
        whole = written(each, out)
        own = whole.bytes - (out / "README.md").stat().st_size
        assert each.size == own
        without_cards += own
    assert found.size == without_cards > 0


def test_what_is_built_on_has_the_recipe_too(done: Done) -> None:
    found = series(done.recipe, repo=INDEX, only="sources", store=done.store)
    ((source, publication),) = found.things
    assert source.item.recipe == done.recipe.read_text(encoding="utf-8")
    assert publication.title == "toy-nli by seq_bn/target"
    assert publication.repository.name == f"{INDEX}-toy-nli-seq_bn-target"


def test_a_branch_is_that_of_every_repository(done: Done) -> None:
    found = series(done.recipe, repo=INDEX, revision="v1", store=done.store)
    assert {each.repository.revision for _, each in found.things} == {"v1"}
    assert found.index.revision == "v1"


def test_an_index_leads_to_what_is_there_and_no_more(done: Done, tmp_path: Path) -> None:
    found = series(done.recipe, repo=INDEX, store=done.store)
    names = [each.repository.name for _, each in found.things]
    written(index(found, names[:1]), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert names[0] in card
    assert not any(name in card for name in names[1:])


def test_what_a_recipe_publishes_by_itself_is_not_asked_for(done: Done) -> None:
    by_itself = ("seeds=[0, 3]", "publish={to: lab/small, seed: 3, what: toy-squad}")
    found = series(done.recipe, repo=INDEX, set=by_itself, store=done.store)
    assert {each.repository.name.partition("/")[0] for _, each in found.things} == {"someone"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"repo": "small"}, "write OWNER/NAME"),
        ({"base_model": "a b"}, "is no name of a model"),
        ({"only": "all"}, "is neither 'sources' nor 'targets'"),
        ({"seed": 9}, "--set seeds=9"),
        ({"set": "training.default.steps=5"}, "--set training.default.steps=5"),
        ({"set": "steps"}, "is not an assignment"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, object], said: str, done: Done) -> None:
    with pytest.raises(UsageError) as refusal:
        series(done.recipe, **{"repo": INDEX, "store": done.store, **changed})
    assert said in str(refusal.value)
