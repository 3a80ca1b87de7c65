"""Where the training rows of tasks are that a machine has translated from English.

XTREME's authors have put theirs in a bucket, `xtreme_translations`. Its folders and columns are
taken from what reads them, TensorFlow Datasets (`xtreme_xnli`, `xtreme_pawsx`, `tydi_qa`) and xTune
(arXiv:2106.08226), and have not been compared with the files, whose lines may be broken in ways
that nobody has written down. Files of XNLI-MT-1.0, of PAWS-X and of MLQA have been read.
"""

from adapterstilts.tasks.task import HubData, RawData, TranslatedData

LOST = (
    "A translated answer that does not stand where its offset says is left out, and so is a"
    " question without any; how many is in the record of the stage that reads them."
)
_PREMISE = {"first": "premise", "second": "hypothesis"}
_SENTENCES = {"first": "sentence1", "second": "sentence2", "id": "id"}
_ALIGNED = {"first": "3", "second": "4", "label": "5"}
"""Columns of XTREME's translations of pairs, which have the English sentences first."""
_MLQA = ("ar", "de", "es", "hi", "vi", "zh")

MNLI = TranslatedData(
    languages=("ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
    hub=HubData(
        repository="facebook/xnli",
        splits={"train": ("train",)},
        columns=_PREMISE,
        convert="inference",
    ),
    raw=(
        RawData(
            files={"train": ("XNLI-MT-1.0/multinli/multinli.train.{language}.tsv",)},
            reader="tsv",
            columns={"first": "premise", "second": "hypo"},
            convert="inference",
        ),
        RawData(
            files={"train": ("XNLI/translate-train/en-{language}-translated.tsv",)},
            reader="tsv_aligned",
            columns=_ALIGNED,
            convert="inference",
        ),
    ),
    size=392_702,
)
"""MultiNLI: XNLI's own translation, which the Hub has too, and XTREME's."""

PAWSX = TranslatedData(
    languages=("de", "es", "fr", "ja", "ko", "zh"),
    hub=HubData(
        repository="google-research-datasets/paws-x",
        splits={"train": ("train",)},
        columns=_SENTENCES,
    ),
    raw=(
        RawData(
            files={"train": ("x-final/{language}/translated_train.tsv",)},
            reader="tsv",
            columns=_SENTENCES,
        ),
        RawData(
            files={"train": ("PAWSX/translate-train/en-{language}-translated.tsv",)},
            reader="tsv_aligned",
            columns=_ALIGNED,
        ),
    ),
    size=49_401,
)
"""PAWS: the translation of PAWS-X, and XTREME's."""

SQUAD = TranslatedData(
    languages=("ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh"),
    hub=HubData(
        repository="facebook/mlqa",
        config="",
        configs={code: (f"mlqa-translate-train.{code}",) for code in _MLQA},
        splits={"train": ("train",)},
        convert="squad",
        revision="refs/pr/5",
        caveat=(
            "The main branch has a loading script, and a pull request parquet. The translation"
            " lacks questions whose answers were not found again: of 87,599 there are 78,058 in"
            " Arabic and 80,069 in German."
        ),
    ),
    raw=(
        RawData(
            files={"train": ("SQuAD/translate-train/squad.translate.train.en-{language}.json",)},
            reader="squad_json",
        ),
        RawData(
            files={
                "train": ("mlqa-translate-train/{language}_squad-translate-train-train-v1.1.json",)
            },
            reader="squad_json",
        ),
    ),
)
"""SQuAD 1.1: XTREME's translation, and in six languages MLQA's, which the Hub has too."""

TYDIQA = TranslatedData(
    languages=("ar", "bn", "fi", "id", "ko", "ru", "sw", "te"),
    raw=(
        RawData(
            files={
                "train": ("TyDiQA-GoldP/translate-train/tydiqa.translate.train.en-{language}.json",)
            },
            reader="squad_json",
        ),
    ),
    held_out=200,
)
"""TyDiQA's English questions; what people have asked in the other languages is not read."""
