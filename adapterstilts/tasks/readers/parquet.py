"""Parquet files as the Hub has them, with class labels by their names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.core import strict
from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers import parquet_files
from adapterstilts.tasks.readers.reader import Request, Row, refuse
from adapterstilts.tasks.readers.records import rows_of

if TYPE_CHECKING:
    import pyarrow.parquet

_FEATURES = b"huggingface"
"""Key of a file's metadata under which `datasets` says what its columns are."""
_LONGEST = 300
_LARGEST = 2_000_000
"""Bytes of what a file may say of its columns: 4,000 names of labels have 100,000."""
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
            file, most = parquet_files.opened(path, name)
            naming = _naming(file, name)
            for values in parquet_files.records(file, most, name):
                place = f"{name} row {number}"
                number += 1
                for column, named in naming.items():
                    values[column] = named(values[column], f"{place}: {column}")
                yield from make(values, place)
        except (OSError, pyarrow.ArrowException, UnicodeDecodeError) as error:
            reason = strict.plain(" ".join(str(error).split()), _LONGEST)
            raise StiltsError(
                f"{name} cannot be read from row {number} on ({reason}): remove {path} and fetch it"
                " again"
            ) from error


def _naming(file: "pyarrow.parquet.ParquetFile", name: str) -> Mapping[str, Named]:
    """Return how values are named, for each column that has class labels."""
    try:
        written = (file.schema_arrow.metadata or {}).get(_FEATURES, b"{}")
        if len(written) > _LARGEST:
            raise ValueError(f"they have more than {_LARGEST:,} bytes")
        said = strict.parsed(written.decode())
        features = said.get("info", {}).get("features") or {}
        named = {column: _named(feature) for column, feature in features.items()}
    except (ValueError, AttributeError, LookupError, TypeError) as error:
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
        names = feature["names"]
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise TypeError("names of labels are no list of texts")
        return _class_label(names)
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
        if type(value) is not int or not 0 <= value < len(names):
            raise refuse(place, f"{value} is none of the {len(names)} labels that the file names")
        return names[value]

    return named


def _each(inner: Named) -> Named:
    def named(value: Any, place: str) -> Any:
        # A sequence of records is stored as a record of sequences.
        if isinstance(value, dict):
            return {
                key: [inner({key: item}, place)[key] for item in _items(items, place)]
                for key, items in value.items()
            }
        return value and [inner(item, place) for item in _items(value, place)]

    return named


def _items(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise refuse(place, f"{value!r} where the file says that a list is; fetch it again")
    return value


def _struct(fields: Mapping[str, Named]) -> Named:
    def named(value: Any, place: str) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise refuse(place, f"{value!r} where the file says that a record is; fetch it again")
        return {
            key: fields[key](item, place) if key in fields else item for key, item in value.items()
        }

    return named


READERS = {"parquet": parquet}
"""The reader of what the Hub has."""
