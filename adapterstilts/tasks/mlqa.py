"""Answers normalised as MLQA does, by the language of the passage.

The rule is that of `mlqa_evaluation_v1.py` (facebookresearch/MLQA), which XTREME scores MLQA with:
punctuation of every script goes, each language loses its own articles, and Chinese is compared
character by character.
"""

import re
import string
import unicodedata
from functools import cache, partial

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.answers import Normalise

_ARTICLES = {
    "en": "a|an|the",
    "es": "un|una|unos|unas|el|la|los|las",
    "vi": "của|là|cái|chiếc|những",
    "de": "ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des",
}
"""Whole words that are left out; Hindi and Chinese have none."""
_ARABIC_ARTICLE = "ال"
"""Left out wherever it stands, within words too: the script's pattern has no word limit."""
_HAN = re.compile("([\u4e00-\u9fa5])")
"""A character that is a word of its own."""
LANGUAGES = ("en", "es", "hi", "vi", "de", "ar", "zh")
"""Languages that have a rule."""


@cache
def normaliser(language: str) -> Normalise:
    """Return the rule of a language, or say that MLQA has none for it."""
    if language not in LANGUAGES:
        raise StiltsError(
            f"MLQA's own normalisation knows {', '.join(LANGUAGES)}, and not '{language}': score"
            " this language with `f1` and `exact_match`"
        )
    words = _ARTICLES.get(language)
    return partial(
        _normalised,
        language=language,
        articles=re.compile(rf"\b(?:{words})\b") if words else None,
    )


def _normalised(text: str, *, language: str, articles: re.Pattern[str] | None) -> str:
    kept = "".join(sign for sign in text.lower() if not _is_punctuation(sign))
    if articles is not None:
        kept = articles.sub(" ", kept)
    if language == "ar":
        kept = kept.replace(_ARABIC_ARTICLE, " ")
    if language == "zh":
        kept = _HAN.sub(r" \1 ", kept)
    return " ".join(kept.split())


def _is_punctuation(sign: str) -> bool:
    return sign in string.punctuation or unicodedata.category(sign).startswith("P")
