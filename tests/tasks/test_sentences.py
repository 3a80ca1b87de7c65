import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.tasks.sentences import edges, fitting, sentences

PARTS = st.sampled_from(
    [*"abAB.!?…\"')]’ \n\t", "Dr.", "e.g.", "U.S.", "東京。", "मुंबई।", " word", "\n\n", "  ", "é"]
)
TEXTS = st.one_of(st.text(), st.lists(PARTS).map("".join))


@given(TEXTS)
def test_joined_again_the_sentences_are_the_text(text: str) -> None:
    found = sentences(text)
    assert "".join(found) == text
    assert all(found)


@given(TEXTS, st.integers(1, 20))
def test_what_is_cut_to_fit_fits_and_is_the_text_again(text: str, most: int) -> None:
    found = fitting(text, lambda part: len(part) <= most)
    assert "".join(found) == text
    assert all(0 < len(part) <= most for part in found)


@given(TEXTS)
def test_white_space_around_a_text_is_found_on_its_own(text: str) -> None:
    before, after = edges(text)
    assert before + text.strip() + after == text
    assert not (before + after).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
        ("He came (late.) She went.", ["He came (late.) ", "She went."]),
        ('He said "No." She left.', ['He said "No." ', "She left."]),
        ("Wait… Then it came.", ["Wait… ", "Then it came."]),
        ("Really?! Yes.", ["Really?! ", "Yes."]),
        ("A heading\nand a line.\n\nMore.", ["A heading\n", "and a line.\n\n", "More."]),
        ("Dr. No met Mr. Bond.", ["Dr. No met Mr. Bond."]),
        ("J. R. R. Tolkien wrote it.", ["J. R. R. Tolkien wrote it."]),
        ("In the U.S. Senate it passed.", ["In the U.S. Senate it passed."]),
        ("Fruit, e.g. Apples, vs. Pears.", ["Fruit, e.g. Apples, vs. Pears."]),
        ("It cost 3.5 million. Then it fell.", ["It cost 3.5 million. ", "Then it fell."]),
        ("the end. and so on", ["the end. and so on"]),
        ("In 1953. 1954 was better.", ["In 1953. ", "1954 was better."]),
        (". . .", [". ", ". ", "."]),
        ("End.   ", ["End.   "]),
        ("", []),
    ],
)
def test_sentences_end_where_english_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_what_is_too_long_is_cut_between_words_near_the_middle() -> None:
    text = "one two three four five six"
    assert fitting(text, lambda part: len(part) <= 15) == ["one two three ", "four five six"]


def test_what_has_no_words_is_cut_all_the_same() -> None:
    assert fitting("x" * 8, lambda part: len(part) <= 3) == ["xx", "xx", "xx", "xx"]


def test_sentences_that_fit_are_left_whole() -> None:
    text = "First one here. Second."
    assert fitting(text, lambda part: len(part) <= 16) == ["First one here. ", "Second."]
