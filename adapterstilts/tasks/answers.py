"""Answers compared as SQuAD does, with English normalisation for every language.

XQuAD and TyDiQA are published with the rule of version 1.1 (XTREME
`third_party/evaluate_squad.py`), although it knows neither the articles nor the word limits of
other languages. Version 2.0 has the same normalisation and questions without an answer.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

Normalise = Callable[[str], str]
"""Makes of an answer the words that are compared, with one space between two of them."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalised(text: str) -> str:
    """Return the text in lower case without ASCII punctuation, English articles, extra space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(
    prediction: str | None, references: Sequence[str], *, normalise: Normalise = normalised
) -> float:
    """Return 1 where the prediction is one of the references, else 0."""
    return _best(prediction, references, normalise, lambda given, gold: float(given == gold))


def overlap(
    prediction: str | None, references: Sequence[str], *, normalise: Normalise = normalised
) -> float:
    """Return the F1 over words with the reference that is nearest."""
    return _best(prediction, references, normalise, _word_f1)


def real(references: Sequence[str]) -> list[str]:
    """Return the references in which anything is left to compare.

    SQuAD 2.0 takes no other for an answer: a question without one wants an empty prediction.
    """
    return [reference for reference in references if normalised(reference)]


def _best(
    prediction: str | None,
    references: Sequence[str],
    normalise: Normalise,
    measure: Callable[[str, str], float],
) -> float:
    """Return the best measure over the references; a question without any wants no answer.

    A question that was left out (None) is wrong, even where an empty answer would be right.
    """
    if prediction is None:
        return 0.0
    given = normalise(prediction)
    if not references:
        return float(given == "")
    return max(measure(given, normalise(reference)) for reference in references)


def _word_f1(given: str, gold: str) -> float:
    given_words, gold_words = given.split(), gold.split()
    common = sum((Counter(given_words) & Counter(gold_words)).values())
    return 2 * common / (len(given_words) + len(gold_words)) if common else 0.0
