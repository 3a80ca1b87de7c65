"""Where pieces stand in their text, to the character."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WORD_START = "▁"
"""SentencePiece's mark of a word's beginning; as a piece of its own it stands for no character."""
_INVISIBLE = ("Cc", "Cf")
"""Categories of what takes no room: controls, and marks of direction or of joining."""


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A text as pieces, and where each stands in the text; no control pieces."""

    ids: list[int]
    """One id per piece."""
    starts: list[int]
    """First character of each piece; ascending."""
    ends: list[int]
    """Character after the last one of each piece; ascending."""

    def moved(self, by: int) -> "Pieces":
        """Return the pieces at places that lie so many characters further on."""
        if not by:
            return self
        return Pieces(
            ids=self.ids,
            starts=[start + by for start in self.starts],
            ends=[end + by for end in self.ends],
        )


def placed(
    text: str, ids: list[int], tokens: Sequence[str], offsets: Sequence[tuple[int, int]]
) -> Pieces:
    """Return the pieces with places that cut the text exactly.

    The backend gives a lone word mark the first character of its word, lets places begin with a
    space, and leaves out characters that normalisation merged into another (a combining accent,
    the voice mark of a half-width kana) or removed: a span that is cut with such places would
    lose or gain characters. What is left out within a word belongs to the piece before it, at the
    beginning of a word to the piece after it. Pieces share a character that became several.
    """
    starts: list[int] = []
    ends: list[int] = []
    reached = 0
    for token, (start, end) in zip(tokens, offsets, strict=True):
        # A mark within a word comes of a character that became several words.
        if token == WORD_START and start >= reached:
            end = start
        while start < end and text[start].isspace():
            start += 1
        if start > reached:
            if ends:
                ends[-1] = reached = _seen_from(text, reached, start)
            start = _seen_until(text, reached, start)
        starts.append(start)
        ends.append(max(start, end))
        reached = max(reached, end)
    if ends:
        ends[-1] = _seen_from(text, reached, len(text))
    return Pieces(ids=ids, starts=starts, ends=ends)


def _seen_from(text: str, start: int, end: int) -> int:
    """Return where the visible characters after a place end."""
    while start < end and not _blank(text[start]):
        start += 1
    return start


def _seen_until(text: str, start: int, end: int) -> int:
    """Return where the visible characters before a place begin."""
    while start < end and not _blank(text[end - 1]):
        end -= 1
    return end


def _blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in _INVISIBLE
