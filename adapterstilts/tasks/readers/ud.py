"""Universal Dependencies treebanks as XTREME tags them: one tag for each written token.

The rules are those of XTREME's `third_party/ud-conversion-tools` (`--replace_subtokens_with_fused_
forms`) and of `udpos_preprocess` in its `utils_preprocess.py`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.tasks.readers.conllu import Sentence, Span, sentences
from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.readers.tagged import check

_RANKS = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT".split()
_OWN_RANKS = {
    "es": "VERB AUX PRON ADP DET".split(),
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ".split(),
    "it": "VERB AUX ADV PRON ADP DET INTJ".split(),
}
"""Languages whose ties are decided by another order of parts of speech."""
_LICENSED = "_"
_DELETED = str.maketrans("", "", "\u200c ")
"""Zero-width non-joiners and spaces inside a token."""


def ud(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the sentences of all treebanks of one language, in the order of the files' names.

    Sentences whose text is licensed, so that all their words but one at most are `_`, are left
    out as XTREME leaves them out; nothing else is.
    """
    number = 0
    for path in sorted(paths, key=lambda path: path.name):
        for sentence in sentences(path, request):
            tokens, tags = fused(sentence, request.language)
            licensed = tokens.count(_LICENSED)
            if licensed and licensed >= len(tokens) - 1:
                continue
            tokens = [token.translate(_DELETED) for token in tokens]
            check(tokens, tags, sentence.place, request)
            yield {
                "id": str(number),
                "place": sentence.place,
                "tokens": tokens,
                "tags": tags if request.labelled else None,
            }
            number += 1


def fused(sentence: Sentence, language: str) -> tuple[list[str], list[str]]:
    """Return the written tokens with a tag each: a multiword token has that of its head word."""
    tokens, tags = [], []
    inside = 0
    spans = {span.first: span for span in sentence.spans}
    for number, word in enumerate(sentence.words, start=1):
        span = spans.get(number)
        if span is not None:
            inside = span.last
            tokens.append(span.form.strip())
            tags.append(_span_tag(sentence, span, language))
        elif number > inside:
            tokens.append(word.form.strip())
            tags.append(word.upos)
    return tokens, tags


def _span_tag(sentence: Sentence, span: Span, language: str) -> str:
    """Return the tag of the span's word with the fewest ancestors, of equals the best in rank.

    Of words of one rank the first is taken, and a tag without a rank comes after all that have one.
    """
    numbers = range(span.first, span.last + 1)
    above = [_ancestors(sentence, number) for number in numbers]
    highest = [number for number, count in zip(numbers, above, strict=True) if count == min(above)]
    ranks = _OWN_RANKS.get(language, _RANKS)
    tags = [sentence.words[number - 1].upos for number in highest]
    return min(tags, key=lambda tag: ranks.index(tag) if tag in ranks else len(ranks))


def _ancestors(sentence: Sentence, number: int) -> int:
    """Return how many nodes the word depends on, directly or not; the root is one of them."""
    seen: set[int] = set()
    waiting = [number]
    while waiting:
        node = waiting.pop()
        fresh = sentence.words[node - 1].heads - seen if node else frozenset()
        seen |= fresh
        waiting.extend(fresh)
    return len(seen - {number})


READERS = {"ud": ud}
"""The reader of treebanks."""
