"""Question answering by a span of the passage: SQuAD, and the multilingual sets in its shape."""

from collections.abc import Mapping
from dataclasses import replace

from adapterstilts.tasks.catalog import translations
from adapterstilts.tasks.task import HubData, RawData, RealData, Task, TranslatedData

_ROLES = ("context", "question", "answers")
_XTREME_CITATION = "Hu et al. 2020, XTREME, arXiv:2003.11080"
_SAME_ROWS = (
    "The test set is hidden; dev and test are both the official dev set, on which everybody"
    " reports. A number that the same rows were used to select a model with is optimistic."
)
_STRIPPED = (
    "XTREME's own download has empty answers in the test files; they can then be predicted, not"
    " scored."
)


def _squad_raw(name: str, version: str) -> tuple[RawData, ...]:
    """Return the layouts of SQuAD's files: in a folder of their own, or where they lie."""
    return tuple(
        RawData(
            files={
                split: (f"{folder}{part}-v{version}.json",)
                for split, part in (("train", "train"), ("dev", "dev"), ("test", "dev"))
            },
            reader="squad_json",
        )
        for folder in (f"{name}/", "")
    )


def _squad(
    name: str,
    *,
    repository: str,
    config: str,
    version: str,
    sizes: Mapping[str, int],
    metrics: tuple[str, str],
    description: str,
    citation: str,
    translated: TranslatedData | None = None,
    notes: str = _SAME_ROWS,
) -> Task:
    return Task(
        name=name,
        format="span_qa",
        suite="intermediate",
        data=RealData(
            hub=HubData(
                repository=repository,
                config=config,
                splits={"train": ("train",), "dev": ("validation",), "test": ("validation",)},
                convert="squad",
            ),
            raw=_squad_raw("squad", version),
            sizes=sizes,
        ),
        roles=_ROLES,
        languages={"en": "en"},
        metrics=metrics,
        primary=metrics[0],
        description=description,
        licence="CC-BY-SA-4.0",
        citation=citation,
        unanswerable=version == "2.0",
        translated=translated,
        notes=notes,
    )


_SQUAD = _squad(
    "squad",
    repository="rajpurkar/squad",
    config="plain_text",
    version="1.1",
    sizes={"train": 87_599, "dev": 10_570, "test": 10_570},
    metrics=("f1", "exact_match"),
    description="Source: questions on Wikipedia, each answered by a span of the passage.",
    citation="Rajpurkar et al. 2016, arXiv:1606.05250",
    translated=translations.SQUAD,
    notes=(
        f"{_SAME_ROWS} Its translations are XTREME's (xtreme_translations) or, in six languages,"
        f" MLQA's, which the Hub has. {translations.LOST}"
    ),
)
_SQUAD_V2 = _squad(
    "squad-v2",
    repository="rajpurkar/squad_v2",
    config="squad_v2",
    version="2.0",
    sizes={"train": 130_319, "dev": 11_873, "test": 11_873},
    metrics=("squad2_f1", "squad2_exact_match"),
    description="Source: questions as in SQuAD, and others that the passage does not answer.",
    citation="Rajpurkar et al. 2018, arXiv:1806.03822",
)

_XQUAD = Task(
    name="xquad",
    format="span_qa",
    suite="xtreme",
    data=RealData(
        hub=HubData(
            repository="google/xquad",
            config="xquad.{language}",
            splits={"test": ("validation",)},
            convert="squad",
        ),
        raw=tuple(
            RawData(files={"test": (f"{folder}xquad.{{language}}.json",)}, reader="squad_json")
            for folder in ("xquad/", "")
        ),
        sizes={"test": 1_190},
    ),
    roles=_ROLES,
    languages={code: code for code in "en es de el ru tr ar vi th zh hi".split()},
    metrics=("f1", "exact_match"),
    primary="f1",
    description="Target: SQuAD questions and passages that were translated by people.",
    licence="CC-BY-SA-4.0",
    citation="Artetxe et al. 2020, arXiv:1910.11856; " + _XTREME_CITATION,
    training=("squad",),
    splits=("test",),
    notes=_STRIPPED,
)
_XQUAD_XR = replace(
    _XQUAD,
    name="xquad-xr",
    suite="xtreme-r",
    languages={**_XQUAD.languages, "ro": "ro"},
    description="Target: xquad with Romanian.",
    citation=f"{_XQUAD.citation}; Ruder et al. 2021, XTREME-R, arXiv:2104.07412",
)

_MLQA = Task(
    name="mlqa",
    format="span_qa",
    suite="xtreme",
    data=RealData(
        hub=HubData(
            repository="google/xtreme",
            config="MLQA.{language}.{language}",
            splits={"dev": ("validation",), "test": ("test",)},
            convert="squad",
            caveat="facebook/mlqa has a loading script on its main branch; these are its rows.",
        ),
        raw=tuple(
            RawData(
                files={
                    split: (
                        f"{folder}MLQA_V1/{split}/"
                        f"{split}-context-{{language}}-question-{{language}}.json",
                    )
                    for split in ("dev", "test")
                },
                reader="squad_json",
            )
            for folder in ("mlqa/", "")
        ),
        sizes={
            "dev": {"en": 1_148, "de": 512, "es": 500, "hi": 507, "vi": 511, "zh": 504, "ar": 517},
            "test": {
                **{"en": 11_590, "de": 4_517, "es": 5_253, "hi": 4_918},
                **{"vi": 5_495, "zh": 5_137, "ar": 5_335},
            },
        },
    ),
    roles=_ROLES,
    languages={code: code for code in "en es de ar hi vi zh".split()},
    metrics=("mlqa_f1", "mlqa_exact_match"),
    primary="mlqa_f1",
    description="Target: questions on Wikipedia passages that say the same in several languages.",
    licence="CC-BY-SA-3.0",
    citation="Lewis et al. 2020, arXiv:1910.07475; " + _XTREME_CITATION,
    training=("squad",),
    splits=("dev", "test"),
    notes=(
        "Question and passage are in one language, as XTREME has it; the scores normalise answers"
        f" by MLQA's own rules for each language. {_STRIPPED}"
    ),
)

_TYDIQA = Task(
    name="tydiqa",
    format="span_qa",
    suite="xtreme",
    data=RealData(
        hub=HubData(
            repository="google-research-datasets/tydiqa",
            config="secondary_task",
            splits={"train": ("train",), "test": ("validation",)},
            convert="squad_of_language",
            caveat="All languages are in one table; the questions of one are told by their ids.",
        ),
        raw=(
            RawData(
                files={
                    split: (
                        f"tydiqa/tydiqa-goldp-v1.1-{part}/tydiqa.goldp.{{language}}.{part}.json",
                    )
                    for split, part in (("train", "train"), ("test", "dev"))
                },
                reader="squad_json",
            ),
            RawData(
                files={
                    split: (f"tydiqa-goldp-v1.1-{part}.json",)
                    for split, part in (("train", "train"), ("test", "dev"))
                },
                reader="squad_json_of_language",
            ),
            # The release's archive, which XTREME's script takes and removes the answers from.
            RawData(
                files={"test": ("tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-{subset}.json",)},
                reader="squad_json",
            ),
        ),
        sizes={
            "train": {"en": 3_696},
            "dev": {"en": 200},
            "test": {
                **{"ar": 921, "bn": 113, "en": 440, "fi": 782, "id": 565},
                **{"ko": 276, "ru": 812, "sw": 499, "te": 669},
            },
        },
        held_out=200,
    ),
    translated=translations.TYDIQA,
    roles=_ROLES,
    languages={
        **{"ar": "arabic", "bn": "bengali", "en": "english", "fi": "finnish", "id": "indonesian"},
        **{"ko": "korean", "ru": "russian", "sw": "swahili", "te": "telugu"},
    },
    metrics=("f1", "exact_match"),
    primary="f1",
    description="Target: questions that people asked before they had seen the passage (GoldP).",
    licence="Apache-2.0",
    citation="Clark et al. 2020, arXiv:2003.05002; " + _XTREME_CITATION,
    notes=(
        "The official dev set is the test set, so 200 of the 3,696 English training questions are"
        f" kept as dev. {_STRIPPED} XTREME has also cut the ids of its training questions, so other"
        " rows are held out there than from the Hub's copy. The translation is of the English"
        " questions, not the other languages' own; the same 200 are left out of it if its ids are"
        f" those of the English questions, which has not been checked. {translations.LOST}"
    ),
)

TASKS = (_SQUAD, _SQUAD_V2, _XQUAD, _MLQA, _TYDIQA, _XQUAD_XR)
"""Every task of spans of a real benchmark."""
