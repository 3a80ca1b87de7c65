from collections.abc import Callable, Sequence
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.tasks import translating
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.translating import Lost, translated
from adapterstilts.toyworld.rows import rows


def task(name: str) -> Any:
    return TASKS.get(name)


def shout(texts: Sequence[str]) -> list[str | None]:
    """Translate into capitals."""
    return [text.upper() for text in texts]


def bare(text: str) -> str:
    """Return a text in capitals, without a mark."""
    for mark in ("<m>", "</m>", *"[]“”"):
        text = text.replace(mark, "")
    return text.upper()


class Heard:
    """A translator that notes what it is asked for."""

    def __init__(self, said: Callable[[str], str | None] = str.upper) -> None:
        self.asked: list[list[str]] = []
        self._said = said

    def __call__(self, texts: Sequence[str]) -> list[str | None]:
        self.asked.append(list(texts))
        return [self._said(text) for text in texts]


def question(context: str, answer: str, start: int | None = None, **more: Any) -> dict[str, Any]:
    place = context.index(answer) if start is None else start
    answers = [{"text": answer, "start": place}]
    return {"id": "1", "context": context, "question": "who?", "answers": answers, **more}


def test_both_sides_of_a_pair_are_translated_and_the_label_is_kept() -> None:
    row = {"id": 7, "first": "one cat", "second": "two", "label": "neutral", "place": "file:3"}
    (found,) = translated(task("toy-nli"), [row], shout)
    assert found == {"id": "7", "first": "ONE CAT", "second": "TWO", "label": "neutral"}
    assert list(found) == ["id", "first", "second", "label"]


def test_context_question_and_every_choice_are_translated() -> None:
    row = {
        "id": "a",
        "context": "it rained",
        "question": "why",
        "choices": ["x", "y z"],
        "label": 1,
    }
    (found,) = translated(task("toy-xcopa"), [row], shout)
    assert found == {
        "id": "a",
        "context": "IT RAINED",
        "question": "WHY",
        "choices": ["X", "Y Z"],
        "label": 1,
    }


def test_text_is_translated_and_nothing_of_it_is_salient_any_more() -> None:
    row = {"id": "a", "text": "one", "second": "two", "salient": [[0, 0, 3]]}
    (found,) = translated(task("toy-mlm"), [row], shout)
    assert found == {"id": "a", "text": "ONE", "second": "TWO", "salient": []}


def test_a_text_that_is_empty_stays_empty_and_is_never_asked_for() -> None:
    heard = Heard()
    row = {"id": "a", "first": " ", "second": "two", "label": "neutral"}
    (found,) = translated(task("toy-nli"), [row], heard)
    assert isinstance(found, dict)
    assert (found["first"], found["second"]) == (" ", "TWO")
    assert heard.asked == [["two"]]


def test_what_several_rows_have_is_translated_once_and_all_ask_together() -> None:
    heard = Heard()
    pair = {"first": "same", "label": "neutral"}
    found = translated(
        task("toy-nli"),
        [{"id": str(number), "second": f"other {number}", **pair} for number in range(3)],
        heard,
    )
    assert heard.asked == [["same", "other 0", "other 1", "other 2"]]
    assert [row["second"] for row in found if isinstance(row, dict)] == [
        "OTHER 0",
        "OTHER 1",
        "OTHER 2",
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [(None, translating.UNFINISHED), ("", translating.EMPTY), (" \n", translating.EMPTY)],
)
def test_a_row_is_lost_with_one_of_its_texts_and_the_others_are_not(said, reason: str) -> None:
    heard = Heard(lambda text: said if text == "bad" else text.upper())
    rows_ = [
        {"id": str(number), "first": "good", "second": second, "label": "neutral"}
        for number, second in enumerate(["bad", "fine"])
    ]
    lost, kept = translated(task("toy-nli"), rows_, heard)
    assert lost == Lost(reason)
    assert isinstance(kept, dict)
    assert reason in translating.REASONS


def test_an_answer_is_carried_between_marks() -> None:
    heard = Heard()
    (found,) = translated(task("toy-squad"), [question("ann met bob here", "bob")], heard)
    assert found == {
        "id": "1",
        "context": "ANN MET BOB HERE",
        "question": "WHO?",
        "answers": [{"text": "BOB", "start": 8}],
    }
    assert heard.asked == [["ann met [bob] here", "who?"]]


def test_marks_that_the_passage_has_itself_are_passed_over() -> None:
    heard = Heard()
    (found,) = translated(task("toy-squad"), [question("ann [sic] met bob", "bob")], heard)
    assert isinstance(found, dict)
    assert found["context"] == "ANN [SIC] MET BOB"
    assert heard.asked[0][0] == "ann [sic] met “bob”"


def test_where_no_marks_survive_the_answer_is_translated_alone_and_looked_for() -> None:
    heard = Heard(bare)
    row = question("bob met bob and bob", "bob", 8)
    (found,) = translated(task("toy-squad"), [row], heard)
    assert isinstance(found, dict)
    assert found["context"] == "BOB MET BOB AND BOB"
    assert found["answers"] == [{"text": "BOB", "start": 8}]
    assert [asked[0] for asked in heard.asked] == [
        "bob met [bob] and bob",
        "bob met “bob” and bob",
        "bob met <m>bob</m> and bob",
        "bob met bob and bob",
    ]


def test_an_answer_that_is_nowhere_loses_its_row() -> None:
    heard = Heard(lambda text: bare(text) if " " in text else text[::-1])
    (found,) = translated(task("toy-squad"), [question("abc def ghi", "def")], heard)
    assert found == Lost(translating.NO_ANSWER)


def test_a_marked_passage_without_an_end_is_no_reason_to_lose_the_row() -> None:
    heard = Heard(lambda text: None if any(mark in text for mark in "[“<") else text.upper())
    (found,) = translated(task("toy-squad"), [question("ann met bob", "bob")], heard)
    assert isinstance(found, dict)
    assert found["answers"] == [{"text": "BOB", "start": 8}]


@pytest.mark.parametrize("bad", ["who?", "ann met bob", "bob"])
def test_a_question_is_lost_with_what_it_cannot_do_without(bad: str) -> None:
    def said(text: str) -> str | None:
        return None if text == bad else bare(text)

    (found,) = translated(task("toy-squad"), [question("ann met bob", "bob")], Heard(said))
    assert found == Lost(translating.UNFINISHED)


def test_a_question_without_an_answer_keeps_none() -> None:
    row = {**question("ann met bob", "bob"), "answers": []}
    (found,) = translated(task("toy-squad"), [row], shout)
    assert isinstance(found, dict)
    assert found["answers"] == []
    assert found["context"] == "ANN MET BOB"


def test_only_the_first_answer_is_carried_without_the_white_space_around_it() -> None:
    row = question("ann met bob here", " bob ", 7)
    row["answers"].append({"text": "ann", "start": 0})
    (found,) = translated(task("toy-squad"), [row], shout)
    assert isinstance(found, dict)
    assert found["answers"] == [{"text": "BOB", "start": 8}]


def test_an_answer_that_does_not_stand_where_it_says_is_refused() -> None:
    with pytest.raises(StiltsError, match="row '1' of task 'toy-squad': the answer 'bob' does not"):
        translated(task("toy-squad"), [question("ann met bob", "bob", 3)], shout)


def test_every_toy_row_comes_back_whole_from_a_language_of_capitals() -> None:
    for name, generator in (
        ("toy-squad", "span_question"),
        ("toy-nli", "inference"),
        ("toy-swag", "continuation"),
        ("toy-mlm", "text"),
    ):
        english = rows(generator, language="qaa", split="train", size=30)
        found = translated(task(name), english, shout)
        for row, other in zip(english, found, strict=True):
            assert isinstance(other, dict)
            assert set(other) == {"id", *task(name).roles}
            assert other.get("label") == row.get("label")
            for answer in other.get("answers", ()):
                end = answer["start"] + len(answer["text"])
                assert other["context"][answer["start"] : end] == answer["text"]
                assert answer["text"] == row["answers"][0]["text"].upper()


@pytest.mark.parametrize(
    ("name", "why"),
    [("toy-udpos", "aligned with the words"), ("toy-tatoeba", "in both languages")],
)
def test_what_cannot_be_translated_is_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        translating.check(task(name))


def test_the_texts_that_a_row_asks_for_first_are_known_without_a_translation() -> None:
    row = {"id": "1", "first": "one", "second": "two", "label": "neutral"}
    assert translating.texts(task("toy-nli"), row) == ["one", "two"]
