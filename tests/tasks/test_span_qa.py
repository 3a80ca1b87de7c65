from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.formats.span_qa import FORMAT, MAX_ANSWER, MAX_QUESTION
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


@pytest.fixture(scope="module")
def task(make_task: Callable[..., Task]) -> Task:
    return make_task("span_qa", "context question answers")


def question(context: str, answer: str | None, asked: str = "what?") -> dict[str, Any]:
    answers = [] if answer is None else [{"text": answer, "start": context.index(answer)}]
    return {"id": "r", "context": context, "question": asked, "answers": answers}


def encode(task: Task, tokenizer: Tokenizer, row: dict[str, Any], max_length: int = 64) -> Encoded:
    return FORMAT.encode(task, [row], tokenizer, split="test", max_length=max_length)


def pointing(encoded: Encoded, places: list[list[int]] | None = None) -> list[Any]:
    outputs = []
    for number, input_ids in enumerate(encoded.features["input_ids"]):
        output = np.zeros((len(input_ids), 2), np.float32)
        start, end = (places or encoded.features["labels"])[number]
        output[start, 0] = output[end, 1] = 5
        outputs.append(output)
    return outputs


def test_the_answer_is_found_by_its_characters(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, question("the cat  sat on the mat.", "cat  sat"))
    (label,), (first,) = encoded.features["labels"], encoded.features["first"]
    assert label == [first[0] + 1, first[0] + 2]
    assert FORMAT.decode(task, encoded, pointing(encoded)) == ["cat  sat"]
    assert encoded.examples[0]["reference"] == ["cat  sat"]


def test_the_input_is_the_question_and_the_passage(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, question("the cat", "cat"))
    asked, passage = tokenizer.ids(["what?", "the cat"])
    assert encoded.features["input_ids"] == [tokenizer.pair(asked, passage)]
    (input_ids,), ((first,),) = encoded.features["input_ids"], encoded.features["first"]
    assert input_ids[first : first + len(passage)] == passage


@given(
    words=st.lists(st.sampled_from(["the", "cat", "unbelievable", "你好", "zz."]), min_size=1),
    data=st.data(),
    max_length=st.integers(24, 80),
)
def test_a_gold_span_that_some_window_holds_is_cut_exactly(
    task: Task, tokenizer: Tokenizer, words: list[str], data: st.DataObject, max_length: int
) -> None:
    context = " ".join(words)
    start = data.draw(st.integers(0, len(words) - 1))
    stop = data.draw(st.integers(start + 1, min(len(words), start + 3)))
    answer = " ".join(words[start:stop])
    place = len(" ".join(words[:start])) + (start > 0)
    row = {**question(context, None), "answers": [{"text": answer, "start": place}]}
    encoded = encode(task, tokenizer, row, max_length)
    holding = [label != [0, 0] for label in encoded.features["labels"]]
    outputs = [
        output if holds else output * 0
        for output, holds in zip(pointing(encoded), holding, strict=True)
    ]
    assert len(tokenizer.ids([answer])[0]) > 6 or any(holding)
    if any(holding) and len(tokenizer.ids([answer])[0]) <= MAX_ANSWER:
        assert FORMAT.decode(task, encoded, outputs) == [answer]


def test_windows_overlap_and_hold_every_piece(task: Task, tokenizer: Tokenizer) -> None:
    context = "the cat sat on the mat and the dog sat " * 12
    encoded = encode(task, tokenizer, question(context, None), max_length=48)
    assert len(encoded.owner) > 3
    windows = list(zip(encoded.features["starts"], encoded.features["ends"], strict=True))
    pieces = tokenizer.pieces(context)
    assert {start for starts, _ in windows for start in starts} == set(pieces.starts)
    for (_, ends), (starts, _) in pairwise(windows):
        assert starts[0] < ends[-1]
    assert all(len(input_ids) <= 48 for input_ids in encoded.features["input_ids"])


def test_an_answer_outside_of_a_window_teaches_the_first_place(
    task: Task, tokenizer: Tokenizer
) -> None:
    context = "dog " + "cat " * 100
    encoded = encode(task, tokenizer, question(context, "dog"), max_length=48)
    labels = encoded.features["labels"]
    assert labels[0] != [0, 0]
    assert labels[1:] and all(label == [0, 0] for label in labels[1:])


def test_a_question_without_an_answer_teaches_the_first_place(
    task: Task, tokenizer: Tokenizer
) -> None:
    encoded = encode(task, tokenizer, question("the cat", None))
    assert encoded.features["labels"] == [[0, 0]]
    assert encoded.examples[0]["reference"] == []


def test_the_best_of_all_windows_is_taken(task: Task, tokenizer: Tokenizer) -> None:
    context = " ".join(f"{number:03d}" for number in range(100))
    encoded = encode(task, tokenizer, question(context, None), max_length=48)
    outputs = [np.zeros((len(ids), 2), np.float32) for ids in encoded.features["input_ids"]]
    first = encoded.features["first"][2][0]
    outputs[0][first + 1] = 1
    outputs[2][first + 4, 0] = outputs[2][first + 7, 1] = 2
    starts, ends = encoded.features["starts"][2], encoded.features["ends"][2]
    assert FORMAT.decode(task, encoded, outputs) == [context[starts[4] : ends[7]]]


def test_an_answer_never_leaves_the_passage(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, question("cat dog", None))
    ((first,),) = encoded.features["first"]
    (input_ids,) = encoded.features["input_ids"]
    output = np.zeros((len(input_ids), 2), np.float32)
    output[:first] = output[first + 2 :] = 100
    output[first + 1, 0] = output[first, 1] = 10
    assert FORMAT.decode(task, encoded, [output])[0] in {"cat", "dog"}


def test_an_answer_is_not_too_long(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, question("cat " * 50, None), max_length=128)
    ((first,),) = encoded.features["first"]
    for far, words in ((MAX_ANSWER - 1, MAX_ANSWER), (MAX_ANSWER, 1)):
        output = pointing(encoded, [[first, first + far]])
        (answer,) = FORMAT.decode(task, encoded, output)
        assert len(answer.split()) == words


def test_a_long_question_leaves_room_for_the_passage(task: Task, tokenizer: Tokenizer) -> None:
    row = question("the cat", "cat", asked="dog " * 500)
    short = encode(task, tokenizer, row, max_length=24)
    long = encode(task, tokenizer, row, max_length=512)
    assert short.features["first"] == [[10 + 3]]
    assert long.features["first"] == [[MAX_QUESTION + 3]]
    assert FORMAT.decode(task, short, pointing(short)) == ["cat"]


def test_an_empty_passage_has_an_empty_answer(task: Task, tokenizer: Tokenizer) -> None:
    encoded = encode(task, tokenizer, question("", None))
    assert len(encoded.owner) == 1
    assert FORMAT.decode(task, encoded, pointing(encoded)) == [""]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"text": "cat", "start": 3}, "'cat' does not stand at 3"),
        ({"text": "cat"}, "not a `text` with its `start`"),
        ("cat", "not a `text` with its `start`"),
    ],
)
def test_a_misplaced_answer_is_refused(
    task: Task, tokenizer: Tokenizer, answer: Any, reason: str
) -> None:
    row = {**question("the cat", None), "answers": [answer]}
    with pytest.raises(StiltsError, match=rf"row 'r' .*{reason}"):
        encode(task, tokenizer, row)


def test_a_blank_answer_of_a_stripped_test_set_has_no_place(
    task: Task, tokenizer: Tokenizer
) -> None:
    row = {**question("the cat", None), "answers": [{"text": "", "start": 0}]}
    encoded = encode(task, tokenizer, row)
    assert encoded.features["labels"] == [[0, 0]]
    assert encoded.examples[0]["reference"] == [""]


@pytest.mark.parametrize(
    ("none", "best", "expected"),
    [
        ([3.0], 2.5, ""),
        ([3.0], 3.0, "cat"),
        ([3.0], 3.5, "cat"),
        # The window that knows the answer says so against all that do not hold it.
        ([9.0, 9.0, 2.0, 9.0], 2.5, "cat"),
        ([9.0, 9.0, 3.0, 9.0], 2.5, ""),
    ],
)
def test_no_answer_must_beat_the_best_span_in_every_window(
    make_task: Callable[..., Task],
    tokenizer: Tokenizer,
    none: list[float],
    best: float,
    expected: str,
) -> None:
    """As in SQuAD 2.0 with a threshold of 0."""
    context = "cat" if len(none) == 1 else "dog " * 60 + "cat " + "dog " * 20
    asked = question(context, "cat")
    answered = make_task("span_qa", "context question answers")
    task = make_task("span_qa", "context question answers", unanswerable=True)
    encoded = encode(task, tokenizer, asked, max_length=48)
    outputs = pointing(encoded)
    assert len(outputs) >= len(none)
    none = none + [9.0] * (len(outputs) - len(none))
    for output, label, wish in zip(outputs, encoded.features["labels"], none, strict=True):
        output[:] = -9
        output[0] = wish / 2
        if label != [0, 0]:
            output[label[0], 0] = output[label[1], 1] = best / 2
            output[0] = min(none) / 2
    assert FORMAT.decode(task, encoded, outputs) == [expected]
    assert FORMAT.decode(answered, encoded, outputs) == ["cat"]


def test_a_question_without_an_answer_gets_none_of_a_head_that_knows(
    make_task: Callable[..., Task], tokenizer: Tokenizer
) -> None:
    task = make_task("span_qa", "context question answers", unanswerable=True)
    encoded = encode(task, tokenizer, question("the cat " * 40, None), max_length=48)
    assert len(encoded.owner) > 2
    assert FORMAT.decode(task, encoded, pointing(encoded)) == [""]


def test_training_text_keeps_nothing_that_only_answers_need(
    task: Task, tokenizer: Tokenizer
) -> None:
    row = question("the cat sat " * 20, "cat")
    train = FORMAT.encode(task, [row], tokenizer, split="train", max_length=48)
    dev = FORMAT.encode(task, [row], tokenizer, split="dev", max_length=48)
    assert set(train.features) == {"input_ids", "labels"}
    assert all(train.features[name] == dev.features[name] for name in train.features)
    assert (train.owner, train.examples) == (dev.owner, [{"id": "r", "reference": ["cat"]}])


@pytest.mark.parametrize(
    ("max_length", "asked", "step"),
    [
        (384, "what?", 128),
        (384, "dog " * 64, 128),
        (256, "what?", 85),
        (128, "what?", 42),
        # 62 pieces of passage in each: a third of the input would leave less than an answer shared.
        (128, "dog " * 64, 33),
    ],
)
def test_windows_step_as_squad_does(
    task: Task, tokenizer: Tokenizer, max_length: int, asked: str, step: int
) -> None:
    row = question("cat " * 600, None, asked=asked)
    encoded = encode(task, tokenizer, row, max_length=max_length)
    places = [starts[0] // 4 for starts in encoded.features["starts"]]
    assert places[:4] == [0, step, 2 * step, 3 * step][: len(places)]
    room = max_length - 4 - len(tokenizer.ids([asked])[0][: min(64, (max_length - 4) // 2)])
    assert {len(starts) for starts in encoded.features["starts"][:-1]} == {room}
    assert encoded.features["ends"][-1][-1] == 4 * 600 - 1
    assert room - step >= MAX_ANSWER - 1
