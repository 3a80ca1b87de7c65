import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.records import Prediction
from adapterstilts.tasks import submission_files as files

LABELS = ("yes", "no")
DOCUMENTS = (files.texts, files.rankings, files.squad)
"""Readers of files that are one JSON document."""


@pytest.fixture
def put(tmp_path: Path):
    def write(text: str | bytes, name: str = "test-sw.tsv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write


def read(reader: files.Reader, path: Path, known=LABELS) -> tuple[list[object], list[str]]:
    problems: list[str] = []
    found = reader(path, known, problems)
    return [entry.value for entry in found.values()], problems


@pytest.mark.parametrize("text", ["yes\nno\n", "yes\nno", "yes\r\nno\r\n", "\ufeffyes\nno\n\n"])
def test_labels_are_one_a_line_with_any_line_ends(put, text: str) -> None:
    assert read(files.labels, put(text)) == (["yes", "no"], [])


def test_a_label_that_is_not_known_is_named_with_its_line(put) -> None:
    _, problems = read(files.labels, put("yes\nmaybe\n\nno\n"))
    assert [problem.rpartition("test-sw.tsv:")[2] for problem in problems] == [
        "2: 'maybe' is not one of no, yes",
        "3: '' is not one of no, yes",
    ]


@pytest.mark.parametrize("reader", [files.labels, files.pairs, files.texts])
def test_what_is_not_utf_8_is_named_once_with_its_line(put, reader: files.Reader) -> None:
    _, problems = read(reader, put(b"yes\nn\xffo\n"))
    assert len(problems) == 1
    assert "test-sw.tsv:2: not UTF-8" in problems[0]


@pytest.mark.parametrize("text", ["", "\n", " \r\n\n", "\ufeff"])
def test_an_empty_file_is_a_problem(put, text: str) -> None:
    for reader in (files.labels, files.tags, files.places, files.choices, *DOCUMENTS):
        _, problems = read(reader, put(text))
        assert problems == [f"{put(text)}: empty"]


def test_tags_are_in_sentences_apart_by_blank_lines(put) -> None:
    text = "\nyes\nno\n\n\nword\tno\r\n\u2028\tyes\n"
    assert read(files.tags, put(text)) == ([["yes", "no"], ["no", "yes"]], [])


def test_a_token_without_its_tag_is_named(put) -> None:
    _, problems = read(files.tags, put("yes\n\nhouse\n"))
    assert problems == [f"{put('yes')}:3: 'house' is not one of no, yes"]


def test_a_separator_of_lines_within_a_token_does_not_cut_it(put) -> None:
    assert read(files.tags, put("a\u2028b\tyes\nc\x85d\tno\n")) == ([["yes", "no"]], [])


def test_places_are_numbers_and_brackets_are_named(put) -> None:
    assert read(files.places, put("308\n0\n")) == (["308", "0"], [])
    _, problems = read(files.places, put("[308]\n-1\n٣\n"))
    assert [problem.split(": ")[1][:8] for problem in problems] == [
        "'[308]' ",
        "'-1' is ",
        "'٣' is n",
    ]


def test_choices_are_objects_with_a_label(put) -> None:
    text = '{"label": 1, "premise": "x"}\n{"label": 0}\n'
    assert read(files.choices, put(text), known=("0", "1")) == (["1", "0"], [])
    broken = put('{"label": 2}\n{"label": true}\n[]\n{"lab\n')
    _, problems = read(files.choices, broken, known=("0", "1"))
    lines = [problem.removeprefix(f"{broken}:").split(":")[0] for problem in problems]
    assert lines == ["1", "2", "3", "4"]
    assert "broken JSON" in problems[3]


def test_pairs_are_gathered_by_their_first_id(put) -> None:
    assert read(files.pairs, put("a\tx\nb\ty\na\tz\n")) == ([["x", "z"], ["y"]], [])
    _, problems = read(files.pairs, put("a x\na\t\na\tb\tc\n"))
    assert [problem.rpartition(".tsv:")[2][:1] for problem in problems] == ["1", "2", "3"]


def test_nothing_may_be_mined_where_there_is_something_to_mine(put) -> None:
    assert read(files.pairs, put("")) == ([], [])
    assert read(files.right_pairs, put(""))[1] == [f"{put('')}: no pair in it"]
    assert read(files.right_pairs, put("a\tx\n")) == ([["x"]], [])


def test_answers_are_texts_by_id(put) -> None:
    path = put('{"q1": "a\u2028b", "q2": ""}', "x.json")
    assert read(files.texts, path) == (["a\u2028b", ""], [])
    _, problems = read(files.texts, put('{"q1": 3}', "x.json"))
    assert "the answer of question 'q1' is not a text" in problems[0]


@pytest.mark.parametrize("reader", DOCUMENTS)
def test_broken_json_is_named_with_its_line(put, reader: files.Reader) -> None:
    path = put('{"q1": "a",\n "q2": }\n', "x.json")
    _, problems = read(reader, path)
    assert len(problems) == 1
    assert f"{path}: broken JSON" in problems[0] and "line 2" in problems[0]


def test_json_that_is_nested_without_end_is_broken_too(put) -> None:
    _, problems = read(files.texts, put("[" * 100_000, "x.json"))
    assert len(problems) == 1
    assert "broken JSON" in problems[0]


def test_an_empty_line_among_choices_is_no_choice(put) -> None:
    path = put('{"label": 1}\n\n{"label": 0}\n', "x.jsonl")
    assert [each.partition(": broken")[0] for each in read(files.choices, path, "01")[1]] == [
        f"{path}:2"
    ]


def test_labels_where_answers_belong_are_called_what_they_are(put) -> None:
    _, problems = read(files.texts, put(squad(["a"]), "x.json"))
    assert problems == [f"{put('', 'x.json')}: labels, where answers belong"]
    _, problems = read(files.squad, put('{"q1": "a"}', "x.json"))
    assert "answers, where labels belong" in problems[0]


def test_json_of_another_shape_is_a_problem(put) -> None:
    for reader in (files.texts, files.rankings):
        assert len(read(reader, put("[1]", "x.json"))[1]) == 1
    assert "no 'data'" in read(files.squad, put("{}", "x.json"))[1][0]


def squad(*answers: list[str]) -> str:
    asked = [
        {"id": f"q{number}", "question": "?", "answers": [{"text": text} for text in texts]}
        for number, texts in enumerate(answers)
    ]
    return json.dumps({"data": [{"paragraphs": [{"context": "", "qas": asked}]}]})


def test_right_answers_are_read_from_squads_layout(put) -> None:
    path = put(squad(["a", "b"], ["c"]), "x.json")
    assert read(files.squad, path) == ([["a", "b"], ["c"]], [])


def test_labels_that_were_blanked_are_refused(put) -> None:
    _, problems = read(files.squad, put(squad([""], [""]), "x.json"))
    assert "no right answer in it, as in test files whose labels were removed" in problems[0]
    assert read(files.squad, put(squad([""], ["a"]), "x.json"))[1] == []
    _, problems = read(files.right_rankings, put('{"m1": [""]}', "x.json"))
    assert "labels were removed" in problems[0]


def test_rankings_are_lists_of_ids(put) -> None:
    assert read(files.rankings, put('{"m1": ["Q1 ", "Q2"]}', "x.json")) == ([["Q1", "Q2"]], [])
    _, problems = read(files.rankings, put('{"m1": "Q1", "m2": [1]}', "x.json"))
    assert len(problems) == 2


def entries(*values: object) -> files.Entries:
    return {str(n): files.Entry(value=value, line=n + 1) for n, value in enumerate(values)}


def test_another_number_of_lines_is_a_problem() -> None:
    problems: list[str] = []
    files.in_order(entries("a"), entries("a", "b"), path=Path("f"), problems=problems)
    assert problems == ["f: 1 answer for 2 labels"]


def test_a_sentence_of_another_length_is_named_with_its_line() -> None:
    problems: list[str] = []
    given, gold = entries(["a"], ["b", "c"]), entries(["a"], ["b"])
    files.in_order(given, gold, path=Path("f"), problems=problems)
    assert problems == ["f:2: a sentence of 2 tags for 1 tokens"]


def test_ids_that_nobody_asked_for_are_named_and_some_may_be_left_out() -> None:
    problems: list[str] = []
    gold = entries(["a"], ["b"])
    assert files.by_id(entries("a"), gold, path=Path("f"), problems=problems) == ["a", None]
    assert problems == []
    given = {f"x{n}": files.Entry(value="", line=0) for n in range(7)}
    files.by_id(given, gold, path=Path("f"), problems=problems)
    assert problems == ["f: ids that the labels do not have: x0, x1, x2, x3, x4 and 2 more"]


TEXT = st.text(st.characters(exclude_categories=("Cs",)))
"""Anything that UTF-8 can hold, separators of lines among them."""


def answered(*answers: object) -> list[Prediction]:
    return [
        Prediction(example_id=f"e{n}", language="sw", prediction=answer, reference=None)
        for n, answer in enumerate(answers)
    ]


@given(texts=st.lists(TEXT, min_size=1))
def test_answers_are_read_as_they_were_written(texts: list[str], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("written") / "x.json"
    path.write_bytes(files.write_object(answered(*texts)).encode("utf-8"))
    assert read(files.texts, path) == (texts, [])


@given(sentences=st.lists(st.lists(st.sampled_from(LABELS), min_size=1), min_size=1))
def test_tags_are_read_as_they_were_written(sentences: list[list[str]], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("written") / "x.tsv"
    path.write_bytes(files.write_tags(answered(*sentences)).encode("utf-8"))
    assert read(files.tags, path) == (sentences, [])


def test_the_other_kinds_are_read_as_they_were_written(put) -> None:
    path = put(files.write_lines(answered("yes", "no")))
    assert read(files.labels, path) == (["yes", "no"], [])
    path = put(files.write_choices(answered(1, 0)))
    assert read(files.choices, path, known=("0", "1")) == (["1", "0"], [])
    path = put(files.write_pairs(answered(["x", "y"], [], ["z"])))
    assert read(files.pairs, path) == ([["x", "y"], ["z"]], [])
