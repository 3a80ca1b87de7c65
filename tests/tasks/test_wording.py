from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.wording import asked, labelled, rows


def made(name: str, *inputs: Any) -> list[Any]:
    task = asked(name, list(inputs))
    return [
        {key: value for key, value in row.items() if key not in ("id", "place")}
        for row in rows(task, list(inputs))
    ]


def test_a_pair_is_two_roles_and_no_label() -> None:
    expected = {"first": "a", "second": "b", "label": None}
    assert made("xnli", ("a", "b")) == [expected]
    assert made("xnli", ["a", "b"]) == [expected]
    assert made("xnli", {"first": "a", "second": "b", "label": "neutral"}) == [expected]


def test_a_format_takes_the_shape_of_its_inputs() -> None:
    assert made("classification", ("a", "b")) == [{"first": "a", "second": "b", "label": None}]
    assert made("classification", "a") == [{"first": "a", "label": None}]
    assert made("multiple_choice", ("a", ["x", "y"])) == [
        {"context": "a", "choices": ["x", "y"], "label": None}
    ]
    assert asked("multiple_choice", [("a", ["x", "y"]), ("b", ["x", "y", "z"])]).choices == 3


def test_words_questions_and_choices_have_their_roles() -> None:
    assert made("panx", ("Ada", "sings")) == [{"tokens": ["Ada", "sings"], "tags": None}]
    assert made("xquad", ("who", "Ada")) == [{"question": "who", "context": "Ada", "answers": None}]
    assert made("xcopa", ("It fell.", "cause", ("a", "b"))) == [
        {"context": "It fell.", "question": "cause", "choices": ["a", "b"], "label": None}
    ]


def test_what_data_must_have_beside_the_text_is_not_asked_of_a_question() -> None:
    assert made("toy-mlm", "a <mask>") == [{"text": "a <mask>"}]
    assert made("toy-mlm", ["a <mask>"]) == [{"text": "a <mask>"}]
    assert made("toy-tatoeba", "a") == [{"query": "a"}]


def test_rows_are_known_by_their_number() -> None:
    found = rows(TASKS.get("xnli"), [("a", "b"), ("c", "d")])
    assert [row["id"] for row in found] == ["0", "1"]
    assert [row["place"] for row in found] == ["input 0", "input 1"]


@pytest.mark.parametrize(
    ("name", "given", "shape"),
    [
        ("xnli", "a", '("text", "text")'),
        ("xnli", ("a", "b", "c"), '("text", "text")'),
        ("xnli", ("a", 7), '("text", "text")'),
        ("panx", "Ada sings", '["word", …]'),
        ("panx", [], '["word", …]'),
        ("panx", ["Ada", None], '["word", …]'),
        ("xquad", {"question": "who"}, '{"question": "question", "context": "passage"}'),
        ("panx", {"words": ["Ada"]}, '{"tokens": ["word", …]}'),
        ("mlm", ["a <mask>", "b"], '"text with <mask>"'),
        ("xcopa", ("a", "cause", "b"), '("passage", "question", ["choice", …])'),
    ],
)
def test_an_input_of_another_shape_is_named_with_the_right_one(
    name: str, given: Any, shape: str
) -> None:
    good = made(name)  # Nothing asked is nothing wrong.
    assert good == []
    with pytest.raises(UsageError) as caught:
        made(name, given)
    said = str(caught.value)
    assert f"input 0 of '{name}' is" in said
    assert said.endswith(f"give {shape}")


def test_inputs_of_a_file_are_known_by_their_places() -> None:
    (row,) = rows(TASKS.get("xnli"), [("a", "b")], ["in.jsonl:3"])
    assert row["place"] == "in.jsonl:3"
    with pytest.raises(UsageError, match=r"in\.jsonl:3 of 'xnli' is 'a': give"):
        rows(TASKS.get("xnli"), ["a"], ["in.jsonl:3"])


@pytest.mark.parametrize("given", ["a text", {"first": "a"}, {"a", "b"}])
def test_inputs_are_a_list(given: Any) -> None:
    with pytest.raises(UsageError, match="give a list"):
        rows(TASKS.get("xnli"), given)


def test_an_unknown_name_and_one_that_needs_files_are_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'xnli'"):
        asked("xnlii", [])
    with pytest.raises(UsageError, match=r"bucc2018.*adapterstilts run"):
        asked("bucc2018", [])
    with pytest.raises(UsageError, match="unknown task or format 'mining'"):
        asked("mining", [])


def test_labels_take_the_order_of_the_head() -> None:
    task = TASKS.get("toy-pawsx")
    assert labelled(task, ()).labels == ("different", "same")
    assert labelled(task, ("same", "different")).labels == ("same", "different")
    with pytest.raises(UsageError, match="the head says yes, no"):
        labelled(task, ("yes", "no"))
    assert labelled(asked("classification", ["a"]), ("yes", "no")).labels == ("yes", "no")


def test_labels_of_a_head_cannot_steer_a_screen() -> None:
    with pytest.raises(UsageError, match=r"the head says a�\[2J, and 'xnli' entailment"):
        labelled(TASKS.get("xnli"), ["a\x1b[2J"])
