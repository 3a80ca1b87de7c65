import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from tests.tasks.readers.reading import CHOICE, read, real_task

ASKED = real_task(CHOICE, labels=(), choices=5)
PLAIN = real_task(("context", "choices", "label"), labels=(), choices=5)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)


def told(folder: Path, record: dict[str, Any], convert: str, **more: Any) -> dict[str, Any]:
    """Return the row of one record."""
    task = ASKED if convert in ("social", "numbered", "cause_or_effect") else PLAIN
    values = {"task": task, "columns": COLUMNS.get(convert, {}), **more}
    [row] = read("jsonl", folder, json.dumps(record) + "\n", convert=convert, **values)
    return row


COLUMNS = {
    "endings": {"context": "ctx"},
    "options": {"context": "instruction"},
    "cause_or_effect": {"context": "premise"},
}
OFFICIAL = {
    "question": {
        "stem": "Which?",
        "choices": [{"label": "A", "text": "one"}, {"label": "B", "text": "two"}],
    },
    "answerKey": "B",
}
ON_HUB = {
    "question": "Which?",
    "choices": {"label": ["A", "B"], "text": ["one", "two"]},
    "answerKey": "B",
}
OPTIONS = {
    "instruction": "Which?",
    "option_a": "one",
    "option_b": "two",
    "option_c": "three",
    "option_d": None,
    "answer": "C",
}
COSMOS = {
    "context": "It rained.",
    "question": "What then?",
    **{f"answer{number}": text for number, text in enumerate(["one", "two", "three", "four"])},
    "label": "3",
}
SOCIAL = {
    "context": "Kim sang.",
    "question": "Why?",
    "answerA": "one",
    "answerB": "two",
    "answerC": "three",
    "correct": "C",
}
HELLASWAG = {"ctx": "A man. he", "endings": ["one", "two", "three", "four"], "label": "2"}
COPA = {"premise": "It broke.", "choice1": "one", "choice2": "two", "question": "cause", "label": 1}


@pytest.mark.parametrize("record", [OFFICIAL, ON_HUB])
def test_keyed_choices_are_read_in_both_layouts(tmp_path: Path, record: dict[str, Any]) -> None:
    row = told(tmp_path, record, "lettered")
    assert row["context"] == "Which?"
    assert (row["choices"], row["label"]) == (["one", "two"], 1)


@given(texts=st.lists(TEXTS, min_size=2, max_size=5), digits=st.booleans(), data=st.data())
def test_any_number_of_choices_and_either_kind_of_key_is_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], digits: bool, data: st.DataObject
) -> None:
    keys = list("12345" if digits else "ABCDE")[: len(texts)]
    right = data.draw(st.integers(0, len(texts) - 1))
    record = {"question": "Which?", "choices": {"label": keys, "text": texts}}
    row = told(tmp_path_factory.getbasetemp(), {**record, "answerKey": keys[right]}, "lettered")
    assert (row["choices"], row["label"]) == (texts, right)


def test_options_that_lack_at_the_end_are_not_there(tmp_path: Path) -> None:
    row = told(tmp_path, OPTIONS, "options")
    assert (row["choices"], row["label"]) == (["one", "two", "three"], 2)


@pytest.mark.parametrize("label", [3, "3"])
def test_cosmos_counts_its_answers_from_0(tmp_path: Path, label: Any) -> None:
    row = told(tmp_path, {**COSMOS, "label": label}, "numbered")
    assert (row["question"], len(row["choices"]), row["label"]) == ("What then?", 4, 3)


def test_social_iqa_has_letters_or_numbers_from_1(tmp_path: Path) -> None:
    assert told(tmp_path, SOCIAL, "social")["label"] == 2
    numbered = {**{key: SOCIAL[key] for key in SOCIAL if key != "correct"}, "label": "3"}
    row = told(tmp_path, numbered, "social")
    assert (row["choices"], row["label"]) == (["one", "two", "three"], 2)


@pytest.mark.parametrize("label", ["2", 2, " 2"])
def test_hellaswag_counts_its_endings_from_0(tmp_path: Path, label: Any) -> None:
    row = told(tmp_path, {**HELLASWAG, "label": label}, "endings")
    assert row["context"] == "A man. he"
    assert (row["choices"], row["label"]) == (["one", "two", "three", "four"], 2)


@pytest.mark.parametrize("label", [1, "1", "choice2"])
def test_copa_asks_in_words_for_the_cause_or_the_effect(tmp_path: Path, label: Any) -> None:
    row = told(tmp_path, {**COPA, "label": label}, "cause_or_effect")
    assert row["question"] == "What was the cause?"
    assert (row["context"], row["choices"], row["label"]) == ("It broke.", ["one", "two"], 1)
    row = told(tmp_path, {**COPA, "question": "effect"}, "cause_or_effect")
    assert row["question"] == "What was the effect?"


EVERY = {
    "lettered": ON_HUB,
    "options": OPTIONS,
    "numbered": COSMOS,
    "social": SOCIAL,
    "endings": HELLASWAG,
    "cause_or_effect": COPA,
}
KEY = {"lettered": "answerKey", "options": "answer", "social": "correct"}


@pytest.mark.parametrize("convert", EVERY)
def test_a_label_that_was_taken_away_is_none(tmp_path: Path, convert: str) -> None:
    record = {**EVERY[convert], KEY.get(convert, "label"): ""}
    assert told(tmp_path, record, convert, labelled=False)["label"] is None
    bare = {key: value for key, value in record.items() if key != KEY.get(convert, "label")}
    assert told(tmp_path, bare, convert, labelled=False)["label"] is None


@pytest.mark.parametrize("convert", EVERY)
@pytest.mark.parametrize("wrong", ["", "AB", "12", "01", "Z", "-1", "7", None, -1])
def test_a_label_that_is_none_of_the_choices_is_refused(
    tmp_path: Path, convert: str, wrong: Any
) -> None:
    name = KEY.get(convert, "label")
    with pytest.raises(
        StiltsError, match=rf"^data/file:1: {name} '.*' is none of .*; mend the file"
    ):
        told(tmp_path, {**EVERY[convert], name: wrong}, convert)


# Options may lack at the end, and without `correct` it is a `label` that is looked for.
MAY_LACK = ("option_c", "option_d", "correct")


@pytest.mark.parametrize(
    ("convert", "missing"),
    [(convert, name) for convert in EVERY for name in EVERY[convert] if name not in MAY_LACK],
)
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, convert: str, missing: str) -> None:
    record = {key: value for key, value in EVERY[convert].items() if key != missing}
    with pytest.raises(StiltsError, match=r"^data/file:1: (no column|choice [12] is None)"):
        told(tmp_path, record, convert)


@pytest.mark.parametrize(
    ("convert", "change", "message"),
    [
        ("lettered", {"question": " "}, "question is empty"),
        ("lettered", {"question": {"choices": []}}, "no 'stem' where there is choices"),
        ("lettered", {"question": {"stem": "x"}}, "no 'choices' where there is stem"),
        ("lettered", {"question": {"stem": "x", "choices": "y"}}, "choices are 'y', no list"),
        ("lettered", {"question": {"stem": "x", "choices": [{"label": "A"}]}}, "no 'text' where"),
        ("lettered", {"choices": ["a", "b"]}, r"choices are \['a', 'b'\] without keys"),
        ("lettered", {"choices": {"label": ["A"], "text": ["a", "b"]}}, "do not fit choices"),
        ("lettered", {"choices": {"label": ["A", "A"], "text": ["a", "b"]}}, "have one key"),
        ("lettered", {"choices": {"label": ["A", "B"], "text": ["a", ""]}}, "choice 2 is empty"),
        ("lettered", {"choices": {"label": ["B"], "text": ["a"]}}, "1 choices, not 2 to 5"),
        ("options", {"option_b": ""}, "choice 2 is empty"),
        ("options", {"option_b": None}, "choice 2 is None where a text belongs"),
        ("numbered", {"answer2": 5}, "choice 3 is 5 where a text belongs"),
        ("numbered", {"context": ""}, "context is empty"),
        ("social", {"question": ""}, "question is empty"),
        ("endings", {"endings": "x"}, "endings are 'x', not a list"),
        ("endings", {"endings": [{"zh": "x"}] * 4}, "choice 1 is {'zh': 'x'} where a text belongs"),
        ("endings", {"ctx": None}, "ctx is None where a text belongs"),
        ("cause_or_effect", {"question": "why"}, "question 'why' is neither cause nor effect"),
        ("cause_or_effect", {"choice1": " "}, "choice 1 is empty"),
    ],
)
def test_what_is_no_choice_is_refused_with_its_place(
    tmp_path: Path, convert: str, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(StiltsError, match=rf"^data/file:1: .*({message})"):
        told(tmp_path, {**EVERY[convert], **change}, convert)


def test_more_choices_than_the_task_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match=r"^data/file:1: 4 choices, not 2 to 3"):
        told(tmp_path, HELLASWAG, "endings", task=real_task(CHOICE, labels=(), choices=3))
