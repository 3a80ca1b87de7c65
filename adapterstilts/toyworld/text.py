"""Multilingual text of the toy world, for masked-language modelling.

Every document is two short segments, as long together as the pairs that tasks are made of: a
claim and what follows from it or speaks against it, an event and its effect, a passage and a
question with its answer, a sentence and its translation, or just two sentences. As in real text,
connectives say how the two belong together, and words of other languages stray in.
"""

from collections.abc import Callable, Mapping

from adapterstilts.toyworld import lexicon, meaning
from adapterstilts.toyworld.dice import Dice
from adapterstilts.toyworld.grammar import Speaker, text
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.problems import Row, hypothesis, span_question, style

CONNECTIVE = {"entailment": "therefore", "neutral": "also", "contradiction": "contrarily"}
"""How a writer marks the way in which the second claim stands to the first."""

Span = tuple[int, int, int]
"""Segment, first character and the character after the last."""


def document(dice: Dice, code: str) -> Row:
    """Return one document of a language as two segments, with the spans that say most.

    Salient are the words that only reading both segments can supply: connectives, effects and
    answers. A masked-language model may ask for them more often than for the rest.
    """
    speaker = Speaker(code, loans=_loans(dice, code) if dice.chance(0.2) else None)
    kind = dice.weighted(list(_KINDS), [weight for weight, _ in _KINDS.values()])
    return _KINDS[kind][1](dice, speaker)


def language_of(dice: Dice) -> str:
    """Return a language, each as often as its share of the text."""
    return dice.weighted(list(LANGUAGES), [language.text for language in LANGUAGES.values()])


def _segments(first: str, second: str, *salient: Span) -> Row:
    return {"text": first, "second": second, "salient": [list(span) for span in salient]}


def _loans(dice: Dice, code: str) -> dict[str, str]:
    others = [other for other in LANGUAGES if other != code]
    lender = dice.weighted(others, [LANGUAGES[other].text for other in others])
    borrowed = lexicon.vocabulary(lender).items()
    return {concept: form for concept, form in borrowed if dice.chance(0.35)}


def _restatement(dice: Dice, speaker: Speaker) -> Row:
    said = meaning.event(dice)
    other = Speaker(language_of(dice)) if dice.chance(0.6) else speaker
    again = meaning.shortened(said, dice) if dice.chance(0.5) else said
    sentences = [text(speaker.say(said, style(dice))), text(other.say(again, style(dice)))]
    first, second = dice.order(sentences)
    return _segments(first, second)


def _claim(dice: Dice, speaker: Speaker) -> Row:
    said, label = meaning.event(dice), dice.pick(tuple(CONNECTIVE))
    other = Speaker(language_of(dice)) if dice.chance(0.2) else speaker
    connective = other.word(CONNECTIVE[label], "SCONJ")
    claim = text([connective, *other.say(hypothesis(said, label, dice), style(dice))])
    return _segments(text(speaker.say(said, style(dice))), claim, (1, 0, len(connective.form)))


def _story(dice: Dice, speaker: Speaker) -> Row:
    cause = meaning.event(dice)
    effect = meaning.effect(cause)
    then = dice.chance(0.5)
    first, second = (cause, effect) if then else (effect, cause)
    connective = speaker.word("then" if then else "because", "SCONJ")
    words = [connective, *speaker.say(second)]
    verb = next(index for index, word in enumerate(words) if word.role == "verb")
    start = len(text(words[:verb])) + 1
    told = text(words)
    return _segments(text(speaker.say(first)), told, (1, start, start + len(words[verb].form)))


def _question(dice: Dice, speaker: Speaker) -> Row:
    row = span_question(dice, speaker)
    question, answer = row["question"], row["answers"][0]["text"]
    start, asked = len(question) + 1, f"{question} {answer}."
    if dice.chance(0.5):
        return _segments(row["context"], asked, (1, start, start + len(answer)))
    return _segments(asked, row["context"], (0, start, start + len(answer)))


_KINDS: Mapping[str, tuple[float, Callable[[Dice, Speaker], Row]]] = {
    "restatement": (0.12, _restatement),
    "claim": (0.66, _claim),
    "story": (0.08, _story),
    "question": (0.14, _question),
}
"""Kind of document to its share of the text and to who writes it."""
