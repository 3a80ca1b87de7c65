"""What the licences of all that was trained on leave for the weights, as far as texts tell.

A licence is read by its name alone, and what is not one of the Hub's is not guessed. This is no
legal advice, and the card says so.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.modeling.locate import EMBEDDED
from adapterstilts.publishing.card import training_data
from adapterstilts.publishing.card.origins import parts
from adapterstilts.publishing.item import Base, Item

OTHER, OTHER_NAME = "other", "see-the-licences-of-the-data"
"""What the card says where no licence of the Hub's list is what all of the data allow."""
NOT_KNOWN, UNKNOWN = "not known", "unknown"
"""Licence of what nobody here knows the licence of."""
CAUTION = (
    "This follows from the names of licences alone and is no legal advice; whether a licence of"
    " data binds what is trained on them is not settled."
)
_BACKBONES = {
    "FacebookAI/xlm-roberta-base": "MIT",
    "FacebookAI/xlm-roberta-large": "MIT",
    "xlm-roberta-base": "MIT",
    "xlm-roberta-large": "MIT",
    **dict.fromkeys(EMBEDDED, "Apache-2.0"),
}
"""Licences of backbones: that of XLM-R is on its model cards (huggingface.co/FacebookAI), that of
the embedded one is this package's."""
_FREE = {
    "PAWS-X licence: free for any purpose, Google to be acknowledged": "cc-by-4.0",
}
"""Licences of the catalogue with a text of their own, to one of the Hub's that asks no less."""
_REASON = (
    "the one asks that what is made of it may be used by everyone for everything, the other that it"
    " may not be sold"
)
_ATTRIBUTION = re.compile(r"cc-(?P<terms>by(?:-nc)?(?:-sa)?)-(?P<version>[0-9.]+)")
_WAIVED = ("cc0-1.0", "pddl", "unlicense", "wtfpl")
"""Licences that ask for nothing at all."""
_OPEN = ("cc0-1.0", "mit", "bsd-2-clause", "bsd-3-clause", "apache-2.0")
"""Licences that ask for notices at most, the laxest first."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that the weights are made of, and its licence."""

    name: str
    """Task, backbone or repository."""
    licence: str
    """Its licence, as it is declared."""
    id: str
    """The Hub's identifier for that, or for one that asks no less; empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class Licence:
    """The licence of a publication, and what there is to know of it."""

    id: str
    """One of the Hub's identifiers."""
    allowed: str
    """What the data would allow; `other` where they conflict or not all are known."""
    parts: tuple[Part, ...]
    """What it was made of."""
    warnings: tuple[str, ...]
    """What to look at before it is published, a sentence each."""

    @property
    def name(self) -> str:
        """Return the name that goes with `other`, or an empty text."""
        return OTHER_NAME if self.id == OTHER else ""


@cache
def identifiers() -> tuple[str, ...]:
    """Return the identifiers of licences that the Hub knows, from its documentation."""
    path = resources.files("adapterstilts.publishing.card") / "data" / "hub_licences.json"
    return tuple(json.loads(path.read_text(encoding="utf-8"))["identifiers"])


def licence(item: Item, *, asked: str = "") -> Licence:
    """Return the licence of a publication: the one that is asked for, or what the data allow.

    Args:
        item: What is published.
        asked: One of the Hub's identifiers, whatever the data allow; empty for what they do.
    """
    if asked and asked not in identifiers():
        raise UsageError(
            f"'{asked}' is no licence that the Hub knows{suggest(asked, identifiers())}; see"
            " https://huggingface.co/docs/hub/repositories-licenses"
        )
    found = tuple(_parts(item))
    allowed, conflicts = combined(found)
    laxer = [_laxer(asked, allowed)] if asked and _is_laxer(asked, allowed) else []
    return Licence(id=asked or allowed, allowed=allowed, parts=found, warnings=(*conflicts, *laxer))


def combined(found: Sequence[Part]) -> tuple[str, list[str]]:
    """Return the strictest licence that all parts allow, or `other` and why there is none."""
    unread = [part for part in found if not part.id]
    warnings = [f"The licence of {part.name} {_unread(part)}." for part in unread]
    ids = list(dict.fromkeys(part.id for part in found if part.id))
    alike = [each for each in ids if "-sa-" in each]
    closed = [each for each in ids if "-nc-" in each]
    conflict = _conflict(alike, closed)
    if conflict:
        warnings.append(f"{_named(conflict, found)} cannot both be kept: {_REASON}.")
    if conflict or unread or not ids:
        return OTHER, warnings
    strictest = _newest(alike) or _newest(closed) or _newest(each for each in ids if _terms(each))
    return strictest or max(ids, key=_openness), warnings


def licence_of(base: Base) -> str:
    """Return the licence of a backbone, or that it is not known."""
    return _BACKBONES.get(base.id, NOT_KNOWN)


def _parts(item: Item) -> Iterator[Part]:
    yield _part(item.base.id or item.base.title, licence_of(item.base))
    for name in training_data.tasks(item):
        known = parts(name)
        for task in known:
            yield _part(task.name, task.licence)
        if not known:
            yield _part(name, NOT_KNOWN)
    for module in training_data.adopted(item):
        yield _part(module.name, NOT_KNOWN)


def _part(name: str, licence: str) -> Part:
    found = _FREE.get(licence, licence.casefold())
    readable = found in identifiers() and (found in _OPEN or bool(_terms(found)))
    return Part(name=name, licence=licence, id=found if readable else "")


def _unread(part: Part) -> str:
    if part.licence in (NOT_KNOWN, UNKNOWN):
        return "is not known here"
    return f"is none of the Hub's list: {part.licence}"


def _conflict(alike: Sequence[str], closed: Sequence[str]) -> list[str]:
    """Return two licences of which one asks for what the other forbids; nothing if none does."""
    free = [each for each in alike if "-nc-" not in each]
    return [free[0], closed[0]] if free and closed else []


def _newest(ids: Iterable[str]) -> str:
    """Return the newest of some licences, which what is under an older one may be put under."""
    return max(ids, key=_version, default="")


def _version(id: str) -> tuple[float, str]:
    found = _ATTRIBUTION.fullmatch(id)
    return (float(found["version"]) if found else 0.0), id


def _terms(id: str) -> str:
    found = _ATTRIBUTION.fullmatch(id)
    return found["terms"] if found else ""


def _openness(id: str) -> int:
    return _OPEN.index(id)


def _named(ids: Sequence[str], found: Sequence[Part]) -> str:
    """Return licences with what is under them."""
    said = []
    for id in ids:
        under = ", ".join(part.name for part in found if part.id == id)
        said.append(f"{id} ({under})")
    return " and ".join(said)


def _is_laxer(asked: str, allowed: str) -> bool:
    """Return whether a licence lets others do what the data do not surely let them."""
    if OTHER in (asked, allowed):
        return asked not in (OTHER, UNKNOWN)
    terms = _terms(allowed).split("-")
    if "sa" in terms:
        return _terms(asked) != _terms(allowed) or _version(asked) < _version(allowed)
    if "nc" in terms:
        return "nc" not in asked.split("-")
    return asked in _WAIVED and allowed not in _WAIVED


def _laxer(asked: str, allowed: str) -> str:
    surely = "no licence of the Hub's list for sure" if allowed == OTHER else allowed
    return f"The licence that was asked for, {asked}, is laxer than what the data allow: {surely}."
