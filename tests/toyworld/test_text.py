from collections import Counter

import pytest

from adapterstilts.toyworld import lexicon
from adapterstilts.toyworld.dice import Dice
from adapterstilts.toyworld.languages import ENGLISH, LANGUAGES
from adapterstilts.toyworld.problems import Row
from adapterstilts.toyworld.rows import MULTILINGUAL, TEXT, rows
from adapterstilts.toyworld.text import CONNECTIVE, document, language_of

EVERY = [rows(TEXT, language=code, split="train", size=300) for code in LANGUAGES]
MIXED = rows(TEXT, language=MULTILINGUAL, split="train", size=3000)


def words(concepts: list[str]) -> set[str]:
    return {lexicon.vocabulary(code)[concept] for code in LANGUAGES for concept in concepts}


def salient(row: Row) -> list[str]:
    segments = (row["text"], row["second"])
    return [segments[segment][start:end] for segment, start, end in row["salient"]]


def kind(row: Row) -> str:
    """Return the kind of a document, told by its salient span."""
    if not row["salient"]:
        return "restatement"
    ((segment, start, _),) = row["salient"]
    if segment == 1 and start == 0:
        return "claim"
    return "question" if "?" in (row["text"], row["second"])[segment] else "story"


def test_each_language_has_its_share_of_the_mixed_text() -> None:
    drawn = Counter(language_of(Dice(TEXT, "train", index)) for index in range(6000))
    whole = sum(language.text for language in LANGUAGES.values())
    for code, language in LANGUAGES.items():
        assert drawn[code] / 6000 == pytest.approx(language.text / whole, abs=0.02)


def test_a_mixed_document_is_one_of_the_language_drawn_for_it() -> None:
    for index, row in enumerate(MIXED[:40]):
        dice = Dice(TEXT, "train", index)
        assert row == {"id": row["id"], **document(dice, language_of(dice))}


def test_the_kinds_of_documents_have_their_shares() -> None:
    kinds = Counter(map(kind, MIXED))
    shares = {"claim": 0.66, "question": 0.14, "restatement": 0.12, "story": 0.08}
    assert {name: kinds[name] / len(MIXED) for name in kinds} == pytest.approx(shares, abs=0.03)


@pytest.mark.parametrize("made", EVERY, ids=list(LANGUAGES))
def test_salient_spans_are_whole_words_at_their_places(made: list[Row]) -> None:
    for row in made:
        for segment, start, end in row["salient"]:
            text = (row["text"], row["second"])[segment]
            assert 0 <= start < end <= len(text)
            assert start == 0 or text[start - 1] == " "
            assert end == len(text) or text[end] in " ."
            assert not set(text[start:end]) & set(".?")


@pytest.mark.parametrize("made", EVERY, ids=list(LANGUAGES))
def test_salient_is_what_only_both_segments_together_can_supply(made: list[Row]) -> None:
    connectives, deeds = words([*CONNECTIVE.values()]), words([*lexicon.VERBS])
    for row in made:
        spans = salient(row)
        assert len(spans) == (0 if kind(row) == "restatement" else 1)
        if kind(row) == "claim":
            assert spans[0] in connectives
        if kind(row) == "story":
            assert any(spans[0].startswith(deed) for deed in deeds)
            assert row["second"].split()[0] in words(["then", "because"])
        if kind(row) == "question":
            passage = row["second" if row["salient"][0][0] == 0 else "text"]
            assert f" {spans[0]} " in f" {passage.replace('.', ' ')} "


def test_connectives_are_balanced() -> None:
    said = Counter(salient(row)[0] for row in EVERY[0] if kind(row) == "claim")
    english = [lexicon.vocabulary(ENGLISH)[word] for word in CONNECTIVE.values()]
    whole = sum(said.values())
    assert all(said[word] / whole > 0.2 for word in english)


@pytest.mark.parametrize(("made", "code"), list(zip(EVERY, LANGUAGES, strict=True)))
def test_words_of_other_languages_stray_in(made: list[Row], code: str) -> None:
    own = (*lexicon.vocabulary(code).values(), *lexicon.NUMBERS)
    text = " ".join(f"{row['text']} {row['second']}" for row in made)
    forms = text.replace(".", " ").replace("?", " ").split()
    strange = sum(not form.startswith(own) for form in forms) / len(forms)
    assert 0.02 < strange < 0.2


def test_both_segments_are_sentences() -> None:
    for row in MIXED:
        assert row["text"].endswith((".", "?"))
        assert row["second"].endswith(".")
