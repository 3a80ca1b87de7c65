"""Rows of parquet files, of which no more is made than the size of a file can hold.

A file of a few kilobytes can announce a billion rows, or repeat one long text in each of them: what
it says of itself is looked at before anything is read, and what comes out of it is counted.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.tasks.readers.reader import refuse

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_BATCH = 2048
"""Rows that are in memory at once as Python objects, or fewer where they are long."""
_AT_ONCE = 64_000_000
"""Bytes of text that are in memory at once as Python objects."""
_TIMES, _SPARED = 200, 64_000_000
"""Times that a file grows when it is read, and bytes that do not count: real ones grow by ten."""
_ROWS, _FEW = 10, 100_000
"""Rows for each byte of a file, and rows that do not count: a real row has some fifty bytes."""
_COLUMNS, _GROUPS = 1_000, 20_000
"""Columns and row groups of a file."""
_FOOTER = 32_000_000
"""Bytes of all that a file says of itself."""


def opened(path: Path, name: str) -> tuple["pyarrow.parquet.ParquetFile", int]:
    """Return a file that may be read, and how many bytes of text may come out of it."""
    import pyarrow
    import pyarrow.parquet

    size = path.stat().st_size
    most = _TIMES * size + _SPARED
    said = pyarrow.parquet.read_metadata(path)
    if said.serialized_size > _FOOTER or said.num_columns > _COLUMNS:
        raise refuse(name, f"it has more than {_COLUMNS:,} columns; take another copy of the data")
    if said.num_row_groups > _GROUPS:
        raise refuse(name, f"it has more than {_GROUPS:,} parts; take another copy of the data")
    if not 0 <= said.num_rows <= _ROWS * size + _FEW:
        raise refuse(
            name, f"it announces {said.num_rows:,} rows in {size:,} bytes; take another copy"
        )
    groups = (said.row_group(number) for number in range(said.num_row_groups))
    if sum(max(0, group.total_byte_size) for group in groups) > most:
        raise refuse(
            name, f"it is unpacked to more than {_TIMES} times its size; take another copy"
        )
    schema = said.schema.to_arrow_schema()
    texts = [each.name for each in schema if each.type in (pyarrow.string(), pyarrow.binary())]
    # A text that is in many rows is held once.
    return pyarrow.parquet.ParquetFile(path, metadata=said, read_dictionary=texts), most


def records(file: "pyarrow.parquet.ParquetFile", most: int, name: str) -> Iterator[dict[str, Any]]:
    """Yield each row as columns and their values, until they are more bytes than there may be."""
    for batch in file.iter_batches(_BATCH):
        size = sum(map(_size, batch.columns))
        most -= size
        if most < 0:
            raise refuse(
                name, f"it is unpacked to more than {_TIMES} times its size; take another copy"
            )
        step = max(1, batch.num_rows * _AT_ONCE // max(size, _AT_ONCE))
        for start in range(0, batch.num_rows, step):
            yield from _plain(batch.slice(start, step)).to_pylist()


def _plain(batch: "pyarrow.RecordBatch") -> "pyarrow.RecordBatch":
    """Return rows each of which has its own texts: from those, Python objects are made faster."""
    import pyarrow

    columns = [
        column.dictionary_decode() if pyarrow.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _size(column: "pyarrow.Array") -> int:
    """Return how many bytes the values of a column are when each stands for itself."""
    import pyarrow
    import pyarrow.compute

    if not pyarrow.types.is_dictionary(column.type):
        return int(column.nbytes)
    # The dictionary grows from batch to batch, so that only what this one has of it is looked at.
    values, counts = pyarrow.compute.value_counts(column.indices.drop_null()).flatten()
    lengths = pyarrow.compute.binary_length(column.dictionary.take(values))
    total = pyarrow.compute.sum(pyarrow.compute.multiply(lengths.cast(pyarrow.int64()), counts))
    return int(total.as_py() or 0) + int(column.indices.nbytes)
