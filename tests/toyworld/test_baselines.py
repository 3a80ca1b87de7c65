"""No cue gives the labels away: what does not understand sentences must stay near chance.

Each baseline is a softmax regression on what it may see, trained on three times as much English as
the model's own targets have. A task that one of them solved would measure the cue, not the meaning.
"""

from collections.abc import Callable

import numpy as np
import pytest

from adapterstilts.tasks.catalog.toy import TASKS
from adapterstilts.toyworld.problems import Row
from adapterstilts.toyworld.rows import rows

LABELS = {task.name: task.labels for task in TASKS}
TRAIN, TEST = 1800, 800
See = Callable[[Row], list[str]]


def words(text: str, side: str) -> list[str]:
    return [f"{side}:{word}" for word in text.replace(".", " ").replace("?", " ").split()]


def both(row: Row) -> list[str]:
    return words(row["first"], "a") + words(row["second"], "b")


def second_only(row: Row) -> list[str]:
    return words(row["second"], "b")


def overlap(row: Row) -> list[str]:
    first, second = (set(words(row[side], "")) for side in ("first", "second"))
    return [f"new:{len(second - first)}", f"left:{len(first - second)}"]


def regression(
    seen: list[list[str]], labels: list[int], test: list[list[str]], classes: int
) -> np.ndarray:
    """Return the probabilities that a bag-of-words softmax regression gives to the test."""
    vocabulary = {
        word: index for index, word in enumerate(sorted({w for row in seen for w in row}))
    }

    def matrix(rows: list[list[str]]) -> np.ndarray:
        counts = np.zeros((len(rows), len(vocabulary) + 1))
        counts[:, -1] = 1
        for number, row in enumerate(rows):
            for word in row:
                if word in vocabulary:
                    counts[number, vocabulary[word]] += 1
        return counts

    x, y = matrix(seen), np.eye(classes)[labels]
    weights = np.zeros((x.shape[1], classes))
    for _ in range(300):
        probabilities = softmax(x @ weights)
        weights -= 0.5 * (x.T @ (probabilities - y) / len(x) + 1e-3 * weights)
    return softmax(matrix(test) @ weights)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def split(generator: str) -> tuple[list[Row], list[Row]]:
    return (
        rows(generator, language="qaa", split="train", size=TRAIN),
        rows(generator, language="qaa", split="test", size=TEST),
    )


def label_accuracy(generator: str, labels: tuple[str, ...], see: See) -> float:
    train, test = split(generator)
    seen, shown = ([see(row) for row in part] for part in (train, test))
    gold = [labels.index(row["label"]) for row in train]
    answers = regression(seen, gold, shown, len(labels)).argmax(axis=1)
    right = [labels[answer] == row["label"] for answer, row in zip(answers, test, strict=True)]
    return float(np.mean(right))


@pytest.mark.parametrize(
    ("generator", "task", "see", "most"),
    [
        ("inference", "toy-nli", both, 0.45),
        ("inference", "toy-nli", second_only, 0.45),
        ("paraphrase", "toy-pawsx", both, 0.6),
        ("paraphrase", "toy-pawsx", second_only, 0.58),
    ],
)
def test_a_bag_of_words_does_not_solve_sentence_pairs(
    generator: str, task: str, see: See, most: float
) -> None:
    labels = LABELS[task]
    accuracy = label_accuracy(generator, labels, see)
    assert 1 / len(labels) - 0.08 < accuracy < most


def test_counting_common_words_does_not_solve_inference() -> None:
    accuracy = label_accuracy("inference", LABELS["toy-nli"], overlap)
    assert accuracy < 0.75


@pytest.mark.parametrize(("generator", "choices"), [("continuation", 3), ("cause_or_effect", 2)])
@pytest.mark.parametrize("context", [False, True])
def test_a_bag_of_words_does_not_choose(generator: str, choices: int, context: bool) -> None:
    train, test = split(generator)

    def see(row: Row, choice: str) -> list[str]:
        return words(choice, "c") + (words(row["context"], "x") if context else [])

    seen = [see(row, choice) for row in train for choice in row["choices"]]
    right = [int(index == row["label"]) for row in train for index in range(choices)]
    scores = regression(
        seen, right, [see(row, choice) for row in test for choice in row["choices"]], 2
    )
    answers = scores[:, 1].reshape(-1, choices).argmax(axis=1)
    accuracy = np.mean([answer == row["label"] for answer, row in zip(answers, test, strict=True)])
    assert accuracy < 1 / choices + 0.08


@pytest.mark.parametrize("generator", ["names", "part_of_speech"])
def test_a_dictionary_does_not_carry_tags_over(generator: str) -> None:
    """A word's most frequent English tag knows little of a far language, and not all of English."""
    tags: dict[str, list[str]] = {}
    for row in rows(generator, language="qaa", split="train", size=TRAIN):
        for word, tag in zip(row["tokens"], row["tags"], strict=True):
            tags.setdefault(word, []).append(tag)
    best = {word: max(sorted(set(seen)), key=seen.count) for word, seen in tags.items()}

    def recall(language: str) -> float:
        """Return the share of the words without the most common tag that get their own."""
        test = rows(generator, language=language, split="test", size=TEST)
        common = "O" if generator == "names" else "NOUN"
        pairs = [
            (best.get(word, common), tag)
            for row in test
            for word, tag in zip(row["tokens"], row["tags"], strict=True)
            if tag not in (common, "PUNCT")
        ]
        return float(np.mean([guess == tag for guess, tag in pairs]))

    assert recall("qah") < 0.6
    assert recall("qaa") < 0.97


@pytest.mark.parametrize("language", ["qaa", "qah"])
def test_overlap_with_the_question_finds_most_sentences_and_not_all(language: str) -> None:
    """As in retrieval among people; what is hard is to keep a sentence's words in one vector."""
    made = rows("answer", language=language, split="test", size=150)
    said = [set(words(row["candidate"], "")) for row in made]
    hits = 0
    for number, row in enumerate(made):
        asked = set(words(row["query"], ""))
        shared = [len(asked & sentence) for sentence in said]
        hits += shared.index(max(shared)) == number
    assert 0.8 < hits / 150 < 0.95


def test_overlap_with_the_question_does_not_find_the_answer() -> None:
    """Taking the sentence that shares most with the question, and a name of it, is not enough."""
    test = rows("span_question", language="qaa", split="test", size=TEST)
    hits = 0
    for row in test:
        question = set(words(row["question"], ""))
        sentences = [words(sentence, "") for sentence in row["context"].rstrip(".").split(". ")]
        sentence = max(sentences, key=lambda each: len(question & set(each)))
        rest = [word for word in sentence if word not in question]
        hits += bool(rest) and words(row["answers"][0]["text"], "") == rest[:1]
    assert hits / len(test) < 0.75
