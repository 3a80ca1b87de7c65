"""The words of the toy world: what can be meant, and the form it has in each language."""

from collections.abc import Iterator
from functools import cache

from adapterstilts.toyworld.dice import Dice
from adapterstilts.toyworld.languages import ENGLISH, LANGUAGES, toy_language


def _concepts(words: str) -> tuple[str, ...]:
    return tuple(words.split())


PERSONS = _concepts(
    "baker doctor farmer guard judge king nurse pilot poet queen sailor singer smith teacher"
)
ANIMALS = _concepts("bear bird cat cow dog fox goat horse lion mouse pig wolf")
THINGS = _concepts(
    "bag bell book bow coin cup drum hammer hook key knife lamp net rope spoon staff"
)
PLACES = _concepts("barn bridge castle cave field forest garden harbour house market mill road")
TIMES = _concepts("today yesterday daily once often rarely")
OPPOSITE_ADJECTIVES = (
    ("big", "small"),
    ("old", "young"),
    ("happy", "sad"),
    ("rich", "poor"),
    ("strong", "weak"),
    ("calm", "wild"),
)
OPPOSITE_VERBS = (
    ("love", "hate"),
    ("help", "harm"),
    ("praise", "blame"),
    ("find", "lose"),
    ("catch", "free"),
    ("follow", "avoid"),
    ("trust", "doubt"),
    ("feed", "rob"),
    ("calls", "ignores"),
    ("thank", "scold"),
)
FIRST_NAMES = tuple(f"first-{number}" for number in range(16))
LAST_NAMES = tuple(f"last-{number}" for number in range(12))
TOWN_NAMES = tuple(f"town-{number}" for number in range(12))
NUMBERS = tuple("23456789")
KINDS = _concepts("person animal")
FUNCTION_WORDS = _concepts(
    "in with by passive who whom where what new then because therefore contrarily also"
)
ALIKE = {
    "bag": "rob",
    "bell": "calls",
    "hook": "catch",
    "staff": "follow",
    "rope": "free",
    "lamp": "find",
    "judge": "blame",
    "guard": "help",
    "nurse": "feed",
    "dog": "avoid",
}
"""Noun whose word is also a verb's: only the sentence tells which it is."""

ADJECTIVES = tuple(word for pair in OPPOSITE_ADJECTIVES for word in pair)
VERBS = tuple(word for pair in OPPOSITE_VERBS for word in pair)
OPPOSITE = {
    **dict((*OPPOSITE_ADJECTIVES, *OPPOSITE_VERBS)),
    **{second: first for first, second in (*OPPOSITE_ADJECTIVES, *OPPOSITE_VERBS)},
}
"""Word to the word that cannot be true at the same time."""
EFFECT = {verb: VERBS[(7 * index + 3) % len(VERBS)] for index, verb in enumerate(VERBS)}
"""What the patient does to the agent in return: the world's only law of cause and effect."""
KIND = {**dict.fromkeys(PERSONS, "person"), **dict.fromkeys(ANIMALS, "animal")}
"""Noun to the word for its kind."""
NAMES = (*FIRST_NAMES, *LAST_NAMES, *TOWN_NAMES)
CONCEPTS = (
    *PERSONS,
    *ANIMALS,
    *THINGS,
    *PLACES,
    *TIMES,
    *ADJECTIVES,
    *VERBS,
    *NAMES,
    *FUNCTION_WORDS,
    *KINDS,
)
"""Everything that has a word; numbers are written in digits, the same everywhere."""

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_CYRILLIC = str.maketrans("abdefgiklmnoprstuvz", "абдефгиклмнопрстувз")
_MARKED = ((), ("agent", "patient"), ("agent", "patient", "verb"))
"""What a language marks by an ending, by how many kinds of endings it has."""


@cache
def vocabulary(code: str) -> dict[str, str]:
    """Return the word of a language for every concept.

    A word that a language shares with the one that plays English is shared by every nearer one
    too, as old words are; of the rest, half come from the family.
    """
    language, words = toy_language(code), dict[str, str]()
    for concept in CONCEPTS:
        if concept in ALIKE:
            continue
        rank = Dice("rank", concept).number()
        shared = (1 + language.shared) / 2 if concept in NAMES else language.shared
        kin = Dice("kin", code, concept).chance(0.5)
        home = ENGLISH if rank < shared else language.family if kin else code
        form = _forms()[home, concept]
        foreign = home != ENGLISH and language.script == "Cyrl"
        words[concept] = form.translate(_CYRILLIC) if foreign else form
    words |= {noun: words[verb] for noun, verb in ALIKE.items()}
    return words


@cache
def endings(code: str) -> dict[str, str]:
    """Return the endings of a language by what they mark; empty where it has none.

    Every language marks more than one; the nearest mark it as the one that plays English does.
    """
    language = toy_language(code)
    own = _drawn_endings(code, cyrillic=language.script == "Cyrl")
    english = _drawn_endings(ENGLISH, cyrillic=False)
    plural = english[0] if language.shared > 0.5 else own[0]
    marked = dict(zip(_MARKED[language.endings], own[1:], strict=False))
    return {"plural": plural, **dict.fromkeys(_MARKED[-1], ""), **marked}


def pieces() -> Iterator[str]:
    """Yield every stem and every ending once, the stems marked as the start of a word."""
    seen = set[str]()
    for code in LANGUAGES:
        stems = (f"▁{form}" for form in vocabulary(code).values())
        for piece in (*stems, *endings(code).values()):
            if piece and piece not in seen:
                seen.add(piece)
                yield piece


def _drawn_endings(code: str, *, cyrillic: bool) -> list[str]:
    """Return four endings; no stem has their first letters, so that no two readings compete."""
    dice, vowels = Dice("endings", code), "ao".translate(_CYRILLIC) if cyrillic else "ao"
    starts = dice.order("шжцхчй" if cyrillic else "hjwxyqc")
    return [start + dice.pick(vowels) for start in starts[:4]]


@cache
def _forms() -> dict[tuple[str, str], str]:
    """Return a form for every concept in every language and family, no two of them the same."""
    homes = [*LANGUAGES, *sorted({language.family for language in LANGUAGES.values()})]
    forms, taken = dict[tuple[str, str], str](), set[str]()
    for home in homes:
        dice = Dice("forms", home)
        for concept in CONCEPTS:
            form = ""
            while not form or form in taken:
                syllables = 2 if dice.chance(0.8) else 3
                form = "".join(
                    dice.pick(_CONSONANTS) + dice.pick(_VOWELS) for _ in range(syllables)
                )
            taken.add(form)
            forms[home, concept] = form
    return forms
