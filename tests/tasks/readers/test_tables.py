from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from tests.tasks.readers.reading import read, real_task, roles_of

BARE = {"first": "1", "second": "2", "label": "3"}
HEADER = "first\tsecond\tlabel\n"
TEXT = '{"first": "a", "second": "b"}\n'
JSON = '{"first": "a", "second": "b", "label": "yes"}\n'


def test_a_character_that_json_writes_in_two_halves_is_read(tmp_path: Path) -> None:
    assert roles_of(read("jsonl", tmp_path, JSON.replace('"b"', r'"\ud83d\uDE00"'))) == [
        ("a", "😀", "yes")
    ]


def test_the_first_line_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    for reader, content in {
        "tsv": HEADER + "a\tb\tyes\n",
        "csv": "first,second,label\na,b,yes",
    }.items():
        assert roles_of(read(reader, tmp_path, "\ufeff" + content)) == [("a", "b", "yes")]


def test_rows_are_numbered_over_all_files_and_keep_their_places(tmp_path: Path) -> None:
    found = read("tsv", tmp_path, HEADER + "a\tb\tyes\nc\td\tno\n", HEADER + "e\tf\tno\n")
    assert [(row["id"], row["place"]) for row in found] == [
        ("0", "data/file:2"),
        ("1", "data/file:3"),
        ("2", "data/file2:2"),
    ]


def test_a_record_of_csv_is_where_it_starts(tmp_path: Path) -> None:
    content = 'first,second,label\n"a\nb",c,yes\nd,e,no\n'
    assert [row["place"] for row in read("csv", tmp_path, content)] == [
        "data/file:2",
        "data/file:4",
    ]


def test_labels_that_are_not_there_are_none(tmp_path: Path) -> None:
    found = read("tsv_bare", tmp_path, "a\tb\nc\td\n", columns=BARE, labelled=False)
    assert roles_of(found) == [("a", "b", None), ("c", "d", None)]
    found = read("tsv_bare", tmp_path, "a\tb\tyes\nc\td\tno\n", columns=BARE, labelled=False)
    assert roles_of(found) == [("a", "b", "yes"), ("c", "d", "no")]


def test_labels_of_another_file_come_beside_their_records(tmp_path: Path) -> None:
    texts = '{"first": "a", "second": "b"}\n{"first": "c", "second": "d"}\n'
    found = read("jsonl_labels", tmp_path, texts, "no\r\nyes\r\n")
    assert roles_of(found) == [("a", "b", "no"), ("c", "d", "yes")]


@pytest.mark.parametrize(
    ("reader", "contents", "message"),
    [
        ("jsonl", [JSON + '{"first": "a", '], r"^data/file:2: no JSON"),
        ("jsonl", [JSON + "[1]\n"], r"^data/file:2: a JSON list where an object belongs"),
        ("jsonl", [JSON + "\n" + JSON], r"^data/file:2: an empty line"),
        ("jsonl", [JSON + "[" * 100_000], r"^data/file:2: no JSON"),
        (
            "jsonl",
            [JSON + JSON.replace("a", r"\uDe00")],
            r"^data/file:2: no JSON: .* has half a character",
        ),
        (
            "jsonl",
            [JSON, '{"first": "a"}'],
            r"^data/file2:1: no column 'second' \(there are: first",
        ),
        ("jsonl", [JSON.replace('"a"', "1")], r"^data/file:1: first is 1 where a text belongs"),
        ("jsonl", [JSON.replace('"a"', "null")], r"^data/file:1: first is None where a text"),
        ("jsonl", [JSON + JSON.replace('"a"', '" "')], r"^data/file:2: first is empty"),
        (
            "jsonl",
            [JSON.replace("yes", "maybe")],
            r"^data/file:1: label 'maybe' is none of yes, no",
        ),
        ("jsonl_labels", [TEXT + TEXT, "yes\n"], r"^data/file:2: no label in data/file2"),
        ("jsonl_labels", [TEXT, "yes\nno\n"], r"^data/file2:2: no record in data/file"),
        ("tsv", [""], r"^data/file is empty, without so much as names of columns"),
        ("tsv", [HEADER + "a\tb\n"], r"^data/file:2: 2 columns, not 3 \(first, second, label\)"),
        ("tsv", [HEADER + "a\tb\tyes\tmore\n"], r"^data/file:2: 4 columns, not 3"),
        ("tsv", [HEADER + "a\t\tyes\n"], r"^data/file:2: second is empty"),
        ("tsv", [HEADER + "\t\t\n"], r"^data/file:2: first is empty"),
        ("tsv", ["first\tfirst\tlabel\n"], r"^data/file:1: two columns are called 'first'"),
        ("tsv", ["one\ttwo\tlabel\na\tb\tyes\n"], r"^data/file:2: no column 'first'"),
        ("csv", [""], r"^data/file is empty"),
        ("csv", ['first,second,label\na,"b\nc,yes\nd,e,no\n'], r"^data/file:2: broken CSV"),
        ("csv", ['first,second,label\na,"b"c,yes\n'], r"^data/file:2: broken CSV"),
        ("csv", ["first,second,label\na,b\n"], r"^data/file:2: 2 columns, not 3"),
        ("csv", ["first,second,label\na\rb,c,yes\n"], r"^data/file:2: broken CSV"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, reader: str, contents: list[str], message: str
) -> None:
    with pytest.raises(StiltsError, match=message):
        read(reader, tmp_path, *contents)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\tyes\nc\td\n", r"^data/file:2: 2 columns, not 3 \(1, 2, 3\)"),
        ("a\tb\n", r"^data/file:1: no column '3' \(there are: 1, 2\)"),
        ('a\t"b" c\tyes\n', r"^data/file:1: its quotes are not as a writer of CSV writes them"),
        ('a\tb\tyes\n"a\tb\tno\nc\td\tno\n', r"^data/file:2: its quotes are not"),
    ],
)
def test_a_broken_line_of_xtremes_files_is_refused_with_its_place(
    tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(StiltsError, match=message):
        read("tsv_bare", tmp_path, content, columns=BARE)


@pytest.mark.parametrize(
    ("reader", "first"),
    [
        ("jsonl", JSON),
        ("tsv", HEADER),
        ("tsv_bare", "a\tb\tyes\n"),
        ("tsv_torn", HEADER),
        ("csv", "first,second,label\n"),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused_with_their_place(
    tmp_path: Path, reader: str, first: str
) -> None:
    columns = BARE if reader == "tsv_bare" else {}
    with pytest.raises(StiltsError, match=r"^data/file:2: byte 2 of the line is not UTF-8"):
        read(reader, tmp_path, first.encode() + b"a\xc3(\n", columns=columns)


def test_a_role_that_may_be_empty_is_read_as_it_is(tmp_path: Path) -> None:
    task = real_task(blank=("second",))
    assert roles_of(read("tsv", tmp_path, HEADER + "a\t\tyes\n", task=task)) == [("a", "", "yes")]
    with pytest.raises(StiltsError, match=r"^data/file:2: first is empty"):
        read("tsv", tmp_path, HEADER + "\tb\tyes\n", task=task)


def test_columns_may_lack_at_the_end_of_a_trimmed_line_but_no_role_and_no_id(
    tmp_path: Path,
) -> None:
    header = "label\tfirst\tsecond\tpair\tlabel1\tlabel2\n"
    whole, trimmed = "yes\ta\tb\t1\tyes\tno\n", "no\tc\td\t2\n"
    found = read("tsv_trimmed", tmp_path, header + whole + trimmed, columns={"id": "pair"})
    assert roles_of(found) == [("a", "b", "yes"), ("c", "d", "no")]
    for line, message in {
        "no\tc\td\n": r"^data/file:2: no column 'pair'",
        "no\tc\n": r"^data/file:2: no column 'second'",
        whole.strip() + "\tmore\n": r"^data/file:2: 7 columns, not 6",
    }.items():
        with pytest.raises(StiltsError, match=message):
            read("tsv_trimmed", tmp_path, header + line, columns={"id": "pair"})


def torn(*lines: str) -> str:
    return "id\tfirst\tsecond\tlabel\n" + "".join(line + "\n" for line in lines)


def test_a_torn_record_is_left_out_and_its_neighbours_are_not(tmp_path: Path) -> None:
    content = torn(
        "1\ta\tb\tyes",
        '2\t"c',
        "",
        'and more"\td\tno',
        "3\te\tf",
        "f\tno",
        "4\tg\rg\th\tno",
        "5\ti\tj\tno",
    )
    found = read("tsv_torn", tmp_path, content, columns={"id": "id"})
    assert [(row["id"], row["place"]) for row in found] == [
        ("1", "data/file:2"),
        ("5", "data/file:9"),
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1\ta\tb\tyes", "2\tc", "3\td\te\tno"], r"^data/file:3: 5 columns, not 4"),
        (["1\ta\tb\tyes", "2\tc"], r"^data/file:3: 2 columns, not 4"),
        (["1\ta\tb\tyes", "garbage", "2\tc\td\tno"], r"^data/file:3: 1 columns, not 4"),
        (["1\ta\tb\tc\tyes"], r"^data/file:2: 5 columns, not 4"),
        (["1\ta\tb\tyes", "", "2\tc\td\tno"], r"^data/file:3: 1 columns, not 4"),
    ],
)
def test_lines_that_are_no_torn_record_are_refused(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(StiltsError, match=message):
        read("tsv_torn", tmp_path, torn(*lines))


ALIGNED = {"first": "3", "second": "4", "label": "5"}


def test_columns_beside_english_are_numbered_and_quotes_are_text(tmp_path: Path) -> None:
    text = 'A\tB\t"Eins\tZwei" \tyes\n'
    (row,) = read("tsv_aligned", tmp_path, text, columns=ALIGNED)
    assert (row["first"], row["second"], row["label"]) == ('"Eins', 'Zwei" ', "yes")


def test_lines_of_too_few_columns_are_lost_where_rows_may_be(tmp_path: Path) -> None:
    text = "A\tB\tEins\tZwei\tyes\nA\tB\n\nA\tB\tEins\tZwei\tB\nA\tB\tDrei\tVier\tno\n"
    lost: list[str] = []
    found = read("tsv_aligned", tmp_path, text, columns=ALIGNED, lost=lost)
    assert [row["first"] for row in found] == ["Eins", "Drei"]
    assert [message.split(": ")[0] for message in lost] == [f"data/file:{n}" for n in (2, 3, 4)]
    with pytest.raises(StiltsError, match=r"data/file:2: 2 columns, not 5"):
        read("tsv_aligned", tmp_path, text, columns=ALIGNED)
