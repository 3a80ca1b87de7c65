"""Texts in sentences: cut without losing a character, so that what was cut can be joined again."""

import re
from collections.abc import Callable

_END = re.compile(r"([.!?…]+)[\"'”’»)\]]*\s+|[^\S\n]*\n\s*")
"""What ends a sentence of English: marks, what closes behind them, and white space; or a line."""
_SHORT = frozenset(
    "mr mrs ms dr prof st jr sr gen col lt sgt rev gov sen rep capt vs vol fig cf approx inc ltd"
    " corp etc jan feb apr aug sept oct nov dec".split()
)
"""Words that a full stop only cuts short."""


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with the white space behind it; joined, they are it."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if end.end() < len(text) and _ends(text, start, end):
            found.append(text[start : end.end()])
            start = end.end()
    return [*found, text[start:]] if text[start:] else found


def fitting(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Return the pieces of a text that fit: sentences, and parts of those that are too long."""
    return [part for sentence in sentences(text) for part in _parts(sentence, fits)]


def edges(text: str) -> tuple[str, str]:
    """Return the white space before and after a text."""
    bare = text.strip()
    start = text.find(bare) if bare else len(text)
    return text[:start], text[start + len(bare) :]


def _ends(text: str, start: int, end: re.Match[str]) -> bool:
    """Return whether a sentence ends here: not behind `Dr.`, and not before a small letter."""
    if "\n" in end.group():
        return True
    if text[end.end()].islower():
        return False
    last = text[start : end.start()].split()[-1:]
    word = last[0].lstrip("([\"'“") if last else ""
    initial = len(word) == 1 and word.isupper()
    return end.group(1) != "." or not (initial or "." in word or word.lower() in _SHORT)


def _parts(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Return halves of halves until all of them fit, cut between words where there are some."""
    if len(text) < 2 or fits(text):
        return [text]
    middle = len(text) // 2
    gaps = [gap.end() for gap in re.finditer(r"\s+", text) if gap.end() < len(text)]
    cut = min(gaps, key=lambda gap: abs(gap - middle), default=middle)
    return [*_parts(text[:cut], fits), *_parts(text[cut:], fits)]
