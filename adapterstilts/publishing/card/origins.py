"""Where rows came from, as stages have recorded it, and how a card says so: commits included."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapterstilts.core.records import StageRecord
from adapterstilts.publishing.card.escaping import Markdown, code, codes, linked
from adapterstilts.publishing.card.vocabulary import NOT_RECORDED
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import JoinedData, RealData, Task, ToyData

_COMMIT = 12
"""Digits of a commit that people read."""
_MOST_FILES = 4


@dataclass(frozen=True, kw_only=True)
class Data:
    """Where some rows came from."""

    task: str
    """Task whose rows they are."""
    repository: str = ""
    """Dataset repository of the Hub; empty where they are files or generated."""
    commit: str = ""
    """Its commit; empty where that is not recorded."""
    generated: bool = False
    """Whether they are generated."""
    files: tuple[str, ...] = ()
    """Names of the files, where they came from a folder."""


def parts(name: str) -> list[Task]:
    """Return the tasks whose rows a task has: itself, or those that it joins; none if unknown."""
    if name not in TASKS:
        return []
    task = TASKS.get(name)
    if isinstance(task.data, JoinedData):
        return [part for each in task.data.tasks for part in parts(each)]
    return [task]


def recorded(record: StageRecord) -> Iterator[Data]:
    """Yield the places that a stage has read rows from, in the words of its record."""
    said = record.resolved.get("data")
    sources = said.get("sources") if isinstance(said, dict) else None
    for source in sources if isinstance(sources, list) else []:
        named: dict[str, Any] = source if isinstance(source, dict) else {}
        repository = str(named.get("repository", ""))
        listed = [] if repository else named.get("files", [])
        yield Data(
            task=str(named.get("task", "")),
            repository=repository,
            commit=str(named.get("commit", "")),
            files=tuple(str(each.get("name", "")) for each in listed if isinstance(each, dict)),
        )


def declared(task: Task) -> Data:
    """Return where the rows of a task are said to be, which no record confirms."""
    generated = isinstance(task.data, ToyData)
    hub = task.data.hub if isinstance(task.data, RealData) else None
    return Data(task=task.name, repository=hub.repository if hub else "", generated=generated)


def evaluated(target: str, records: Iterable[StageRecord | None]) -> list[Data]:
    """Return where the examples of a target came from, each place once.

    Args:
        target: The target, `xnli` or `xnli@16`.
        records: Of each language what prepared its examples; None where that is gone.
    """
    name = target.partition("@")[0]
    otherwise = [declared(task) for task in parts(name)] or [Data(task=name)]
    found: dict[Data, dict[str, None]] = {}
    for record in records:
        for each in (record and list(recorded(record))) or otherwise:
            # Every language has files of its own.
            found.setdefault(replace(each, files=()), {}).update(dict.fromkeys(each.files))
    return [replace(each, files=tuple(files)) for each, files in found.items()]


def revision(records: Mapping[str, StageRecord], language: str, repository: str) -> str:
    """Return the commit of a dataset that a language was read from; empty where none is recorded.

    What was joined of several repositories has no one commit.
    """
    found = [*recorded(records[language])] if language in records else []
    return found[0].commit if [each.repository for each in found] == [repository] else ""


def places(data: Iterable[Data]) -> Markdown:
    """Return where rows came from, with commits."""
    return Markdown("; ".join(map(_place, data)) or NOT_RECORDED)


def at(commit: str) -> str:
    """Return a commit as it stands behind a name, or nothing."""
    return f" at {code(commit[:_COMMIT])}" if commit else ""


def _place(data: Data) -> str:
    if data.generated:
        return f"{code(data.task)}, generated"
    if data.repository:
        known = at(data.commit) or f", commit {NOT_RECORDED}"
        return f"{linked(data.repository, folder='datasets/')}{known}"
    if data.files:
        more = ", …" if len(data.files) > _MOST_FILES else ""
        return f"files of {code(data.task)}: {codes(list(data.files[:_MOST_FILES]))}{more}"
    return f"{code(data.task)}, its place {NOT_RECORDED}"
