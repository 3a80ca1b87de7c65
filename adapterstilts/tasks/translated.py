"""Training rows in other languages: which are declared, and where a user's own lie.

Everything but training stays English or as it is: model selection sees English dev only, and test
sets are in the languages that people have made them in. Text without labels (`mlm`) is read as it
is in each language, and is never translated.
"""

import re
from dataclasses import replace
from pathlib import Path

from adapterstilts.core.errors import UsageError
from adapterstilts.tasks.origin import Absent, HubFiles, LocalFiles, MissingData
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import (
    HubData,
    JoinedData,
    RawData,
    RealData,
    Task,
    ToyData,
    TranslatedData,
)

TRAIN = "train"
"""The split that is translated."""
FOLDER = "translated"
"""Folder of what `adapterstilts translate` has written, in a folder of data."""

_WRITTEN = "written"
CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
"""What a language may be called of which only a user has rows."""


def is_translated(task: Task, language: str, split: str) -> bool:
    """Return whether rows are a translation of the task's English ones."""
    return split == TRAIN and language != task.english and FORMATS.get(task.format).labelled


def selection(task: Task, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages that dev is read in where training reads some.

    That is English for all that has labels, and for plain text the same languages.

    Args:
        task: The task.
        languages: Languages of the training rows; none for those that the task has of itself.
    """
    plain = not FORMATS.get(task.format).labelled
    return languages if plain and languages else (task.english,)


def translations(task: Task) -> tuple[str, ...]:
    """Return the languages that training rows are declared in; in others only a user has them."""
    if TRAIN not in task.splits or not FORMATS.get(task.format).labelled:
        return ()
    if isinstance(task.data, ToyData):
        # The toy world says everything in all of its languages.
        return tuple(code for code in task.languages if code != task.english)
    if isinstance(task.data, JoinedData):
        every = [translations(TASKS.get(name)) for name in task.data.tasks]
        return tuple(code for code in every[0] if all(code in each for each in every))
    return task.translated.languages if task.translated else ()


def path(task: Task, language: str) -> str:
    """Return where in a folder of data the translation lies that a user has, or has made."""
    return f"{FOLDER}/{task.name}/train-{language}.jsonl"


def spoken(task: Task, language: str) -> Task:
    """Return the task whose data are its translations into a language, wherever they are."""
    if not CODE.fullmatch(language):
        raise UsageError(
            f"'{language}' is no code of a language that task '{task.name}' could be translated"
            " into: write it as in 'de' or 'pt-BR'"
        )
    declared = task.translated or TranslatedData(languages=())
    own = task.data if isinstance(task.data, RealData) else None
    return replace(
        task,
        languages={**task.languages, language: task.languages.get(language, language)},
        data=RealData(
            hub=declared.hub if declared.hub and _has(declared, declared.hub, language) else None,
            raw=_raw(task, language),
            sizes={TRAIN: declared.size} if declared.size else {},
            held_out=declared.held_out,
            blank=own.blank if own else (),
        ),
    )


def own_layout(task: Task) -> RealData:
    """Return where the translations lie that a user has; their ids have nothing held out."""
    layout = RawData(files={TRAIN: (path(task, "{language}"),)}, reader="jsonl", convert=_WRITTEN)
    return RealData(hub=None, raw=(layout,), sizes={})


def is_own(part: LocalFiles | HubFiles) -> bool:
    """Return whether rows are those of a user, whose number no release tells."""
    return isinstance(part, LocalFiles) and part.layout.convert == _WRITTEN


def are_all(folder: Path) -> bool:
    """Return whether a folder has translations of a user's, and nothing else."""
    place = folder if folder.name == FOLDER else folder / FOLDER
    names = (path.name for path in folder.iterdir()) if place != folder else ()
    alone = all(name == FOLDER or name.startswith(".") for name in names)
    return alone and any(place.glob("*/train-*.jsonl"))


def absent(task: Task, language: str, folder: Path | None) -> MissingData:
    """Return the error that says where a translation could come from."""
    files = [name for layout in _raw(task, language) for name in layout.files[TRAIN]]
    names = " or ".join(dict.fromkeys([path(task, "{language}"), *files]))
    if folder is not None:
        where = f"no {names} in {folder}, nor in the folders of it"
    else:
        there = ", ".join(translations(task)) or "no language"
        where = (
            f"of the Hub's data sets none is known that has this translation (declared: {there});"
            f" give a folder that holds {names} with --data {task.name}=DIR"
        )
    reason = f"{where}; `adapterstilts translate` writes the first of them"
    return MissingData([Absent(task=task.name, split=TRAIN, language=language, reason=reason)])


def _raw(task: Task, language: str) -> tuple[RawData, ...]:
    declared = task.translated
    return declared.raw if declared and language in declared.languages else ()


def _has(declared: TranslatedData, hub: HubData, language: str) -> bool:
    return language in (declared.languages if hub.config else hub.configs)
