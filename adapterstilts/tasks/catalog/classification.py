"""Inference and paraphrase: pairs of sentences with one label.

Sizes are those of the releases, counted without the pairs that have no gold label.
"""

from adapterstilts.tasks.catalog import translations
from adapterstilts.tasks.task import (
    Data,
    HubData,
    JoinedData,
    RawData,
    RealData,
    Task,
    TranslatedData,
)

_ENGLISH = {"en": "en"}
_PAIR = ("first", "second", "label")
_NLI_LABELS = ("entailment", "neutral", "contradiction")
_XNLI = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
_PAWSX = ("de", "en", "es", "fr", "ja", "ko", "zh")
_PREMISE = {"first": "premise", "second": "hypothesis"}
_SENTENCES = {"first": "sentence1", "second": "sentence2"}
_GOLD = {**_SENTENCES, "label": "gold_label"}
_BARE = {"first": "1", "second": "2", "label": "3"}
"""Columns of XTREME's own files, which have no names."""
_QUOTES = (
    "XTREME's download writes its files as CSV with doubled quotes, and its own trainers read them"
    ' with the quotes doubled; here they are undone, so a sentence with " differs from what'
    " published models have read."
)


def _pairs(
    name: str,
    suite: str,
    description: str,
    data: Data,
    *,
    licence: str,
    citation: str,
    labels: tuple[str, ...] = _NLI_LABELS,
    languages: tuple[str, ...] = ("en",),
    training: tuple[str, ...] = (),
    splits: tuple[str, ...] = ("train", "dev", "test"),
    translated: TranslatedData | None = None,
    notes: str = "",
) -> Task:
    return Task(
        name=name,
        format="classification",
        suite=suite,
        data=data,
        roles=_PAIR,
        languages={code: code for code in languages},
        metrics=("accuracy",),
        primary="accuracy",
        description=description,
        licence=licence,
        citation=citation,
        labels=labels,
        training=training,
        splits=splits,
        translated=translated,
        notes=notes,
    )


_MNLI = RealData(
    hub=HubData(
        repository="nyu-mll/glue",
        config="mnli",
        splits={
            "train": ("train",),
            "dev": ("validation_matched",),
            "test": ("validation_mismatched",),
        },
        columns=_PREMISE,
        convert="inference",
    ),
    raw=(
        RawData(
            files={
                "train": ("multinli_1.0/multinli_1.0_train.jsonl",),
                "dev": ("multinli_1.0/multinli_1.0_dev_matched.jsonl",),
                "test": ("multinli_1.0/multinli_1.0_dev_mismatched.jsonl",),
            },
            reader="jsonl",
            columns={**_GOLD, "id": "pairID"},
            convert="inference",
        ),
        RawData(
            files={
                "train": ("multinli_1.0/multinli_1.0_train.txt",),
                "dev": ("multinli_1.0/multinli_1.0_dev_matched.txt",),
                "test": ("multinli_1.0/multinli_1.0_dev_mismatched.txt",),
            },
            reader="tsv_trimmed",
            columns={**_GOLD, "id": "pairID"},
            convert="inference",
        ),
        RawData(
            files={
                "train": ("MNLI/train.tsv",),
                "dev": ("MNLI/dev_matched.tsv",),
                "test": ("MNLI/dev_mismatched.tsv",),
            },
            reader="tsv",
            columns={**_GOLD, "id": "pairID"},
            convert="inference",
        ),
        RawData(
            files={"train": ("xnli/train-en.tsv",), "dev": ("xnli/dev-en.tsv",)},
            reader="tsv_bare",
            columns=_BARE,
            convert="inference",
        ),
        RawData(
            files={"train": ("XNLI-MT-1.0/multinli/multinli.train.en.tsv",)},
            reader="tsv",
            columns={"first": "premise", "second": "hypo"},
            convert="inference",
        ),
    ),
    sizes={"train": 392_702, "dev": 9_815, "test": 9_832},
)

_SNLI = RealData(
    hub=HubData(
        repository="stanfordnlp/snli",
        config="plain_text",
        splits={"train": ("train",), "dev": ("validation",), "test": ("test",)},
        columns=_PREMISE,
        convert="inference",
        caveat="Label -1 stands for no gold label; such pairs are left out of every split.",
    ),
    raw=(
        RawData(
            files={
                "train": ("snli_1.0/snli_1.0_train.jsonl",),
                "dev": ("snli_1.0/snli_1.0_dev.jsonl",),
                "test": ("snli_1.0/snli_1.0_test.jsonl",),
            },
            reader="jsonl",
            columns={**_GOLD, "id": "pairID"},
            convert="inference",
        ),
        RawData(
            files={
                "train": ("snli_1.0/snli_1.0_train.txt",),
                "dev": ("snli_1.0/snli_1.0_dev.txt",),
                "test": ("snli_1.0/snli_1.0_test.txt",),
            },
            reader="tsv_trimmed",
            columns={**_GOLD, "id": "pairID"},
            convert="inference",
        ),
    ),
    sizes={"train": 549_367, "dev": 9_842, "test": 9_824},
)

_ROUNDS = ("1", "2", "3")
_ANLI = RealData(
    hub=HubData(
        repository="facebook/anli",
        config="plain_text",
        splits={
            split: tuple(f"{split}_r{number}" for number in _ROUNDS)
            for split in ("train", "dev", "test")
        },
        columns={**_PREMISE, "id": "uid"},
        convert="inference",
    ),
    raw=(
        RawData(
            files={
                split: tuple(f"anli_v0.1/R{number}/{split}.jsonl" for number in _ROUNDS)
                for split in ("train", "dev", "test")
            },
            reader="jsonl",
            columns={"first": "context", "second": "hypothesis", "id": "uid"},
            convert="inference",
        ),
    ),
    sizes={"train": 162_865, "dev": 3_200, "test": 3_200},
)

_QQP = RealData(
    hub=HubData(
        repository="nyu-mll/glue",
        config="qqp",
        splits={"train": ("train",), "dev": ("validation",), "test": ("validation",)},
        columns={"first": "question1", "second": "question2"},
        convert="duplicates",
    ),
    raw=(
        RawData(
            files={
                "train": ("QQP/train.tsv",),
                "dev": ("QQP/dev.tsv",),
                "test": ("QQP/dev.tsv",),
            },
            reader="tsv_torn",
            columns={"first": "question1", "second": "question2", "label": "is_duplicate"},
            convert="duplicates",
        ),
    ),
    sizes={"train": 363_846, "dev": 40_430, "test": 40_430},
    # https://github.com/huggingface/datasets/issues/277: two of the training pairs.
    blank=("second",),
)

_XNLI_DATA = RealData(
    hub=HubData(
        repository="facebook/xnli",
        splits={"dev": ("validation",), "test": ("test",)},
        columns=_PREMISE,
        convert="inference",
    ),
    raw=(
        RawData(
            files={"dev": ("XNLI-1.0/xnli.dev.tsv",), "test": ("XNLI-1.0/xnli.test.tsv",)},
            reader="tsv",
            columns={**_GOLD, "language": "language", "id": "pairID"},
            convert="inference",
        ),
        RawData(
            files={"dev": ("XNLI-1.0/xnli.dev.jsonl",), "test": ("XNLI-1.0/xnli.test.jsonl",)},
            reader="jsonl",
            columns={**_GOLD, "language": "language", "id": "pairID"},
            convert="inference",
        ),
        RawData(
            files={"dev": ("xnli/dev-{language}.tsv",), "test": ("xnli/test-{language}.tsv",)},
            reader="tsv_bare",
            columns=_BARE,
            convert="inference",
            unlabelled=("test",),
        ),
    ),
    sizes={"dev": 2_490, "test": 5_010},
)

_PAWSX_DATA = RealData(
    hub=HubData(
        repository="google-research-datasets/paws-x",
        splits={"train": ("train",), "dev": ("validation",), "test": ("test",)},
        columns={**_SENTENCES, "id": "id"},
    ),
    raw=(
        RawData(
            files={
                "train": ("x-final/{language}/train.tsv",),
                "dev": ("x-final/{language}/dev_2k.tsv",),
                "test": ("x-final/{language}/test_2k.tsv",),
            },
            reader="tsv",
            columns={**_SENTENCES, "id": "id"},
        ),
        RawData(
            files={
                "train": ("pawsx/train-{language}.tsv",),
                "dev": ("pawsx/dev-{language}.tsv",),
                "test": ("pawsx/test-{language}.tsv",),
            },
            reader="tsv_bare",
            columns=_BARE,
            unlabelled=("test",),
        ),
    ),
    sizes={"train": 49_401, "dev": 2_000, "test": 2_000},
)

TASKS = (
    _pairs(
        "mnli",
        "intermediate",
        "Does one sentence follow from another, contradict it, or neither, in ten genres?",
        _MNLI,
        licence="OANC; its fiction CC-BY-3.0, CC-BY-SA-3.0 and others",
        citation="Williams et al. 2018, MultiNLI",
        translated=translations.MNLI,
        notes="The test labels are hidden: dev is the matched and test the mismatched validation"
        " set, which share no pair. XTREME's own train-en.tsv has the same pairs with the words of"
        " its machine translation's tokenizer, and its dev-en.tsv is XNLI's. Its"
        " translations are XNLI's own (the Hub, XNLI-MT-1.0) or XTREME's (xtreme_translations):"
        " other sentences, and in another order. XNLI's have their words apart, in Chinese too. "
        + _QUOTES,
    ),
    _pairs(
        "snli",
        "intermediate",
        "Does one sentence follow from the caption of an image, contradict it, or neither?",
        _SNLI,
        licence="CC-BY-SA-4.0",
        citation="Bowman et al. 2015, SNLI",
        notes="Pairs on which the annotators did not agree ('-' or -1, in every split) are left"
        " out, as everybody does: 785 of train, 158 of dev, 176 of test.",
    ),
    _pairs(
        "anli",
        "intermediate",
        "Inference that was written, in three rounds, to fool a model.",
        _ANLI,
        licence="CC-BY-NC-4.0",
        citation="Nie et al. 2020, Adversarial NLI",
        notes="The three rounds one after the other, in every split.",
    ),
    _pairs(
        "anli-plus",
        "intermediate",
        "ANLI, MNLI and SNLI together.",
        JoinedData(
            tasks=("anli", "mnli", "snli"),
            sizes={"train": 1_104_934, "dev": 22_857, "test": 22_856},
        ),
        licence="CC-BY-NC-4.0 and those of mnli and snli",
        citation="Phang et al. 2020; Nie et al. 2020; Williams et al. 2018; Bowman et al. 2015",
        notes="ANLI+ of Phang et al. 2020: one head for all, in proportion to their sizes. Its test"
        " split joins those of its parts, MNLI's being the mismatched validation set.",
    ),
    _pairs(
        "qqp",
        "intermediate",
        "Do two questions of Quora ask the same?",
        _QQP,
        licence="Quora's terms of service, not commercial",
        citation="Iyer et al. 2017, Quora Question Pairs; Wang et al. 2018, GLUE",
        labels=("not_duplicate", "duplicate"),
        notes="The test labels are hidden: dev and test are both the official validation set, so a"
        " number that was also used for selection is optimistic. Two training pairs have an empty"
        " question. Quora's own file has the pairs without GLUE's splits, so it is not read.",
    ),
    _pairs(
        "xnli",
        "xtreme",
        "Inference in 15 languages, translated by people.",
        _XNLI_DATA,
        licence="CC-BY-NC-4.0",
        citation="Conneau et al. 2018, XNLI",
        languages=_XNLI,
        training=("mnli",),
        splits=("dev", "test"),
        notes="It learns from mnli; selection sees English dev only. Labels are mapped by their"
        " names: the Hub's order is entailment, neutral, contradiction, that of XTREME's processor"
        " contradiction, entailment, neutral. XTREME's download has no test labels: take XNLI-1.0"
        " or the Hub to score the test sets. " + _QUOTES,
    ),
    _pairs(
        "pawsx",
        "xtreme",
        "Do two sentences of nearly the same words say the same, in seven languages?",
        _PAWSX_DATA,
        licence="PAWS-X licence: free for any purpose, Google to be acknowledged",
        citation="Yang et al. 2019, PAWS-X",
        labels=("0", "1"),
        languages=_PAWSX,
        translated=translations.PAWSX,
        notes="The copy in google/xtreme lost rows to the quotes of CSV (226 of train in English,"
        " 39 of dev in Spanish, 12 in French, one of test in Korean), so the data's own repository"
        " is read, where all are. XTREME's download has no test labels. " + _QUOTES,
    ),
)
"""Tasks of one label."""
