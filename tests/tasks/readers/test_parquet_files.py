from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from adapterstilts.core.errors import StiltsError
from tests.tasks.readers.reading import read

ESCAPE = "\x1b]0;owned\x07\u202e"


def packed(folder: Path, table: Any, **options: Any) -> bytes:
    path = folder / "packed.parquet"
    pyarrow.parquet.write_table(
        table,
        path,
        compression="zstd",
        dictionary_pagesize_limit=2**30,
        row_group_size=2**30,
        **options,
    )
    return path.read_bytes()


def repeated(value: Any, times: int) -> Any:
    return pyarrow.DictionaryArray.from_arrays(
        pyarrow.repeat(pyarrow.scalar(0, pyarrow.int32()), times), pyarrow.array([value])
    )


def test_a_file_that_announces_more_rows_than_it_can_hold_is_refused(tmp_path: Path) -> None:
    column = repeated("a", 300_000)
    content = packed(tmp_path, pyarrow.table(dict.fromkeys(("first", "second", "label"), column)))
    with pytest.raises(StiltsError, match="it announces 300,000 rows in"):
        read("parquet", tmp_path, content)


def test_a_long_text_that_every_row_repeats_is_counted_before_it_is_made(tmp_path: Path) -> None:
    columns = {"first": "a" * 1_000_000, "second": "b", "label": "no"}
    table = pyarrow.table({name: repeated(text, 500) for name, text in columns.items()})
    with pytest.raises(StiltsError, match="more than 200 times its size"):
        read("parquet", tmp_path, packed(tmp_path, table))


def test_a_text_that_unpacks_to_far_more_is_refused_before_it_is_read(tmp_path: Path) -> None:
    columns = {"first": ["a" * 80_000_000], "second": ["b"], "label": ["no"]}
    with pytest.raises(StiltsError, match="more than 200 times its size"):
        content = packed(
            tmp_path, pyarrow.table(columns), use_dictionary=False, write_statistics=False
        )
        read("parquet", tmp_path, content)


def test_a_table_of_thousands_of_columns_is_refused_in_a_short_line(tmp_path: Path) -> None:
    table = pyarrow.table({f"{ESCAPE}{number}": [1] for number in range(1_001)})
    with pytest.raises(StiltsError, match="more than 1,000 columns") as caught:
        read("parquet", tmp_path, packed(tmp_path, table))
    assert str(caught.value).isprintable()
