"""Labelled problems, every one a question about meaning, the same in all languages.

The meaning of example i depends on the problem, the split and i alone, never on the language: the
test sets are translations of one another, as XNLI's and XQuAD's are.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapterstilts.toyworld import lexicon, meaning
from adapterstilts.toyworld.dice import Dice
from adapterstilts.toyworld.grammar import Speaker, Style, Word, text
from adapterstilts.toyworld.languages import ENGLISH
from adapterstilts.toyworld.meaning import Event

Row = dict[str, Any]
Problem = Callable[[Dice, Speaker], Row]

NLI_LABELS = ("entailment", "neutral", "contradiction")
PARAPHRASE_LABELS = ("different", "same")


def style(dice: Dice) -> Style:
    """Return one of the ways in which a language lets things be said."""
    return Style(passive=dice.chance(0.08), fronted=dice.chance(0.15))


def inference(dice: Dice, speaker: Speaker) -> Row:
    """Does the second sentence follow from the first, contradict it, or neither?"""
    label, said = dice.pick(NLI_LABELS), meaning.event(dice)
    return {
        "first": text(speaker.say(said, style(dice))),
        "second": text(speaker.say(hypothesis(said, label, dice), style(dice))),
        "label": label,
    }


def hypothesis(said: Event, label: str, dice: Dice) -> Event:
    """Return an event that stands to the given one as the label says."""
    short = meaning.shortened(said, dice)
    if label == "contradiction":
        return meaning.contradicted(short, dice)
    return meaning.unrelated(short, said, dice) if label == "neutral" else short


def paraphrase(dice: Dice, speaker: Speaker) -> Row:
    """Do two sentences of nearly the same words say the same?"""
    label, said = dice.pick(PARAPHRASE_LABELS), meaning.event(dice)
    other = said if label == "same" else meaning.unrelated(said, said, dice)
    first = style(dice)
    second = replace(first, passive=not first.passive) if dice.chance(0.5) else style(dice)
    return {
        "first": text(speaker.say(said, first)),
        "second": text(speaker.say(other, second)),
        "label": label,
    }


def part_of_speech(dice: Dice, speaker: Speaker) -> Row:
    """Which part of speech is each word? Some words are two of them."""
    words = speaker.say(meaning.event(dice), style(dice))
    return {"tokens": [word.form for word in words], "tags": [word.tag for word in words]}


def names(dice: Dice, speaker: Speaker) -> Row:
    """Which words name a person or a town? Some towns bear the names of families."""
    said = meaning.event(dice)
    named = replace(
        said,
        agent=said.agent if dice.chance(0.5) else meaning.named(dice),
        place=said.place or meaning.place(dice),
    )
    words = speaker.say(named, style(dice))
    return {"tokens": [word.form for word in words], "tags": [word.entity for word in words]}


def span_question(dice: Dice, speaker: Speaker) -> Row:
    """Who did it, to whom, where? The answer stands in the passage, beside things much like it."""
    said = meaning.event(dice)
    about = dice.pick(["agent", "patient", *(["place"] if said.place else [])])
    beside = _beside(said, about, dice)
    sentences = [speaker.say(said, style(dice)), speaker.say(beside, style(dice))]
    first = dice.pick((0, 1))
    ordered = sentences if first == 0 else sentences[::-1]
    start = len(text(ordered[0])) + 1 if first == 1 else 0
    offset, answer = _span(ordered[first], about)
    return {
        "context": " ".join(text(words) for words in ordered),
        "question": text(speaker.ask(said, about)),
        "answers": [{"text": answer, "start": start + offset}],
    }


def _beside(said: Event, about: str, dice: Dice) -> Event:
    """Return an event that shares the verb or somebody with the one that is asked for, not both."""
    given = "patient" if about == "agent" else "agent"
    while True:
        event = meaning.event(dice)
        if dice.chance(0.5):
            event = replace(event, verb=said.verb)
        else:
            event = meaning.with_part(event, given, getattr(said, given))
        if event.verb != said.verb or getattr(event, given) != getattr(said, given):
            return replace(event, place=event.place or meaning.place(dice))


def continuation(dice: Dice, speaker: Speaker) -> Row:
    """What happens next? Of three endings with the same people one obeys the law of the world."""
    return _choice(dice, speaker, then=True, choices=3)


def cause_or_effect(dice: Dice, speaker: Speaker) -> Row:
    """Which of two events is the cause, or the effect, of the one in the context?"""
    return _choice(dice, speaker, then=dice.chance(0.5), choices=2)


def _choice(dice: Dice, speaker: Speaker, *, then: bool, choices: int) -> Row:
    """Return an event and several of the same people, one of which is its effect or its cause."""
    cause = meaning.event(dice)
    plain = replace(cause, place=(), thing="", time="")
    effect = meaning.effect(cause)
    given, right = (cause, effect) if then else (effect, plain)
    verbs = [verb for verb in lexicon.VERBS if verb != right.verb]
    wrong = [replace(right, verb=verb) for verb in dice.order(verbs)[: choices - 1]]
    if dice.chance(0.3):
        wrong[0] = meaning.swapped(right)
    events = dice.order([right, *wrong])
    return {
        "context": text(speaker.say(given)),
        "question": speaker.word("then" if then else "because", "SCONJ").form,
        "choices": [text(speaker.say(event)) for event in events],
        "label": events.index(right),
    }


def translation(dice: Dice, speaker: Speaker) -> Row:
    """Which sentence of the other language says the same?"""
    said = meaning.event(dice)
    return {"query": text(Speaker(ENGLISH).say(said)), "candidate": text(speaker.say(said))}


def answer(dice: Dice, speaker: Speaker) -> Row:
    """Which sentence says who did it, to whom, or where?"""
    said = meaning.event(dice)
    about = dice.pick(["agent", "patient", *(["place"] if said.place else [])])
    return {
        "query": text(speaker.ask(said, about)),
        "candidate": text(speaker.say(said, style(dice))),
    }


def _span(words: list[Word], about: str) -> tuple[int, str]:
    """Return where the part of the event stands in the written sentence, and its words."""
    inside = [index for index, word in enumerate(words) if word.role == about and word.tag != "ADP"]
    first, last = inside[0], inside[-1]
    before = text(words[:first])
    return len(before) + (1 if before else 0), text(words[first : last + 1])


PROBLEMS: Mapping[str, Problem] = {
    "inference": inference,
    "paraphrase": paraphrase,
    "part_of_speech": part_of_speech,
    "names": names,
    "span_question": span_question,
    "continuation": continuation,
    "cause_or_effect": cause_or_effect,
    "translation": translation,
    "answer": answer,
}
"""Name in a task's declaration to the problem."""
