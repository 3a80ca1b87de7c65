"""One event in every language, word by word: the grammars, written out by hand."""

from collections.abc import Callable

import pytest

from adapterstilts.toyworld.grammar import Speaker, Style, Word, text
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.meaning import Being, Event

Gloss = Callable[[str, str], str]

EVENT = Event(
    agent=Being(noun="cat", adjective="big", number="3"),
    verb="love",
    patient=Being(names=("first-1", "last-2")),
    place=("new", "town-3"),
    thing="key",
)
SAID = {
    "qaa": "3 big cat+plural love first-1 last-2 in new town-3 with key",
    "qab": "3 big cat+plural love first-1 last-2 in new town-3 with key",
    "qac": "3 cat+plural big love first-1 last-2 in new town-3 with key",
    "qad": "love 3 cat+plural big first-1 last-2 in new town-3 with key",
    "qae": "in new town-3 with key 3 big cat+plural+agent first-1 last-2+patient love",
    "qaf": "new town-3 in key with 3 cat+plural+agent big first-1 last-2+patient love",
    "qag": "new town-3 in key with 3 big cat+plural+agent first-1 last-2+patient love+verb",
    "qah": "first-1 last-2+patient love+verb 3 cat+plural+agent big new town-3 in key with",
}
PASSIVE = {
    "qaa": "first-1 last-2 passive love by 3 big cat+plural",
    "qad": "passive love first-1 last-2 by 3 cat+plural big",
    "qaf": "first-1 last-2+patient 3 cat+plural+agent big by passive love",
    "qah": "3 cat+plural+agent big by passive love+verb first-1 last-2+patient",
}
ASKED = {
    ("qaa", "agent"): "who love first-1 last-2",
    ("qaa", "thing"): "3 big cat+plural love first-1 last-2 with what",
    ("qad", "patient"): "love 3 cat+plural big whom",
    ("qaf", "place"): "where 3 cat+plural+agent big first-1 last-2+patient love",
    ("qah", "agent"): "first-1 last-2+patient love+verb who",
}


def test_there_is_a_sentence_for_every_language() -> None:
    assert list(SAID) == list(LANGUAGES)


@pytest.mark.parametrize("code", SAID)
def test_an_event_is_said_as_the_language_s_grammar_declares(code: str, gloss: Gloss) -> None:
    assert glossed(gloss, code, Speaker(code).say(EVENT)) == SAID[code]


@pytest.mark.parametrize("code", PASSIVE)
def test_the_passive_puts_the_patient_where_the_agent_was(code: str, gloss: Gloss) -> None:
    said = glossed(gloss, code, Speaker(code).say(EVENT, Style(passive=True)))
    assert PASSIVE[code] in said
    rest = said.replace(PASSIVE[code], "").split()
    assert sorted(rest) == sorted("in new town-3 with key".split())


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_stands_in_front_goes_behind_and_the_other_way_round(code: str, gloss: Gloss) -> None:
    usual = glossed(gloss, code, Speaker(code).say(EVENT)).split()
    other = glossed(gloss, code, Speaker(code).say(EVENT, Style(fronted=True))).split()
    cut = 5 if LANGUAGES[code].clause.endswith("V") else len(usual) - 5
    assert other == usual[cut:] + usual[:cut]


@pytest.mark.parametrize(("code", "about"), ASKED)
def test_a_question_names_all_but_what_it_asks_for(code: str, about: str, gloss: Gloss) -> None:
    words = Speaker(code).ask(EVENT, about)
    assert words[-1].form == "?"
    assert glossed(gloss, code, words) == ASKED[code, about]


def test_a_word_tells_its_part_of_speech_its_name_and_its_role() -> None:
    words = Speaker("qaf").say(EVENT)
    assert [word.tag for word in words] == [
        *("ADJ", "PROPN", "ADP", "NOUN", "ADP"),
        *("NUM", "NOUN", "ADJ", "PROPN", "PROPN", "VERB", "PUNCT"),
    ]
    assert [word.entity for word in words] == [
        *("B-LOC", "I-LOC", "O", "O", "O"),
        *("O", "O", "O", "B-PER", "I-PER", "O", "O"),
    ]
    assert [word.role for word in words] == [
        *(["place"] * 3 + ["thing"] * 2),
        *(["agent"] * 3 + ["patient"] * 2 + ["verb", ""]),
    ]


def test_a_common_place_is_no_name() -> None:
    words = Speaker("qaa").place(("barn",))
    assert [(word.tag, word.entity) for word in words] == [("ADP", "O"), ("NOUN", "O")]


def test_a_speaker_may_borrow_words() -> None:
    plain, borrowing = Speaker("qah"), Speaker("qah", loans={"love": "amo"})
    assert borrowing.word("love", "VERB", "verb").form.startswith("amo")
    assert borrowing.word("cat", "NOUN") == plain.word("cat", "NOUN")


def test_punctuation_clings_to_the_word_before_it() -> None:
    words = [Word(form=form, tag="X") for form in ("bo", "do", ".", "ki", "?")]
    assert text(words) == "bo do. ki?"


def glossed(gloss: Gloss, code: str, words: list[Word]) -> str:
    return " ".join(gloss(code, word.form) for word in words if word.tag != "PUNCT")
