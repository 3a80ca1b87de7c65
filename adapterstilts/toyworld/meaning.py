"""What sentences of the toy world say, and how one meaning is made from another.

A meaning is an event: somebody does something to somebody, perhaps somewhere, with something,
at some time. Labels are decided here, on meanings, before there is any word.
"""

from dataclasses import dataclass, replace

from adapterstilts.toyworld import lexicon
from adapterstilts.toyworld.dice import Dice


@dataclass(frozen=True, order=True, kw_only=True)
class Being:
    """Who takes part: persons or animals of a sort, or somebody with a name."""

    noun: str = ""
    """Concept of the noun; empty for somebody with a name."""
    adjective: str = ""
    """What they are like."""
    number: str = ""
    """How many of them."""
    names: tuple[str, ...] = ()
    """First name, last name or both; empty for somebody without."""


@dataclass(frozen=True, order=True, kw_only=True)
class Event:
    """Who does what to whom; where, with what, when."""

    agent: Being
    """Who does it."""
    verb: str
    """What is done."""
    patient: Being
    """To whom it is done."""
    place: tuple[str, ...] = ()
    """A place, or the names of a town."""
    thing: str = ""
    """With what."""
    time: str = ""
    """When."""


def being(dice: Dice, *, plain: bool = False) -> Being:
    """Return somebody."""
    if not plain and dice.chance(0.2):
        return named(dice)
    noun = dice.pick(lexicon.PERSONS if dice.chance(0.5) else lexicon.ANIMALS)
    adjective = dice.pick(lexicon.ADJECTIVES) if dice.chance(0.25) else ""
    return Being(
        noun=noun,
        adjective=adjective,
        number=dice.pick(lexicon.NUMBERS) if dice.chance(0.15) else "",
    )


def named(dice: Dice) -> Being:
    """Return somebody with a name; a last name may stand alone, and towns bear last names too."""
    last = (dice.pick(lexicon.LAST_NAMES),) if dice.chance(0.5) else ()
    first = (dice.pick(lexicon.FIRST_NAMES),) if not last or dice.chance(0.6) else ()
    return Being(names=(*first, *last))


def place(dice: Dice) -> tuple[str, ...]:
    """Return somewhere: a common place, or a town with a name."""
    if dice.chance(0.6):
        return (dice.pick(lexicon.PLACES),)
    town = dice.pick(lexicon.TOWN_NAMES if dice.chance(0.5) else lexicon.LAST_NAMES)
    return ("new", town) if dice.chance(0.2) else (town,)


def event(dice: Dice, *, plain: bool = False) -> Event:
    """Return something that happens; `plain` keeps to common nouns."""
    agent = being(dice, plain=plain)
    patient = being(dice, plain=plain)
    while (patient.noun, patient.names) == (agent.noun, agent.names):
        patient = being(dice, plain=plain)
    return Event(
        agent=agent,
        verb=dice.pick(lexicon.VERBS),
        patient=patient,
        place=place(dice) if dice.chance(0.25) else (),
        thing=dice.pick(lexicon.THINGS) if dice.chance(0.08) else "",
        time=dice.pick(lexicon.TIMES) if dice.chance(0.08) else "",
    )


def effect(cause: Event) -> Event:
    """Return what follows: the patient answers in the way that the law of the world lays down."""
    return Event(
        agent=replace(cause.patient, adjective="", number=""),
        verb=lexicon.EFFECT[cause.verb],
        patient=replace(cause.agent, adjective="", number=""),
    )


def swapped(said: Event) -> Event:
    """Return the event with the roles exchanged: the same words, another meaning."""
    return replace(said, agent=said.patient, patient=said.agent)


def shortened(said: Event, dice: Dice) -> Event:
    """Return what is still true when some of what was said is left out or said more broadly."""
    return replace(
        said,
        agent=_simpler(said.agent, dice),
        patient=_simpler(said.patient, dice),
        place=() if dice.chance(0.5) else said.place,
        thing="" if dice.chance(0.7) else said.thing,
        time="" if dice.chance(0.7) else said.time,
    )


def contradicted(said: Event, dice: Dice) -> Event:
    """Return what cannot be true beside what was said: one word is its opposite."""
    parts = ["verb", *(part for part in ("agent", "patient") if getattr(said, part).adjective)]
    part = dice.pick(parts)
    if part == "verb":
        return replace(said, verb=lexicon.OPPOSITE[said.verb])
    who: Being = getattr(said, part)
    return with_part(said, part, replace(who, adjective=lexicon.OPPOSITE[who.adjective]))


def unrelated(said: Event, origin: Event, dice: Dice) -> Event:
    """Return what may or may not be true beside `origin`: the roles or some parts are others."""
    # Two animals that do the same to each other are one claim, whoever comes first.
    if dice.chance(0.15) and said.agent != said.patient:
        return swapped(said)
    parts = [part for part in ("agent", "patient", "verb") if dice.chance(0.5)]
    for part in parts or [dice.pick(("agent", "patient", "verb"))]:
        said = changed(said, part, origin, dice)
    return said


def changed(said: Event, part: str, origin: Event, dice: Dice) -> Event:
    """Return the event with another agent, patient or verb, one that is not of `origin` either."""
    if part == "verb":
        known = (said.verb, lexicon.OPPOSITE[said.verb], origin.verb)
        return replace(said, verb=dice.pick([verb for verb in lexicon.VERBS if verb not in known]))
    old: Being = getattr(said, part)
    if old.names:
        return with_part(said, part, replace(old, names=_renamed(old.names, dice)))
    taken = {who.noun for who in (said.agent, said.patient, origin.agent, origin.patient)}
    taken |= {lexicon.KIND.get(noun, "") for noun in taken}
    kinds = [kind for kind in ("animal", "person") if kind not in taken]
    nouns = [noun for noun in (*lexicon.PERSONS, *lexicon.ANIMALS) if noun not in taken]
    # As often as in a true restatement, so that a broad word alone tells nothing.
    pool = kinds if kinds and dice.chance(0.2) else nouns
    return with_part(said, part, replace(old, noun=dice.pick(pool)))


def with_part(said: Event, part: str, who: Being) -> Event:
    """Return the event with somebody else as its agent or patient."""
    return replace(said, agent=who) if part == "agent" else replace(said, patient=who)


def _simpler(who: Being, dice: Dice) -> Being:
    """Return the same being with less said of it, or its kind alone."""
    if dice.chance(0.4):
        who = replace(who, adjective="", number="")
    kind = lexicon.KIND.get(who.noun)
    return replace(who, noun=kind) if kind and dice.chance(0.2) else who


def _renamed(names: tuple[str, ...], dice: Dice) -> tuple[str, ...]:
    """Return the names with another in the last one's place."""
    pool = next(pool for pool in (lexicon.FIRST_NAMES, lexicon.LAST_NAMES) if names[-1] in pool)
    return (*names[:-1], dice.other(pool, names[-1]))
