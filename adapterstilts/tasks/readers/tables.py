"""Text files of one record a line: JSON, and columns between tabs or commas.

Whether quotes in a table of columns are text or belong to the way it is written cannot be seen in
the file, so each layout's declaration says it by the reader that it names: `tsv` has none,
`tsv_bare` and `csv` have been written by a writer of CSV, which puts fields with quotes between
quotes and doubles those in them. Undoing that gives the text that the authors wrote.
"""

import csv as comma
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers import json_text
from adapterstilts.tasks.readers.lines import Line, filled, lines
from adapterstilts.tasks.readers.reader import Request, Row, lose, refuse
from adapterstilts.tasks.readers.records import rows_of

_LABEL = "label"
_MOST = 1_000
"""Columns of a table; the widest real one has fifteen."""


def jsonl(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of JSON objects, one a line."""
    make = rows_of(request)
    for path in paths:
        for line in filled(path, request):
            yield from make(_object(line), line.place)


def jsonl_labels(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of JSON objects whose labels lie beside them, as `label`, line by line.

    The files come in pairs: the objects, and a file with the label of each.
    """
    make = rows_of(request)
    for objects, labels in zip(paths[::2], paths[1::2], strict=True):
        beside = filled(labels, request)
        for line in filled(objects, request):
            label = next(beside, None)
            if label is None:
                raise refuse(line.place, f"no label in {request.name(labels)}; mend the files")
            values = {**_object(line), "label": label.text}
            yield from make(values, line.place)
        for label in beside:
            raise refuse(label.place, f"no record in {request.name(objects)}; mend the files")


def tsv(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of columns between tabs, named by the first line, where quotes are text."""
    make = rows_of(request)
    for path in paths:
        every = filled(path, request)
        names = _names(path, request, next(every, None))
        for line in every:
            values = _columns(line.text.split("\t"), names, line.place)
            yield from make(values, line.place)


def tsv_trimmed(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of columns between tabs as SNLI and MultiNLI have them in their text files.

    A pair that one annotator has seen lacks the columns of the other four, which are the last ones.
    A role whose column lacks is refused, and so is an id: it stands behind the sentences, and a
    line that was cut off has none.
    """
    make = rows_of(request)
    for path in paths:
        every = filled(path, request)
        names = _names(path, request, next(every, None))
        for line in every:
            fields = line.text.split("\t")
            if len(fields) > len(names):
                raise _uneven(len(fields), names, line.place)
            yield from make(dict(zip(names, fields, strict=False)), line.place)


def tsv_bare(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of columns between tabs without names: they are `1`, `2`, ….

    XTREME's own script writes them, with Python's `csv`. A file has as many columns in every line,
    and none for the labels where they were taken away; where they are there, they are read, though
    the layout may expect none.
    """
    make: Callable[[Mapping[str, Any], str], Iterator[Row]] | None = None
    for path in paths:
        names: tuple[str, ...] = ()
        for line in filled(path, request):
            fields = _unquoted(line)
            names = names or tuple(str(number) for number in range(1, len(fields) + 1))
            values = _columns(fields, names, line.place)
            there = request.labelled or request.column(_LABEL) in names
            make = make or rows_of(replace(request, labelled=there))
            yield from make(values, line.place)


def tsv_aligned(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of XTREME's translations: English beside them, no names, quotes are text.

    Columns are `1`, `2`, … up to the last one that is declared. A line with more or fewer is lost
    where the request lets rows be lost, and so is one without a known label: TensorFlow Datasets,
    which reads the same files, found some that were wrongly populated.
    """
    make = rows_of(request)
    names = tuple(str(number + 1) for number in range(max(map(int, request.columns.values()))))
    for path in paths:
        for line in lines(path, request):
            try:
                values = _columns(line.text.split("\t"), names, line.place)
            except StiltsError as error:
                lose(error, request)
            else:
                yield from make(values, line.place)


def tsv_torn(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of columns between tabs as GLUE wrote Quora's questions: some are torn.

    A few questions have a line break in them, and GLUE's writer put them there as they are. Such a
    record lies on several lines that are too short, and that are one record of the right number of
    columns when they are joined. It is left out, as everybody leaves it out who counts 363,846
    examples in QQP; and so is one with a lone CR, which other readers take for the end of a line.
    Lines that are no record when they are joined are refused.
    """
    make = rows_of(request)
    for path in paths:
        every = lines(path, request)
        names = _names(path, request, next(every, None))
        columns = 0
        torn = ""
        for line in every:
            fields = line.text.split("\t")
            if columns or 1 < len(fields) < len(names):
                torn = torn or line.place
                # The break is inside of a column: it ends on the line that the next one starts.
                columns += len(fields) - (1 if columns else 0)
                if columns > len(names):
                    raise _uneven(columns, names, torn)
                if columns == len(names):
                    columns, torn = 0, ""
            elif "\r" not in line.text:
                yield from make(_columns(fields, names, line.place), line.place)
        if torn:
            raise _uneven(columns, names, torn)


def csv(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the rows of columns between commas, named by the first line; fields may be quoted."""
    make = rows_of(request)
    for path in paths:
        every = _quoted(path, request)
        first = next(every, None)
        names = _checked(first[1], first[0]) if first else _names(path, request, None)
        for place, fields in every:
            values = _columns(fields, names, place)
            yield from make(values, place)


def _object(line: Line) -> dict[str, Any]:
    found = json_text.value(line.text, line.place)
    if not isinstance(found, dict):
        raise refuse(line.place, f"a JSON {type(found).__name__} where an object belongs")
    return found


def _names(path: Path, request: Request, first: Line | None) -> tuple[str, ...]:
    """Return the names of columns that a file starts with."""
    if first is None:
        raise StiltsError(
            f"{request.name(path)} is empty, without so much as names of columns: fetch it again"
        )
    return _checked(first.text.split("\t"), first.place)


def _checked(names: Sequence[str], place: str) -> tuple[str, ...]:
    if len(names) > _MOST:
        raise refuse(place, f"more than {_MOST:,} columns; mend the first line")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise refuse(place, f"two columns are called '{min(twice)}'; mend the first line")
    return tuple(names)


def _columns(fields: Sequence[str], names: Sequence[str], place: str) -> Mapping[str, str]:
    if len(fields) != len(names):
        raise _uneven(len(fields), names, place)
    return dict(zip(names, fields, strict=True))


def _uneven(found: int, names: Sequence[str], place: str) -> StiltsError:
    listed = ", ".join(names)
    return refuse(place, f"{found} columns, not {len(names)} ({listed}); mend the line")


def _unquoted(line: Line) -> list[str]:
    """Return the columns of one line that a writer of CSV has written with tabs."""
    if '"' not in line.text:
        return line.text.split("\t")
    try:
        return next(comma.reader([line.text], delimiter="\t", strict=True))
    except comma.Error as error:
        raise refuse(
            line.place,
            f"its quotes are not as a writer of CSV writes them ({error}); write the file with"
            " XTREME's own script, which doubles quotes, or take the data's own release",
        ) from error


def _quoted(path: Path, request: Request) -> Iterator[tuple[str, list[str]]]:
    """Yield the columns of each record with the place of its first line.

    A quoted field may hold line ends; CRLF there becomes LF.
    """
    places: list[str] = []

    def fed() -> Iterator[str]:
        for line in lines(path, request):
            places.append(line.place)
            yield line.text + "\n"

    records = comma.reader(fed(), strict=True)
    try:
        for fields in records:
            # An empty line is no record to the reader, and has no columns to be wrong.
            if fields:
                yield places[0], fields
            places.clear()
    except comma.Error as error:
        raise refuse(places[0], f"broken CSV: {error}; mend the record that starts here") from error


READERS = {
    "jsonl": jsonl,
    "jsonl_labels": jsonl_labels,
    "tsv": tsv,
    "tsv_trimmed": tsv_trimmed,
    "tsv_bare": tsv_bare,
    "tsv_aligned": tsv_aligned,
    "tsv_torn": tsv_torn,
    "csv": csv,
}
"""Readers of tables that are text."""
