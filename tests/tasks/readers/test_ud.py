from pathlib import Path

import pytest
from hypothesis import given

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.conllu import Sentence
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.readers.ud import fused, ud
from adapterstilts.tasks.registry import TASKS
from tests.tasks.readers.reading import request_of
from tests.tasks.readers.test_conllu import extra, parsed, trees, word

UDPOS = TASKS.get("udpos")


def tagged(folder: Path, *lines: str, language: str = "en") -> list[tuple[str, str]]:
    (sentence,) = parsed(folder, *lines)
    return list(zip(*fused(sentence, language), strict=True))


def rows(folder: Path, files: dict[str, list[str]], language: str = "en") -> list[Row]:
    paths = []
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return list(ud(paths, request_of(UDPOS, language=language)))


def test_a_multiword_token_is_one_with_the_tag_of_its_highest_word(tmp_path: Path) -> None:
    lines = [
        word(1, "Geh", 0, upos="VERB"),
        extra("2-3", "zum"),
        word(2, "zu", 4, upos="ADP"),
        word(3, "dem", 2, upos="DET"),
        word(4, "See", 1, upos="NOUN"),
    ]
    assert tagged(tmp_path, *lines) == [("Geh", "VERB"), ("zum", "ADP"), ("See", "NOUN")]


@pytest.mark.parametrize(
    ("language", "tags", "chosen"),
    [
        ("de", ("DET", "ADP"), "ADP"),
        ("de", ("PRON", "NOUN"), "NOUN"),
        ("fr", ("NOUN", "PRON"), "PRON"),
        ("it", ("PRON", "ADV"), "ADV"),
        ("es", ("ADP", "PRON"), "PRON"),
        ("es", ("NOUN", "DET"), "DET"),
        ("de", ("SYM", "PUNCT"), "PUNCT"),
    ],
)
def test_of_equally_high_words_the_languages_rank_decides(
    tmp_path: Path, language: str, tags: tuple[str, str], chosen: str
) -> None:
    first, second = tags
    lines = [
        extra("1-2", "ab"),
        word(1, "a", 3, upos=first),
        word(2, "b", 3, upos=second),
        word(3, "c", 0, upos="VERB"),
    ]
    assert tagged(tmp_path, *lines, language=language)[0] == ("ab", chosen)


def test_the_enhanced_graph_counts_among_the_ancestors(tmp_path: Path) -> None:
    lines = [
        extra("1-2", "ab"),
        word(1, "a", 3, upos="NOUN", deps="3:obj|4:obj"),
        word(2, "b", 3, upos="DET"),
        word(3, "c", 0, upos="VERB"),
        word(4, "d", 3, upos="VERB"),
    ]
    assert tagged(tmp_path, *lines)[0] == ("ab", "DET")


def test_a_cycle_in_the_enhanced_graph_ends(tmp_path: Path) -> None:
    lines = [
        extra("1-2", "ab"),
        word(1, "a", 0, upos="VERB", deps="0:root|2:x"),
        word(2, "b", 1, upos="NOUN", deps="1:x"),
    ]
    assert tagged(tmp_path, *lines) == [("ab", "VERB")]


def test_licensed_sentences_are_left_out_and_no_others(tmp_path: Path) -> None:
    licensed = [word(1, "_", 0), word(2, "_", 1), word(3, "!", 1), ""]
    partly = [word(1, "_", 0), word(2, "on", 1), word(3, "!", 1), ""]
    alone = [word(1, "_", 0), ""]
    found = rows(tmp_path, {"en_a-ud-dev.conllu": [*licensed, *partly, *alone]})
    assert [row["tokens"] for row in found] == [["_", "on", "!"]]


def test_joiners_and_spaces_inside_a_token_are_deleted(tmp_path: Path) -> None:
    found = rows(tmp_path, {"fa_a-ud-dev.conllu": [word(1, "می\u200cرود", 0), word(2, "1 000", 1)]})
    assert found[0]["tokens"] == ["میرود", "1000"]


def test_treebanks_are_read_in_the_order_of_their_files_names(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        {
            "UD_Italian-PoSTWITA/it_postwita-ud-dev.conllu": [word(1, "due", 0)],
            "UD_Italian-PUD/it_pud-ud-dev.conllu": [word(1, "dieci", 0)],
            "UD_Italian-ParTUT/it_partut-ud-dev.conllu": [word(1, "uno", 0)],
        },
    )
    assert [row["tokens"] for row in found] == [["uno"], ["due"], ["dieci"]]
    assert [row["id"] for row in found] == ["0", "1", "2"]


def test_an_unknown_tag_is_refused_with_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match=r"en_a-ud-dev\.conllu:1: the tag 'NN'"):
        rows(tmp_path, {"en_a-ud-dev.conllu": [word(1, "a", 0, upos="NN")]})


@given(sentence=trees())
def test_every_word_is_in_one_token_and_has_its_own_or_its_spans_tag(sentence: Sentence) -> None:
    tokens, tags = fused(sentence, "fi")
    pieces = iter(zip(tokens, tags, strict=True))
    spans = {span.first: span for span in sentence.spans}
    number = 1
    while number <= len(sentence.words):
        token, tag = next(pieces)
        last = spans[number].last if number in spans else number
        words = sentence.words[number - 1 : last]
        assert token == (spans[number] if number in spans else words[0]).form.strip()
        assert tag in {word.upos for word in words}
        number = last + 1
    assert not list(pieces)
