"""`adapterstilts translate`: the training rows of a source in other languages, made by a model."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.cli.fetching import Show, lines
from adapterstilts.cli.options import (
    Command,
    data_option,
    json_option,
    offline_option,
    store_option,
    words,
)
from adapterstilts.cli.output import Output, count

if TYPE_CHECKING:
    from adapterstilts.core.progress import Listener
    from adapterstilts.core.store import Store
    from adapterstilts.modeling.translation import Translates, Work, Written
    from adapterstilts.modeling.translators import Found
    from adapterstilts.tasks.readers.reader import Row
    from adapterstilts.tasks.task import Task


@click.command(
    cls=Command,
    examples=[
        "adapterstilts translate mnli --to de,ru,sw --model facebook/m2m100_418M --out data",
        "adapterstilts translate squad --to de --out data \\\n"
        "      --model 'Helsinki-NLP/opus-mt-en-{language}' --revision refs/pr/3",
    ],
)
@click.argument("task_name", metavar="TASK")
@click.option(
    "--to",
    "languages",
    required=True,
    callback=lambda ctx, option, value: words(value),
    metavar="CODE,…",
    help="Languages that the rows are translated into.",
)
@click.option(
    "--model",
    required=True,
    metavar="NAME",
    help="Folder or model id: Marian (OPUS-MT), M2M-100, NLLB or mBART-50. Where '{language}'"
    " stands in it, the code of the language is put.",
)
@click.option(
    "--revision",
    default="main",
    show_default=True,
    help="Branch, tag or commit of a model id.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder that translated/TASK is written to; name it with --data later.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "dev"]),
    default="train",
    show_default=True,
    help="Split whose English rows are translated; sources are trained on train.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Rows that are translated, a sample that is always the same; 0 for all.",
)
@click.option(
    "--batch-tokens",
    type=click.IntRange(min=1),
    default=4096,
    show_default=True,
    help="Input positions of a batch, padding included.",
)
@click.option(
    "--beams",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="Hypotheses that are kept at each step of a translation.",
)
@click.option(
    "--by-sentence",
    is_flag=True,
    help="Translate every text sentence by sentence, not only those that are too long.",
)
@data_option
@offline_option
@store_option
@json_option
def translate(
    task_name: str,
    languages: tuple[str, ...],
    out: Path,
    store_folder: Path,
    data: tuple[str, ...],
    offline: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write TASK's English rows in other languages, as DIR/translated/TASK/train-CODE.jsonl.

    A recipe reads them as translated(TASK, CODE, …) with --data DIR. What is finished is kept, so a
    translation that was stopped goes on where it was: give the same command once more. The answers
    of questions are found again in the translated passage; rows whose answer is lost are left out
    and counted.
    """
    from adapterstilts.api.experiment import network
    from adapterstilts.cli.progress import listening
    from adapterstilts.core.store import Store
    from adapterstilts.tasks.registry import TASKS

    task = TASKS.get(task_name)
    _check(task, languages, options["split"])
    with network(offline=offline):
        jobs = _jobs(task, languages, out, Store(store_folder), data, options)
    with listening("language") as listener:
        listener.planned(len(jobs), 0)
        written = [
            _run(job, load, listener, (index, len(jobs)))
            for index, (job, load) in enumerate(jobs, start=1)
        ]
    _tell(Output(as_json=as_json), [job for job, _ in jobs], written)


def _check(task: "Task", languages: Sequence[str], split: str) -> None:
    """Refuse what cannot be translated before anything is read or fetched."""
    from adapterstilts.core.errors import UsageError, suggest
    from adapterstilts.core.languages import LANGUAGES
    from adapterstilts.tasks import translating
    from adapterstilts.toyworld.languages import LANGUAGES as TOY_LANGUAGES

    translating.check(task)
    if split not in task.splits:
        sources = f": translate {', '.join(task.training)}" if task.training else ""
        raise UsageError(f"task '{task.name}' has no {split} rows of its own{sources}")
    known = [*LANGUAGES.names(), *TOY_LANGUAGES]
    if not languages:
        raise UsageError("--to names no language: write --to de,sw")
    for code in languages:
        if code not in known:
            raise UsageError(f"unknown language '{code}' in --to{suggest(code, known)}")
        if code == task.english:
            raise UsageError(f"the rows of task '{task.name}' are in '{code}' already: mend --to")
    if len(set(languages)) < len(languages):
        raise UsageError(f"--to names a language twice: {', '.join(languages)}")


def _jobs(
    task: "Task",
    languages: Sequence[str],
    out: Path,
    store: "Store",
    data: Sequence[str],
    options: Mapping[str, Any],
) -> "list[tuple[Work, Callable[[], Translates]]]":
    """Return what is to be done for each language, and what loads the model for it.

    All models are found and asked for their languages before the first of them works.
    """
    from adapterstilts.modeling import translators
    from adapterstilts.modeling.bilingual import Bilingual
    from adapterstilts.modeling.runtime import Runtime
    from adapterstilts.modeling.translation import Work
    from adapterstilts.modeling.translator import Settings, Translator

    settings = Settings(
        beams=options["beams"],
        batch_tokens=options["batch_tokens"],
        by_sentence=options["by_sentence"],
    )
    # Whether there are rows is known before anything is fetched, and read when all the rest is here.
    load_rows = _rows(task, store, data, options)
    spoken: list[tuple[str, Found, Bilingual]] = []
    for code in languages:
        found = translators.find(
            options["model"],
            options["revision"],
            language=code,
            pins=store,
            report=_heard(options["model"]),
        )
        spoken.append((code, found, Bilingual(found, source=task.english, target=code)))
    rows, resolved = load_rows()
    jobs: list[tuple[Work, Callable[[], Translates]]] = []
    for code, found, tokens in spoken:
        job = Work(
            task=task,
            split=options["split"],
            language=code,
            rows=rows,
            data=resolved,
            limit=options["limit"],
            settings=settings,
            model=found,
            out=out,
        )
        jobs.append((job, partial(Translator, found, tokens, settings=settings, runtime=Runtime())))
    return jobs


def _rows(
    task: "Task", store: "Store", data: Sequence[str], options: Mapping[str, Any]
) -> "Callable[[], tuple[list[Row], Mapping[str, Any]]]":
    """Return what reads the English rows, from where they are, and says where that is."""
    from adapterstilts.plan.recipe import folders
    from adapterstilts.tasks import loading
    from adapterstilts.tasks.task import ToyData
    from adapterstilts.toyworld import rows

    split, limit, language = options["split"], options["limit"], task.english
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
        task,
        language=language,
        split=split,
        folder=given.of(task.name),
        folders=given.tasks,
    )

    def load() -> "tuple[list[Row], Mapping[str, Any]]":
        loaded = loading.load(
            task,
            origin,
            language=language,
            split=split,
            limit=limit,
            pins=store,
            report=_heard(task.name),
        )
        return loaded.rows, loaded.resolved

    return load


def _heard(title: str) -> Callable[[int, int, str], None]:
    """Return what says a line now and then about something that is fetched."""
    show: Show | None = None

    def heard(done: int, total: int, name: str) -> None:
        nonlocal show
        show = show or lines(total)
        show(done, title)

    return heard


def _run(
    job: "Work",
    load: "Callable[[], Translates]",
    listener: "Listener",
    place: tuple[int, int],
) -> "Written":
    """Return what came of one language, and say how far it is on the way."""
    from adapterstilts.modeling import translation

    name = f"{job.task.name} into {job.language}"
    listener.started(job.language, name, *place)
    began, before = time.monotonic(), -1

    def heard(done: int, total: int, note: str) -> None:
        nonlocal before
        # What an earlier command has done says nothing of how long the rest will take.
        before = done if before < 0 else before
        kept = f"{before:,} before" if before else ""
        note = ", ".join(filter(None, (kept, note)))
        listener.advanced(job.language, done - before, total - before, note)

    written = translation.translate(job, load, heard)
    listener.finished(job.language, time.monotonic() - began)
    return written


def _tell(output: Output, jobs: "Sequence[Work]", written: "Sequence[Written]") -> None:
    output.table(
        ("language", "model", "read", "written", "lost", "file"),
        (
            (
                job.language,
                job.model.title,
                f"{each.read:,}",
                f"{each.written:,}",
                "; ".join(f"{reason}: {number:,}" for reason, number in each.lost.items()),
                each.path,
            )
            for job, each in zip(jobs, written, strict=True)
        ),
        right=("read", "written"),
    )
    task, out = jobs[0].task.name, jobs[0].out
    expression = f"translated({task}, {', '.join(job.language for job in jobs)})"
    reused = sum(each.reused for each in written)
    if reused:
        output.line(f"{count(reused, 'language')} stood already")
    output.line(f"a source now: {expression} with --data {out}")
    output.document(
        {
            "task": task,
            "split": jobs[0].split,
            "expression": expression,
            "translations": [
                {
                    "language": job.language,
                    "model": job.model.title,
                    "revision": job.model.revision,
                    "file": each.path,
                    "provenance": job.provenance,
                    "read": each.read,
                    "written": each.written,
                    "lost": each.lost,
                    "reused": each.reused,
                }
                for job, each in zip(jobs, written, strict=True)
            ],
        }
    )
