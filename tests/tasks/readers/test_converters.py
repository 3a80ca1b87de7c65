import json
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task
from tests.tasks.readers.reading import read, real_task, roles_of

NLI = ("entailment", "neutral", "contradiction")


def nli(**more: Any) -> Task:
    return real_task(labels=NLI, **more)


def told(folder: Path, records: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    content = "".join(json.dumps(record) + "\n" for record in records)
    return read("jsonl", folder, content, **more)


def pair(label: Any, **more: Any) -> dict[str, Any]:
    return {"first": "a", "second": "b", "label": label, **more}


def test_a_task_without_labels_has_none_to_read(tmp_path: Path) -> None:
    task = real_task(("text",), labels=())
    found = told(tmp_path, [{"line": "a"}], task=task, columns={"text": "line"})
    assert roles_of(found) == [("a",)]


def test_labels_are_read_without_the_space_around_them(tmp_path: Path) -> None:
    assert [row["label"] for row in told(tmp_path, [pair(" yes"), pair("no\r")])] == ["yes", "no"]


def test_texts_keep_the_space_around_them(tmp_path: Path) -> None:
    found = told(tmp_path, [{"first": " a ", "second": "\u3000b\n", "label": "yes"}])
    assert roles_of(found) == [(" a ", "\u3000b\n", "yes")]


def test_an_id_comes_from_the_data_where_it_is_declared(tmp_path: Path) -> None:
    records = [pair("yes", uid=7), pair("no", uid="x")]
    assert [row["id"] for row in told(tmp_path, records, columns={"id": "uid"})] == ["7", "x"]
    assert [row["id"] for row in told(tmp_path, records)] == ["0", "1"]
    with pytest.raises(StiltsError, match=r"^data/file:1: no column 'key'"):
        told(tmp_path, records, columns={"id": "key"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("entailment", "entailment"),
        ("contradictory", "contradiction"),
        ("e", "entailment"),
        ("n", "neutral"),
        ("c", "contradiction"),
        ("neutral\r", "neutral"),
    ],
)
def test_inference_labels_have_other_names_too(tmp_path: Path, written: str, meant: str) -> None:
    found = told(tmp_path, [pair(written)], task=nli(), convert="inference")
    assert [row["label"] for row in found] == [meant]


def test_pairs_without_a_gold_label_are_left_out_and_numbers_stay(tmp_path: Path) -> None:
    labels = ["neutral", "-", -1, None, "", "entailment"]
    found = told(tmp_path, [pair(label) for label in labels], task=nli(), convert="inference")
    assert [(row["id"], row["label"]) for row in found] == [("0", "neutral"), ("5", "entailment")]


def test_no_pair_is_left_out_where_labels_were_taken_away(tmp_path: Path) -> None:
    found = told(tmp_path, [pair("-"), pair("")], task=nli(), convert="inference", labelled=False)
    assert [row["label"] for row in found] == [None, None]


def test_only_the_asked_language_of_a_file_is_read(tmp_path: Path) -> None:
    task = nli(languages={"en": "en", "zh": "zh"})
    records = [
        pair("neutral", lang="ar"),
        pair("entailment", lang="zh", n="1"),
        pair("neutral", lang="zh", n="2"),
    ]
    columns = {"language": "lang", "id": "n"}
    more = {"task": task, "columns": columns, "convert": "inference"}
    found = told(tmp_path, records, language="zh", **more)
    assert [(row["id"], row["place"]) for row in found] == [
        ("1", "data/file:2"),
        ("2", "data/file:3"),
    ]
    assert told(tmp_path, records, language="en", **more) == []


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            pair("maybe"),
            r"^data/file:1: label 'maybe' is none of entailment, neutral, contradiction",
        ),
        (pair(0), r"^data/file:1: label '0' is none of"),
        ({"first": "a", "second": "b"}, r"^data/file:1: no column 'label'"),
        ({"first": "a", "label": "e"}, r"^data/file:1: no column 'second'"),
        ({**pair("e"), "second": "\u2003"}, r"^data/file:1: second is empty"),
    ],
)
def test_what_is_no_inference_is_refused(
    tmp_path: Path, record: dict[str, Any], message: str
) -> None:
    with pytest.raises(StiltsError, match=message):
        told(tmp_path, [record], task=nli(), convert="inference")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("0", "not_duplicate"), (1, "duplicate"), ("duplicate", "duplicate")],
)
def test_questions_of_quora_are_labelled_by_number_or_name(
    tmp_path: Path, written: Any, meant: str
) -> None:
    found = told(tmp_path, [pair(written)], task=TASKS.get("qqp"), convert="duplicates", columns={})
    assert [row["label"] for row in found] == [meant]
    with pytest.raises(StiltsError, match=r"^data/file:1: label '2' is none of not_duplicate, dup"):
        told(tmp_path, [pair(2)], task=TASKS.get("qqp"), convert="duplicates")
