"""The toy suite: one source or target of each shape, in languages that nobody speaks.

The names say which real task each one plays: `toy-xquad` is to `toy-squad` what XQuAD is to SQuAD.
Sources have plenty of English; targets have little, so that what a source taught can be seen.
"""

from collections.abc import Mapping

from adapterstilts.tasks.task import Task, ToyData

_ENGLISH = "qaa"
_CODES = (_ENGLISH, "qab", "qac", "qad", "qae", "qaf", "qag", "qah")
_LANGUAGES = {code: code for code in _CODES}
_CITATION = "adapterstilts toy world, generated"
_TAGS = ("ADJ", "ADP", "ADV", "AUX", "NOUN", "NUM", "PROPN", "PUNCT", "VERB")
_ENTITIES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
_NLI_LABELS = ("entailment", "neutral", "contradiction")
_DEV, _TEST = 150, 150
_APART = 1_000_000
"""Where a target begins that has its generator from a source: they share no example."""


def _toy(
    name: str,
    format: str,
    generator: str,
    description: str,
    roles: tuple[str, ...],
    *,
    train: int,
    metrics: tuple[str, ...],
    labels: tuple[str, ...] = (),
    choices: int = 0,
    start: int = 0,
    languages: Mapping[str, str] = _LANGUAGES,
    english: str = _ENGLISH,
) -> Task:
    sizes = {"train": train, "dev": _DEV, "test": _TEST} if train else {"test": _TEST}
    return Task(
        name=name,
        format=format,
        suite="toy",
        data=ToyData(generator=generator, sizes=sizes, start=start),
        roles=roles,
        languages=languages,
        metrics=metrics,
        primary=metrics[0],
        description=description,
        licence="Apache-2.0",
        citation=_CITATION,
        labels=labels,
        splits=tuple(sizes),
        choices=choices,
        english=english,
    )


_PAIR = ("first", "second", "label")
_WORDS = ("tokens", "tags")
_SPAN = ("context", "question", "answers")
_CHOICE = ("context", "question", "choices", "label")
_TEXT = ("text", "second", "salient")

TASKS = (
    _toy(
        "toy-nli",
        "classification",
        "inference",
        "Source: does the second sentence follow from the first, contradict it, or neither?",
        _PAIR,
        train=6000,
        metrics=("accuracy",),
        labels=_NLI_LABELS,
    ),
    _toy(
        "toy-squad",
        "span_qa",
        "span_question",
        "Source: who did it, to whom, where? The answer is a span of two sentences.",
        _SPAN,
        train=6000,
        metrics=("f1", "exact_match"),
    ),
    _toy(
        "toy-swag",
        "multiple_choice",
        "continuation",
        "Source: which of three endings obeys the law of cause and effect?",
        _CHOICE,
        train=4000,
        metrics=("accuracy",),
        choices=3,
    ),
    _toy(
        "toy-xnli",
        "classification",
        "inference",
        "Target: inference as in toy-nli, with little English to learn from.",
        _PAIR,
        start=_APART,
        train=600,
        metrics=("accuracy",),
        labels=_NLI_LABELS,
    ),
    _toy(
        "toy-pawsx",
        "classification",
        "paraphrase",
        "Target: do two sentences of nearly the same words say the same?",
        _PAIR,
        train=300,
        metrics=("accuracy",),
        labels=("different", "same"),
    ),
    _toy(
        "toy-udpos",
        "tagging",
        "part_of_speech",
        "Target: the part of speech of every word, some words being two of them.",
        _WORDS,
        train=300,
        metrics=("pos_f1", "token_accuracy"),
        labels=_TAGS,
    ),
    _toy(
        "toy-panx",
        "tagging",
        "names",
        "Target: names of people and towns, where towns bear the names of families.",
        _WORDS,
        train=300,
        metrics=("entity_f1", "token_accuracy"),
        labels=_ENTITIES,
    ),
    _toy(
        "toy-xquad",
        "span_qa",
        "span_question",
        "Target: span questions as in toy-squad, with little English to learn from.",
        _SPAN,
        start=_APART,
        train=600,
        metrics=("f1", "exact_match"),
    ),
    _toy(
        "toy-xcopa",
        "multiple_choice",
        "cause_or_effect",
        "Target: which of two events is the cause, or the effect, of another?",
        _CHOICE,
        train=300,
        metrics=("accuracy",),
        choices=2,
    ),
    _toy(
        "toy-tatoeba",
        "retrieval",
        "translation",
        "Target: the translation of an English sentence among all sentences of the language.",
        ("query", "candidate"),
        train=0,
        metrics=("accuracy",),
    ),
    _toy(
        "toy-answers",
        "retrieval",
        "answer",
        "Source and target: the sentence that answers a question, among those of all questions.",
        ("query", "candidate"),
        train=4000,
        metrics=("accuracy",),
    ),
    _toy(
        "toy-mlm",
        "masked_lm",
        "text",
        "Source and target: masked words of text in one language.",
        _TEXT,
        train=2000,
        metrics=("masked_accuracy", "masked_loss"),
    ),
    _toy(
        "toy-text",
        "masked_lm",
        "text",
        "Text in every language at once, which the embedded backbone was pretrained on.",
        _TEXT,
        train=150_000,
        metrics=("masked_accuracy", "masked_loss"),
        languages={"mul": "mul", **_LANGUAGES},
        english="mul",
    ),
)
"""Every toy task."""
