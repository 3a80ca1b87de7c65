"""Labels follow from what sentences say, as a reader finds who has never seen the generator.

The reader of `conftest.py` takes each sentence back to its meaning; the logic is written here.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from adapterstilts.tasks.catalog.toy import TASKS
from adapterstilts.toyworld import lexicon
from adapterstilts.toyworld.meaning import Being, Event
from adapterstilts.toyworld.problems import Row
from adapterstilts.toyworld.rows import rows

Read = Callable[[str], Event]
LABELS = {task.data.generator: task.labels for task in TASKS}
SPLITS = [("train", 1500), ("dev", 150), ("test", 200)]
splits = pytest.mark.parametrize(("split", "size"), SPLITS)


def covers(broad: Being, who: Being) -> bool:
    """Return whether everything that `broad` says is true of `who`."""
    return (
        broad.names == who.names
        and broad.noun in (who.noun, lexicon.KIND.get(who.noun, who.noun))
        and broad.adjective in ("", who.adjective)
        and broad.number in ("", who.number)
    )


def follows(claim: Event, said: Event) -> bool:
    """Return whether the claim must be true when what was said is."""
    return (
        claim.verb == said.verb
        and covers(claim.agent, said.agent)
        and covers(claim.patient, said.patient)
        and claim.place in ((), said.place)
        and claim.thing in ("", said.thing)
        and claim.time in ("", said.time)
    )


def contradicts(claim: Event, said: Event) -> bool:
    """Return whether one word of the claim is the opposite of what would follow."""
    opposites = [replace(claim, verb=lexicon.OPPOSITE[claim.verb])]
    if claim.agent.adjective:
        agent = replace(claim.agent, adjective=lexicon.OPPOSITE[claim.agent.adjective])
        opposites.append(replace(claim, agent=agent))
    if claim.patient.adjective:
        patient = replace(claim.patient, adjective=lexicon.OPPOSITE[claim.patient.adjective])
        opposites.append(replace(claim, patient=patient))
    return any(follows(opposite, said) for opposite in opposites)


def judged(claim: Event, said: Event) -> str:
    if follows(claim, said):
        return "entailment"
    return "contradiction" if contradicts(claim, said) else "neutral"


@splits
def test_inference_is_labelled_by_logic(split: str, size: int, read: Read) -> None:
    """One neutral claim in some 2,000 follows: two roles exchanged that are said alike."""
    made = rows("inference", language="qaa", split=split, size=size)
    wrong = [row for row in made if judged(read(row["second"]), read(row["first"])) != row["label"]]
    assert len(wrong) <= size / 1000
    assert {row["label"] for row in wrong} <= {"neutral"}


@splits
def test_a_paraphrase_says_the_same_and_nothing_else_does(
    split: str, size: int, read: Read
) -> None:
    made = rows("paraphrase", language="qaa", split=split, size=size)
    for row in made:
        first, second = read(row["first"]), read(row["second"])
        assert (first == second) == (row["label"] == "same"), row
        assert first == second or not (follows(first, second) or follows(second, first)), row


@splits
@pytest.mark.parametrize("generator", ["continuation", "cause_or_effect"])
def test_exactly_one_choice_obeys_the_law_of_the_world(
    generator: str, split: str, size: int, read: Read
) -> None:
    then = lexicon.vocabulary("qaa")["then"]

    def lawful(cause: Event, effect: Event) -> bool:
        people = [(who.noun, who.names) for who in (cause.agent, cause.patient)]
        answer = [(who.noun, who.names) for who in (effect.patient, effect.agent)]
        return effect.verb == lexicon.EFFECT[cause.verb] and people == answer

    for row in rows(generator, language="qaa", split=split, size=size):
        given, choices = read(row["context"]), [read(choice) for choice in row["choices"]]
        right = [
            lawful(given, choice) if row["question"] == then else lawful(choice, given)
            for choice in choices
        ]
        assert [index for index, obeys in enumerate(right) if obeys] == [row["label"]], row


@splits
def test_the_question_has_one_answer_and_that_is_the_one_given(
    split: str, size: int, read: Read
) -> None:
    for row in rows("span_question", language="qaa", split=split, size=size):
        asked, about = question(row, read)
        given = [part for part in ("agent", "patient") if part != about]
        answers = [
            event
            for event in map(read, row["context"].rstrip(".").split(". "))
            if event.verb == asked.verb
            and all(getattr(event, part) == getattr(asked, part) for part in given)
        ]
        assert len(answers) == 1, row
        span = read_part(row["answers"][0]["text"], about, read)
        assert getattr(answers[0], about) == getattr(span, about), row


@splits
def test_a_sentence_answers_its_question_and_hardly_any_other_does(
    split: str, size: int, read: Read
) -> None:
    made = rows("answer", language="qaa", split=split, size=size)
    said = [read(row["candidate"]) for row in made]
    several = 0
    for number, row in enumerate(made):
        asked, about = question({"question": row["query"]}, read)
        given = [part for part in ("agent", "patient") if part != about]

        def fits(event: Event, asked: Event = asked, given: list[str] = given) -> bool:
            alike = all(getattr(event, part) == getattr(asked, part) for part in given)
            return event.verb == asked.verb and alike

        assert fits(said[number]), row
        assert about != "place" or said[number].place
        several += any(fits(event) for event in said[:150] if event != said[number])
    assert several < 0.15 * size


def question(row: Row, read: Read) -> tuple[Event, str]:
    """Return what the question takes for granted, with anybody in the asked role, and that role."""
    words = lexicon.vocabulary("qaa")
    pronouns = {words["who"]: "agent", words["whom"]: "patient", words["where"]: "place"}
    forms = row["question"].removesuffix("?").split()
    (about,) = (pronouns[form] for form in forms if form in pronouns)
    anybody = words["first-0"]
    known = [anybody if form in pronouns else form for form in forms]
    return read(" ".join(known[:-1] if about == "place" else known)), about


def read_part(answer: str, about: str, read: Read) -> Event:
    """Return an event in which the answer plays its part."""
    words = lexicon.vocabulary("qaa")
    anybody, deed = words["first-0"], words["love"]
    if about == "place":
        return read(f"{anybody} {deed} {anybody} {words['in']} {answer}")
    return read(f"{answer} {deed} {anybody}" if about == "agent" else f"{anybody} {deed} {answer}")


@pytest.mark.parametrize("generator", ["inference", "paraphrase"])
def test_labels_are_balanced(generator: str) -> None:
    made = rows(generator, language="qaa", split="train", size=3000)
    counts = Counter(row["label"] for row in made)
    assert set(counts) == set(LABELS[generator])
    assert all(abs(count / 3000 - 1 / len(counts)) < 0.03 for count in counts.values())


@pytest.mark.parametrize(("generator", "choices"), [("continuation", 3), ("cause_or_effect", 2)])
def test_right_choices_are_balanced(generator: str, choices: int) -> None:
    made = rows(generator, language="qaa", split="train", size=3000)
    counts = Counter(row["label"] for row in made)
    assert set(counts) == set(range(choices))
    assert all(abs(count / 3000 - 1 / choices) < 0.03 for count in counts.values())
    assert all(len(set(row["choices"])) == choices for row in made)


def test_no_problem_s_test_set_lacks_a_label() -> None:
    for generator, labels in LABELS.items():
        made = rows(generator, language="qaa", split="test", size=200)
        if "label" in made[0] and labels:
            assert min(Counter(row["label"] for row in made).values()) > 200 / len(labels) * 0.8
        if "tags" in made[0]:
            assert {tag for row in made for tag in row["tags"]} >= set(labels) - {"PRON"}
