"""Reasoning and common sense: one right answer of a few."""

from collections.abc import Mapping
from types import MappingProxyType

from adapterstilts.tasks.task import HubData, RawData, RealData, Task

_XCOPA = ("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh")
_OKAPI = (
    *("ar", "bn", "ca", "da", "de", "en", "es", "eu", "fr", "gu", "hi", "hr", "hu", "hy", "id"),
    *("is", "it", "kn", "ml", "mr", "nb", "ne", "nl", "pt", "ro", "ru", "sk", "sr", "sv", "ta"),
    *("te", "uk", "vi", "zh"),
)
"""Languages of the translated ARC and HellaSwag."""
_CONVERTED = "refs/convert/parquet"
"""Branch on which the Hub itself keeps what it has made parquet of."""
_HIDDEN = (
    "The test labels are hidden: dev and test are both the official validation set, so a number"
    " that was also used for selection is optimistic."
)
_TRAIN_AND_VALIDATION = {"train": ("train",), "dev": ("validation",), "test": ("validation",)}
_ID = {"id": "id"}
_CTX = {"context": "ctx"}
_PREMISE = {"context": "premise"}
_INSTRUCTION = {"context": "instruction", "id": "id"}
_UNCHECKED = (
    "The main branch has JSON lines, so the Hub's own conversion to parquet is read; what it holds"
    " has not been checked."
)
_OKAPI_NOTES = (
    "Translated by ChatGPT and not checked by people; some languages lack a few questions. It"
    " learns from the English task."
)


def _jsonl(
    files: Mapping[str, str | tuple[str, ...]],
    *,
    convert: str,
    columns: Mapping[str, str] = MappingProxyType({}),
    reader: str = "jsonl",
    unlabelled: tuple[str, ...] = (),
) -> RawData:
    """Return a layout; without files of its own, test has those of dev."""
    named = {split: (names,) if isinstance(names, str) else names for split, names in files.items()}
    return RawData(
        files={"test": named["dev"], **named},
        reader=reader,
        columns=columns,
        convert=convert,
        unlabelled=unlabelled,
    )


def _choices(
    name: str,
    suite: str,
    description: str,
    data: RealData,
    *,
    choices: int,
    licence: str,
    citation: str,
    question: bool = False,
    languages: tuple[str, ...] = ("en",),
    training: tuple[str, ...] = (),
    splits: tuple[str, ...] = ("train", "dev", "test"),
    notes: str = "",
) -> Task:
    asked = ("question",) if question else ()
    return Task(
        name=name,
        format="multiple_choice",
        suite=suite,
        data=data,
        roles=("context", *asked, "choices", "label"),
        languages={code: code for code in languages},
        metrics=("accuracy",),
        primary="accuracy",
        description=description,
        licence=licence,
        citation=citation,
        choices=choices,
        training=training,
        splits=splits,
        notes=notes,
    )


def _arc(part: str, sizes: Mapping[str, int]) -> RealData:
    """Return where one part of ARC is."""
    folder = f"ARC-V1-Feb2018-2/{part}/{part}"
    names = {split: f"{folder}-{split.title()}.jsonl" for split in ("train", "dev", "test")}
    return RealData(
        hub=HubData(
            repository="allenai/ai2_arc",
            config=part,
            splits={"train": ("train",), "dev": ("validation",), "test": ("test",)},
            columns=_ID,
            convert="lettered",
        ),
        raw=(_jsonl(names, columns=_ID, convert="lettered"),),
        sizes=sizes,
    )


_COMMONSENSEQA = RealData(
    hub=HubData(
        repository="tau/commonsense_qa",
        config="default",
        splits=_TRAIN_AND_VALIDATION,
        columns=_ID,
        convert="lettered",
    ),
    raw=(
        _jsonl(
            {"train": "train_rand_split.jsonl", "dev": "dev_rand_split.jsonl"},
            columns=_ID,
            convert="lettered",
        ),
    ),
    sizes={"train": 9_741, "dev": 1_221, "test": 1_221},
)

_HELLASWAG = RealData(
    hub=HubData(
        repository="Rowan/hellaswag",
        config="default",
        splits=_TRAIN_AND_VALIDATION,
        columns=_CTX,
        convert="endings",
    ),
    raw=(
        _jsonl(
            {"train": "hellaswag_train.jsonl", "dev": "hellaswag_val.jsonl"},
            columns=_CTX,
            convert="endings",
        ),
    ),
    sizes={"train": 39_905, "dev": 10_042, "test": 10_042},
)

_COSMOSQA = RealData(
    hub=HubData(
        repository="allenai/cosmos_qa",
        config="default",
        splits=_TRAIN_AND_VALIDATION,
        columns=_ID,
        convert="numbered",
        revision=_CONVERTED,
        caveat="The main branch was seen with a loading script only, so the Hub's own conversion is"
        " read; what it holds has not been checked.",
    ),
    raw=(
        _jsonl(
            {"train": "train.csv", "dev": "valid.csv"},
            reader="csv",
            columns=_ID,
            convert="numbered",
        ),
    ),
    sizes={"train": 25_262, "dev": 2_985, "test": 2_985},
)

_SIQA = RealData(
    hub=HubData(
        repository="lighteval/siqa",
        config="default",
        splits=_TRAIN_AND_VALIDATION,
        convert="social",
        caveat="A copy in parquet: allenai/social_i_qa has nothing but a loading script.",
    ),
    raw=(
        _jsonl(
            {"train": "socialIQa_v1.4_trn.jsonl", "dev": "socialIQa_v1.4_dev.jsonl"},
            convert="social",
        ),
        _jsonl(
            {
                split: (
                    f"socialiqa-train-dev/{split}.jsonl",
                    f"socialiqa-train-dev/{split}-labels.lst",
                )
                for split in ("train", "dev")
            },
            reader="jsonl_labels",
            convert="social",
        ),
    ),
    sizes={"train": 33_410, "dev": 1_954, "test": 1_954},
)

_COPA = RealData(
    hub=HubData(
        repository="aps/super_glue",
        config="copa",
        splits=_TRAIN_AND_VALIDATION,
        columns=_PREMISE,
        convert="cause_or_effect",
    ),
    raw=tuple(
        _jsonl({"train": train, "dev": dev}, columns=_PREMISE, convert="cause_or_effect")
        for train, dev in (
            ("COPA/train.jsonl", "COPA/val.jsonl"),
            ("xcopa/train-en.jsonl", "xcopa/val-en.jsonl"),
        )
    ),
    sizes={"train": 400, "dev": 100, "test": 100},
)

_XCOPA_DATA = RealData(
    hub=HubData(
        repository="cambridgeltl/xcopa",
        splits={"dev": ("validation",), "test": ("test",)},
        columns=_PREMISE,
        convert="cause_or_effect",
    ),
    raw=(
        *(
            _jsonl(
                {
                    "dev": folder + "/{language}/val.{language}.jsonl",
                    "test": folder + "/{language}/test.{language}.jsonl",
                },
                columns=_PREMISE,
                convert="cause_or_effect",
            )
            for folder in ("data", "xcopa")
        ),
        _jsonl(
            {"dev": "xcopa/val-{language}.jsonl", "test": "xcopa/test-{language}.jsonl"},
            columns=_PREMISE,
            convert="cause_or_effect",
            unlabelled=("test",),
        ),
    ),
    sizes={"dev": 100, "test": 500},
)

_VAL = {"dev": "val", "test": "test"}
_M_ARC = RealData(
    hub=HubData(
        repository="alexandrainst/m_arc",
        splits={"dev": ("val",), "test": ("test",)},
        columns=_INSTRUCTION,
        convert="options",
        revision=_CONVERTED,
        caveat=_UNCHECKED,
    ),
    raw=(
        _jsonl(
            {split: f"m_arc/data/{{language}}/{name}.jsonl" for split, name in _VAL.items()},
            columns=_INSTRUCTION,
            convert="options",
        ),
    ),
    sizes={},
)

_M_HELLASWAG = RealData(
    hub=HubData(
        repository="alexandrainst/m_hellaswag",
        splits={"dev": ("val",), "test": ("val",)},
        columns=_CTX,
        convert="endings",
        revision=_CONVERTED,
        caveat=_UNCHECKED,
    ),
    raw=(
        _jsonl({"dev": "m_hellaswag/data/{language}/val.jsonl"}, columns=_CTX, convert="endings"),
    ),
    sizes={},
)

TASKS = (
    _choices(
        "commonsenseqa",
        "intermediate",
        "Which of five words answers a question that takes common sense?",
        _COMMONSENSEQA,
        choices=5,
        licence="MIT",
        citation="Talmor et al. 2019, CommonsenseQA",
        notes=_HIDDEN + " It is the random split, which leaderboards use.",
    ),
    _choices(
        "hellaswag",
        "reasoning",
        "Which of four endings goes on with a description?",
        _HELLASWAG,
        choices=4,
        licence="MIT",
        citation="Zellers et al. 2019, HellaSwag",
        notes=_HIDDEN + " The context is the column `ctx`; the activity's label is not read.",
    ),
    _choices(
        "cosmosqa",
        "reasoning",
        "Which of four answers can be read between the lines of a story?",
        _COSMOSQA,
        choices=4,
        question=True,
        licence="CC-BY-4.0",
        citation="Huang et al. 2019, Cosmos QA",
        notes=_HIDDEN + " Papers report 25,588 and 3,000 examples; the release has 25,262 and"
        " 2,985.",
    ),
    _choices(
        "siqa",
        "reasoning",
        "Which of three answers says what people want, feel or do?",
        _SIQA,
        choices=3,
        question=True,
        licence="unknown",
        citation="Sap et al. 2019, Social IQA",
        notes=_HIDDEN + " The right answer is a letter, `correct`, in one release and a number from"
        " 1 in the other and on the Hub.",
    ),
    *(
        _choices(
            f"arc-{part.lower()}",
            "reasoning",
            f"Which answer to {asked} of a school's science test is right?",
            _arc(f"ARC-{part}", sizes),
            choices=5,
            licence="CC-BY-SA-4.0",
            citation="Clark et al. 2018, ARC",
            notes="There are three to five choices, whose keys are letters or digits.",
        )
        for part, asked, sizes in (
            ("Easy", "a question", {"train": 2_251, "dev": 570, "test": 2_376}),
            ("Challenge", "a harder question", {"train": 1_119, "dev": 299, "test": 1_172}),
        )
    ),
    _choices(
        "copa",
        "reasoning",
        "Which of two events is the cause, or the effect, of another?",
        _COPA,
        choices=2,
        question=True,
        licence="BSD-2-Clause",
        citation="Roemmele et al. 2011, COPA; Wang et al. 2019, SuperGLUE",
        notes="SuperGLUE's test labels are hidden, and those in XTREME-R's download are all 0: dev"
        " and test are both the official validation set, so a number that was also used for"
        " selection is optimistic. The question is written out as XTREME-R does: What was the"
        " cause?",
    ),
    _choices(
        "xcopa",
        "xtreme-r",
        "Which of two events is the cause, or the effect, of another, in eleven languages?",
        _XCOPA_DATA,
        choices=2,
        question=True,
        licence="CC-BY-4.0",
        citation="Ponti et al. 2020, XCOPA",
        languages=_XCOPA,
        training=("siqa", "copa"),
        splits=("dev", "test"),
        notes="It learns from siqa, then from copa; selection sees the English of copa's dev only,"
        " for English is none of its languages. XTREME-R's download has 0 in the place of every"
        " test label: take the release or the Hub to score the test sets. The question is English"
        " in every language, as in XTREME-R.",
    ),
    _choices(
        "m-arc",
        "reasoning",
        "ARC-Challenge in 34 languages.",
        _M_ARC,
        choices=5,
        licence="CC-BY-NC-4.0",
        citation="Lai et al. 2023, Okapi; Clark et al. 2018, ARC",
        languages=_OKAPI,
        training=("arc-challenge",),
        splits=("dev", "test"),
        notes=_OKAPI_NOTES,
    ),
    _choices(
        "m-hellaswag",
        "reasoning",
        "HellaSwag in 33 languages.",
        _M_HELLASWAG,
        choices=4,
        licence="CC-BY-NC-4.0",
        citation="Lai et al. 2023, Okapi; Zellers et al. 2019, HellaSwag",
        # Some Chinese endings are {"zh", "en"} there, which has no conversion to parquet.
        languages=tuple(code for code in _OKAPI if code != "zh"),
        training=("hellaswag",),
        splits=("dev", "test"),
        notes=_OKAPI_NOTES + " dev and test are both the translated validation set. Chinese is left"
        " out: some of its endings are not text.",
    ),
)
"""Tasks of several choices."""
