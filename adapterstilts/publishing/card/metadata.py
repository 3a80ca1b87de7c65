"""The YAML that a card begins with, in the words that the Hub validates."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from adapterstilts.core.hub.cached import is_name
from adapterstilts.modeling.locate import EMBEDDED
from adapterstilts.publishing.card import facts, training_data, vocabulary
from adapterstilts.publishing.card.licences import OTHER, OTHER_NAME, Licence
from adapterstilts.publishing.card.model_index import model_index
from adapterstilts.publishing.item import Item, Layout

LIBRARIES = {"adapters": "adapter-transformers", "peft": "peft", "transformers": "transformers"}
"""Library to the Hub's key of it (github.com/huggingface/huggingface.js,
packages/tasks/src/model-libraries.ts)."""
TAGS = ("adapterstilts", "stilts", "cross-lingual-transfer")
"""Tags of every publication."""
_ARCHITECTURE = "xlm-roberta"
"""The one architecture that is trained here (`adapterstilts.modeling.locate.SUPPORTED`)."""
_UNTAGGED = re.compile(r"[^A-Za-z0-9._:+-]+")
_LONGEST_TAG = 60


def metadata(item: Item, *, repository: str, layout: Layout, licence: Licence) -> dict[str, Any]:
    """Return the metadata of a publication; what is not known of it is left out."""
    goals = list(dict.fromkeys(row.target for row in item.scores))
    kinds = {vocabulary.pipeline(name) for name in _answered(item)}
    based = item.base.id if item.base.id not in EMBEDDED and is_name(item.base.id) else ""
    said: dict[str, Any] = {
        "language": vocabulary.on_hub(_languages(item)),
        "license": licence.id,
        "license_name": licence.name,
        "license_link": _link(repository) if licence.name else "",
        "library_name": LIBRARIES[layout.library],
        "tags": _tags(item, layout, goals),
        "base_model": based,
        "base_model_relation": _relation(layout) if based else "",
        "datasets": _datasets([item]),
        "metrics": vocabulary.metrics_of_hub(row.metric for row in item.scores),
        "pipeline_tag": kinds.pop() if len(kinds) == 1 and "other" not in kinds else "",
        "model-index": model_index(
            repository.rpartition("/")[2], item.scores, evaluated=item.evaluated
        ),
    }
    return {name: value for name, value in said.items() if value}


def index_metadata(
    items: Sequence[tuple[Item, Layout]], *, repository: str, licences: Sequence[str]
) -> dict[str, Any]:
    """Return the metadata of a card that leads to several publications and has no weights."""
    every = [item for item, _ in items]
    agreed = licences[0] if len({*licences}) == 1 else OTHER
    tags = [tag for item, layout in items for tag in _tags(item, layout, ())]
    keys = {*LIBRARIES.values()}
    said: dict[str, Any] = {
        "language": vocabulary.on_hub(code for item in every for code in _languages(item)),
        "license": agreed,
        "license_name": OTHER_NAME if agreed == OTHER else "",
        "license_link": _link(repository, "licences") if agreed == OTHER else "",
        "tags": list(dict.fromkeys(tag for tag in tags if tag not in keys)),
        "datasets": _datasets(every),
    }
    return {name: value for name, value in said.items() if value}


def _answered(item: Item) -> list[str]:
    """Return the tasks whose heads are published: those of the last training."""
    own = training_data.tasks_of(item.own.record)
    return own or [row.target for row in item.scores]


def _datasets(items: Iterable[Item]) -> list[str]:
    """Return the dataset repositories that some publications were trained on, each once."""
    names = dict.fromkeys(name for item in items for name in training_data.repositories(item))
    return [name for name in names if is_name(name)]


def _languages(item: Item) -> list[str]:
    learned = [code for each in item.modules for code in training_data.languages(each)]
    return [*learned, *(row.language for row in item.scores)]


def _relation(layout: Layout) -> str:
    return "finetune" if layout.kind == "model" else "adapter"


def _link(repository: str, section: str = "licence") -> str:
    return f"https://huggingface.co/{repository}#{section}"


def _tags(item: Item, layout: Layout, goals: Iterable[str]) -> list[str]:
    method, composition = facts.way(item)
    library = [LIBRARIES[layout.library]] if layout.library == "adapters" else []
    named = [_base(method), _base(composition), *training_data.tasks(item), *goals]
    every = [*library, *TAGS, _ARCHITECTURE, *map(_tag, named)]
    return list(dict.fromkeys(tag for tag in every if tag))


def _base(name: str) -> str:
    return name.partition("[")[0].partition("(")[0]


def _tag(name: str) -> str:
    return _UNTAGGED.sub("-", name).strip("-:.")[:_LONGEST_TAG]
