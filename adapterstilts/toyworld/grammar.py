"""How a meaning becomes a sentence in each language, word by word, with what each word is."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapterstilts.toyworld import lexicon
from adapterstilts.toyworld.languages import ToyLanguage, toy_language
from adapterstilts.toyworld.meaning import Being, Event


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word of a sentence, with what a linguist would write under it."""

    form: str
    """As it is written."""
    tag: str
    """Universal part of speech."""
    entity: str = "O"
    """IOB2 tag of the name that it belongs to."""
    role: str = ""
    """Part of the event that it expresses: `agent`, `verb`, `patient`, `place`, `thing`, `time`."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """How something is said, where a language leaves the choice."""

    passive: bool = False
    """Whether the patient comes first."""
    fronted: bool = False
    """Whether place, thing and time stand at the other end of the clause."""


PLAIN = Style()
"""Nothing out of its usual order."""


class Speaker:
    """Somebody who says things in one language, or now and then in another's words."""

    def __init__(self, code: str, *, loans: dict[str, str] | None = None) -> None:
        """Speak the language of the code; `loans` are words borrowed for the occasion."""
        self.language: ToyLanguage = toy_language(code)
        self._words = lexicon.vocabulary(code) | (loans or {})
        self._endings = lexicon.endings(code)

    def word(
        self, concept: str, tag: str, *endings: str, entity: str = "O", role: str = ""
    ) -> Word:
        """Return the word for a concept with the named endings; digits are the same everywhere."""
        stem = self._words.get(concept, concept)
        form = stem + "".join(self._endings[ending] for ending in endings)
        return Word(form=form, tag=tag, entity=entity, role=role)

    def being(self, who: Being, role: str) -> list[Word]:
        """Return somebody, with the case ending of the role."""
        if who.names:
            first, last = who.names[:-1], who.names[-1]
            entity = "I-PER" if first else "B-PER"
            return [
                *(self.word(name, "PROPN", entity="B-PER", role=role) for name in first),
                self.word(last, "PROPN", role, entity=entity, role=role),
            ]
        endings = ("plural", role) if who.number else (role,)
        noun = self.word(who.noun, "NOUN", *endings, role=role)
        adjective = [self.word(who.adjective, "ADJ", role=role)] if who.adjective else []
        number = [self.word(who.number, "NUM", role=role)] if who.number else []
        pair = [*adjective, noun] if self.language.adjective_first else [noun, *adjective]
        return [*number, *pair]

    def place(self, names: tuple[str, ...]) -> list[Word]:
        """Return where: `in` and a place or a town."""
        if names[-1] in lexicon.PLACES:
            return self._with_adposition("in", [self.word(names[0], "NOUN", role="place")], "place")
        words = [
            self.word(
                name,
                "ADJ" if name == "new" else "PROPN",
                entity="I-LOC" if index else "B-LOC",
                role="place",
            )
            for index, name in enumerate(names)
        ]
        return self._with_adposition("in", words, "place")

    def say(self, event: Event, style: Style = PLAIN, *, end: str = ".") -> list[Word]:
        """Return the event as a sentence."""
        agent, patient = self.being(event.agent, "agent"), self.being(event.patient, "patient")
        return self._clause(agent, self._verb(event, style), patient, self._rest(event), style, end)

    def ask(self, event: Event, about: str, style: Style = PLAIN) -> list[Word]:
        """Return the question for one part of the event, the rest of its core being given."""
        asked = {"agent": "who", "patient": "whom", "place": "where", "thing": "what"}[about]
        pronoun = [self.word(asked, "PRON", role=about)]
        agent = pronoun if about == "agent" else self.being(event.agent, "agent")
        patient = pronoun if about == "patient" else self.being(event.patient, "patient")
        rest = pronoun if about == "place" else []
        if about == "thing":
            rest = self._with_adposition("with", pronoun, about)
        return self._clause(agent, self._verb(event, style), patient, rest, style, "?")

    def _verb(self, event: Event, style: Style) -> list[Word]:
        verb = self.word(event.verb, "VERB", "verb", role="verb")
        return [self.word("passive", "AUX", role="verb"), verb] if style.passive else [verb]

    def _rest(self, event: Event) -> list[Word]:
        place = self.place(event.place) if event.place else []
        thing = [self.word(event.thing, "NOUN", role="thing")] if event.thing else []
        tool = self._with_adposition("with", thing, "thing") if thing else []
        time = [self.word(event.time, "ADV", role="time")] if event.time else []
        return [*place, *tool, *time]

    def _with_adposition(self, adposition: str, words: list[Word], role: str) -> list[Word]:
        marker = [self.word(adposition, "ADP", role=role)]
        return [*marker, *words] if self.language.preposition else [*words, *marker]

    def _clause(
        self,
        agent: list[Word],
        verb: list[Word],
        patient: list[Word],
        rest: list[Word],
        style: Style,
        end: str,
    ) -> list[Word]:
        parts = {"S": agent, "V": verb, "O": patient}
        if style.passive:
            parts = {"S": patient, "V": verb, "O": self._with_adposition("by", agent, "agent")}
        core = [word for letter in self.language.clause for word in parts[letter]]
        verb_last = self.language.clause.endswith("V")
        first = rest if verb_last != style.fronted else []
        last = [] if first else rest
        return [*first, *core, *last, Word(form=end, tag="PUNCT")]


def text(words: Sequence[Word]) -> str:
    """Return the words as people write them: punctuation clings to the word before it."""
    written = " ".join(word.form for word in words)
    return written.replace(" .", ".").replace(" ?", "?")
