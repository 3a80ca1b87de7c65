"""From a declaration to rows: found when a plan is made, read when a stage runs.

Finding reads no row and reaches no network: it says which files of a folder, or which repository.
Loading resolves a repository to a commit, fetches what is needed of it, and reads.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.hub import Pins, Repository
from adapterstilts.core.progress import Report, unheard
from adapterstilts.tasks import drawing, hub_files, raw_files, translated
from adapterstilts.tasks.origin import (
    Absent,
    HubFiles,
    Joined,
    LocalFiles,
    MissingData,
    Origin,
    parts_of,
)
from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.registry import READERS, TASKS
from adapterstilts.tasks.task import JoinedData, RealData, Task, ToyData

_LOG = logging.getLogger(__name__)
_PARQUET = "parquet"
_FEW_LOST = 0.01
"""Share of a translation's rows that may be lost without a word."""
_TOO_MANY_LOST = 0.5
"""Share from which on something else is wrong than the translation of a few rows."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """Rows, and what is known of them only now."""

    rows: list[Row]
    """The rows, in the order of the data."""
    resolved: Mapping[str, Any]
    """What the stage's record keeps: commit, files with their digests, number of rows."""


@dataclass(frozen=True, kw_only=True)
class _Files:
    """Files of one part that are on this machine."""

    paths: tuple[Path, ...]
    """The files in the order in which they are read."""
    names: Mapping[Path, str]
    """Path to how messages name it."""
    source: Mapping[str, Any]
    """What the stage's record keeps of them."""


def find(
    task: Task,
    *,
    language: str,
    split: str,
    folder: Path | None,
    folders: Mapping[str, Path] | None = None,
    original: bool = False,
) -> Origin:
    """Return where the rows of a split are, or raise `MissingData` with what was looked for.

    Training rows in another language than English are translations (see `tasks.translated`). A
    folder that has nothing but translations leaves the rest to the Hub.

    Args:
        task: The task.
        language: Language code; of training rows any, if a user has translated them.
        split: `train`, `dev` or `test`.
        folder: Folder that its data are in; None to take them from the Hub.
        folders: Folder of each part of a joined task that has another one.
        original: Whether training rows are wanted as people wrote them in that language.
    """
    if isinstance(task.data, ToyData):
        raise ValueError(f"the rows of {task.name} are nowhere: they are generated")
    if not original and translated.is_translated(task, language, split):
        translation = _translation(task, language, folder)
        if translation is not None:
            return translation
        if not isinstance(task.data, JoinedData):
            raise translated.absent(task, language, folder)
    if isinstance(task.data, RealData):
        if folder is None:
            return _on_hub(task, task.data, language, split)
        try:
            return raw_files.find(task, task.data, language=language, split=split, folder=folder)
        except MissingData:
            if task.data.hub is None or not translated.are_all(folder):
                raise
            return _on_hub(task, task.data, language, split)
    parts: list[LocalFiles | HubFiles] = []
    absent: list[Absent] = []
    for name in task.data.tasks:
        place = (folders or {}).get(name, folder)
        try:
            part = TASKS.get(name)
            found = find(part, language=language, split=split, folder=place, original=original)
            parts += parts_of(found)
        except MissingData as error:
            absent += error.absent
    if absent:
        raise MissingData(absent)
    return Joined(parts=tuple(parts))


def _translation(task: Task, language: str, folder: Path | None) -> LocalFiles | HubFiles | None:
    """Return where a translation is, a user's own first; None where it is nowhere."""
    task = translated.spoken(task, language)
    if folder is None:
        if not isinstance(task.data, RealData) or task.data.hub is None:
            return None
        return replace(_on_hub(task, task.data, language, translated.TRAIN), translated=True)
    for data in (translated.own_layout(task), task.data):
        if not isinstance(data, RealData) or not data.raw:
            continue
        try:
            found = raw_files.find(
                task, data, language=language, split=translated.TRAIN, folder=folder
            )
            return replace(found, translated=True)
        except MissingData:
            continue
    return None


def rows(
    task: Task,
    origin: Origin,
    *,
    language: str,
    split: str,
    limit: int = 0,
    pins: Pins | None = None,
) -> list[Row]:
    """Return the rows of a split, fetched from the Hub where they are there."""
    return load(task, origin, language=language, split=split, limit=limit, pins=pins).rows


def load(
    task: Task,
    origin: Origin,
    *,
    language: str,
    split: str,
    limit: int = 0,
    drawn: int = 0,
    seed: int = 0,
    pins: Pins | None = None,
    report: Report = unheard,
) -> Loaded:
    """Return the rows of a split with what was resolved on the way.

    Args:
        task: The task.
        origin: What `find` returned for it.
        language: Language code.
        split: `train`, `dev` or `test`.
        limit: Rows taken, a sample that is the same on every machine; 0 for all.
        drawn: Rows drawn at random by `seed` instead; of all, in the order of the data.
        seed: What the draw depends on beside the numbers of the rows.
        pins: Where commits are kept from their first use on.
        report: Called with how far the fetching is.
    """
    parts = [(part, _files(part, pins, report)) for part in parts_of(origin)]
    counted = _Counted()
    prefixed = isinstance(origin, Joined)
    lost: list[str] | None = [] if any(part.translated for part, _ in parts) else None
    stream = (
        row
        for part, files in parts
        for row in counted.each(
            _prefixed(_rows(part, files, language, split, lost), part, prefixed)
        )
    )
    if drawn:
        taken = drawing.draw(enumerate(stream), drawn, seed=seed)
    else:
        taken = drawing.sample(stream, limit) if limit else list(enumerate(stream))
    if lost:
        _tell_lost(task, language, lost, counted.number)
    if not counted.number:
        place = ", ".join(name for _, files in parts for name in files.names.values())
        held_out = sum(part.held_out for part, _ in parts)
        why = f" left when {held_out:,} of train are held out as dev" if held_out else ""
        raise StiltsError(
            f"the {split} data of task '{task.name}' ({language}) have no row{why}: look at {place}"
        )
    if counted.repeated:
        # Ids of their own are only worth having where they tell rows apart.
        taken = [(index, {**row, "id": str(index)}) for index, row in taken]
    if prefixed:
        _compare(task, counted.number, language, split)
    if drawn:
        drawing.check(task, drawn, counted.number, language=language, split=split)
    sources = [dict(files.source) for _, files in parts]
    resolved = {"sources": sources, "found": counted.number}
    return Loaded(
        rows=[row for _, row in taken],
        resolved={**resolved, **({} if lost is None else {"lost": len(lost)})},
    )


def request(part: LocalFiles | HubFiles, *, language: str, split: str, **more: Any) -> Request:
    """Return what a reader is asked for where the rows of a part are wanted."""
    declared = part.layout if isinstance(part, LocalFiles) else part.data
    return Request(
        task=_task(part, language),
        language=language,
        split=split,
        columns=declared.columns,
        convert=declared.convert,
        labelled=not isinstance(part, LocalFiles) or part.split not in part.layout.unlabelled,
        **more,
    )


def _task(part: LocalFiles | HubFiles, language: str) -> Task:
    """Return the task whose rows a part holds, or what it is in translation."""
    task = TASKS.get(part.task)
    return translated.spoken(task, language) if part.translated else task


def _on_hub(task: Task, data: RealData, language: str, split: str) -> HubFiles:
    held_out = data.held_out if split in ("train", "dev") else 0
    read = "train" if held_out else split
    if data.hub is None or read not in data.hub.splits:
        why = data.refusal if data.hub is None else f"{data.hub.repository} has no such split"
        files = raw_files.wanted(task, data, split)
        remedy = f"; give a folder that holds {files} with --data {task.name}=DIR" if files else ""
        reason = why.rstrip(". ") + remedy
        raise MissingData([Absent(task=task.name, split=split, language=language, reason=reason)])
    names = {"language": language, "subset": task.languages[language]}
    return HubFiles(
        task=task.name,
        data=data.hub,
        repository=Repository(name=data.hub.repository, revision=data.hub.revision),
        configs=data.hub.configs.get(language) or (data.hub.config.format(**names),),
        splits=data.hub.splits[read],
        held_out=held_out,
    )


def _files(part: LocalFiles | HubFiles, pins: Pins | None, report: Report) -> _Files:
    """Return the files of a part, checked to be what was planned with or what the Hub lists."""
    if isinstance(part, LocalFiles):
        paths = tuple(part.root / name for name in part.files)
        for path, digest in zip(paths, part.digests, strict=True):
            if not path.is_file() or file_digest(path) != digest:
                raise StiltsError(f"{path} has changed since the plan was made: run again")
        files = [
            {"name": name, "sha256": digest}
            for name, digest in zip(part.files, part.digests, strict=True)
        ]
        names = dict(zip(paths, part.files, strict=True))
        return _Files(paths=paths, names=names, source={"task": part.task, "files": files})
    client = hub.here()
    listing = client.listing(part.repository, client.pinned(part.repository, pins))
    chosen = hub_files.chosen(client, listing, part)
    folder = client.fetch(listing, chosen, report=report)
    paths = tuple(folder / name for name in chosen)
    return _Files(
        paths=paths,
        names={
            path: f"{part.repository.name} {name}" for path, name in zip(paths, chosen, strict=True)
        },
        source={
            "task": part.task,
            "repository": part.repository.name,
            "revision": part.repository.revision,
            "commit": listing.commit,
            "files": [{"name": name, "sha256": client.verified(listing, name)} for name in chosen],
        },
    )


def _rows(
    part: LocalFiles | HubFiles,
    files: _Files,
    language: str,
    split: str,
    lost: list[str] | None,
) -> Iterator[Row]:
    """Yield the rows of one part; of those that `dev` is held out of, the ones that are asked."""
    reader = READERS.get(part.layout.reader if isinstance(part, LocalFiles) else _PARQUET)
    task, counted, before = _task(part, language), _Counted(), len(lost or ())
    asked = request(part, language=language, split=split, names=files.names, lost=lost)
    stream = counted.each(_placed(reader(files.paths, asked), part))
    if part.held_out:
        every = list(stream)
        kept = drawing.held_out(every, part.held_out)
        yield from (row for row in every if (row["id"] in kept) == (split == "dev"))
    else:
        yield from stream
    if not translated.is_own(part):
        number = counted.number + len(lost or ()) - before
        _compare(task, number, language, "train" if part.held_out else split)


def _tell_lost(task: Task, language: str, lost: list[str], kept: int) -> None:
    """Say how many rows of a translation were left out, if that is not next to none."""
    share = len(lost) / (len(lost) + kept)
    told = (
        f"{len(lost):,} of {len(lost) + kept:,} rows that task '{task.name}' has in translation"
        f" ({language}) cannot be used; the first is {lost[0]}"
    )
    if share > _TOO_MANY_LOST:
        raise StiltsError(told)
    if share > _FEW_LOST:
        _LOG.warning("%s", told)


def _placed(stream: Iterable[Row], part: LocalFiles | HubFiles) -> Iterator[Row]:
    """Yield rows; where one is refused, say which folder the named file is in."""
    try:
        yield from stream
    except StiltsError as error:
        if isinstance(part, HubFiles):
            raise
        raise type(error)(f"{error} (in the folder {part.root})") from error


class _Counted:
    """Counts rows as they go by, and notices an id that comes twice."""

    def __init__(self) -> None:
        self.number = 0
        self.repeated = False
        self._ids: set[str] = set()

    def each(self, stream: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows."""
        for row in stream:
            self.number += 1
            self.repeated |= row["id"] in self._ids
            self._ids.add(row["id"])
            yield row


def _prefixed(stream: Iterable[Row], part: LocalFiles | HubFiles, wanted: bool) -> Iterator[Row]:
    """Yield rows whose ids are unique among those of other tasks too, where that is wanted."""
    for row in stream:
        yield {**row, "id": f"{part.task}:{row['id']}"} if wanted else row


def official_size(task: Task, *, language: str, split: str) -> int | None:
    """Return the number of rows of the official data, where there are such and it is known."""
    if isinstance(task.data, ToyData):
        return None
    sizes = task.data.sizes.get(split)
    return sizes.get(language) if isinstance(sizes, Mapping) else sizes


def _compare(task: Task, number: int, language: str, split: str) -> None:
    """Say where the data are not those that others report on."""
    official = official_size(task, language=language, split=split)
    if official is not None and official != number:
        _LOG.warning(
            "task '%s' has %s rows of %s in %s where the official data have %s: its scores are not"
            " those of the official data",
            task.name,
            f"{number:,}",
            split,
            language,
            f"{official:,}",
        )
