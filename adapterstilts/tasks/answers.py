"""Answers compared as SQuAD v1.1 does, with English normalisation for every language.

XQuAD and TyDiQA are published with this rule (XTREME `third_party/evaluate_squad.py`), although
it knows neither the articles nor the word limits of other languages.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalised(text: str) -> str:
    """Return the text in lower case without ASCII punctuation, English articles, extra space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(prediction: str, references: Sequence[str]) -> float:
    """Return 1 where the prediction is one of the references, else 0."""
    return _best(prediction, references, lambda given, gold: float(given == gold))


def overlap(prediction: str, references: Sequence[str]) -> float:
    """Return the F1 over words with the reference that is nearest."""
    return _best(prediction, references, _word_f1)


def _best(
    prediction: str, references: Sequence[str], measure: Callable[[str, str], float]
) -> float:
    """Return the best measure over the references; a question without any wants no answer."""
    given = normalised(prediction)
    if not references:
        return float(given == "")
    return max(measure(given, normalised(reference)) for reference in references)


def _word_f1(given: str, gold: str) -> float:
    given_words, gold_words = given.split(), gold.split()
    common = sum((Counter(given_words) & Counter(gold_words)).values())
    return 2 * common / (len(given_words) + len(gold_words)) if common else 0.0
