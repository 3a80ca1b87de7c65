"""What the rows of a task promise: translations of one another, and nothing learned by heart."""

import json
from collections.abc import Callable

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.tasks.catalog.toy import TASKS
from adapterstilts.tasks.task import Task
from adapterstilts.toyworld.languages import ENGLISH, LANGUAGES
from adapterstilts.toyworld.problems import PROBLEMS, Row
from adapterstilts.toyworld.rows import MULTILINGUAL, TEXT, rows

Gloss = Callable[[str, str], str]
SIZE = 120
generators = pytest.mark.parametrize("generator", [*PROBLEMS, TEXT])
trained = pytest.mark.parametrize(
    "task", [task for task in TASKS if "train" in task.splits], ids=lambda task: task.name
)


@generators
def test_an_id_is_a_row_s_own_and_the_same_in_every_language(generator: str) -> None:
    ids = [
        [row["id"] for row in rows(generator, language=code, split=split, size=SIZE)]
        for split in ("train", "test")
        for code in ("qaa", "qah")
    ]
    assert ids[0] == ids[1] and ids[2] == ids[3]
    assert len({*ids[0], *ids[2]}) == 2 * SIZE


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != ENGLISH])
@pytest.mark.parametrize("generator", PROBLEMS)
def test_test_sets_are_translations_of_one_another(generator: str, code: str, gloss: Gloss) -> None:
    def concepts(language: str, text: str) -> list[str]:
        forms = text.replace(".", " ").replace("?", " ").split()
        return sorted(gloss(language, form).partition("+")[0] for form in forms)

    def meaning(language: str, row: Row) -> object:
        """Return everything that a row says, without the words and the order it is said in."""
        texts = ("first", "second", "context", "question", "query", "candidate")
        spoken = {"query": ENGLISH} if generator == "translation" else {}
        return {
            **{
                part: concepts(spoken.get(part, language), row[part])
                for part in texts
                if part in row
            },
            "label": row.get("label"),
            "choices": [concepts(language, choice) for choice in row.get("choices", [])],
            "answers": [concepts(language, each["text"]) for each in row.get("answers", [])],
            "tagged": sorted(
                (gloss(language, form).partition("+")[0], tag)
                for form, tag in zip(row.get("tokens", []), row.get("tags", []), strict=True)
                if tag != "PUNCT" and form != "."
            ),
        }

    theirs = rows(generator, language=code, split="test", size=SIZE)
    english = rows(generator, language=ENGLISH, split="test", size=SIZE)
    for ours, row in zip(english, theirs, strict=True):
        assert meaning(code, row) == meaning(ENGLISH, ours)


@pytest.mark.parametrize("generator", PROBLEMS)
def test_the_farther_a_language_the_fewer_rows_are_as_in_english(generator: str) -> None:
    made = [rows(generator, language=code, split="test", size=SIZE) for code in LANGUAGES]
    same = [
        sum(one == other for one, other in zip(made[0], theirs, strict=True)) / SIZE
        for theirs in made[1:]
    ]
    assert same == sorted(same, reverse=True)
    assert same[0] < 0.75 and same[1] < 0.3 and same[-1] == 0


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_answer_stands_at_its_offset_and_is_made_of_whole_words(code: str) -> None:
    for row in rows("span_question", language=code, split="test", size=300):
        (answer,) = row["answers"]
        context, start, end = row["context"], answer["start"], answer["start"] + len(answer["text"])
        assert context[start:end] == answer["text"] != ""
        assert start == 0 or context[start - 1] == " "
        assert context[end] in " ."


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_name_begins_once_and_goes_on_as_it_began(code: str) -> None:
    for row in rows("names", language=code, split="test", size=300):
        for before, tag in zip(["O", *row["tags"]], row["tags"], strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:]


@pytest.mark.parametrize(
    ("generator", "tags"), [("names", {"B-PER", "B-LOC"}), ("part_of_speech", {"NOUN", "VERB"})]
)
def test_some_words_alone_do_not_tell_what_they_are(generator: str, tags: set[str]) -> None:
    """Families and towns have names in common, and some nouns and verbs are the same word."""
    seen: dict[str, set[str]] = {}
    for row in rows(generator, language=ENGLISH, split="train", size=900):
        for word, tag in zip(row["tokens"], row["tags"], strict=True):
            seen.setdefault(word, set()).add(tag)
    assert len([word for word, found in seen.items() if found >= tags]) >= 10


@trained
@pytest.mark.parametrize("split", ["dev", "test"])
def test_next_to_nothing_that_is_evaluated_was_trained_on(task: Task, split: str) -> None:
    """Short sentences of a small world do come back; whole problems hardly ever do."""
    generator, sizes = task.data.generator, task.data.sizes
    train = rows(generator, language=task.english, split="train", size=min(sizes["train"], 6000))
    held_out = rows(generator, language=task.english, split=split, size=sizes[split])
    # There are few questions in a small world, and what answers one is another thing each time.
    lead = "candidate" if "candidate" in task.roles else task.roles[0]
    assert shared(train, held_out, list(task.roles)) <= 0.01 * len(held_out)
    assert shared(train, held_out, [lead]) <= 0.04 * len(held_out)


def shared(train: list[Row], held_out: list[Row], columns: list[str]) -> int:
    seen = {json.dumps([row[column] for column in columns]) for row in train}
    return sum(json.dumps([row[column] for column in columns]) in seen for row in held_out)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_two_candidates_of_retrieval_are_the_same(code: str) -> None:
    made = rows("translation", language=code, split="test", size=200)
    assert len({row["query"] for row in made}) == 200
    assert len({row["candidate"] for row in made}) == 200
    assert (code == ENGLISH) == all(row["query"] == row["candidate"] for row in made)
    for split in ("dev", "test"):
        made = rows("answer", language=code, split=split, size=150)
        assert len({row["candidate"] for row in made}) == 150


def test_an_unknown_generator_is_an_error_that_helps() -> None:
    with pytest.raises(UsageError, match=r"unknown toy generator 'inferense'.*mean 'inference'"):
        rows("inferense", language="qaa", split="test", size=1)
    with pytest.raises(UsageError, match=r"unknown toy generator '9' \(known: .*\btext\b"):
        rows("9", language="qaa", split="test", size=1)


def test_only_text_can_be_in_every_language_at_once() -> None:
    assert len(rows(TEXT, language=MULTILINGUAL, split="test", size=2)) == 2
    with pytest.raises(UsageError, match="unknown toy language 'mul'"):
        rows("inference", language=MULTILINGUAL, split="test", size=1)
