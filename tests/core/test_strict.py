"""JSON that can be read in one way, and texts that may be shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.strict import DEEPEST, DIGITS, parsed, plain, reason, shown

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**DIGITS) + 1, 10**DIGITS - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_well_formed_is_read_as_it_is(value: object) -> None:
    assert parsed(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "nested more than 32 deep"),
        ('{"a":' * 100_000, "nested more than 32 deep"),
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "nested more than 32 deep"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('[{"a": {"b": 1, "b": 1}}]', "'b' stands twice"),
        ("NaN", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("1e999", "1e999 is beyond all numbers"),
        ("-1e999", "beyond all numbers"),
        ("1" + "0" * DIGITS, "has more than 19 digits"),
        ("9" * 10_000, "has more than 19 digits"),
        ('"\\ud800"', "has half a character"),
        ('{"\\udfff": 1}', "has half a character"),
        ('{"a": ["x\\udc00y"]}', "has half a character"),
    ],
)
def test_what_is_not_is_refused_with_a_reason_that_can_be_shown(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        parsed(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_what_is_as_deep_and_as_long_as_may_be_is_read() -> None:
    deep = "[" * DEEPEST + "1" + "]" * DEEPEST
    assert parsed(deep)
    assert parsed("-" + "9" * DIGITS) == -(10**DIGITS - 1)
    assert parsed('"\\ud83d\\ude00"') == "😀"


@given(st.text(), st.integers(0, 50))
def test_nothing_that_is_shown_steers_a_screen_or_is_long(text: str, most: int) -> None:
    for said in (shown(text), plain(text, most), reason(ValueError(text))):
        assert said.isprintable()
    assert len(plain(text, most)) <= most + 1
    assert len(shown(text)) <= 121
    assert len(reason(ValueError(text))) <= 301


def test_a_reason_is_the_first_line_of_what_a_library_says() -> None:
    assert reason(OSError("first\nsecond\x1b[2J")) == "first"
    assert reason(KeyError()) == "no reason given"
    assert reason(ValueError("x" * 1000)).endswith("x…")
