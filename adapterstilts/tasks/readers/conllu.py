"""Sentences of CoNLL-U files: words, the spans of multiword tokens, and who depends on whom.

The format: https://universaldependencies.org/format.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.tasks.readers.lines import lines
from adapterstilts.tasks.readers.reader import Request, refuse

COLUMNS = 10
_ID, _FORM, _UPOS, _HEAD, _DEPS = 0, 1, 3, 6, 8
_NOTHING = "_"
_LONGEST = 20_000
"""Tokens of the longest sentence; the longest of Universal Dependencies has some 1,000."""
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Word:
    """One syntactic word."""

    form: str
    """What is written, or `_` where the text is licensed."""
    upos: str
    """Universal part of speech."""
    heads: frozenset[int]
    """Words that it depends on, in the tree and in the enhanced graph; 0 is the root."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A multiword token: one written form of several words."""

    first: int
    """Number of its first word, from 1."""
    last: int
    """Number of its last word."""
    form: str
    """What is written."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of a treebank."""

    words: tuple[Word, ...]
    """Its words in order: the word of number 1 comes first."""
    spans: tuple[Span, ...]
    """Its multiword tokens in order; no two share a word."""
    place: str
    """Where its first token stands."""


def sentences(path: Path, request: Request) -> Iterator[Sentence]:
    """Yield the sentences of a file; empty nodes (`8.1`) are no words and are left out."""
    block: list[tuple[str, str]] = []
    for place, line in lines(path, request):
        if not line:
            if block:
                yield _sentence(block)
                block = []
        elif not line.startswith("#"):
            block.append((place, line))
            check_length(len(block), place)
    if block:
        yield _sentence(block)


def check_length(tokens: int, place: str) -> None:
    """Refuse a sentence that does not end, of which nothing is known until it does."""
    if tokens > _LONGEST:
        raise refuse(place, f"a sentence of more than {_LONGEST:,} tokens; mend the file")


def _sentence(block: list[tuple[str, str]]) -> Sentence:
    words: list[Word] = []
    spans: list[Span] = []
    for place, line in block:
        cells = line.split("\t")
        if len(cells) != COLUMNS:
            raise refuse(place, f"{len(cells)} columns where CoNLL-U has {COLUMNS}; mend the file")
        number = cells[_ID]
        if "." in number:
            continue
        if "-" in number:
            spans.append(_span(place, number, cells[_FORM], after=len(words), spans=spans))
            continue
        if number != str(len(words) + 1):
            raise refuse(
                place, f"word {number!r} follows word {len(words)}; mend the file's numbers"
            )
        words.append(Word(form=cells[_FORM], upos=cells[_UPOS], heads=_heads(place, cells)))
    _check(block[0][0], words, spans)
    return Sentence(words=tuple(words), spans=tuple(spans), place=block[0][0])


def _span(place: str, number: str, form: str, *, after: int, spans: list[Span]) -> Span:
    first, _, last = number.partition("-")
    if not (_is_number(first) and _is_number(last)) or int(first) != after + 1:
        raise refuse(place, f"multiword token {number!r} after word {after}; mend its numbers")
    if int(last) < int(first) or (spans and spans[-1].last >= int(first)):
        raise refuse(place, f"multiword token {number!r} is no span of its own; mend its numbers")
    return Span(first=int(first), last=int(last), form=form)


def _heads(place: str, cells: list[str]) -> frozenset[int]:
    """Return the numbers of the HEAD and DEPS columns, those of empty nodes left out."""
    heads = set()
    if cells[_HEAD] != _NOTHING:
        if not _is_number(cells[_HEAD]):
            raise refuse(place, f"head {cells[_HEAD]!r} is no number; mend the file")
        heads.add(int(cells[_HEAD]))
    if cells[_DEPS] != _NOTHING:
        numbers = (relation.partition(":")[0] for relation in cells[_DEPS].split("|"))
        heads.update(int(number) for number in numbers if _is_number(number))
    return frozenset(heads)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS


def _check(place: str, words: list[Word], spans: list[Span]) -> None:
    if not words:
        raise refuse(place, "a sentence without words; mend the file")
    if spans and spans[-1].last > len(words):
        raise refuse(
            place, f"a multiword token ends at word {spans[-1].last} of {len(words)}; mend the file"
        )
    if any(head > len(words) for word in words for head in word.heads):
        raise refuse(place, f"a head above {len(words)}, the last word; mend the file")
