"""Files of one token a line with its tag behind a tab, and an empty line after each sentence."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers import records
from adapterstilts.tasks.readers.conllu import check_length
from adapterstilts.tasks.readers.lines import Line, lines
from adapterstilts.tasks.readers.reader import Record, Request, Row, refuse

_Token = tuple[str, str, str | None]
"""Place, token, and the tag where there is one."""


def tagged(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the sentences of XTREME's `panx` and `udpos`, whose test files have no tags."""
    return _sentences(paths, request, lambda line: line.text.split("\t"))


def wikiann(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the sentences of Rahimi's WikiANN, where the language stands before every token.

    What XTREME's `panx_preprocess` does is done here: a token ends where white space around it
    begins, and may be empty.
    """
    return _sentences(paths, request, lambda line: _bare(line, request))


def listed(record: Record, request: Request) -> Iterator[Row]:
    """Yield the sentence of a record that has its tokens in one list and its tags in another."""
    tokens, tags = _list(record, request, "tokens"), None
    if request.labelled:
        tags = _list(record, request, "tags")
        if len(tags) != len(tokens):
            raise refuse(record.place, f"{len(tokens)} tokens but {len(tags)} tags; mend the data")
    check(tokens, tags or (), record.place, request)
    yield records.row(record, request, tokens=tokens, tags=tags)


def check(tokens: Sequence[str], tags: Sequence[str], place: str, request: Request) -> None:
    """Refuse a token that is empty where none may be, and a tag that the task does not know."""
    if "tokens" not in records.may_be_blank(request) and not all(map(str.strip, tokens)):
        raise refuse(place, "an empty token; mend the data")
    known = request.task.labels
    for tag in tags:
        if tag not in known:
            raise refuse(place, f"the tag {tag!r} is none of {_some(known)}; mend the data")


def _some(labels: Sequence[str]) -> str:
    """Return the labels as far as anybody reads them."""
    return ", ".join(labels[:20]) + (f" and {len(labels) - 20} more" if len(labels) > 20 else "")


def _list(record: Record, request: Request, role: str) -> list[str]:
    name = request.column(role)
    found = records.column(record, name)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise refuse(record.place, f"{name} is {found!r} where a list of texts belongs")
    return found


def _sentences(
    paths: Sequence[Path], request: Request, split: Callable[[Line], list[str]]
) -> Iterator[Row]:
    """Yield the sentences of files: several empty lines between two of them are as good as one."""
    numbers = count()
    for path in paths:
        sentence: list[_Token] = []
        columns = 0
        for line in lines(path, request):
            if not line.text.strip(" "):
                if sentence:
                    yield _row(sentence, next(numbers), request)
                    sentence = []
                continue
            cells = split(line)
            columns = columns or _known(line.place, len(cells), request)
            if len(cells) != columns:
                raise refuse(
                    line.place, f"{len(cells)} columns where {columns} belong; mend the line"
                )
            sentence.append((line.place, cells[0], cells[1] if columns > 1 else None))
            check_length(len(sentence), line.place)
        if sentence:
            yield _row(sentence, next(numbers), request)


def _known(place: str, columns: int, request: Request) -> int:
    """Return the number of columns of a file after a look at its first line."""
    if columns == 2 or (columns == 1 and request.split == "test"):
        return columns
    raise refuse(
        place,
        f"{columns} columns where a token and its tag belong"
        + (" (only test files are without tags)" if columns == 1 else "")
        + "; mend the file",
    )


def _row(sentence: list[_Token], number: int, request: Request) -> Row:
    place = sentence[0][0]
    for where, token, tag in sentence:
        check([token], [] if tag is None else [tag], where, request)
    labelled = request.labelled and sentence[0][2] is not None
    return {
        "id": str(number),
        "place": place,
        "tokens": [token for _, token, _ in sentence],
        "tags": [tag for _, _, tag in sentence] if labelled else None,
    }


def _bare(line: Line, request: Request) -> list[str]:
    """Return a token without its language, and its tag."""
    language, colon, rest = line.text.partition(":")
    if not colon or language != request.subset:
        raise _foreign(line.place, request)
    token, *tags = rest.split("\t")
    return [token.strip(), *(tag.strip() for tag in tags)]


def _foreign(place: str, request: Request) -> StiltsError:
    return refuse(
        place,
        f"the line does not begin with '{request.subset}:' as WikiANN's files in that language do;"
        " mend the line, or look whether the file is of another language",
    )


READERS = {"tagged": tagged, "wikiann": wikiann}
"""Readers of tagged sentences."""
CONVERTERS = {"tagged": listed}
"""The converter of tagged sentences."""
