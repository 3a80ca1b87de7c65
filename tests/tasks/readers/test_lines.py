from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers import lines
from tests.tasks.readers.reading import request_of

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\ufeff"))


def written(folder: Path, content: bytes) -> Path:
    path = folder / "xnli" / "dev-sw.tsv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def texts(folder: Path, content: bytes) -> list[str]:
    return [line.text for line in lines.lines(written(folder, content), request_of())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


@given(expected=st.lists(TEXTS), end=st.sampled_from(["\n", "\r\n"]), bom=st.booleans())
def test_any_text_comes_back_line_by_line(
    folder: Path, expected: list[str], end: str, bom: bool
) -> None:
    content = "".join(text + end for text in expected).encode()
    assert texts(folder, b"\xef\xbb\xbf" + content if bom and expected else content) == expected


def test_only_lf_and_crlf_end_a_line(folder: Path) -> None:
    inside = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\rh"
    assert texts(folder, f"{inside}\n{inside}".encode()) == [inside, inside]


def test_a_byte_order_mark_is_text_anywhere_but_at_the_start(folder: Path) -> None:
    assert texts(folder, "\ufeffa\n\ufeffb\n".encode()) == ["a", "\ufeffb"]


def test_a_place_is_folder_file_and_line(folder: Path) -> None:
    path = written(folder, b"a\n\nb")
    assert [line.place for line in lines.lines(path, request_of())] == [
        "xnli/dev-sw.tsv:1",
        "xnli/dev-sw.tsv:2",
        "xnli/dev-sw.tsv:3",
    ]


def test_bytes_that_are_no_utf_8_are_refused_with_line_and_byte(folder: Path) -> None:
    with pytest.raises(StiltsError, match=r"^xnli/dev-sw\.tsv:2: byte 4 of the line is not UTF-8"):
        texts(folder, b"good\nbad\xff\n")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match=r"cannot be read: No such file"):
        list(lines.lines(tmp_path / "gone.tsv", request_of()))


def test_empty_lines_at_the_end_are_no_records(folder: Path) -> None:
    path = written(folder, b"a\nb\n\n \n")
    assert [line.text for line in lines.filled(path, request_of())] == ["a", "b"]


def test_an_empty_line_between_records_is_refused_with_its_place(folder: Path) -> None:
    path = written(folder, b"a\n\n\nb\n")
    with pytest.raises(StiltsError, match=r"^xnli/dev-sw\.tsv:2: an empty line where a record"):
        list(lines.filled(path, request_of()))


def test_a_line_of_empty_columns_is_a_record(folder: Path) -> None:
    path = written(folder, b"a\tb\n\t\n")
    assert [line.text for line in lines.filled(path, request_of())] == ["a\tb", "\t"]
