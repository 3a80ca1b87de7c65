import gzip
import lzma
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.languages import LANGUAGES
from adapterstilts.tasks import loading
from adapterstilts.tasks.origin import MissingData
from adapterstilts.tasks.readers.reader import Record
from adapterstilts.tasks.readers.text import paragraphs, split_of
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import RealData
from tests.tasks.readers.reading import read, request_of

MLM = TASKS.get("mlm")
SPLITS = ("train", "dev", "test")
LINES = [f"Line {number} has a number in it." for number in range(2000)]


def texts(folder: Path, content: str, split: str, **more: Any) -> list[str]:
    return [row["text"] for row in read("text", folder, content, task=MLM, split=split, **more)]


def test_every_line_is_in_one_split_and_about_one_in_a_hundred_is_dev(tmp_path: Path) -> None:
    found = {split: texts(tmp_path, "\n".join(LINES), split) for split in SPLITS}
    assert sorted(line for lines in found.values() for line in lines) == sorted(LINES)
    assert 5 <= len(found["dev"]) <= 45 and 5 <= len(found["test"]) <= 45


def test_empty_lines_are_none_and_unicode_ends_are_text(tmp_path: Path) -> None:
    line = next(text for n in range(99) if split_of(text := f"a\u2028b\x85c {n}") == "train")
    assert texts(tmp_path, f"\n{line}\n \n\n{line}", "train") == [line, line]


def test_places_say_the_line_and_ids_count_what_was_taken(tmp_path: Path) -> None:
    taken = [line for line in LINES if split_of(line) == "dev"][:2]
    content = f"{taken[0]}\n\n{taken[1]}\n"
    rows = read("text", tmp_path, content, task=MLM)
    assert [(row["id"], row["place"]) for row in rows] == [
        ("0", "data/file:1"),
        ("1", "data/file:3"),
    ]


@given(text=st.text())
def test_a_split_depends_on_nothing_but_the_text(text: str) -> None:
    assert split_of(text) == split_of(text) and split_of(text) in SPLITS


@pytest.mark.parametrize(
    ("name", "pack"),
    [("sw.txt", bytes), ("sw.txt.gz", gzip.compress), ("sw.txt.xz", lzma.compress)],
)
def test_packed_files_are_read_as_they_are(tmp_path: Path, name: str, pack: Any) -> None:
    (tmp_path / name).write_bytes(pack("\n".join(LINES).encode()))
    origin = loading.find(MLM, language="sw", split="dev", folder=tmp_path)
    rows = loading.rows(MLM, origin, language="sw", split="dev")
    assert [row["text"] for row in rows] == [line for line in LINES if split_of(line) == "dev"]


def test_a_torn_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sw.txt.gz"
    path.write_bytes(gzip.compress("\n".join(LINES).encode())[:-50])
    with pytest.raises(StiltsError, match="cannot be unpacked"):
        read("text", tmp_path, path.read_bytes(), name="sw.txt.gz", task=MLM)


def test_all_languages_together_are_all_files(tmp_path: Path) -> None:
    for code, lines in (("sw", LINES[:900]), ("en", LINES[900:])):
        (tmp_path / f"{code}.txt").write_text("\n".join(lines), encoding="utf-8")
    origin = loading.find(MLM, language="mul", split="train", folder=tmp_path)
    rows = loading.rows(MLM, origin, language="mul", split="train")
    files = Counter(row["place"].partition(":")[0] for row in rows)
    assert set(files) == {"en.txt", "sw.txt"}
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_language_without_a_file_is_missing_and_no_other_is_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "sw.txt").write_text("\n".join(LINES), encoding="utf-8")
    with pytest.raises(MissingData, match=r"mlm, train \(et\)"):
        loading.find(MLM, language="et", split="train", folder=tmp_path)


def article(text: Any, identity: str = "12") -> Record:
    return Record(values={"id": identity, "title": "t", "text": text}, place="wiki row 4", number=4)


LONG = "A sentence that is long enough to be no heading."


def test_an_article_is_cut_into_paragraphs_and_headings_are_left_out() -> None:
    split = split_of("12")
    rows = list(paragraphs(article(f"{LONG}\n\nSee also\n{LONG}"), request_of(MLM, split=split)))
    assert [row["text"] for row in rows] == [LONG, LONG]
    assert [row["id"] for row in rows] == ["4.0", "4.3"]
    assert rows[1]["place"] == "wiki row 4 paragraph 4"


def test_all_of_an_article_is_in_one_split() -> None:
    taken = [
        split for split in SPLITS if list(paragraphs(article(LONG), request_of(MLM, split=split)))
    ]
    assert taken == [split_of("12")]


def test_an_article_without_text_is_refused() -> None:
    with pytest.raises(StiltsError, match="wiki row 4: text is None"):
        list(paragraphs(article(None), request_of(MLM)))


def test_the_hub_has_a_configuration_for_every_language() -> None:
    assert isinstance(MLM.data, RealData) and MLM.data.hub
    assert set(MLM.languages) - {"mul"} == set(LANGUAGES.names())
    assert len(MLM.data.hub.configs["mul"]) == len(LANGUAGES)
