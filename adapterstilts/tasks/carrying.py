"""Answers carried into another language: found again in the translation of their passage.

Two ways, both used where translate-train data are made. The answer stands between marks when its
passage is translated, and the marks are found in the translation; or answer and passage are
translated apart, and the one is looked for in the other. Everything here is about text alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[int, int]

_CLOSING = (
    ".,;:!?…"
    "\u060c\u061b\u061f\u06d4"  # Arabic and Urdu: comma, semicolon, question mark, full stop.
    "\u0964\u0589"  # Danda; the full stop of Armenian.
    "\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b"  # The wide ones of Chinese and Japanese.
)
"""What a translation may put behind an answer that has nothing there."""


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What stands before and after an answer while its passage is translated."""

    before: str
    """Put before it."""
    after: str
    """Put after it."""
    opening: re.Pattern[str]
    """What a translation may have made of the first."""
    closing: re.Pattern[str]
    """What a translation may have made of the second."""

    def allow(self, text: str) -> bool:
        """Return whether a text has nothing in it that could be taken for a mark."""
        return not self.opening.search(text) and not self.closing.search(text)


def _marks(before: str, after: str, opening: str, closing: str) -> Marks:
    return Marks(
        before=before, after=after, opening=re.compile(opening), closing=re.compile(closing)
    )


MARKS = (
    _marks("[", "]", r"[\[\uff3b\u3010]", r"[\]\uff3d\u3011]"),
    _marks("“", "”", r"[“”„«»「」『』\"]", r"[“”«»「」『』\"]"),
    _marks("<m>", "</m>", r"<\s*m\s*>", r"<\s*/\s*m\s*>"),
)
"""Marks in the order in which they are tried. Square brackets survive best of all in what Chen et
al. 2023 (EasyProject) compared; the rest is for passages that have some of their own."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A passage with the answer's place in it."""

    context: str
    """The passage."""
    start: int
    """Where the answer begins, in characters."""
    answer: str
    """The answer, which stands there."""

    def __post_init__(self) -> None:
        if not self.answer or not self.context.startswith(self.answer, self.start):
            raise ValueError(f"{self.answer!r} does not stand at {self.start}: {self.context!r}")


def marked(context: str, span: Span, marks: Marks) -> str:
    """Return the passage with marks around the answer."""
    start, end = span
    return f"{context[:start]}{marks.before}{context[start:end]}{marks.after}{context[end:]}"


def unmarked(translation: str, marks: Marks, *, like: str) -> Carried | None:
    """Return a passage without its marks, or None where they are not just the two.

    Args:
        translation: What was made of the marked passage.
        marks: The marks.
        like: The answer in the passage's own language.
    """
    opening = marks.opening.search(translation)
    closing = marks.closing.search(translation, opening.end()) if opening else None
    if opening is None or closing is None:
        return None
    before, inside, after = (
        translation[: opening.start()].lstrip(),
        translation[opening.end() : closing.start()],
        translation[closing.end() :].rstrip(),
    )
    if not all(marks.allow(part) for part in (before, inside, after)) or not inside.strip():
        return None
    inner = inside.strip()
    # Spaces belong outside the answer: where the marks had them on both sides, once.
    lead = inside[: len(inside) - len(inside.lstrip())] if before else ""
    trail = inside[len(inside.rstrip()) :] if after and after[0] not in _CLOSING else ""
    before += "" if before[-1:].isspace() else lead
    after = after if after[:1].isspace() else trail + after
    context = f"{before}{inner}{after}"
    if not marks.allow(context):
        return None
    return _trimmed(context, (len(before), len(before) + len(inner)), like=like)


def found(translation: str, answer: str, *, near: float, like: str) -> Carried | None:
    """Return where an answer that was translated alone stands in its passage, or None.

    It is looked for as it is, then without regard to case, punctuation and ways of writing the
    same characters. Of several places that is taken which cuts no word, and of those the nearest.

    Args:
        translation: The passage's translation.
        answer: The answer's.
        near: Where in its own passage the answer begins, as a share of the passage.
        like: The answer in its own language.
    """
    context, wanted = translation.strip(), answer.strip()
    bare = wanted.rstrip(_CLOSING).rstrip() or wanted
    for places in (_exact(context, wanted), _exact(context, bare), _folded(context, bare)):
        spans = [span for span in places if not _cuts_number(context, span)]
        if spans:
            best = min(spans, key=lambda span: _rank(context, span, near))
            if carried := _trimmed(context, best, like=like):
                return carried
    return None


def _rank(context: str, span: Span, near: float) -> tuple[bool, float, int]:
    return _cuts_word(context, span), abs(span[0] / len(context) - near), span[0]


def _trimmed(context: str, span: Span, *, like: str) -> Carried | None:
    """Return a span without the full stop that its own language has not, if anything is left."""
    start, end = span
    answer = context[start:end]
    if like.rstrip()[-1:] not in _CLOSING:
        answer = answer.rstrip(_CLOSING).rstrip() or answer
    return Carried(context=context, start=start, answer=answer) if answer else None


def _exact(context: str, wanted: str) -> Iterator[Span]:
    start = context.find(wanted) if wanted else -1
    while start >= 0:
        if not _is_mark(context[start + len(wanted) : start + len(wanted) + 1]):
            yield start, start + len(wanted)
        start = context.find(wanted, start + 1)


def _folded(context: str, wanted: str) -> Iterator[Span]:
    """Yield the places of a text in another, both of them folded."""
    folded, owners = _fold(context)
    needle = _fold(wanted)[0].strip()
    start = folded.find(needle) if needle else -1
    while start >= 0:
        end = start + len(needle)
        whole = start == 0 or owners[start] != owners[start - 1]
        # A character may have become several, and may have marks of its own behind it.
        whole &= end == len(folded) or (
            owners[end] != owners[end - 1] and not _is_mark(folded[end])
        )
        if whole:
            yield owners[start], owners[end - 1] + 1
        start = folded.find(needle, start + 1)


def _fold(text: str) -> tuple[str, list[int]]:
    """Return what a text looks like to a lenient reader, and which character each comes from."""
    folded: list[str] = []
    owners: list[int] = []
    for place, character in enumerate(text):
        for each in unicodedata.normalize("NFKD", character).casefold():
            plain = " " if each.isspace() else each
            if unicodedata.category(each).startswith("P") or (plain == " " == "".join(folded[-1:])):
                continue
            folded.append(plain)
            owners.append(place)
    return "".join(folded), owners


def _is_mark(character: str) -> bool:
    """Return whether a character belongs to the one before it: an accent, a vowel sign."""
    return bool(character) and unicodedata.category(character).startswith("M")


def _cuts_word(context: str, span: Span) -> bool:
    start, end = span
    return _joined(context, start) or _joined(context, end)


def _joined(context: str, place: int) -> bool:
    return 0 < place < len(context) and context[place - 1].isalnum() and context[place].isalnum()


def _cuts_number(context: str, span: Span) -> bool:
    """Return whether a span takes some digits of a number and leaves others."""
    return any(
        0 < place < len(context) and context[place - 1].isdigit() and context[place].isdigit()
        for place in span
    )
