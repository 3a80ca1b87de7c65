import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.tasks.rankings import CUTOFF, average_precision

names = st.text(alphabet="abcdefgh", min_size=1, max_size=2)


@pytest.mark.parametrize(
    ("ranked", "gold", "value"),
    [
        (["a", "b"], ["a"], 1.0),
        (["b", "a"], ["a"], 1 / 2),
        (["b", "c"], ["a"], 0.0),
        ([], ["a"], 0.0),
        (["a", "x", "b"], ["a", "b"], (1 + 2 / 3) / 2),
        (["a", "x", "b"], ["a", "b", "c"], (1 + 2 / 3) / 3),
        (["a", "a", "b"], ["a", "b"], (1 + 2 / 3) / 2),
        (["x"] * 19 + ["a"], ["a"], 1 / 20),
        (["x"] * 20 + ["a"], ["a"], 0.0),
        (["a"], [], 0.0),
    ],
)
def test_precision_is_averaged_over_hits_in_twenty_places(
    ranked: list[str], gold: list[str], value: float
) -> None:
    assert average_precision(ranked, gold) == pytest.approx(value)


def test_more_right_ones_than_places_can_still_be_perfect() -> None:
    gold = [f"n{number}" for number in range(CUTOFF + 5)]
    assert average_precision(gold, gold) == 1


@given(ranked=st.lists(names, max_size=30), gold=st.sets(names, max_size=30))
def test_it_is_a_share(ranked: list[str], gold: set[str]) -> None:
    assert 0 <= average_precision(ranked, gold) <= 1 + 1e-12


@given(ranked=st.lists(names, unique=True, max_size=25), name=names)
def test_one_right_one_gives_the_reciprocal_of_its_rank(ranked: list[str], name: str) -> None:
    places = ranked[:CUTOFF]
    expected = 1 / (places.index(name) + 1) if name in places else 0
    assert average_precision(ranked, [name]) == pytest.approx(expected)
