"""The family of toy languages: who is near to the one that plays English, and in what.

The codes are of ISO 639-3's private-use range, so that nobody takes them for real ones.
"""

from dataclasses import dataclass

from adapterstilts.core.errors import UsageError, suggest


@dataclass(frozen=True, kw_only=True)
class Distance:
    """How far a language lies from the one that plays English; each part is in [0, 1]."""

    lexical: float
    """Share of the words, names aside, that are not the same."""
    order: float
    """Share of the word-order choices that differ."""
    morphology: float
    """How much of the grammar is in endings."""
    script: float
    """1 where native words are written in other letters."""

    @property
    def total(self) -> float:
        """Return the mean of the four parts."""
        return (self.lexical + self.order + self.morphology + self.script) / 4


@dataclass(frozen=True, kw_only=True)
class ToyLanguage:
    """One generated language: its place in the family, its grammar, its share of the text."""

    code: str
    """ISO 639-3 private-use code."""
    name: str
    """What people call it."""
    family: str
    """Languages of one family share words beyond those that they share with English."""
    genus: str
    """Branch of the family."""
    script: str
    """ISO 15924 code of the letters of its native words."""
    shared: float
    """Share of the words, names aside, that are those of the language that plays English."""
    clause: str
    """Order of agent (S), verb (V) and patient (O)."""
    adjective_first: bool
    """Whether adjectives stand before their noun."""
    preposition: bool
    """Whether adpositions stand before their noun."""
    endings: int
    """0: no endings; 1: case endings on nouns; 2: case and a verb ending."""
    text: float
    """Weight of the language in the multilingual text."""

    @property
    def distance(self) -> Distance:
        """Return how far it lies from the language that plays English."""
        differs = [
            self.clause.index("V") != 1,
            self.clause.index("S") > self.clause.index("O"),
            not self.adjective_first,
            not self.preposition,
        ]
        return Distance(
            lexical=round(1 - self.shared, 4),
            order=sum(differs) / len(differs),
            morphology=self.endings / 2,
            script=float(self.script != "Latn"),
        )


def _language(
    code: str,
    name: str,
    kin: tuple[str, str, str],
    shared: float,
    grammar: tuple[str, bool, bool, int],
    text: float,
) -> ToyLanguage:
    """Return a language from one line of the table below, which reads as a table should."""
    family, genus, script = kin
    clause, adjective_first, preposition, endings = grammar
    return ToyLanguage(
        code=code,
        name=name,
        family=family,
        genus=genus,
        script=script,
        shared=shared,
        clause=clause,
        adjective_first=adjective_first,
        preposition=preposition,
        endings=endings,
        text=text,
    )


ENGLISH = "qaa"
"""Code of the language that plays English."""

LANGUAGES: dict[str, ToyLanguage] = {
    language.code: language
    for language in (
        _language("qaa", "Anoric", ("Oric", "West Oric", "Latn"), 1.00, ("SVO", True, True, 0), 9),
        _language("qab", "Beloric", ("Oric", "West Oric", "Latn"), 0.80, ("SVO", True, True, 0), 5),
        _language(
            "qac", "Ceroric", ("Oric", "East Oric", "Latn"), 0.65, ("SVO", False, True, 0), 3.6
        ),
        _language(
            "qad", "Damune", ("Munic", "Low Munic", "Latn"), 0.52, ("VSO", False, True, 0), 2.7
        ),
        _language(
            "qae", "Elmune", ("Munic", "Low Munic", "Latn"), 0.40, ("SOV", True, True, 1), 2.0
        ),
        _language(
            "qaf", "Fermune", ("Munic", "High Munic", "Latn"), 0.28, ("SOV", False, False, 1), 1.5
        ),
        _language(
            "qag", "Galtiv", ("Tivian", "Tivian", "Cyrl"), 0.18, ("SOV", True, False, 2), 1.2
        ),
        _language(
            "qah", "Hortiv", ("Tivian", "Tivian", "Cyrl"), 0.10, ("OVS", False, False, 2), 1.0
        ),
    )
}
"""Every toy language by code, the nearest to English first."""


def toy_language(code: str) -> ToyLanguage:
    """Return the language of a code, or say which codes there are."""
    if code not in LANGUAGES:
        raise UsageError(f"unknown toy language '{code}'{suggest(code, LANGUAGES)}")
    return LANGUAGES[code]
