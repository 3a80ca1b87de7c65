import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.tasks.answers import exact, normalised, overlap


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Eiffel-Tower!", "eiffeltower"),
        ("a theatre, an anthem", "theatre anthem"),
        ("  Ünlü\tŞehir ", "ünlü şehir"),
        ("«der» 第一章。", "«der» 第一章。"),
        ("the", ""),
    ],
)
def test_normalisation_is_english_for_everyone(text: str, expected: str) -> None:
    assert normalised(text) == expected


def test_the_nearest_reference_counts() -> None:
    references = ["the big red dog", "cat"]
    assert exact("A cat.", references) == 1
    assert exact("dog", references) == 0
    assert overlap("red dogs dog", references) == pytest.approx(2 * 2 / 6)
    assert overlap("cat", references) == 1


def test_repeated_words_are_counted_as_often_as_they_stand() -> None:
    assert overlap("no no no", ["no no"]) == pytest.approx(2 * 2 / 5)


def test_a_question_without_an_answer_wants_none() -> None:
    assert (exact("", []), overlap("", [])) == (1, 1)
    assert (exact("cat", []), overlap("cat", [])) == (0, 0)
    assert (exact("", ["cat"]), overlap("", ["cat"])) == (0, 0)


def test_two_answers_that_normalise_to_nothing_share_no_word() -> None:
    # So the official script has it: `num_same == 0` comes before all else.
    assert (exact("the", ["the"]), overlap("the", ["the"])) == (1, 0)


@given(st.text(alphabet="abc the,.", max_size=20), st.text(alphabet="abc the,.", max_size=20))
def test_overlap_is_symmetric_and_an_exact_match_has_all_of_it(first: str, second: str) -> None:
    assert overlap(first, [second]) == overlap(second, [first])
    assert 0 <= overlap(first, [second]) <= 1
    if exact(first, [second]) and normalised(first):
        assert overlap(first, [second]) == 1
