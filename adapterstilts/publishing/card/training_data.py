"""What the weights of a publication have learned from: tasks, languages, data and their commits."""

from collections.abc import Mapping

from adapterstilts.core.records import StageRecord
from adapterstilts.publishing.card.origins import Data, declared, parts, recorded
from adapterstilts.publishing.item import Item, Module

TRAIN = "train"
"""Split that is learned from, and the first part of its role."""


def tasks_of(record: StageRecord) -> list[str]:
    """Return the names of the tasks that a stage has trained on; none where it trained nothing."""
    said = record.identity
    if record.kind != "train":
        return []
    parts = said.get("parts")
    named = [part.get("task") for part in parts] if isinstance(parts, list) else [said.get("task")]
    return [str(name) for name in named if name]


def tasks(item: Item) -> list[str]:
    """Return the names of all tasks that a publication has been trained on, each once."""
    names = (name for module in item.modules for name in tasks_of(module.record))
    return list(dict.fromkeys(names))


def adopted(item: Item) -> list[Module]:
    """Return what somebody else has trained, whose data nobody here knows."""
    return [module for module in item.modules if module.record.kind == "adopt"]


def languages(module: Module) -> list[str]:
    """Return the languages of a training's rows, as far as its data are recorded."""
    read = (record.identity.get("language") for record in _train(module.data).values())
    return sorted({str(code) for code in read if code})


def examples(module: Module) -> int | None:
    """Return how many rows a training has learned from; None where that is not recorded."""
    counts = [record.resolved.get("rows") for record in _train(module.data).values()]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if known and len(known) == len(counts) else None


def data(module: Module) -> list[Data]:
    """Return where the rows of a training came from, each place once.

    What is declared of a task stands for what is not recorded, without a commit.
    """
    found = [each for record in _train(module.data).values() for each in recorded(record)]
    known = {each.task for each in found}
    for name in tasks_of(module.record):
        for task in parts(name):
            found += [] if task.name in known else [declared(task)]
    return list(dict.fromkeys(found))


def repositories(item: Item) -> list[str]:
    """Return the dataset repositories that a publication was trained on, as far as known."""
    every = (each.repository for module in item.modules for each in data(module))
    return list(dict.fromkeys(name for name in every if name))


def _train(data: Mapping[str, StageRecord]) -> dict[str, StageRecord]:
    return {role: each for role, each in data.items() if role.partition(":")[0] == TRAIN}
