import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapterstilts.tasks.places import Pieces, placed
from adapterstilts.tasks.tokenizing import Tokenizer

letters = st.text(alphabet="abcdé 你好.½ﬁ\t", max_size=30)


def whole(pieces: Pieces, text: str, word: str) -> str:
    """Return what the pieces that share a character with a word cut out."""
    start = text.index(word)
    inside = [
        place
        for place in zip(pieces.starts, pieces.ends, strict=True)
        if place[0] < start + len(word) and place[1] > start
    ]
    return text[inside[0][0] : inside[-1][1]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  the  cat", ["the", "cat"]),
        ("cafe\u0301 cat", ["cafe\u0301", "cat"]),
        ("你好 cat", ["你好", "cat"]),
        ("a\u00a0cat", ["a", "cat"]),
        ("½ cat", ["½", "cat"]),
        ("ﬁ cat", ["ﬁ", "cat"]),
        ("①a ㌔ cat", ["①a", "㌔", "cat"]),
        ("ｶﾞ cat ﾊﾟ", ["ｶﾞ", "cat", "ﾊﾟ"]),
        ("\u1112\u1161\u11ab cat", ["\u1112\u1161\u11ab", "cat"]),
        ("ن\u064e\u0651 cat", ["ن\u064e\u0651", "cat"]),
        ("น้ำ cat ກຳ", ["น้ำ", "cat", "ກຳ"]),
        ("👩‍👩‍👧 cat 🇫🇮", ["👩‍👩‍👧", "cat", "🇫🇮"]),
        ("ﷺ cat", ["ﷺ", "cat"]),
        ("the <mask> cat", ["the", "<mask>", "cat"]),
    ],
)
def test_places_cut_words_whole(tokenizer: Tokenizer, text: str, words: list[str]) -> None:
    pieces = tokenizer.pieces(text)
    assert [whole(pieces, text, word) for word in words] == words


@given(text=letters)
@example(text="ﬁﬁ\t½")
def test_places_cover_every_character_but_space(tokenizer: Tokenizer, text: str) -> None:
    pieces = tokenizer.pieces(text)
    assert pieces.ids == tokenizer.ids([text])[0]
    assert pieces.starts == sorted(pieces.starts)
    assert pieces.ends == sorted(pieces.ends)
    covered: set[int] = set()
    for start, end in zip(pieces.starts, pieces.ends, strict=True):
        assert 0 <= start <= end <= len(text)
        assert text[start:end] == text[start:end].strip()
        covered.update(range(start, end))
    assert {place for place, letter in enumerate(text) if not letter.isspace()} <= covered


@pytest.mark.parametrize(
    ("text", "tokens", "offsets", "cut"),
    [
        # A removed mark belongs to its word, and a lone word mark to nothing.
        ("ab\u0301 c", ["▁", "ab", "▁c"], [(0, 1), (0, 2), (4, 5)], ["", "ab\u0301", "c"]),
        # What is left out at the beginning of a word belongs to the piece after it.
        ("a \u0301b", ["▁a", "▁b"], [(0, 1), (3, 4)], ["a", "\u0301b"]),
        ("\u0301b", ["▁b"], [(1, 2)], ["\u0301b"]),
        # A word of which nothing is left belongs to none of its neighbours.
        ("a \u0301 b", ["▁a", "▁b"], [(0, 1), (4, 5)], ["a", "b"]),
        # Invisible marks that were read as a space are no part of a word beside them.
        ("a\u200bb\u200f", ["▁a", "▁b"], [(0, 1), (2, 3)], ["a", "b"]),
        # One character became two pieces.
        ("½a", ["▁1", "2", "a"], [(0, 1), (0, 1), (1, 2)], ["½", "½", "a"]),
        # One character became two words.
        ("ﷺb", ["▁", "صل", "▁", "عب"], [(0, 1), (0, 1), (0, 1), (0, 2)], ["", "ﷺ", "ﷺ", "ﷺb"]),
        # A place that begins with a space.
        ("a <mask>", ["▁a", "<mask>"], [(0, 1), (1, 8)], ["a", "<mask>"]),
        ("", [], [], []),
    ],
)
def test_what_the_backend_leaves_out_is_where_it_belongs(
    text: str, tokens: list[str], offsets: list[tuple[int, int]], cut: list[str]
) -> None:
    pieces = placed(text, list(range(len(tokens))), tokens, offsets)
    assert pieces.ids == list(range(len(tokens)))
    places = zip(pieces.starts, pieces.ends, strict=True)
    assert [text[start:end] for start, end in places] == cut


@pytest.mark.parametrize(
    "text", ["\x01the cat", "\x01\x01the\x01 \x01cat", "\x1c\x02the cat", " \x01the cat", "the cat"]
)
def test_controls_that_are_removed_at_the_beginning_move_no_place(
    removing: Tokenizer, text: str
) -> None:
    # A backend whose normaliser is a table forgets how many there were.
    pieces = removing.pieces(text)
    assert pieces.ids == removing.ids([text])[0]
    assert [whole(pieces, text, word) for word in ("the", "cat")] == ["the", "cat"]


def test_nothing_but_removed_controls_is_no_piece(removing: Tokenizer) -> None:
    assert removing.pieces("\x01\x1c") == Pieces(ids=[], starts=[], ends=[])
