from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Record
from adapterstilts.tasks.readers.tagged import listed
from adapterstilts.tasks.registry import TASKS
from tests.tasks.readers.reading import read, request_of, roles_of

PANX = TASKS.get("panx")
UDPOS = TASKS.get("udpos")


def tagged(folder: Path, content: str, *, reader: str = "tagged", **more: Any) -> list[Any]:
    return roles_of(read(reader, folder, content, task=more.pop("task", PANX), **more))


def refused(folder: Path, content: str, **more: Any) -> str:
    with pytest.raises(StiltsError) as caught:
        tagged(folder, content, **more)
    return str(caught.value)


def test_empty_lines_part_sentences_however_many_there_are(tmp_path: Path) -> None:
    content = "\n\nAda\tB-PER\nran\tO\n\n\n \nUlm\tB-LOC\n\n"
    found = tagged(tmp_path, content)
    assert found == [(["Ada", "ran"], ["B-PER", "O"]), (["Ulm"], ["B-LOC"])]


def test_a_token_may_be_empty_where_the_task_says_so(tmp_path: Path) -> None:
    content = "**\tO\n\tO\nAda\tB-PER\n"
    assert tagged(tmp_path, content) == [(["**", "", "Ada"], ["O", "O", "B-PER"])]
    said = refused(tmp_path, "ran\tVERB\n\tX\n", task=UDPOS)
    assert said.startswith("data/file:2: an empty token")


def test_unicode_line_ends_are_text_and_crlf_is_none(tmp_path: Path) -> None:
    content = "a\u2028b\tO\r\nc\x85\tO\r\n\r\nd\tO\r\n"
    assert [tokens for tokens, _ in tagged(tmp_path, content)] == [["a\u2028b", "c\x85"], ["d"]]


def test_test_files_without_tags_have_none(tmp_path: Path) -> None:
    found = tagged(tmp_path, "Ada\nran\n\nUlm\n", split="test")
    assert found == [(["Ada", "ran"], None), (["Ulm"], None)]


def test_sentences_are_numbered_through_all_files(tmp_path: Path) -> None:
    rows = read("tagged", tmp_path, "a\tO\n", "b\tO\n\nc\tO\n", task=PANX)
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert [row["place"] for row in rows] == ["data/file:1", "data/file2:1", "data/file2:3"]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ("Ada\nran\n", 1, "only test files are without tags"),
        ("Ada\tB-PER\nran\n", 2, "1 columns where 2 belong"),
        ("Ada\tB-PER\tx\n", 1, "3 columns"),
        ("Ada\tB-PER\n\nran\tVERB\n", 3, "the tag 'VERB' is none of O, B-PER"),
    ],
)
def test_what_is_no_tagged_token_is_refused_with_its_line(
    tmp_path: Path, content: str, place: int, reason: str
) -> None:
    said = refused(tmp_path, content)
    assert said.startswith(f"data/file:{place}: ") and reason in said


def test_wikiann_has_the_language_before_each_token(tmp_path: Path) -> None:
    content = "en:Ada\tB-PER\nen::\tO\nen:\tO\n\nen:a b \tO\n"
    found = tagged(tmp_path, content, reader="wikiann")
    assert found == [(["Ada", ":", ""], ["B-PER", "O", "O"]), (["a b"], ["O"])]


@pytest.mark.parametrize("line", ["Ada\tB-PER", "de:Ada\tB-PER"])
def test_wikiann_of_another_language_is_refused(tmp_path: Path, line: str) -> None:
    said = refused(tmp_path, line, reader="wikiann")
    assert said.startswith("data/file:1: the line does not begin with 'en:'")


def record(tokens: Any, tags: Any) -> Record:
    return Record(values={"tokens": tokens, "ner_tags": tags}, place="hub row 3", number=3)


def test_a_record_of_lists_is_a_sentence() -> None:
    request = request_of(PANX, columns={"tags": "ner_tags"})
    (row,) = listed(record(["Ada", ""], ["B-PER", "O"]), request)
    assert row == {"id": "3", "place": "hub row 3", "tokens": ["Ada", ""], "tags": ["B-PER", "O"]}
    (bare,) = listed(record(["Ada"], None), replace(request, labelled=False))
    assert bare["tags"] is None


@pytest.mark.parametrize(
    ("tokens", "tags", "reason"),
    [
        (["Ada"], ["O", "O"], "1 tokens but 2 tags"),
        ("Ada", ["O"], "a list of texts"),
        (["Ada"], [None], "a list of texts"),
        (["Ada"], ["NOUN"], "the tag 'NOUN'"),
    ],
)
def test_a_record_that_is_no_sentence_is_refused(tokens: Any, tags: Any, reason: str) -> None:
    with pytest.raises(StiltsError, match=f"hub row 3: .*{reason}"):
        list(listed(record(tokens, tags), request_of(PANX, columns={"tags": "ner_tags"})))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(StiltsError, match="no column 'tags'"):
        list(listed(record(["Ada"], ["O"]), request_of(PANX)))


TOKENS = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\ufeff"), max_size=5)
SENTENCES = st.lists(
    st.lists(st.tuples(TOKENS, st.sampled_from(PANX.labels)), min_size=1), min_size=1
)


@given(sentences=SENTENCES)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]]
) -> None:
    content = "\n".join("".join(f"{a}\t{b}\n" for a, b in each) for each in sentences)
    found = tagged(tmp_path_factory.mktemp("tagged"), content)
    assert [list(zip(*row, strict=True)) for row in found] == sentences
