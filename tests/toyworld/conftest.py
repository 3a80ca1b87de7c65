"""A reader that knows the words but not the code that makes sentences of them."""

from collections.abc import Callable
from functools import cache

import pytest

from adapterstilts.toyworld import lexicon
from adapterstilts.toyworld.meaning import Being, Event

Gloss = Callable[[str, str], str]
Read = Callable[[str], Event]


@cache
def _readings(code: str) -> tuple[dict[str, str], dict[str, str]]:
    stems = {
        form: concept
        for concept, form in lexicon.vocabulary(code).items()
        if concept not in lexicon.ALIKE
    }
    marks = {ending: mark for mark, ending in lexicon.endings(code).items() if ending}
    return stems, marks


def gloss_word(code: str, form: str) -> str:
    """Return the concept of a word with its endings: `dog+plural+agent`; of two readings a verb."""
    stems, marks = _readings(code)
    if form.isdigit():
        return form
    stem = max((each for each in stems if form.startswith(each)), key=len)
    rest = form.removeprefix(stem)
    endings = [rest[start : start + 2] for start in range(0, len(rest), 2)]
    return "+".join([stems[stem], *(marks[ending] for ending in endings)])


class _Reader:
    """Reads one sentence of the language that plays English, word by word, back to its meaning."""

    def __init__(self, sentence: str) -> None:
        self.words = [gloss_word("qaa", form) for form in sentence.rstrip(".?").split()]
        self.rest: dict[str, str | tuple[str, ...]] = {}

    def event(self) -> Event:
        self.circumstances()
        first = self.being()
        passive = self.take(["passive"])
        verb = self.words.pop(0)
        assert verb in lexicon.VERBS
        assert not passive or self.take(["by"])
        second = self.being()
        self.circumstances()
        assert not self.words
        agent, patient = (second, first) if passive else (first, second)
        return Event(agent=agent, verb=verb, patient=patient, **self.rest)

    def circumstances(self) -> None:
        if self.take(["in"]):
            new = self.take(["new"])
            self.rest["place"] = (*filter(None, [new]), self.words.pop(0))
        if self.take(["with"]):
            self.rest["thing"] = self.noun()
        time = self.take(lexicon.TIMES)
        if time:
            self.rest["time"] = time

    def being(self) -> Being:
        number, adjective = self.take(lexicon.NUMBERS), self.take(lexicon.ADJECTIVES)
        names = tuple(filter(None, [self.take(lexicon.FIRST_NAMES), self.take(lexicon.LAST_NAMES)]))
        return Being(
            number=number,
            adjective=adjective,
            names=names,
            noun="" if names else self.noun(plural=bool(number)),
        )

    def noun(self, *, plural: bool = False) -> str:
        word, _, marked = self.words.pop(0).partition("+")
        assert marked == ("plural" if plural else "")
        nouns = {verb: noun for noun, verb in lexicon.ALIKE.items()}
        return nouns.get(word, word)

    def take(self, wanted: tuple[str, ...] | list[str]) -> str:
        return self.words.pop(0) if self.words and self.words[0] in wanted else ""


@pytest.fixture(scope="session")
def gloss() -> Gloss:
    """Return a function from a language's code and a word of it to what the word means."""
    return gloss_word


@pytest.fixture(scope="session")
def read() -> Read:
    """Return a function from a sentence of the language that plays English to what it says."""
    return lambda sentence: _Reader(sentence).event()
