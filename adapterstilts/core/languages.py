"""Every language of XTREME and XTREME-R: name, family, genus and script, as data.

Codes are ISO 639-1 as the two benchmarks write them; scripts are ISO 15924 codes of what their
data is written in; families and genera are those of WALS (v2020.4,
https://github.com/cldf-datasets/wals), which files creoles under `other`.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from adapterstilts.core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Language:
    """One natural language and its place among the others."""

    code: str
    """ISO 639-1 code."""
    name: str
    """English name."""
    family: str
    """Highest node of the WALS genealogy."""
    genus: str
    """Node of the WALS genealogy that groups close relatives."""
    script: str
    """ISO 15924 code."""


def _read() -> Iterator[tuple[str, Language]]:
    table = resources.files("adapterstilts.core") / "data" / "languages.csv"
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
        yield row["code"], Language(**row)


LANGUAGES: Registry[Language] = Registry("language", entries=_read)
"""Every language by code; read when it is first asked."""


def languages() -> dict[str, Language]:
    """Return every language by code, in the order of the codes."""
    return dict(zip(LANGUAGES.names(), LANGUAGES.values(), strict=True))
