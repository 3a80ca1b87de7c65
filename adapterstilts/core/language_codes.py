"""How others write a language: with three letters, a script or a country behind the code."""

import re
from collections.abc import Collection, Iterator

from adapterstilts.core.languages import LANGUAGES

_THREE = {
    # ISO 639-3; where 639-1 means several of them, the one that most text is written in first.
    "af": ("afr",),
    "ar": ("arb", "ara"),
    "az": ("azj", "aze"),
    "bg": ("bul",),
    "bn": ("ben",),
    "de": ("deu",),
    "el": ("ell",),
    "en": ("eng",),
    "es": ("spa",),
    "et": ("est", "ekk"),
    "eu": ("eus",),
    "fa": ("pes", "fas"),
    "fi": ("fin",),
    "fr": ("fra",),
    "gu": ("guj",),
    "he": ("heb", "iw"),
    "hi": ("hin",),
    "ht": ("hat",),
    "hu": ("hun",),
    "id": ("ind",),
    "it": ("ita",),
    "ja": ("jpn",),
    "jv": ("jav", "jw"),
    "ka": ("kat",),
    "kk": ("kaz",),
    "ko": ("kor",),
    "lt": ("lit",),
    "ml": ("mal",),
    "mr": ("mar",),
    "ms": ("zsm", "zlm", "msa"),
    "my": ("mya",),
    "nl": ("nld",),
    "pa": ("pan",),
    "pl": ("pol",),
    "pt": ("por",),
    "qu": ("quy", "quz", "que"),
    "ro": ("ron",),
    "ru": ("rus",),
    "sw": ("swh", "swa"),
    "ta": ("tam",),
    "te": ("tel",),
    "th": ("tha",),
    "tl": ("tgl", "fil"),
    "tr": ("tur",),
    "uk": ("ukr",),
    "ur": ("urd",),
    "vi": ("vie",),
    "wo": ("wol",),
    "yo": ("yor",),
    "zh": ("zho", "cmn"),
}
_SCRIPTS = {"Hani": ("Hans", "Hani", "Hant"), "Kore": ("Hang", "Kore"), "Jpan": ("Jpan", "Hira")}
"""Scripts that have other names where they are told apart further."""


def spelt(code: str, known: Collection[str]) -> str | None:
    """Return how a collection of languages writes one of ours, or None where it has it not.

    `sw` is found as `sw`, `swh`, `swh_Latn` and `sw_KE`; `zh` in simplified characters first.
    """
    for name in _names(code):
        if name in known:
            return name
    for prefix in (code, *_THREE.get(code, ())):
        country = re.compile(rf"{re.escape(prefix)}[_-][A-Z]{{2}}")
        if found := sorted(name for name in known if country.fullmatch(name)):
            return found[0]
    return None


def ours(known: Collection[str]) -> tuple[str, ...]:
    """Return the codes of ours that a collection of languages has."""
    return tuple(code for code in LANGUAGES.names() if spelt(code, known) is not None)


def _names(code: str) -> Iterator[str]:
    script = LANGUAGES.get(code).script if code in LANGUAGES else "Latn"
    for prefix in (code, *_THREE.get(code, ())):
        yield prefix
        for each in _SCRIPTS.get(script, (script,)):
            yield f"{prefix}_{each}"
