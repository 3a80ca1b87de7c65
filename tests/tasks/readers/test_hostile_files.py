"""Files that were made to take memory, time or the screen: each is refused in a short line."""

import gzip
import json
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.lines import LONGEST
from adapterstilts.tasks.registry import READERS, TASKS
from tests.tasks.readers.reading import read, request_of

ESCAPE = "\x1b]0;owned\x07\u202e\u2066"
NESTED = {"lists": "[" * 10_000, "objects": '{"a":' * 10_000}
PAIR = '"first": "a", "second": "b"'
JSON = {
    "nan": f'{{{PAIR}, "label": "yes", "more": NaN}}',
    "twice": f'{{{PAIR}, "first": "c", "label": "yes"}}',
    "digits": f'{{{PAIR}, "label": {"9" * 4_000}}}',
    "deep": f'{{{PAIR}, "label": {"[" * 900 + "]" * 900}}}',
    "half": f'{{{PAIR}, "label": "\\ud800"}}',
    "label": f'{{{PAIR}, "label": {json.dumps(ESCAPE * 1_000)}}}',
    "value": f'{{"first": {json.dumps([ESCAPE] * 1_000)}, "second": "b", "label": "yes"}}',
    "columns": json.dumps({f"{ESCAPE}{number}": 1 for number in range(5_000)}),
    **NESTED,
}


def refusal(reader: str, folder: Path, content: str | bytes, name: str = "file") -> str:
    """Return why a file is refused, in one line that a screen can show."""
    with pytest.raises(StiltsError) as caught:
        read(reader, folder, content, name=name)
    message = str(caught.value)
    assert len(message) < 1_000
    assert message.isprintable()
    return message


@pytest.mark.parametrize("content", JSON.values(), ids=JSON)
def test_a_line_of_json_that_is_not_plain_is_refused(tmp_path: Path, content: str) -> None:
    assert "data/file:1: " in refusal("jsonl", tmp_path, content)


@pytest.mark.parametrize("content", NESTED.values(), ids=NESTED)
@pytest.mark.parametrize("name", ["mewslix", "lareqa", "squad"])
def test_no_document_is_followed_into_its_depths(tmp_path: Path, name: str, content: str) -> None:
    task = TASKS.get(name)
    language = next(iter(task.languages))
    paths = [tmp_path / f"{code}.json" for code in task.languages]
    for path in paths:
        path.write_text(content, encoding="utf-8")
    reader = READERS.get("squad_json" if name == "squad" else name)
    with pytest.raises(StiltsError, match="nested more than 32 deep"):
        list(reader(paths, request_of(task, language=language, split="test")))


def test_a_message_keeps_its_remedy_however_much_it_quotes(tmp_path: Path) -> None:
    message = refusal("jsonl", tmp_path, JSON["label"])
    assert message.endswith("is none of yes, no; mend the file")


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    assert "more than 8,000,000 bytes" in refusal("jsonl", tmp_path, b"x" * (LONGEST + 1))


def test_what_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(b"x" * 999_999 + b"\n") * 20
    assert "times its size" in refusal("text", tmp_path, content, name="file.gz")


def test_empty_lines_without_end_are_refused(tmp_path: Path) -> None:
    assert "data/file:1: an empty line" in refusal("jsonl", tmp_path, "\n" * 1_001)


def test_a_table_of_thousands_of_columns_is_refused(tmp_path: Path) -> None:
    names = "\t".join(f"{ESCAPE}{number}" for number in range(1_001))
    assert "more than 1,000 columns" in refusal("tsv", tmp_path, f"{names}\n")


def test_a_sentence_without_an_end_is_refused(tmp_path: Path) -> None:
    endless = "".join(f"{number}\tw\t_\tX\t_\t_\t0\t_\t_\t_\n" for number in range(1, 20_002))
    assert "more than 20,000 tokens" in refusal("ud", tmp_path, endless)


@pytest.mark.parametrize("cells", ["1\tw\t_\tX\t_\t_\t{}\t_\t_\t_", "1-{}" + "\t_" * 9])
def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path, cells: str) -> None:
    refusal("ud", tmp_path, cells.format("9" * 5_000) + "\n\n")
