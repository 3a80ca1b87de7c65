import json
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.readers.lareqa import lareqa
from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.registry import TASKS

TASK = TASKS.get("lareqa")
PARAGRAPH = {
    "context": "It is red.\nIt is old.",
    "sentence_breaks": [[0, 10], [11, 21]],
    "qas": [{"id": "q1", "question": "Which colour?", "answers": [{"answer_start": 6}]}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return XQuAD-R in small: the same paragraph in every language."""
    for code in TASK.languages:
        write(tmp_path, code, PARAGRAPH)
    return tmp_path


def write(folder: Path, code: str, *paragraphs: Any) -> None:
    document = {"data": [{"title": "t", "paragraphs": list(paragraphs)}]}
    (folder / f"{code}.json").write_text(json.dumps(document), encoding="utf-8")


def read(folder: Path, language: str = "de", split: str = "test") -> list[Row]:
    asked = Request(task=TASK, language=language, split=split)
    return list(lareqa(sorted(folder.glob("*.json")), asked))


def test_a_question_is_answered_by_a_sentence_of_each_language(folder: Path) -> None:
    other = {**PARAGRAPH, "qas": [{**PARAGRAPH["qas"][0], "id": "q2"}]}  # type: ignore[index]
    write(folder, "tr", other, {**PARAGRAPH, "qas": [{**PARAGRAPH["qas"][0]}]})  # type: ignore[index]
    (row,) = read(folder)
    assert (row["id"], row["text"]) == ("q1", "Which colour?")
    assert row["targets"] == [f"{code}_{2 if code == 'tr' else 1}_0" for code in TASK.languages]
    assert row["place"].endswith("de.json#q1")


def test_the_pool_has_the_sentences_of_all_languages_with_their_paragraphs(folder: Path) -> None:
    rows = read(folder, "en", POOL)
    assert len(rows) == 2 * len(TASK.languages)
    assert [row["id"] for row in rows[:3]] == ["ar_1_0", "ar_1_1", "de_1_0"]
    assert rows[1]["text"] == "It is old.It is red.It is old."


def test_a_pool_of_some_languages_is_refused(folder: Path) -> None:
    (folder / "th.json").unlink()
    with pytest.raises(StiltsError, match="11 languages, and there are no files of th"):
        read(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"qas": [{"id": "q1", "question": "?", "answers": []}]}, "question q1 has no answer"),
        (
            {"qas": [{"id": "q1", "question": "?", "answers": [{"answer_start": 99}]}]},
            "the answer of question q1 is in no sentence",
        ),
        (
            {"qas": [{"id": "q1", "question": " ", "answers": [{"answer_start": 1}]}]},
            "question q1 is empty",
        ),
        ({"sentence_breaks": None}, "XQuAD itself has no sentence_breaks"),
    ],
)
def test_what_is_broken_is_refused_with_its_paragraph(
    folder: Path, change: dict[str, Any], message: str
) -> None:
    write(folder, "de", {**PARAGRAPH, **change})
    with pytest.raises(StiltsError, match=rf"de\.json paragraph 1: .*{message}"):
        read(folder)


@pytest.mark.parametrize("text", ["{", '{"data": 3}', "[]"])
def test_what_is_no_squad_is_refused(folder: Path, text: str) -> None:
    (folder / "de.json").write_text(text, encoding="utf-8")
    with pytest.raises(StiltsError, match=r"de\.json: no(t SQuAD's)? JSON"):
        read(folder)
