"""The words of the toy world: what can be meant, and the form it has in each language."""

from collections.abc import Iterator
from functools import cache

from adapterstilts.toyworld.dice import Dice
from adapterstilts.toyworld.languages import ENGLISH, LANGUAGES, toy_language

PERSONS = tuple(
    "baker doctor farmer guard judge king nurse pilot poet queen sailor singer smith teacher".split()
)
ANIMALS = tuple("bear bird cat cow dog fox goat horse lion mouse pig wolf".split())
THINGS = tuple(
    "bag bell book bow coin cup drum hammer hook key knife lamp net rope spoon staff".split()
)
PLACES = tuple("barn bridge castle cave field forest garden harbour house market mill road".split())
TIMES = tuple("today yesterday daily once often rarely".split())
OPPOSITE_ADJECTIVES = (
    ("big", "small"), ("old", "young"), ("happy", "sad"), ("rich", "poor"), ("strong", "weak"), ("calm", "wild"),
)  # fmt: skip
OPPOSITE_VERBS = (
    ("love", "hate"), ("help", "harm"), ("praise", "blame"), ("find", "lose"), ("catch", "free"),
    ("follow", "avoid"), ("trust", "doubt"), ("feed", "rob"), ("calls", "ignores"), ("thank", "scold"),
)  # fmt: skip
FIRST_NAMES = tuple(f"first-{number}" for number in range(16))
LAST_NAMES = tuple(f"last-{number}" for number in range(12))
TOWN_NAMES = tuple(f"town-{number}" for number in range(12))
NUMBERS = tuple("23456789")
PARTICLES = tuple(
    "in with by passive who whom where what new then because therefore contrarily also person "
    "animal".split()
)
ALIKE = {
    "bag": "rob", "bell": "calls", "hook": "catch", "staff": "follow", "rope": "free", "lamp": "find",
    "judge": "blame", "guard": "help", "nurse": "feed", "dog": "avoid",
}  # fmt: skip
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
CONCEPTS = (*PERSONS, *ANIMALS, *THINGS, *PLACES, *TIMES, *ADJECTIVES, *VERBS, *NAMES, *PARTICLES)

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_CYRILLIC = str.maketrans("abdefgiklmnoprstuvz", "абдефгиклмнопрстувз")
_ROLES = ("agent", "patient", "verb")


@cache
def lexicon(code: str) -> dict[str, str]:
    """Return the word of a language for every concept."""
    language, taken = toy_language(code), dict[str, str]()
    for concept in CONCEPTS:
        if concept in ALIKE:
            continue
        rank = Dice("rank", concept).number()
        shared = (1 + language.shared) / 2 if concept in NAMES else language.shared
        kin = Dice("kin", code, concept).chance(0.5)
        home = ENGLISH if rank < shared else language.family if kin else code
        form = _forms()[home, concept]
        foreign = home != ENGLISH and language.script == "Cyrl"
        taken[concept] = form.translate(_CYRILLIC) if foreign else form
    taken |= {noun: taken[verb] for noun, verb in ALIKE.items()}
    return taken


@cache
def endings(code: str) -> dict[str, str]:
    """Return the endings of a language by role; empty where it has none.

    Every language marks more than one; the nearest mark it as the one that plays English does.
    """
    language = toy_language(code)
    own = _endings(code, cyrillic=language.script == "Cyrl")
    plural = _endings(ENGLISH, cyrillic=False)[0] if language.shared > 0.5 else own[0]
    marked = {0: (), 1: ("agent", "patient"), 2: ("agent", "patient", "verb")}[language.endings]
    return {
        "plural": plural,
        **dict.fromkeys(_ROLES, ""),
        **dict(zip(marked, own[1:], strict=False)),
    }


def _endings(code: str, *, cyrillic: bool) -> list[str]:
    """Return four endings; no stem has their first letters, so that no two readings compete."""
    dice, vowels = Dice("endings", code), "ао" if cyrillic else "ao"
    starts = dice.order("шжцхчй" if cyrillic else "hjwxyqc")
    return [start + dice.pick(vowels) for start in starts[:4]]


def pieces() -> Iterator[str]:
    """Yield every stem and every ending once, the stems marked as the start of a word."""
    seen = set[str]()
    for code in LANGUAGES:
        stems = (f"▁{form}" for form in lexicon(code).values())
        for piece in (*stems, *endings(code).values()):
            if piece and piece not in seen:
                seen.add(piece)
                yield piece


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
