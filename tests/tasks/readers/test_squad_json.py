import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Record, Row
from adapterstilts.tasks.readers.squad_json import squad, squad_of_language
from adapterstilts.tasks.registry import TASKS
from tests.tasks.readers.reading import read, request_of

XQUAD, TYDIQA = TASKS.get("xquad"), TASKS.get("tydiqa")
CONTEXT = "The 🚲 leans on the wall. The wall is old."


def question(identity: str = "q1", **more: Any) -> dict[str, Any]:
    answers = [{"text": "the wall", "answer_start": 15}]
    return {"id": identity, "question": "What does it lean on?", "answers": answers, **more}


def document(*questions: Any, context: Any = CONTEXT) -> str:
    paragraph = {"context": context, "qas": list(questions)}
    return json.dumps({"data": [{"title": "t", "paragraphs": [paragraph]}]})


def rows(
    folder: Path, *contents: str | bytes, reader: str = "squad_json", **more: Any
) -> list[Row]:
    return read(reader, folder, *contents, task=more.pop("task", XQUAD), **more)


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(StiltsError) as caught:
        rows(folder, content)
    return str(caught.value)


def test_answers_stand_at_code_points(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, document(question()))
    assert row["answers"] == [{"text": "the wall", "start": 15}]
    assert (row["id"], row["place"]) == ("q1", "data/file#q1")


def test_a_question_without_an_answer_has_none(tmp_path: Path) -> None:
    plausible = [{"text": "old", "answer_start": 37}]
    impossible = question(answers=[], is_impossible=True, plausible_answers=plausible)
    told = question("q2", is_impossible=True)
    assert [row["answers"] for row in rows(tmp_path, document(impossible, told))] == [[], []]


def test_answers_that_were_taken_away_are_unknown(tmp_path: Path) -> None:
    stripped = question(answers=[{"text": "", "answer_start": 0}])
    (row,) = rows(tmp_path, document(stripped))
    assert row["answers"] is None
    (row,) = rows(tmp_path, document(question()), labelled=False)
    assert row["answers"] is None


def test_several_answers_are_kept_as_they_are(tmp_path: Path) -> None:
    twice = [{"text": "wall", "answer_start": 19}] * 2
    (row,) = rows(tmp_path, document(question(answers=twice)))
    assert row["answers"] == [{"text": "wall", "start": 19}] * 2


def test_ids_that_do_not_tell_questions_apart_are_numbers(tmp_path: Path) -> None:
    found = rows(tmp_path, document(question("0"), question("0"), question("1")))
    assert [row["id"] for row in found] == ["0", "1", "2"]
    assert [row["place"] for row in found] == ["data/file#1", "data/file#2", "data/file#3"]


def test_of_a_file_of_all_languages_one_is_read(tmp_path: Path) -> None:
    ids = ["english-1-0", "finnish-2-0", "english--3-1"]
    content = document(*map(question, ids))
    found = rows(tmp_path, content, reader="squad_json_of_language", task=TYDIQA)
    assert [row["id"] for row in found] == ["english-1-0", "english--3-1"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"answers": [{"text": "the wall", "answer_start": 14}]}, "does not stand at character 14"),
        ({"answers": [{"text": "the wall", "answer_start": -27}]}, "does not stand"),
        ({"answers": [{"text": "", "answer_start": 3}]}, "does not stand"),
        ({"answers": [{"text": "wall"}]}, "no `text` with its `answer_start`"),
        ({"answers": [{"text": "wall", "answer_start": "19"}]}, "no `text`"),
        ({"answers": ["wall"]}, "no `text`"),
        ({"answers": None}, "where a list belongs"),
        ({"question": "  "}, "question is '  '"),
    ],
)
def test_a_wrong_question_is_refused_with_its_id(
    tmp_path: Path, wrong: Mapping[str, Any], reason: str
) -> None:
    said = refused(tmp_path, document(question(**wrong)))
    assert said.startswith("data/file#q1: ") and reason in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "no JSON"),
        (b"\xff\xfe\xff", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no list 'data'"),
        ('{"data": [{}]}', "no list 'paragraphs'"),
        (document(question(), context=None), "no text 'context'"),
        (document({"question": "?"}), "no text 'id'"),
        (document("q1"), "no text 'id'"),
    ],
)
def test_what_is_not_squads_format_is_refused_with_its_file(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    said = refused(tmp_path, content)
    assert said.startswith("data/file: ") and reason in said


def record(answers: Any, identity: str = "english-7-0") -> Record:
    values = {"id": identity, "context": CONTEXT, "question": "On what?", "answers": answers}
    return Record(values=values, place="hub row 7", number=7)


@pytest.mark.parametrize(
    "answers",
    [
        {"text": ["the wall"], "answer_start": [15]},
        [{"text": "the wall", "answer_start": 15}],
    ],
)
def test_a_table_has_answers_as_two_lists_or_as_one(answers: Any) -> None:
    (row,) = squad(record(answers), request_of(XQUAD))
    assert row["answers"] == [{"text": "the wall", "start": 15}]
    assert (row["id"], row["place"]) == ("english-7-0", "hub row 7 #english-7-0")


def test_a_table_has_empty_lists_where_nothing_answers() -> None:
    (row,) = squad(record({"text": [], "answer_start": []}), request_of(XQUAD))
    assert row["answers"] == []


def test_of_a_table_of_all_languages_one_is_read() -> None:
    answers = {"text": [], "answer_start": []}
    asked = request_of(TYDIQA)
    assert list(squad_of_language(record(answers), asked))
    assert not list(squad_of_language(record(answers), replace(asked, language="fi")))


@pytest.mark.parametrize(
    "answers", [None, "wall", {"text": ["wall"]}, {"text": ["wall"], "answer_start": []}]
)
def test_a_table_with_broken_answers_is_refused(answers: Any) -> None:
    with pytest.raises(StiltsError, match="hub row 7 #english-7-0: answers is"):
        list(squad(record(answers), request_of(XQUAD)))


def test_a_missing_column_is_named() -> None:
    bare = Record(values={"id": "1", "context": CONTEXT}, place="hub row 7", number=7)
    with pytest.raises(StiltsError, match="no column 'question'"):
        list(squad(bare, request_of(XQUAD)))


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """Draw a passage in any script, and answers that stand in it."""
    context = draw(TEXTS)
    answers = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(context) - 1))
        end = draw(st.integers(start + 1, len(context)))
        answers.append({"text": context[start:end], "answer_start": start})
    return context, answers


@given(drawn=asked(), ascii_only=st.booleans())
def test_any_span_of_any_script_is_read_where_it_stands(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[str, list[dict[str, Any]]],
    ascii_only: bool,
) -> None:
    context, answers = drawn
    content = json.dumps(
        json.loads(document(question(answers=answers), context=context)), ensure_ascii=ascii_only
    )
    (row,) = rows(tmp_path_factory.mktemp("squad"), content)
    assert row["context"] == context
    assert [(each["text"], each["start"]) for each in row["answers"]] == [
        (each["text"], each["answer_start"]) for each in answers
    ]


def test_answers_of_a_translation_that_stand_elsewhere_are_lost(tmp_path: Path) -> None:
    right, wrong = {"text": "the wall", "answer_start": 15}, {"text": "old", "answer_start": 3}
    given = [
        question("both", answers=[wrong, right]),
        question("wrong", answers=[wrong]),
        question("none", answers=[]),
        question("stripped", answers=[{"text": "", "answer_start": 0}]),
        question("right", answers=[right]),
    ]
    lost: list[str] = []
    found = rows(tmp_path, document(*given), lost=lost)
    assert {row["id"]: row["answers"] for row in found} == {
        "both": [{"text": "the wall", "start": 15}],
        "right": [{"text": "the wall", "start": 15}],
    }
    assert [message.split(":")[0] for message in lost] == [
        f"data/file#{name}" for name in ("wrong", "none", "stripped")
    ]


def test_a_question_that_may_have_no_answer_is_not_lost(tmp_path: Path) -> None:
    lost: list[str] = []
    task = TASKS.get("squad-v2")
    (row,) = rows(tmp_path, document(question(answers=[])), lost=lost, task=task)
    assert row["answers"] == [] and not lost
