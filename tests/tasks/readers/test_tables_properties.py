"""What is written in any layout comes back, and what is damaged is refused where it is."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from tests.tasks.readers.reading import read, roles_of

BARE = {"first": "1", "second": "2", "label": "3"}
SCRIPTS = st.sampled_from(
    [
        "a\u0301b",
        "سلام",
        "नमस्ते",
        "你好",
        "สวัสดี",
        "👩‍👩‍👧",
        '"',
        '""',
        "'",
        "\u2028",
        "\x85",
        "\\",
        ",",
        "\u200c",
        "\U0001d11e",
    ]
)
LETTERS = st.characters(
    codec="utf-8", exclude_characters="\0\n\r\t\ufeff", exclude_categories=["Cs"]
)
TEXTS = st.lists(SCRIPTS | LETTERS, min_size=1).map("".join).filter(str.strip)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(["yes", "no"])), min_size=1)
ENDS = st.sampled_from(["\n", "\r\n"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def as_csv(rows: list[Any], **how: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **how).writerows(rows)
    return out.getvalue()


@given(rows=PAIRS, end=ENDS)
def test_any_text_written_between_tabs_is_read_back(
    folder: Path, rows: list[tuple[str, str, str]], end: str
) -> None:
    content = "".join("\t".join(row) + end for row in [("first", "second", "label"), *rows])
    assert roles_of(read("tsv", folder, content)) == rows


@given(rows=PAIRS, end=ENDS)
def test_any_text_that_xtreme_writes_is_read_back_as_its_authors_wrote_it(
    folder: Path, rows: list[tuple[str, str, str]], end: str
) -> None:
    content = as_csv(rows, delimiter="\t", lineterminator=end)
    assert roles_of(read("tsv_bare", folder, content, columns=BARE)) == rows


@given(
    rows=PAIRS,
    breaks=st.sampled_from(["", "\n", "\r\n", "\n\n"]),
    how=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_text_between_commas_is_read_back_with_its_line_breaks(
    folder: Path, rows: list[tuple[str, str, str]], breaks: str, how: int
) -> None:
    written = [(first + breaks + "x", second, label) for first, second, label in rows]
    content = as_csv([("first", "second", "label"), *written], quoting=how)
    expected = [(first.replace("\r\n", "\n"), second, label) for first, second, label in written]
    assert roles_of(read("csv", folder, content)) == expected


@given(rows=PAIRS, end=ENDS, escaped=st.booleans())
def test_any_text_in_json_is_read_back(
    folder: Path, rows: list[tuple[str, str, str]], end: str, escaped: bool
) -> None:
    names = ("first", "second", "label")
    content = "".join(
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=escaped) + end for row in rows
    )
    assert roles_of(read("jsonl", folder, content)) == rows


LAYOUTS = ("jsonl", "tsv", "tsv_bare", "csv")
DAMAGE = ("empty", "label", "column", "bytes")


@given(
    rows=PAIRS,
    layout=st.sampled_from(LAYOUTS),
    damage=st.sampled_from(DAMAGE),
    data=st.data(),
)
def test_one_damaged_record_among_any_is_refused_in_its_place(
    folder: Path, rows: list[tuple[str, str, str]], layout: str, damage: str, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(rows) - 1))
    # Two records, so that a file without names of columns has more of them than the damaged one.
    rows = [("a", "b", "yes"), *rows]
    lines = [[*row] for row in rows]
    broken = lines[number + 1]
    if damage == "empty":
        broken[data.draw(st.integers(0, 1))] = data.draw(st.sampled_from(["", " ", "\u3000"]))
    elif damage == "label":
        broken[2] = data.draw(st.sampled_from(["maybe", "", "yes no", "0"]))
    elif damage == "column":
        del broken[data.draw(st.integers(0, 2))]
    content = [as_line(layout, line) for line in lines]
    if layout in ("tsv", "csv"):
        content.insert(0, as_line(layout, ["first", "second", "label"]))
    place = number + 1 + (layout in ("tsv", "csv"))
    if damage == "bytes":
        content[place] = content[place][:-1] + b"\xff\n"
    columns = BARE if layout == "tsv_bare" else {}
    with pytest.raises(StiltsError, match=rf"^data/file:{place + 1}: "):
        read(layout, folder, b"".join(content), columns=columns)


def as_line(layout: str, fields: list[str]) -> bytes:
    """Return a record as a layout has it; one without its third column lacks it in JSON too."""
    if layout == "jsonl":
        names = ("first", "second", "label")
        return json.dumps(dict(zip(names, fields, strict=False))).encode() + b"\n"
    if layout == "tsv":
        return "\t".join(fields).encode() + b"\n"
    delimiter = "," if layout == "csv" else "\t"
    return as_csv([fields], delimiter=delimiter, lineterminator="\n").encode()
