"""Translate the English rows of a task into other languages, for sources that are trained there."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.api.experiment import store_folder
from adapterstilts.api.one_off import Folders
from adapterstilts.api.one_off import folders as folder_words
from adapterstilts.api.reaching import network
from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.core.languages import LANGUAGES
from adapterstilts.core.progress import Listener, Report, Silent, unheard
from adapterstilts.core.store import Store
from adapterstilts.plan.recipe import folders
from adapterstilts.tasks import loading, translating
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.toyworld import rows
from adapterstilts.toyworld.languages import LANGUAGES as TOY_LANGUAGES

if TYPE_CHECKING:
    from adapterstilts.modeling.translation.writing import Work, Written

Reads = Callable[[], tuple[list[Row], Mapping[str, Any]]]
"""Reads rows, and says where they come from."""


@dataclass(frozen=True, kw_only=True)
class Translated:
    """What came of a task's rows in one language."""

    language: str
    """Code of the language."""
    model: str
    """Model that translated; of a folder its last part."""
    revision: str
    """Commit of the model, or digest of its files."""
    file: Path
    """The rows, one a line."""
    provenance: Path
    """Where they come from."""
    read: int
    """Rows in English."""
    written: int
    """Rows in the other language."""
    lost: Mapping[str, int]
    """Why rows were lost, and how many."""
    reused: bool
    """Whether it stood already."""


def translate(
    task: str,
    *,
    to: Sequence[str],
    model: str,
    out: str | Path,
    revision: str = "main",
    split: str = "train",
    limit: int = 0,
    beams: int = 4,
    batch_tokens: int = 4096,
    by_sentence: bool = False,
    data: Folders = (),
    store: str | Path | None = None,
    offline: bool = False,
    listener: Listener | None = None,
    fetched: Callable[[str], Report] = lambda name: unheard,
) -> list[Translated]:
    """Return what came of a task's English rows in each language; what is finished is kept.

    Args:
        task: Name of the task.
        to: Codes of the languages.
        model: Folder or model id; `{language}` in it stands for the code.
        out: Folder that `translated/TASK` is written below.
        revision: Branch, tag or commit of a model id.
        split: `train` or `dev`.
        limit: Rows that are translated, always the same; 0 for all.
        beams: Hypotheses that are kept at each step.
        batch_tokens: Input positions of a batch, padding included.
        by_sentence: Whether every text is translated sentence by sentence.
        data: Folders of the official files.
        store: Folder whose pins say which commits are used.
        offline: Whether the Hub is out of reach.
        listener: Hears how far it is.
        fetched: Returns what hears how far a thing is that is fetched.
    """
    from adapterstilts.modeling.runtime import Runtime
    from adapterstilts.modeling.translation import translators
    from adapterstilts.modeling.translation.bilingual import Bilingual
    from adapterstilts.modeling.translation.translator import Settings, Translator
    from adapterstilts.modeling.translation.writing import Work

    declared, pins = TASKS.get(task), Store(store_folder(store))
    _check(declared, to, split)
    settings = Settings(beams=beams, batch_tokens=batch_tokens, by_sentence=by_sentence)
    with network(offline=offline):
        read = _reads(declared, split, limit, folder_words(data), pins, fetched(task))
        # Every model is here, and has been asked for its language, before the first of them works.
        found = {
            code: translators.find(model, revision, language=code, pins=pins, report=fetched(model))
            for code in to
        }
        spoken = {
            code: Bilingual(files, source=declared.english, target=code)
            for code, files in found.items()
        }
        taken, about = read()
    works = [
        Work(
            task=declared,
            split=split,
            language=code,
            rows=taken,
            data=about,
            limit=limit,
            settings=settings,
            model=found[code],
            out=Path(out),
        )
        for code in to
    ]
    listener = listener or Silent()
    listener.planned(len(works), 0)
    return [
        _translated(
            work,
            partial(
                Translator,
                work.model,
                spoken[work.language],
                settings=settings,
                runtime=Runtime(),
            ),
            listener,
            (index, len(works)),
        )
        for index, work in enumerate(works, start=1)
    ]


def _check(task: Task, languages: Sequence[str], split: str) -> None:
    """Refuse what cannot be translated before anything is read or fetched."""
    translating.check(task)
    if split not in task.splits:
        sources = f": translate {', '.join(task.training)}" if task.training else ""
        raise UsageError(f"task '{task.name}' has no {split} rows of its own{sources}")
    known = [*LANGUAGES.names(), *TOY_LANGUAGES]
    if not languages:
        raise UsageError("no language is named that rows are translated into: write --to de,sw")
    for code in languages:
        if code not in known:
            raise UsageError(f"unknown language '{code}' to translate to{suggest(code, known)}")
        if code == task.english:
            raise UsageError(
                f"the rows of task '{task.name}' are in '{code}' already: name other languages"
            )
    if len(set(languages)) < len(languages):
        raise UsageError(f"a language to translate to is named twice: {', '.join(languages)}")


def _reads(
    task: Task, split: str, limit: int, data: Sequence[str], pins: Store, report: Report
) -> Reads:
    """Return what reads the English rows; that they can be had is known before."""
    language = task.english
    if isinstance(declared := task.data, ToyData):
        size = declared.sizes[split]
        made = partial(
            rows.rows,
            declared.generator,
            language=language,
            split=split,
            size=min(limit, size) if limit else size,
            start=declared.start,
        )
        about = {"generator": declared.generator, "version": rows.VERSION}
        return lambda: (made(), about)
    given = folders(data)
    origin = loading.find(
        task, language=language, split=split, folder=given.of(task.name), folders=given.tasks
    )

    def load() -> tuple[list[Row], Mapping[str, Any]]:
        loaded = loading.load(
            task, origin, language=language, split=split, limit=limit, pins=pins, report=report
        )
        return loaded.rows, loaded.resolved

    return load


def _translated(
    work: "Work", load: Callable[[], Any], listener: Listener, place: tuple[int, int]
) -> Translated:
    """Return what came of one language, and say how far it is on the way."""
    from adapterstilts.modeling.translation import writing

    listener.started(work.language, f"{work.task.name} into {work.language}", *place)
    began, before = time.monotonic(), -1

    def heard(done: int, total: int, note: str) -> None:
        nonlocal before
        # What an earlier call has done says nothing of how long the rest will take.
        before = done if before < 0 else before
        kept = f"{before:,} before" if before else ""
        said = ", ".join(filter(None, (kept, note)))
        listener.advanced(work.language, done - before, total - before, said)

    written = writing.translate(work, load, heard)
    listener.finished(work.language, time.monotonic() - began)
    return _told(work, written)


def _told(work: "Work", written: "Written") -> Translated:
    return Translated(
        language=work.language,
        model=work.model.title,
        revision=work.model.revision,
        file=written.path,
        provenance=work.provenance,
        read=written.read,
        written=written.written,
        lost=written.lost,
        reused=written.reused,
    )
