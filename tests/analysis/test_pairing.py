from pathlib import Path
from typing import Any

import pytest

from adapterstilts.analysis.pairing import pair
from adapterstilts.analysis.table import load
from adapterstilts.core.errors import StiltsError

KEYS = {"key": "k", "draws": 200}


def sides(*folders: Path) -> list[Any]:
    return [load([folder]) for folder in folders]


def test_a_pair_has_both_means_and_their_difference(planter: Any) -> None:
    left = planter.add({"aa": [1, 1, 1, 0], "bb": [1, 0, 0, 0]}, composition="stack")
    right = planter.add({"aa": [1, 0, 0, 0], "bb": [1, 0, 0, 0]})
    found = pair(*sides(left, right), **KEYS)
    assert found is not None
    assert (found.ours, found.base) == (50, 25)
    assert found.gain.value == pytest.approx(found.ours - found.base)
    assert (found.metric, found.seeds, found.languages, found.n) == ("accuracy", 1, 2, 8)
    assert set(found.numbers()) == {"gain", "low", "high", "p", "seeds", "languages", "n"}


def test_only_what_both_have_is_compared(planter: Any) -> None:
    left = planter.add({"aa": [1, 1], "bb": [0, 0]}, composition="stack")
    right = planter.add({"aa": [1, 0], "cc": [0, 0]})
    found = pair(*sides(left, right), **KEYS)
    assert found is not None
    assert (found.ours, found.base, found.languages, found.n) == (100, 50, 1, 2)


@pytest.mark.parametrize("changes", [{"seed": 1}, {"hits": {"bb": [1, 0]}}])
def test_what_shares_no_seed_or_language_is_no_pair(planter: Any, changes: dict[str, Any]) -> None:
    hits = changes.pop("hits", {"aa": [1, 0]})
    left = planter.add({"aa": [1, 1]}, composition="stack")
    right = planter.add(hits, **changes)
    assert pair(*sides(left, right), **KEYS) is None


@pytest.mark.parametrize("turned", [False, True])
def test_the_untrained_backbone_stands_for_every_seed(planter: Any, turned: bool) -> None:
    seeds = [planter.add({"aa": [1, 1]}, seed=seed, composition="stack") for seed in (1, 2)]
    nothing = planter.add({"aa": [1, 0]}, method="none", composition="zero")
    trained, untrained = load(seeds), load([nothing])
    found = pair(*((untrained, trained) if turned else (trained, untrained)), **KEYS)
    assert found is not None
    assert found.seeds == 2
    assert found.gain.value == (-50 if turned else 50)


def test_other_examples_are_refused(planter: Any) -> None:
    left = planter.add({"aa": [1, 1]}, composition="stack")
    right = planter.add({"aa": [1, 0]}, ids="other")
    with pytest.raises(StiltsError, match="of other examples"):
        pair(*sides(left, right), **KEYS)


def test_another_way_of_measuring_is_refused(planter: Any) -> None:
    left = planter.add({"aa": [1, 1]}, composition="stack")
    right = planter.add({"aa": [1, 0]}, signature="accuracy:2")
    with pytest.raises(StiltsError, match="measured in another way"):
        pair(*sides(left, right), **KEYS)
