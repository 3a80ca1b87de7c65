"""Parquet files as the Hub has them, with class labels by their names."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.reader import Request, Row, refuse
from adapterstilts.tasks.readers.records import rows_of

if TYPE_CHECKING:
    import pyarrow.parquet

_BATCH = 2048
"""Rows that are in memory at once as Python objects."""
_FEATURES = b"huggingface"
"""Key of a file's metadata under which `datasets` says what its columns are."""
_LISTS = frozenset({"Sequence", "List", "LargeList"})

Named = Callable[[Any, str], Any]
"""Returns a value with names in the place of its class labels; the text is its place."""


def parquet(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of files that are read one after the other.

    A class label is an integer in the file and a name in its metadata. The name comes out, because
    copies of a data set number its labels in different orders; -1, no label, comes out as None.
    """
    # Here and not above: it takes a quarter of a second, and the tasks can be listed without it.
    import pyarrow
    import pyarrow.parquet

    make = rows_of(request)
    for path in paths:
        name = request.name(path)
        number = 0
        try:
            file = pyarrow.parquet.ParquetFile(path)
            naming = _naming(file, name)
            for batch in file.iter_batches(_BATCH):
                for values in batch.to_pylist():
                    place = f"{name} row {number}"
                    number += 1
                    for column, named in naming.items():
                        values[column] = named(values[column], f"{place}: {column}")
                    yield from make(values, place)
        except (OSError, pyarrow.ArrowException, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
            raise StiltsError(
                f"{name} cannot be read from row {number} on ({reason}): remove {path} and fetch it"
                " again"
            ) from error


def _naming(file: "pyarrow.parquet.ParquetFile", name: str) -> Mapping[str, Named]:
    """Return how values are named, for each column that has class labels."""
    try:
        said = json.loads((file.schema_arrow.metadata or {}).get(_FEATURES, b"{}"))
        features = said.get("info", {}).get("features") or {}
        named = {column: _named(feature) for column, feature in features.items()}
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise refuse(name, f"its metadata are broken ({error}); fetch it again") from error
    there = set(file.schema_arrow.names)
    return {column: each for column, each in named.items() if each and column in there}


def _named(feature: Any) -> Named | None:
    """Return how values of a feature are named; None where it has no class label in it."""
    if isinstance(feature, list):
        inner = _named(feature[0])
        return inner and _each(inner)
    if not isinstance(feature, dict):
        return None
    kind = feature.get("_type")
    if kind == "ClassLabel":
        return _class_label(feature["names"])
    if kind in _LISTS:
        inner = _named(feature["feature"])
        return inner and _each(inner)
    if kind is None:
        fields = {name: named for name, each in feature.items() if (named := _named(each))}
        return _struct(fields) if fields else None
    return None


def _class_label(names: Sequence[str]) -> Named:
    def named(value: Any, place: str) -> Any:
        if value is None or value == -1:
            return None
        if not 0 <= value < len(names):
            raise refuse(place, f"{value} is none of the {len(names)} labels that the file names")
        return names[value]

    return named


def _each(inner: Named) -> Named:
    def named(value: Any, place: str) -> Any:
        # A sequence of records is stored as a record of sequences.
        if isinstance(value, dict):
            return {
                key: [inner({key: item}, place)[key] for item in items]
                for key, items in value.items()
            }
        return value and [inner(item, place) for item in value]

    return named


def _struct(fields: Mapping[str, Named]) -> Named:
    def named(value: Any, place: str) -> Any:
        if value is None:
            return None
        return {
            key: fields[key](item, place) if key in fields else item for key, item in value.items()
        }

    return named


READERS = {"parquet": parquet}
"""The reader of what the Hub has."""
