import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapterstilts.tasks import carrying
from adapterstilts.tasks.carrying import MARKS, Carried, found, marked, unmarked

WORDS = st.sampled_from(
    [
        *("Straße", "École", "Москва", "北京市", "मुंबई", "กรุงเทพ", "القاهرة", "1953", "naïve"),
        *("ΑΘΗΝΑ", "서울", "O'Brien", "U.S.", "(sic)", "東京。", "a", "the", "ﬁre", "e\u0301te"),
    ]
)
TEXTS = st.one_of(st.text(max_size=40), st.lists(WORDS, min_size=1, max_size=8).map(" ".join))
MARK = st.sampled_from(MARKS)


@st.composite
def spans(draw) -> tuple[str, tuple[int, int]]:
    """Return a text and a span of it that begins and ends with something visible."""
    text = draw(TEXTS)
    places = [place for place, character in enumerate(text) if not character.isspace()]
    assume(places)
    start = draw(st.sampled_from(places))
    end = draw(st.sampled_from([place for place in places if place >= start])) + 1
    return text, (start, end)


@given(spans(), MARK)
def test_marks_that_survive_lead_back_to_the_very_answer(given_span, marks) -> None:
    text, span = given_span
    answer = text[slice(*span)]
    assume(marks.allow(text))
    carried = unmarked(marked(text, span, marks), marks, like=answer)
    assert carried is not None
    assert (carried.context, carried.answer) == (text.strip(), answer)
    assert carried.start == span[0] - (len(text) - len(text.lstrip()))


NOISE = st.text(alphabet="ab [<>/m“».", max_size=6)


@given(NOISE, NOISE, NOISE, MARK)
def test_of_any_translation_no_mark_remains_and_the_answer_stands(
    before: str, inside: str, after: str, marks
) -> None:
    carried = unmarked(f"{before}{marks.before}{inside}{marks.after}{after}", marks, like="x")
    if carried is None:
        return
    assert marks.allow(carried.context)
    assert carried.context.startswith(carried.answer, carried.start)
    assert carried.answer == carried.answer.strip() != ""
    assert carried.context == carried.context.strip()


@pytest.mark.parametrize(
    ("translation", "context", "answer"),
    [
        ("Er wohnt in [Paris].", "Er wohnt in Paris.", "Paris"),
        ("Er wohnt in [ Paris ] .", "Er wohnt in Paris .", "Paris"),
        ("Er wohnt in[ Paris ]heute.", "Er wohnt in Paris heute.", "Paris"),
        ("Er wohnt in [Paris.]", "Er wohnt in Paris.", "Paris"),
        ("他住在\uff3b巴黎\uff3d。", "他住在巴黎。", "巴黎"),
        ("他住在【巴黎】。", "他住在巴黎。", "巴黎"),
        (" [Paris] war schön. ", "Paris war schön.", "Paris"),
    ],
)
def test_brackets_are_taken_away_as_people_write(translation, context, answer) -> None:
    carried = unmarked(translation, MARKS[0], like="Paris")
    assert carried is not None
    assert (carried.context, carried.answer) == (context, answer)


@pytest.mark.parametrize(
    "translation",
    ["Paris", "[Paris", "Paris]", "]Paris[", "[] Paris", "[ ] Paris", "[a] [b]", "[a [b]]", ""],
)
def test_marks_that_are_not_just_the_two_are_no_answer(translation: str) -> None:
    assert unmarked(translation, MARKS[0], like="Paris") is None


@pytest.mark.parametrize("quoted", ["„Paris“", "«Paris»", '"Paris"', "“Paris”", "「Paris」"])
def test_quotes_are_known_in_whatever_shape_they_come_back(quoted: str) -> None:
    carried = unmarked(f"in {quoted} heute", MARKS[1], like="Paris")
    assert carried == Carried(context="in Paris heute", start=3, answer="Paris")


def test_tags_are_known_with_spaces_in_them() -> None:
    carried = unmarked("in < m > Paris </ m> heute", MARKS[2], like="Paris")
    assert carried == Carried(context="in Paris heute", start=3, answer="Paris")


def test_a_passage_that_has_marks_of_its_own_is_not_marked_with_them() -> None:
    brackets, quotes, tags = MARKS
    assert not brackets.allow("a [b]")
    assert not quotes.allow('"a"')
    assert not tags.allow("<m>")
    assert all(marks.allow("5 > 3, it's m") for marks in MARKS)


@given(st.lists(WORDS, min_size=1, max_size=8), st.data())
def test_an_answer_of_whole_words_is_found_where_it_was(words: list[str], data) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    context, answer = " ".join(words), " ".join(words[first:last])
    start = len(" ".join(words[:first])) + (first > 0)
    carried = found(context, answer, near=start / len(context), like=answer)
    assert carried == Carried(context=context, start=start, answer=answer)


@given(spans(), st.floats(0, 1))
def test_whatever_is_found_stands_where_it_says(given_span, near: float) -> None:
    context, span = given_span
    carried = found(context, context[slice(*span)].swapcase(), near=near, like="x")
    if carried is None:
        return
    assert carried.context == context.strip()
    assert carried.context.startswith(carried.answer, carried.start)


@pytest.mark.parametrize(
    ("context", "answer", "expected"),
    [
        ("Er lebte in der STRASSE dort.", "straße", "STRASSE"),
        ("Das war die E\u0301cole de Paris.", "école de paris", "E\u0301cole de Paris"),
        ("Es waren “fünf-zehn” Leute.", "fünfzehn", "fünf-zehn"),
        ("Der ﬁre kam.", "Fire", "ﬁre"),
        ("Im Jahr \uff11\uff19\uff15\uff13.", "1953", "\uff11\uff19\uff15\uff13"),
        ("Er kam nach Paris.", "Paris.", "Paris"),
        ("Alikuwa Pariisissa.", "Pariisi", "Pariisi"),
        ("他住在巴黎市。", "巴黎", "巴黎"),
        ("वह मुंबई में है।", "मुंबई।", "मुंबई"),
    ],
)
def test_it_is_found_in_whatever_way_it_is_written(context, answer, expected) -> None:
    carried = found(context, answer, near=0.5, like="x")
    assert carried is not None
    assert carried.answer == expected


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("Im Jahr 1953.", "95"),
        ("cafe\u0301", "cafe"),
        ("ﬁre", "f"),
        ("कि", "क"),
        ("Paris", "London"),
        ("Paris", "..."),
        ("Paris", ""),
        ("", "Paris"),
    ],
)
def test_a_part_of_something_else_is_no_answer(context: str, answer: str) -> None:
    assert found(context, answer, near=0.0, like="x") is None


def test_of_several_places_the_nearest_is_taken_and_whole_words_before_parts() -> None:
    context = "Rom, Romulus, Rom und wieder Rom"
    starts = [found(context, "Rom", near=near, like="Rome") for near in (0.0, 0.3, 0.5, 0.99)]
    assert [carried.start for carried in starts if carried] == [0, 14, 14, 29]


def test_an_answer_that_does_not_stand_in_its_context_cannot_be_made() -> None:
    for start, answer in ((1, "ab"), (0, ""), (5, "a")):
        with pytest.raises(ValueError, match="does not stand"):
            Carried(context="abc", start=start, answer=answer)


def test_a_full_stop_is_kept_where_the_answer_has_one_of_its_own() -> None:
    carried = carrying.unmarked("in den [U.S.A.] heute", MARKS[0], like="U.S.")
    assert carried is not None
    assert carried.answer == "U.S.A."
