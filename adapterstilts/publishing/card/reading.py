"""What the card of a repository says: all of it is somebody's word.

Nothing here is taken for true. It is read strictly, bounded in size, depth and number, and every
text comes out without what steers a screen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.headers import shown
from adapterstilts.publishing.card.front_matter import metadata_of
from adapterstilts.publishing.card.model_index import results_of

CARD = "README.md"
"""The card of a repository, whoever has written it."""
LARGEST = 2**20
"""Bytes that it may have."""
_MOST = 20
"""Words of one kind that are told of a card."""
_RESULTS = 2000


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that a card names."""

    task: str
    """What was evaluated."""
    language: str = ""
    """Language code, or the configuration of a data set; empty where nobody says."""
    split: str = ""
    """Evaluated split."""
    metric: str
    """Name of the metric."""
    value: float
    """The number."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end of its interval."""
    n: int | None = None
    """Number of examples."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a card says; nobody has checked it."""

    licence: str = ""
    """Licence."""
    library: str = ""
    """Library that loads it."""
    base_models: tuple[str, ...] = ()
    """Models that it was made from."""
    datasets: tuple[str, ...] = ()
    """Data that it was trained on."""
    languages: tuple[str, ...] = ()
    """Languages that it is for."""
    tags: tuple[str, ...] = ()
    """Other words on it."""
    claims: tuple[Claim, ...] = ()
    """Its numbers."""


def card(path: Path) -> Card:
    """Return what a card says, or refuse one that is too large or not well-formed."""
    text = _text(path)
    head = metadata_of(text)
    return Card(
        licence=_word(head.get("license")),
        library=_word(head.get("library_name")),
        base_models=_words(head.get("base_model")),
        datasets=_words(head.get("datasets")),
        languages=_words(head.get("language")),
        tags=_words(head.get("tags")),
        claims=_ours(head) or tuple(_theirs(head.get("model-index"))),
    )


def _ours(head: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Return the numbers of a card of ours: of each target by what it is ranked by."""
    return tuple(
        Claim(
            task=shown(each.target),
            language=shown(each.language),
            split=shown(each.split),
            metric=shown(each.metric),
            value=each.value,
            low=each.low,
            high=each.high,
            n=each.n,
        )
        for each in results_of(head)
        if each.primary and not each.perturbation
    )


def _theirs(index: Any) -> Iterator[Claim]:
    """Yield the numbers of a card that somebody has written in another way."""
    found = 0
    for model in _tables(index):
        for result in _tables(model.get("results")):
            task, data = _table(result.get("task")), _table(result.get("dataset"))
            for metric in _tables(result.get("metrics")):
                value = _number(metric.get("value"))
                if value is None or found == _RESULTS:
                    continue
                found += 1
                yield Claim(
                    task=_word(data.get("name")) or _word(task.get("type")) or "?",
                    language=_word(data.get("config")),
                    split=_word(data.get("split")),
                    metric=_word(metric.get("name")) or _word(metric.get("type")) or "?",
                    value=value,
                )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise StiltsError(f"{path} has more than {LARGEST:,} bytes, and is not read")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StiltsError(f"{path} cannot be read ({error}); save or fetch it again") from error


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _words(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(_word, listed[:_MOST])))


def _word(value: Any) -> str:
    return shown(value) if isinstance(value, str | int | float) else ""


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 2**63 else None
