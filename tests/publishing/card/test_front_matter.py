"""The YAML of a card that anyone may have written: bounded, plain, and read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.card.front_matter import (
    LONGEST_CARD,
    LONGEST_HEAD,
    MOST_NODES,
    front_matter,
    metadata_of,
)
from tests.publishing.made import numbers_of

LAUGHS = "a: &a [x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\na: [\n---\n", "while parsing"),
        ("---\na: 1\n", "does not end"),
        ("---\n- a\n---\n", "is no table"),
        (f"---\n{LAUGHS}---\n", "refers to itself"),
        (f"---\na: {'[' * 10_000}\n---\n", "deeper than"),
        (f"---\na: [{'b,' * (MOST_NODES + 1)}]\n---\n", "nodes"),
        (f"---\na: {'b' * (LONGEST_HEAD + 1)}\n---\n", "too long"),
        ("a" * (LONGEST_CARD + 1), "signs"),
        ("---\na: !!python/object/apply:os.system [ls]\n---\n", "could not determine"),
        ("---\na: \x07\n---\n", "refused the model card"),
        ("---\na: 2024-99-99\n---\n", "refused the model card"),
    ],
)
def test_a_card_that_is_an_attack_or_broken_is_refused(text: str, reason: str) -> None:
    with pytest.raises(StiltsError, match=reason) as refused:
        metadata_of(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("end", "short"), [("", 90), (".5", 90.5)])
def test_a_number_that_takes_long_to_read_stays_text(end: str, short: float) -> None:
    text = "1" + ":1" * 300_000 + end
    found = metadata_of(f"---\na: {text}\nb: 1:30{end}\n---\n")
    assert found == {"a": text, "b": short}


WORDS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=99)


@given(st.dictionaries(WORDS, WORDS | st.integers(-9, 9), max_size=4))
def test_what_is_written_is_read_back(said: dict[str, str | int]) -> None:
    assert metadata_of(f"{front_matter(said)}\n\n# A thing\n") == said


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    for card in (text, f"---\n{text}\n---\n"):
        try:
            assert isinstance(metadata_of(card), dict)
            assert isinstance(numbers_of(card), list)
        except StiltsError as refused:
            assert str(refused).startswith("refused the model card")
