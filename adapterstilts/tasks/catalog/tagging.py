"""Tagging: parts of speech, names, and the lexical categories of CCG."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from adapterstilts.tasks.supertags import RARE, categories
from adapterstilts.tasks.task import HubData, RawData, RealData, Task

_ROLES = ("tokens", "tags")
_XTREME_CITATION = "Hu et al. 2020, XTREME, arXiv:2003.11080"


def _splits(pattern: str) -> dict[str, tuple[str, ...]]:
    """Return the file of each split, whose name stands in the pattern."""
    return {split: (pattern.format(split=split),) for split in ("train", "dev", "test")}


def _counts(listed: str) -> dict[str, int]:
    """Return language to number, which stand in turn."""
    words = listed.split()
    return {language: int(number) for language, number in zip(words[::2], words[1::2], strict=True)}


_UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()
_UD_2_5 = (
    "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi"
    " yo zh"
).split()
_UD_2_7 = "lt pl ro uk wo".split()
_UD_DEV = _counts(
    "af 194 ar 909 bg 1115 el 403 en 3974 es 3054 et 3125 eu 1798 fa 599 fi 3239 fr 2903 he 484"
    " hu 441 id 559 it 2278 ko 3016 mr 46 nl 1394 pt 1770 ta 80 te 131 tr 988 ur 552 vi 800 zh 1000"
)
"""Sentences after XTREME's conversion of UD 2.5, in the languages whose counts were checked."""
_UD_TEST = _counts(
    "af 425 bg 1116 el 456 en 5440 es 3147 et 3760 eu 1799 fa 600 fi 4422 fr 5009 he 491 hu 449"
    " id 1557 it 3518 kk 1047 ko 4276 mr 47 nl 1471 pt 2681 ta 120 te 146 th 1000 tl 55 tr 4785"
    " ur 535 vi 800 yo 100 zh 3455"
)
_UD_REFUSAL = (
    "the Hub has Universal Dependencies from release 2.7 on, with multiword tokens as extra rows"
    " that do not say where they end, and google/xtreme mixes in other languages and splits those"
    " tokens; XTREME is release 2.5 (https://hdl.handle.net/11234/1-3105; XTREME-R's extra"
    " languages are 2.7, https://hdl.handle.net/11234/1-3424): unpack it and name its folder"
)
_UD_NOTES = (
    "Built from the treebanks as XTREME does it: all treebanks whose files begin with the"
    " language's code, multiword tokens as written with the tag of their head, licensed text left"
    " out. XTREME's own scripts put an 'O' before the 17 tags, which a model may answer with and"
    " never rightly; here there are the 17. pos_f1 is what XTREME calls accuracy and F1: it joins"
    " neighbours of one tag and is lower than token_accuracy."
)

_UD_DATA = RealData(
    hub=None,
    raw=(
        RawData(files=_splits("udpos/{split}-{{language}}.tsv"), reader="tagged"),
        RawData(
            files=_splits("ud-treebanks-v{{subset}}/UD_*/{{language}}_*-ud-{split}*.conllu"),
            reader="ud",
        ),
        RawData(files=_splits("UD_*/{{language}}_*-ud-{split}*.conllu"), reader="ud"),
    ),
    sizes={"train": {"en": 21253}, "dev": _UD_DEV, "test": _UD_TEST},
    refusal=_UD_REFUSAL,
)
_UDPOS = Task(
    name="udpos",
    format="tagging",
    suite="xtreme",
    data=_UD_DATA,
    roles=_ROLES,
    languages=dict.fromkeys(_UD_2_5, "2.5"),
    metrics=("pos_f1", "token_accuracy"),
    primary="pos_f1",
    description="Target: the part of speech of every token of Universal Dependencies 2.5.",
    licence="that of each treebank, see its LICENSE.txt (most are CC BY-SA or CC BY-NC-SA)",
    citation="Nivre et al. 2018, Universal Dependencies 2; " + _XTREME_CITATION,
    labels=tuple(_UPOS),
    notes=_UD_NOTES,
)
_UDPOS_XR = replace(
    _UDPOS,
    name="udpos-xr",
    suite="xtreme-r",
    data=replace(
        _UD_DATA,
        sizes={
            "dev": {**_UD_DEV, **_counts("lt 672 pl 3960 ro 2247 uk 672 wo 449")},
            "test": {**_UD_TEST, **_counts("lt 739 pl 4942 ro 2272 uk 892 wo 470")},
        },
    ),
    languages={**_UDPOS.languages, **dict.fromkeys(_UD_2_7, "2.7")},
    description="Target: udpos with five more languages, from Universal Dependencies 2.7.",
    citation=f"{_UDPOS.citation}; Ruder et al. 2021, XTREME-R, arXiv:2104.07412",
    training=("udpos",),
    splits=("dev", "test"),
)

_ENTITIES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
_PANX_LANGUAGES = (
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th"
    " sw yo my zh kk tr et fi hu"
).split()
_PANX_MORE = "az gu lt pa pl qu ro uk".split()
_HUNDRED, _THOUSAND = "gu jv my pa qu yo".split(), "af az bn hi kk ml mr ms sw ta te tl ur".split()


def _panx_data(languages: Iterable[str], sizes: Mapping[str, Mapping[str, int]]) -> RealData:
    """Return WikiANN in some languages; its dev and test sets are of one size."""
    known = {**dict.fromkeys(_HUNDRED, 100), **dict.fromkeys(_THOUSAND, 1000)}
    evaluated = {language: known.get(language, 10_000) for language in languages}
    return RealData(
        hub=HubData(
            repository="unimelb-nlp/wikiann",
            splits={"train": ("train",), "dev": ("validation",), "test": ("test",)},
            columns={"tags": "ner_tags"},
            convert="tagged",
        ),
        raw=(
            RawData(files=_splits("panx/{split}-{{language}}.tsv"), reader="tagged"),
            RawData(files=_splits("{{language}}/{split}"), reader="wikiann"),
            # Some programs unpack an archive into a folder that bears its name.
            RawData(files=_splits("{{language}}.tar.gz/{split}"), reader="wikiann"),
        ),
        sizes={**sizes, "dev": evaluated, "test": evaluated},
        blank=("tokens",),
    )


_PANX = Task(
    name="panx",
    format="tagging",
    suite="xtreme",
    data=_panx_data(_PANX_LANGUAGES, {"train": {"en": 20_000}}),
    roles=_ROLES,
    languages={language: language for language in _PANX_LANGUAGES},
    metrics=("entity_f1", "token_accuracy"),
    primary="entity_f1",
    description="Target: names of people, places and organisations in Wikipedia.",
    licence="unknown",
    citation=f"Pan et al. 2017, ACL P17-1178; Rahimi et al. 2019, ACL P19-1015; {_XTREME_CITATION}",
    labels=_ENTITIES,
    notes=(
        "Tokens may be empty or '**': they are WikiANN's, and each has its tag. An empty token is"
        " an empty line in XTREME's test files, which have no tags, and ends the sentence there."
    ),
)
_PANX_XR = replace(
    _PANX,
    name="panx-xr",
    suite="xtreme-r",
    data=_panx_data([*_PANX_LANGUAGES, *_PANX_MORE], {}),
    languages={language: language for language in (*_PANX_LANGUAGES, *_PANX_MORE)},
    description="Target: panx with eight more languages.",
    citation=f"{_PANX.citation}; Ruder et al. 2021, XTREME-R, arXiv:2104.07412",
    training=("panx",),
    splits=("dev", "test"),
)


def _sections(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"data/AUTO/{section:02}/wsj_*.auto" for section in range(first, last + 1))


_CCG = Task(
    name="ccg",
    format="tagging",
    suite="intermediate",
    data=RealData(
        hub=None,
        raw=(
            RawData(
                files={
                    "train": _sections(0, 18),
                    "dev": _sections(19, 21),
                    "test": _sections(22, 24),
                },
                reader="ccgbank",
            ),
        ),
        sizes={"train": 38_015, "dev": 5_484},
        refusal=(
            "CCGbank is licensed by the LDC (https://catalog.ldc.upenn.edu/LDC2005T13) and may not"
            " be passed on: get it there and name the folder that holds its data/AUTO"
        ),
    ),
    roles=_ROLES,
    languages={"en": "en"},
    metrics=("token_accuracy",),
    primary="token_accuracy",
    description="Source: the lexical category of every word, which nearly says how to parse it.",
    licence="LDC User Agreement (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007, Computational Linguistics 33(3)",
    labels=(*categories(), RARE),
    notes=(
        "Split as by Phang et al. 2020 (jiant): sections 00-18 train, 19-21 dev, 22-24 test; that"
        " gives their 38,015 and 5,484 sentences. Supertaggers are compared on sections 02-21, 00"
        " and 23, so no accuracy here is to be put beside theirs. Categories are composed by rule,"
        " and what the rule does not give is '<unk>', which counts as right where the gold category"
        " is '<unk>' too."
    ),
)

TASKS = (_CCG, _UDPOS, _PANX, _UDPOS_XR, _PANX_XR)
"""Every tagging task of a real benchmark."""
