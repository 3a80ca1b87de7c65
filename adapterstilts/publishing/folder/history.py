"""`records.json`: what the stages of a published thing say of themselves, for whoever asks."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.hub import names
from adapterstilts.core.records import VERSION, StageRecord, stage_record
from adapterstilts.modeling import headers
from adapterstilts.modeling.locate import TOKENIZER
from adapterstilts.publishing.item import Item, Module
from adapterstilts.publishing.scrubbing.texts import Scrubber

SCHEMA, INDEX = "adapterstilts/published", "adapterstilts/published-index"
"""Schemas of `records.json`: that of a thing, and that of the index to several."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A stage, as a file tells of it."""

    name: str
    """What expressions call it."""
    record: StageRecord
    """What it says of itself."""


@dataclass(frozen=True, kw_only=True)
class History:
    """What a published folder says of where it comes from."""

    expression: str
    """Task or source that it answers or is."""
    way: str
    """How it was made, as `METHOD/COMPOSITION`."""
    base: Mapping[str, str]
    """The backbone: `title`, `id`, `revision`, and `tokenizer`, the digest of its tokenizer."""
    own: Told
    """What was trained last."""
    sources: tuple[Told, ...]
    """What is loaded beside it."""
    before: tuple[Told, ...]
    """What its weights came from."""
    rows: Mapping[str, int]
    """Rows of `scores.jsonl`, in their order: `own`, then those of each baseline by its name."""


def document(
    item: Item, scrubber: Scrubber, rows: Mapping[str, int], *, files: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what is written of a thing.

    Args:
        item: The thing.
        scrubber: What takes out of texts what they tell of a machine.
        rows: Rows of `scores.jsonl`, in their order.
        files: Every file of the folder, so that a later publication knows which of them it left.
    """

    def told(module: Module) -> dict[str, Any]:
        return {"name": module.name, "record": asdict(module.record)}

    base = item.base
    tokenizer = base.folder / TOKENIZER if base.folder is not None else None
    digest = file_digest(tokenizer) if tokenizer is not None and tokenizer.is_file() else ""
    said: dict[str, Any] = scrubber.value(
        {
            "expression": item.expression,
            "way": item.way,
            "base": {"title": base.title, "id": base.id, "revision": base.revision},
            "own": told(item.own),
            "sources": [told(each) for each in item.sources],
            "before": [told(each) for each in item.before],
        }
    )
    said["base"]["tokenizer"] = digest
    about = {"schema": SCHEMA, "version": VERSION, "files": sorted(files)}
    return {**about, **said, "rows": dict(rows)}


def text(found: Mapping[str, Any]) -> str:
    """Return a document as it is written."""
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_records(path: Path) -> History:
    """Return what a file says that anyone may have written, or refuse it with the reason."""
    said = headers.document(path)
    if said.get("schema") != SCHEMA or said.get("version") != VERSION:
        raise StiltsError(
            f"{path} is of schema {headers.shown(said.get('schema'))}, version"
            f" {headers.shown(said.get('version'))}; this adapterstilts reads {SCHEMA}, version"
            f" {VERSION}: use the release that wrote it"
        )
    try:
        return History(
            expression=_of(said, "expression", str),
            way=_of(said, "way", str),
            base=_each(_of(said, "base", dict), str),
            own=_told(_of(said, "own", dict)),
            sources=tuple(map(_told, _of(said, "sources", list))),
            before=tuple(map(_told, _of(said, "before", list))),
            rows=_each(_of(said, "rows", dict), int),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StiltsError(
            f"{path} is no record of what was published ({headers.shown(error)}): fetch it again"
        ) from error


def read_index(path: Path) -> dict[str, str]:
    """Return the repositories that an index leads to, with what is in each; none if it is none."""
    said = headers.document(path)
    if said.get("schema") != INDEX:
        return {}
    try:
        return {
            names.repository(_of(each, "repository", str)).name: (
                f"{_of(each, 'expression', str)} by {_of(each, 'way', str)}"
            )
            for each in _of(said, "published", list)
        }
    except (TypeError, UsageError) as error:
        raise StiltsError(
            f"{path} is no index of what was published ({headers.shown(error)}): fetch it again"
        ) from error


def _told(said: Any) -> Told:
    record = stage_record(_of(said, "record", dict))
    return Told(name=_of(said, "name", str), record=record)


def _of(said: Any, key: str, kind: Any) -> Any:
    """Return a value of a table that has to be of a type."""
    if not isinstance(said, dict) or key not in said:
        raise TypeError(f"it lacks '{key}'")
    if type(said[key]) is not kind:
        raise TypeError(f"'{key}' is {type(said[key]).__name__}")
    return said[key]


def _each(said: Mapping[str, Any], kind: type) -> Any:
    """Return a table all of whose values are of a type."""
    for key in said:
        _of(said, key, kind)
    return said
