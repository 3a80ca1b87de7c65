"""Retrieval: translations, mentions' entities and questions' answers found by their embeddings.

Nothing is trained on these: an encoder answers as it is, or as a source has left it. Numbers
depend on the layer and the pooling, so scores name both in their signature.
"""

from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.task import Data, HubData, RawData, RealData, Task

_TATOEBA = {
    "af": "afr", "ar": "ara", "bg": "bul", "bn": "ben", "de": "deu", "el": "ell", "es": "spa",
    "et": "est", "eu": "eus", "fa": "pes", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin",
    "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn", "jv": "jav", "ka": "kat", "kk": "kaz",
    "ko": "kor", "ml": "mal", "mr": "mar", "nl": "nld", "pt": "por", "ru": "rus", "sw": "swh",
    "ta": "tam", "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "ur": "urd", "vi": "vie",
    "zh": "cmn",
}  # fmt: skip
_TATOEBA_XR = {"az": "aze", "lt": "lit", "pl": "pol", "ro": "ron", "uk": "ukr"}
_FEWER = {
    "jv": 205, "ka": 746, "kk": 575, "ml": 687, "sw": 390, "ta": 307, "te": 234, "th": 548,
}  # fmt: skip
_MENTIONS = {
    "ar": (318, 1501), "de": (326, 1551), "en": (316, 1490), "es": (311, 1552), "fa": (72, 458),
    "ja": (310, 1519), "pl": (304, 1562), "ro": (145, 672), "ta": (312, 1567), "tr": (262, 1215),
    "uk": (315, 1537),
}  # fmt: skip
_LAREQA = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
_BUCC = ("de", "fr", "ru", "zh")
_WINDOW = " Set `training.tasks.{name}.max_length` to {length} for the window of XTREME's scripts."


def _retrieval(
    name: str,
    format: str,
    suite: str,
    description: str,
    data: Data,
    roles: tuple[str, ...],
    *,
    languages: dict[str, str],
    metrics: tuple[str, ...],
    splits: tuple[str, ...],
    licence: str,
    citation: str,
    length: int,
    notes: str,
) -> Task:
    return Task(
        name=name,
        format=format,
        suite=suite,
        data=data,
        roles=roles,
        languages=languages,
        metrics=metrics,
        primary=metrics[0],
        description=description,
        licence=licence,
        citation=citation,
        splits=splits,
        notes=notes + _WINDOW.format(name=name, length=length),
    )


def _tatoeba(name: str, suite: str, hub: HubData, languages: dict[str, str], notes: str) -> Task:
    lines = "tatoeba.{subset}-eng"
    return _retrieval(
        name,
        "retrieval",
        suite,
        "Target: the translation of an English sentence among all sentences of the language.",
        RealData(
            hub=hub,
            raw=(
                # The release first: its lines are aligned, and those of XTREME's copy are not.
                RawData(
                    files={"test": (f"tatoeba/{lines}.eng", f"tatoeba/{lines}.{{subset}}")},
                    reader="parallel",
                ),
                RawData(files={"test": (f"{lines}.eng", f"{lines}.{{subset}}")}, reader="parallel"),
                RawData(
                    files={
                        "test": ("tatoeba/{language}-en.en", "tatoeba/{language}-en.{language}")
                    },
                    reader="parallel",
                    unlabelled=("test",),
                ),
            ),
            sizes={"test": {code: _FEWER.get(code, 1000) for code in _TATOEBA}},
        ),
        ("query", "candidate", "match"),
        languages=languages,
        metrics=("accuracy",),
        splits=("test",),
        licence="CC-BY-2.0",
        citation="Artetxe and Schwenk (2019), arXiv:1812.10464; sentences of tatoeba.org",
        length=512,
        notes=(
            "English sentences look for foreign ones, as in XTREME; the other direction gives other"
            " numbers. XTREME's own files have the English side sorted and say nowhere which line"
            " was which, so they can be predicted and submitted but not scored; with LASER's"
            " `tatoeba.<code>-eng.*` beside them, or from the Hub, they can. There is no dev split:"
            " scores are those of the one set that there is." + notes
        ),
    )


TASKS = (
    _tatoeba(
        "tatoeba",
        "xtreme",
        HubData(
            repository="google/xtreme",
            config="tatoeba.{subset}",
            splits={"test": ("validation",)},
            columns={"query": "target_sentence", "candidate": "source_sentence"},
            convert="aligned",
            caveat="Aligned as LASER's files; texts end with a line end, which is taken off.",
        ),
        _TATOEBA,
        "",
    ),
    _tatoeba(
        "tatoeba-xr",
        "xtreme-r",
        HubData(
            repository="mteb/tatoeba-bitext-mining",
            revision="refs/convert/parquet",
            config="{subset}-eng",
            splits={"test": ("test",)},
            columns={"query": "sentence2", "candidate": "sentence1"},
            convert="aligned",
            caveat="MTEB's copy of LASER's files: `google/xtreme` lacks the five languages that"
            " XTREME-R adds. The parquet branch is the Hub's own conversion.",
        ),
        {**_TATOEBA, **_TATOEBA_XR},
        " XTREME-R's own baseline reads a model that was trained on SQuAD.",
    ),
    _retrieval(
        "bucc2018",
        "mining",
        "xtreme",
        "Target: pairs of translations hidden among the sentences of two languages.",
        RealData(
            hub=None,
            raw=(
                RawData(
                    files={
                        "dev": tuple(
                            f"bucc2018/{{language}}-en/{{language}}-en.sample.{end}"
                            for end in ("{language}", "en", "gold")
                        ),
                        "test": tuple(
                            f"bucc2018/{{language}}-en/{{language}}-en.training.{end}"
                            for end in ("{language}", "en", "gold")
                        ),
                    },
                    reader="bucc",
                ),
                RawData(
                    files={
                        split: tuple(
                            f"bucc2018/{{language}}-en.{split}.{end}"
                            for end in ("{language}", "en", "gold")
                        )
                        for split in ("dev", "test")
                    },
                    reader="bucc",
                ),
                RawData(
                    files={
                        "test": (
                            "bucc2018/{language}-en.test.{language}",
                            "bucc2018/{language}-en.test.en",
                        )
                    },
                    reader="bucc",
                    unlabelled=("test",),
                ),
            ),
            sizes={"dev": {"zh": 8_624 + 13_589}, "test": {}},
            refusal="the Hub's `google/xtreme` holds the translated pairs alone, without the"
            " sentences that they are hidden among: mining those is far too easy and no BUCC score,"
            " and mteb/BUCC has no ids and no sample to find a threshold on. Take the official"
            " files, bucc2018-XX-en.sample-gold.tar.bz2 and .training-gold.tar.bz2 of"
            " https://comparable.limsi.fr/bucc2018/",
        ),
        ("text", "side", "targets"),
        languages={code: code for code in _BUCC},
        metrics=("bucc_f1", "bucc_precision", "bucc_recall"),
        splits=("dev", "test"),
        licence="unknown",
        citation="Zweigenbaum, Sharoff and Rapp (2018), BUCC 2018 shared task",
        length=512,
        notes=(
            "As XTREME: the release's sample is dev and its training data are test. Ratio margins"
            " over 4 neighbours, each sentence in one pair at most, sentences that stand twice on a"
            " side left out, the threshold tuned on dev of the same language. XTREME's download"
            " deletes the gold pairs of test: there is a submission then and no score. Published"
            " XTREME numbers pooled the mean, whatever its script says today."
        ),
    ),
    _retrieval(
        "mewslix",
        "ranking",
        "xtreme-r",
        "Target: the entity that a mention in a news article means, among a million.",
        RealData(
            hub=None,
            raw=(
                RawData(
                    files={
                        "dev": ("wikinews_mentions-dev.jsonl",),
                        "test": ("wikinews_mentions-test.jsonl",),
                        POOL: ("candidate_set_entities.jsonl",),
                    },
                    reader="mewslix",
                ),
                RawData(
                    files={
                        "dev": ("mewslix/wikinews_mentions/dev-{language}.jsonl",),
                        "test": ("mewslix/wikinews_mentions/test-{language}.jsonl",),
                        POOL: ("mewslix/candidate_set_entities.jsonl",),
                    },
                    reader="mewslix",
                    unlabelled=("test",),
                ),
            ),
            sizes={
                "dev": {code: dev for code, (dev, _) in _MENTIONS.items()},
                "test": {code: test for code, (_, test) in _MENTIONS.items()},
                POOL: 1_003_893,
            },
            refusal="the Hub has no parquet copy of Mewsli-X, whose release leaves the articles"
            " out: run get-mewsli-x.sh of google-research, in"
            " dense_representations_for_entity_retrieval/mel, which puts them in from the public"
            " dumps of Wikinews",
        ),
        ("text", "targets"),
        languages={code: code for code in _MENTIONS},
        metrics=("map_at_20",),
        splits=("dev", "test", POOL),
        licence="unknown",
        citation="Ruder et al. (2021), arXiv:2104.07412; release mewsli-x_20220518_6",
        length=64,
        notes=(
            "One pool of descriptions in 50 languages, which is embedded once for each model: a"
            " million short texts. With one right entity, mAP@20 is the mean reciprocal rank. The"
            " release differs from what the paper reports on, and says so. XTREME-R's baseline is"
            " trained on English pairs and reads the first position of the last layer."
        ),
    ),
    _retrieval(
        "lareqa",
        "ranking",
        "xtreme-r",
        "Target: the sentences that answer a question, in every language, among those of all.",
        RealData(
            hub=None,
            raw=tuple(
                RawData(
                    files={"test": (f"{folder}/*.json",), POOL: (f"{folder}/*.json",)},
                    reader="lareqa",
                )
                for folder in ("lareqa/xquad-r", "xquad-r")
            ),
            sizes={"test": {code: 1190 for code in _LAREQA}, POOL: 13_014},
            refusal="the Hub's `google-research-datasets/xquad_r` has no sentence breaks, and"
            " without them nobody knows what the candidates are: take xquad-r/ of"
            " https://github.com/google-research-datasets/lareqa",
        ),
        ("text", "targets"),
        languages={code: code for code in _LAREQA},
        metrics=("map_at_20",),
        splits=("test", POOL),
        licence="CC-BY-SA-4.0",
        citation="Roy et al. (2020), arXiv:2004.05484",
        length=256,
        notes=(
            "XQuAD-R: the questions of each language against 13,014 sentences in 11 languages, of"
            " which 11 are right for each. mAP@20 as in XTREME-R, where LAReQA's own paper cuts"
            " nothing off. A candidate is its sentence and its whole paragraph, as in XTREME-R's"
            " baseline, which is trained on SQuAD, reads the first position of the last layer, and"
            " cuts questions at 96 pieces already."
        ),
    ),
)
"""Every retrieval task."""
