"""Mewsli-X: mentions of entities in news articles, and descriptions of a million entities.

Texts are put together as XTREME-R's baseline does it: the mention, and the sentence that it stands
in with marks around it; of an entity the sentences of its description.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.readers import json_text
from adapterstilts.tasks.readers.lines import filled
from adapterstilts.tasks.readers.reader import Request, Row, refuse

_MARKS = "{", "}"
_MARKED = re.compile(r"\{(.*?)\}")
"""What already looks like a mark in the text: it gets round brackets."""

Span = tuple[int, int]


def mewslix(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the mentions of a language, or the entities where the split is the pool.

    The files of the release hold all languages, and articles in others are left out.
    """
    for path in paths:
        for line in filled(path, request):
            document = _parsed(line.text, line.place)
            if request.split == POOL:
                yield _entity(document, line.place)
            else:
                yield from _mentions(document, line.place, request)


def _entity(entity: Mapping[str, Any], place: str) -> Row:
    text = _text(entity, "description", place)
    said = " ".join(text[start:end] for start, end in _spans(entity, text, place)) or text
    return {
        "id": _text(entity, "entity_id", place),
        "place": place,
        "text": _normal(said),
        "targets": [],
    }


def _mentions(document: Mapping[str, Any], place: str, request: Request) -> Iterator[Row]:
    context = _part(document, "context", dict, place)
    if _text(context, "language", place) != request.language:
        return
    text = context.get("text")
    if not text:
        raise refuse(
            place,
            "the article has no text; get-mewsli-x.sh of the release puts it in, from the public"
            " dumps of Wikinews",
        )
    spans = _spans(context, text, place)
    for mention in _part(document, "mentions", list, place):
        gold = _text(mention, "entity_id", place) if request.labelled else None
        yield {
            "id": _text(mention, "example_id", place),
            "place": place,
            "text": _marked(mention, text, spans, place),
            "targets": None if gold is None else [gold],
        }


def _marked(mention: Mapping[str, Any], text: str, spans: Sequence[Span], place: str) -> str:
    span = _part(mention, "mention_span", dict, place)
    (start, end), said = _span(span, text, place), span.get("text")
    if text[start:end] != said:
        raise refuse(place, f"the text from {start} to {end} is not {said!r}; get the files anew")
    for low, high in spans:
        if low <= start and end <= high:
            before, after = (
                _MARKED.sub(r"(\1)", part) for part in (text[low:start], text[end:high])
            )
            left, right = _MARKS
            return _normal(f"{said}: {before} {left} {said} {right} {after}")
    raise refuse(place, f"the mention {said!r} is in no sentence; get the files anew")


def _normal(text: str) -> str:
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def _parsed(line: str, place: str) -> Mapping[str, Any]:
    document = json_text.value(line, place)
    if not isinstance(document, dict):
        raise refuse(place, "not a JSON object; mend the file")
    return document


def _part(document: Any, name: str, kind: type, place: str) -> Any:
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, kind):
        raise refuse(place, f"no '{name}' where one belongs; mend the file")
    return found


def _text(document: Any, name: str, place: str) -> str:
    found: str = _part(document, name, str, place)
    if not found.strip():
        raise refuse(place, f"'{name}' is empty; mend the file")
    return found


def _spans(document: Mapping[str, Any], text: str, place: str) -> list[Span]:
    return [_span(each, text, place) for each in _part(document, "sentence_spans", list, place)]


def _span(span: Any, text: str, place: str) -> Span:
    start, end = (_part(span, name, int, place) for name in ("start", "end"))
    if not 0 <= start < end <= len(text):
        raise refuse(place, f"no text from {start} to {end}; get the files anew")
    return start, end


READERS = {"mewslix": mewslix}
