"""What goes in comes out: any text of any script, through every step but the model."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapterstilts.tasks.formats import classification, multiple_choice, span_qa, tagging
from adapterstilts.tasks.formats.format import Encoded, Output
from adapterstilts.tasks.formats.span_qa import MAX_ANSWER, NOWHERE
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

SCRIPTS = [
    *("Aé ß", "Яж", "Ωώ", "ابتـ", "אבג", "कखिा", "কখি", "கூனை", "పిల్", "പൂച്", "กขนำ", "ກຂຳ"),
    *("ကြောင်", "汉字漢", "ひらカタ", "한글", "ქართ", "Հայ", "አማ"),
]
STRANGE = [
    # Several characters that NFKC makes one, and one that it makes several.
    *("e\u0301", "ｶﾞ", "\u1112\u1161\u11ab", "a\u0323\u0307", "a\u0307\u0323", "ﬁ", "①", "½", "ﷺ"),
    *("㌔", "Ⅷ", "น้ำ", "ກຳ", "ǆ", "ﾊﾟ"),
    # Emoji with joiners, flags, skin; marks without a letter; marks of direction.
    *("👩‍👩‍👧", "🇫🇮", "👍🏽", "\u0301", "\u200f", "\u200e", "می\u200cروم", "\u202b"),
    # Spaces of all kinds, controls, and what tokenizers take for their own.
    *(" ", "  ", "\u00a0", "\u3000", "\t", "\n", "\u200b", "\u0085", "\x1c", "\x01", "\ufeff"),
    *("▁", "<mask>", "</s>", "<unk>", "\ufffd", "."),
]
parts = st.one_of(
    st.sampled_from(STRANGE),
    *(st.text(alphabet=script + " ", min_size=1, max_size=5) for script in SCRIPTS),
    st.text(st.characters(codec="utf-8"), max_size=3),
)
texts = st.lists(parts, max_size=8).map("".join)


def perfect(encoded: Encoded) -> list[Output]:
    """Return what a span head would say that knows the labels."""
    outputs = []
    for ids, (start, end) in zip(
        encoded.features["input_ids"], encoded.features["labels"], strict=True
    ):
        output = np.zeros((len(ids), 2), np.float32)
        if (start, end) != NOWHERE:
            output[start, 0] = output[end, 1] = 5
        outputs.append(output)
    return outputs


def asked(task: Task, tokenizer: Tokenizer, context: str, low: int, high: int, **more: Any) -> Any:
    answers = [{"text": context[low:high], "start": low}]
    row = {"id": "r", "context": context, "question": "what?", "answers": answers}
    length = more.get("max_length", 512)
    return span_qa.FORMAT.encode(task, [row], tokenizer, split="test", max_length=length)


def cover(places: Sequence[tuple[int, int]], low: int, high: int) -> list[int]:
    """Return the pieces that share a character with a span, one by one."""
    return [
        number for number, (start, end) in enumerate(places) if max(start, low) < min(end, high)
    ]


def unseen(character: str) -> bool:
    """Return whether XLM-R's normaliser leaves nothing of a character, or a space."""
    marks = unicodedata.category(character) in ("Cc", "Cf") or character in "▁\ufffd"
    return marks or character.isspace()


@pytest.fixture(scope="module")
def question(make_task: Callable[..., Task]) -> Task:
    return make_task("span_qa", "context question answers")


@given(context=texts, data=st.data())
def test_any_span_is_cut_out_again_with_no_piece_too_many(
    question: Task, scripts: Tokenizer, context: str, data: st.DataObject
) -> None:
    solid = [place for place, letter in enumerate(context) if not letter.isspace()]
    assume(solid)
    low = data.draw(st.sampled_from(solid))
    high = 1 + data.draw(st.sampled_from([place for place in solid if place >= low]))
    pieces = scripts.pieces(context)
    places = list(zip(pieces.starts, pieces.ends, strict=True))
    covering = cover(places, low, high)
    encoded = asked(question, scripts, context, low, high)
    if not covering:
        assert all(map(unseen, context[low:high]))
        assert encoded.features["labels"] == [[0, 0]]
        return
    ((first,),) = encoded.features["first"]
    assert encoded.features["labels"] == [[first + covering[0], first + covering[-1]]]
    if covering[-1] - covering[0] >= MAX_ANSWER:
        return
    start, end = places[covering[0]][0], places[covering[-1]][1]
    assert span_qa.FORMAT.decode(question, encoded, perfect(encoded)) == [context[start:end]]
    lost = context[low : max(start, low)] + context[min(end, high) : high]
    assert all(map(unseen, lost))


@given(context=texts, words=st.integers(1, 12), data=st.data())
@example(context="ab ", words=12, data=None)
def test_every_answer_that_can_be_given_is_whole_in_some_window(
    question: Task, scripts: Tokenizer, context: str, words: int, data: st.DataObject | None
) -> None:
    context = f"{context} cat " * (8 * words)
    length = data.draw(st.integers(128, 400)) if data else 128
    pieces = scripts.pieces(context)
    count = len(pieces.ids)
    first = data.draw(st.integers(0, count - 1)) if data else count - 3
    last = min(first + (data.draw(st.integers(0, MAX_ANSWER - 1)) if data else 2), count - 1)
    low, high = pieces.starts[first], pieces.ends[last]
    places = list(zip(pieces.starts, pieces.ends, strict=True))
    assume(low < high and places[first][0] < places[first][1] and places[last][0] < places[last][1])
    covering = cover(places, low, high)
    assume(covering[-1] - covering[0] < MAX_ANSWER)
    encoded = asked(question, scripts, context, low, high, max_length=length)
    assert any(tuple(label) != NOWHERE for label in encoded.features["labels"])
    start, end = places[covering[0]][0], places[covering[-1]][1]
    assert start <= low < high <= end
    assert span_qa.FORMAT.decode(question, encoded, perfect(encoded)) == [context[start:end]]


@given(words=st.lists(texts, max_size=10), max_length=st.integers(3, 20))
@example(words=["", " ", "\u200b", "\u0301", "▁", "<mask>"], max_length=3)
def test_any_word_gets_one_tag(
    make_task: Callable[..., Task], scripts: Tokenizer, words: list[str], max_length: int
) -> None:
    labels = ("A", "B", "C")
    task = make_task("tagging", "tokens tags", labels=labels)
    row = {"id": "r", "tokens": words, "tags": [labels[place % 3] for place in range(len(words))]}
    encoded = tagging.FORMAT.encode(task, [row], scripts, split="test", max_length=max_length)
    outputs = [
        np.eye(3, dtype=np.float32)[np.maximum(tags, 0)] for tags in encoded.features["labels"]
    ]
    assert tagging.FORMAT.decode(task, encoded, outputs) == [row["tags"]]
    assert all(len(ids) <= max_length for ids in encoded.features["input_ids"])


@given(word=texts)
@example(word=" New York ")
def test_any_word_is_read_as_the_backend_reads_split_words(scripts: Tokenizer, word: str) -> None:
    found = scripts.backend.encode([word], is_pretokenized=True, add_special_tokens=False)
    assert scripts.words([word, "cat", word])[0] == (found.ids or [scripts.unk])


@given(first=texts, second=texts, max_length=st.integers(4, 64))
def test_any_pair_is_its_two_sides_and_the_shorter_is_whole(
    make_task: Callable[..., Task], scripts: Tokenizer, first: str, second: str, max_length: int
) -> None:
    task = make_task("classification", "first second label", labels=("yes", "no"))
    rows = [{"id": "r", "first": first, "second": second, "label": "no"}]
    encoded = classification.FORMAT.encode(
        task, rows, scripts, split="train", max_length=max_length
    )
    sides, room = scripts.ids([first, second]), max_length - 4
    (ids,) = encoded.features["input_ids"]
    assert len(ids) == 4 + min(room, sum(map(len, sides)))
    kept = [
        min(len(side), max(room // 2, room - len(other)))
        for side, other in zip(sides, sides[::-1], strict=True)
    ]
    shorter = min((0, 1), key=lambda side: len(sides[side]))
    cut = [sides[side][: kept[side]] for side in (0, 1)]
    cut[1 - shorter] = sides[1 - shorter][: room - len(cut[shorter])]
    assert ids == scripts.pair(*cut)


@given(context=texts, choices=st.lists(texts, min_size=1, max_size=5), data=st.data())
def test_any_choices_are_counted_from_0(
    make_task: Callable[..., Task],
    scripts: Tokenizer,
    context: str,
    choices: list[str],
    data: st.DataObject,
) -> None:
    task = make_task("multiple_choice", "context choices label", choices=5)
    right = data.draw(st.integers(0, len(choices) - 1))
    rows = [{"id": "r", "context": context, "choices": choices, "label": right}] * 2
    encoded = multiple_choice.FORMAT.encode(task, rows, scripts, split="dev", max_length=32)
    outputs = [np.asarray(labels, np.float32) for labels in encoded.features["labels"]]
    assert multiple_choice.FORMAT.decode(task, encoded, outputs) == [right, right]
    assert encoded.owner == [0] * len(choices) + [1] * len(choices)
