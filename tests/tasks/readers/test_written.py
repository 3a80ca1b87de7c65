import json
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import TASKS
from tests.tasks.readers.reading import CHOICE, read, real_task, request_of

PAIR: dict[str, Any] = {"first": "Eins", "second": "Zwei", "label": "yes"}
SPAN: dict[str, Any] = {
    "context": "Das 🚲 lehnt an der Wand.",
    "question": "Woran lehnt es?",
    "answers": [{"text": "der Wand", "start": 15}],
}
CHOSEN: dict[str, Any] = {
    "context": "Es regnet.",
    "question": "Also?",
    "choices": ["Er wird nass.", "Er bleibt trocken."],
    "label": 1,
}
WORDS: dict[str, Any] = {"tokens": ["Anna", "geht", "."], "tags": ["yes", "no", "no"]}
TASK_OF = {
    "pair": real_task(),
    "span": TASKS.get("squad"),
    "choice": real_task(CHOICE, labels=(), choices=2),
    "words": real_task(("tokens", "tags")),
}


def rows(folder: Path, kind: str, *values: Any, **more: Any) -> list[Row]:
    text = "".join(json.dumps(value) + "\n" for value in values)
    return read("jsonl", folder, text, task=TASK_OF[kind], convert="written", **more)


@pytest.mark.parametrize(
    ("kind", "values"), [("pair", PAIR), ("span", SPAN), ("choice", CHOSEN), ("words", WORDS)]
)
def test_a_row_of_every_shape_comes_back_as_it_was_written(
    kind: str, values: dict[str, Any], tmp_path: Path
) -> None:
    first, second = rows(tmp_path, kind, {"id": "q7", **values, "other": 1}, values)
    assert first == {"id": "q7", "place": "data/file:1", **values}
    assert second == {"id": "1", "place": "data/file:2", **values}


@pytest.mark.parametrize(
    ("kind", "change", "complaint"),
    [
        ("pair", {"second": "  "}, "second is empty"),
        ("pair", {"first": None}, "first is None where a text belongs"),
        ("pair", {"label": "perhaps"}, "label 'perhaps' is none of yes, no"),
        ("span", {"answers": [{"text": "der Wand", "start": 14}]}, "does not stand at character"),
        ("span", {"answers": [{"text": "der Wand", "start": "15"}]}, "is no text with its start"),
        ("span", {"answers": [{"text": "", "start": 0}]}, "is no text with its start"),
        ("span", {"answers": ["der Wand"]}, "is no text with its start"),
        ("span", {"answers": []}, "answers is [] where a list belongs"),
        ("span", {"answers": None}, "answers is None where a list belongs"),
        ("choice", {"label": 2}, "label 2 is none of 2 choices"),
        ("choice", {"label": True}, "label True is none of 2 choices"),
        ("choice", {"choices": []}, "choices is [] where texts belong"),
        ("words", {"tags": ["yes", "no"]}, "not as many tags as tokens"),
        ("words", {"tags": ["yes", "no", "B"]}, "tag 'B' is none of yes, no"),
        ("words", {"tokens": ["a", 2, "b"]}, "where texts belong"),
    ],
)
def test_what_no_format_could_read_is_refused_or_lost(
    kind: str, change: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    good = {"pair": PAIR, "span": SPAN, "choice": CHOSEN, "words": WORDS}[kind]
    with pytest.raises(StiltsError) as caught:
        rows(tmp_path, kind, good, {**good, **change})
    assert str(caught.value).startswith("data/file:2: ")
    assert complaint in str(caught.value)
    lost: list[str] = []
    kept = rows(tmp_path, kind, good, {**good, **change}, good, lost=lost)
    assert [row["id"] for row in kept] == ["0", "2"]
    assert lost == [str(caught.value)]


def test_a_question_may_have_no_answer_where_the_task_says_so(tmp_path: Path) -> None:
    text = json.dumps({**SPAN, "answers": []})
    (row,) = read("jsonl", tmp_path, text, task=TASKS.get("squad-v2"), convert="written")
    assert row["answers"] == []


def test_a_line_that_is_no_record_is_refused_even_where_rows_may_be_lost(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match="no JSON"):
        read("jsonl", tmp_path, "{", convert="written", lost=[])
    assert request_of().lost is None
