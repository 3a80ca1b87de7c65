"""The grammar of sources and compositions: what is read, and where it is refused."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import Term, halves, parse, slug

WORD = st.text(string.ascii_lowercase + string.digits + "_-.:/@#+äß世", min_size=1, max_size=8)
SETTINGS = st.dictionaries(WORD, WORD, max_size=3)
TERMS = st.recursive(
    st.builds(Term, word=WORD, settings=SETTINGS),
    lambda inner: st.builds(
        Term,
        word=WORD,
        settings=SETTINGS,
        arguments=st.lists(inner, min_size=1, max_size=3).map(tuple),
        called=st.just(True),
    ),
    max_leaves=8,
)


@given(TERMS)
def test_the_one_text_of_a_term_says_the_same(term: Term) -> None:
    assert parse(term.text) == term
    assert parse(term.text).text == term.text


@given(TERMS, st.data())
def test_spaces_mean_nothing(term: Term, data: st.DataObject) -> None:
    spaced = "".join(
        data.draw(st.sampled_from(["", " ", "\t"])) + each if each in "()[],=" else each
        for each in term.text
    )
    assert parse(f" {spaced} ") == term


@given(st.text(max_size=30))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        term = parse(text)
    except UsageError as error:
        assert re.match(r"expression '.*', character [0-9]+: ", str(error))
        assert len(str(error)) < 1000 and str(error).isprintable()
    else:
        assert parse(term.text) == term


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("stack( mnli,fuse[ own = true ](squad ,qqp) )", "stack(mnli, fuse[own=true](squad, qqp))"),
        ("mix[b=2,a=1](x, y)", "mix[a=1,b=2](x, y)"),
        ('path("/a b/c")', 'path("/a b/c")'),
        ("path('/a/b')", "path(/a/b)"),
        ("hub(user/repo.v1)", "hub(user/repo.v1)"),
        ("xnli@16", "xnli@16"),
        ("target()", "target"),
    ],
)
def test_one_meaning_has_one_text(text: str, one: str) -> None:
    assert parse(text).text == one


@pytest.mark.parametrize(
    ("text", "at", "complaint"),
    [
        ("", 1, "a name is missing"),
        ("stack(mnli", 11, "a comma or a closing ')' is missing"),
        ("stack(mnli))", 12, "')' is one too many here"),
        ("stack(mnli,)", 12, "a name is missing"),
        ("stack(mnli squad)", 12, "a comma or a closing ')' is missing"),
        ("fuse[own](a, b)", 9, "a value for 'own' is missing, as in own=…"),
        ("fuse[own=](a, b)", 10, "a value for 'own' is missing"),
        ("fuse[](a, b)", 6, "a setting is missing"),
        ("fuse[a=1,a=2](b)", 10, "'a' is set twice"),
        ("fuse[a=1", 9, "a comma or a closing ']' is missing"),
        ("path('x)", 6, "a closing ' is missing"),
        ("mnli squad", 6, "'s' is one too many here"),
        ("a(" * 30, 35, "more than 16 parentheses are open"),
    ],
)
def test_a_mistake_is_shown_at_its_character(text: str, at: int, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, place="my.yaml:7")
    assert str(caught.value).startswith(f"expression '{text}' in my.yaml:7, character {at}: ")
    assert complaint in str(caught.value)


def test_a_term_points_at_itself_its_settings_and_their_values() -> None:
    whole = "stack(a, mix[cap=1, weights=2](b, c))"
    mix = parse(whole).arguments[1]
    for error, at in (
        (mix.refused("no"), whole.index("mix")),
        (mix.refused("no", setting="weights"), whole.index("weights")),
        (mix.refused("no", value="weights"), whole.index("=2") + 1),
    ):
        assert str(error) == f"expression '{whole}', character {at + 1}: no"
    for text, behind in (("hub(me/mine@v1)", 8), ('hub("me/mine@v1")', 8)):
        name = parse(text).arguments[0]
        assert f"character {text.index('v1') + 1}: no" in str(name.refused("no", behind=behind))


@pytest.mark.parametrize(
    ("text", "method", "composition"),
    [
        ("full/continue(mnli)", "full", "continue(mnli)"),
        ("lora[r=16]/stack(hub(a/b))", "lora[r=16]", "stack(hub(a/b))"),
        ("stack(hub(a/b), path(c/d))", "", "stack(hub(a/b), path(c/d))"),
        ("peft:lora", "", "peft:lora"),
    ],
)
def test_a_method_stands_before_the_first_slash_outside(
    text: str, method: str, composition: str
) -> None:
    assert halves(text) == (method, composition)


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_slug_is_safe_short_and_tells_texts_apart(one: str, other: str) -> None:
    name = slug(one)
    assert 0 < len(name) <= 60
    assert set(name) <= set(string.ascii_letters + string.digits + "_-")
    assert not name.startswith("-")
    assert slug(name) == name
    assert slug(other) != name or one == other or name in (one, other)
