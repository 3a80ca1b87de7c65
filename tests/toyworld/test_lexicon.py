import unicodedata
from itertools import combinations, pairwise

import pytest

from adapterstilts.toyworld import lexicon
from adapterstilts.toyworld.languages import ENGLISH, LANGUAGES

ENGLISH_WORDS = lexicon.vocabulary(ENGLISH)
OTHER_CONCEPTS = [concept for concept in lexicon.CONCEPTS if concept not in lexicon.NAMES]
each = pytest.mark.parametrize("code", LANGUAGES)


def common(first: str, second: str, concepts: list[str]) -> float:
    one, other = lexicon.vocabulary(first), lexicon.vocabulary(second)
    return sum(one[concept] == other[concept] for concept in concepts) / len(concepts)


def scripts(words: list[str]) -> set[str]:
    return {unicodedata.name(letter).split()[0] for word in words for letter in word}


@each
def test_every_concept_has_a_word_of_its_own_but_for_the_declared_homographs(code: str) -> None:
    words = lexicon.vocabulary(code)
    assert set(words) == set(lexicon.CONCEPTS)
    assert len(set(words.values())) == len(words) - len(lexicon.ALIKE)
    assert all(words[noun] == words[verb] for noun, verb in lexicon.ALIKE.items())


@each
def test_as_many_words_are_those_of_english_as_declared(code: str) -> None:
    assert common(code, ENGLISH, OTHER_CONCEPTS) == pytest.approx(LANGUAGES[code].shared, abs=0.1)


def test_the_shared_vocabulary_shrinks_with_distance() -> None:
    shares = [common(code, ENGLISH, OTHER_CONCEPTS) for code in LANGUAGES]
    assert shares[0] == 1 and shares[-1] > 0
    assert all(near > far for near, far in pairwise(shares))


@each
def test_names_are_shared_more_than_other_words(code: str) -> None:
    names = common(code, ENGLISH, list(lexicon.NAMES))
    assert code == ENGLISH or names > common(code, ENGLISH, OTHER_CONCEPTS) + 0.09


@each
def test_a_word_shared_with_a_far_language_is_shared_with_every_nearer_one(code: str) -> None:
    words = lexicon.vocabulary(code)
    shared = [concept for concept in words if words[concept] == ENGLISH_WORDS[concept]]
    nearer = list(LANGUAGES)[: list(LANGUAGES).index(code)]
    assert all(common(near, ENGLISH, shared) == 1 for near in nearer)


def test_kin_share_words_beyond_english_and_strangers_do_not() -> None:
    for first, second in combinations([code for code in LANGUAGES if code != ENGLISH], 2):
        kin = LANGUAGES[first].family == LANGUAGES[second].family
        native = [
            concept
            for concept in OTHER_CONCEPTS
            if ENGLISH_WORDS[concept] != lexicon.vocabulary(first)[concept]
            and ENGLISH_WORDS[concept] != lexicon.vocabulary(second)[concept]
        ]
        assert (common(first, second, native) > 0.1) == kin


@each
def test_native_words_are_in_the_language_s_letters_and_borrowed_ones_in_english(code: str) -> None:
    letters = {"Latn": {"LATIN"}, "Cyrl": {"CYRILLIC"}}[LANGUAGES[code].script]
    words = lexicon.vocabulary(code)
    native = [form for concept, form in words.items() if form != ENGLISH_WORDS[concept]]
    borrowed = [form for concept, form in words.items() if form == ENGLISH_WORDS[concept]]
    assert scripts([*native, *filter(None, lexicon.endings(code).values())]) == letters
    assert scripts(borrowed) == {"LATIN"}


@each
def test_as_much_is_marked_by_endings_as_declared(code: str) -> None:
    endings = lexicon.endings(code)
    marked = [mark for mark in ("agent", "patient", "verb") if endings[mark]]
    assert marked == ["agent", "patient", "verb"][: (0, 2, 3)[LANGUAGES[code].endings]]
    assert endings["plural"]
    used = [ending for ending in endings.values() if ending]
    assert len(set(used)) == len(used)


@each
def test_no_word_can_be_taken_for_a_shorter_one_with_an_ending(code: str) -> None:
    starts = {ending[0] for ending in lexicon.endings(code).values() if ending}
    assert not starts & set("".join(lexicon.vocabulary(code).values()))


def test_opposites_come_in_pairs() -> None:
    assert set(lexicon.OPPOSITE) == {*lexicon.ADJECTIVES, *lexicon.VERBS}
    for word, opposite in lexicon.OPPOSITE.items():
        assert opposite != word and lexicon.OPPOSITE[opposite] == word
        assert (word in lexicon.VERBS) == (opposite in lexicon.VERBS)


def test_every_deed_has_one_effect_and_one_cause_and_none_causes_itself() -> None:
    assert set(lexicon.EFFECT) == set(lexicon.EFFECT.values()) == set(lexicon.VERBS)
    assert all(cause != effect for cause, effect in lexicon.EFFECT.items())


def test_a_piece_is_named_once() -> None:
    pieces = list(lexicon.pieces())
    assert len(set(pieces)) == len(pieces)
    assert {f"▁{form}" for form in ENGLISH_WORDS.values()} <= set(pieces)
