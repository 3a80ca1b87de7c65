"""The rows of a toy task: `rows("inference", language="qab", split="test", size=200)`."""

from collections.abc import Iterable

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.toyworld import text
from adapterstilts.toyworld.dice import Dice
from adapterstilts.toyworld.grammar import Speaker
from adapterstilts.toyworld.problems import PROBLEMS, Row

VERSION = 1
"""Raised when the world changes, so that nothing learned in the old one is taken for the new."""
MULTILINGUAL = "mul"
"""ISO 639-2's code for several languages at once: text in all of them, each by its share."""
TEXT = "text"
"""Name of the generator of monolingual and multilingual documents."""


def rows(generator: str, *, language: str, split: str, size: int, start: int = 0) -> list[Row]:
    """Return `size` rows of a split in a language from one on; the same on every machine."""
    return some(generator, range(start, start + size), language=language, split=split)


def some(generator: str, indexes: Iterable[int], *, language: str, split: str) -> list[Row]:
    """Return the rows of a split that have these indexes, in their order; no other is made."""
    if generator not in {TEXT, *PROBLEMS}:
        known = suggest(generator, [TEXT, *PROBLEMS])
        raise UsageError(f"unknown toy generator '{generator}'{known}")
    return [_row(generator, language, split, index) for index in indexes]


def _row(generator: str, language: str, split: str, index: int) -> Row:
    identity = f"{generator}-{split}-{index}"
    dice = Dice(generator, split, index)
    if generator == TEXT:
        code = text.language_of(dice) if language == MULTILINGUAL else language
        return {"id": identity, **text.document(dice, code)}
    return {"id": identity, **PROBLEMS[generator](dice, Speaker(language))}
