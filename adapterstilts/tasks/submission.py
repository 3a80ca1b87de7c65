"""Submissions in XTREME's own layout: `{task}/test-{language}.tsv`, `.json` or `.jsonl`.

What is read here is what XTREME's `evaluate.py` reads, and what is written it accepts. It has no
files for LAReQA; here they are those of Mewsli-X. Where XTREME scores wrong input in silence
(labels of another task, sentences of another length), this refuses it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.core.suites import Member, Suite
from adapterstilts.tasks import submission_files as files
from adapterstilts.tasks.metrics import score
from adapterstilts.tasks.registry import METRICS, TASKS
from adapterstilts.tasks.submission_files import Entries, Reader

_SHOWN = 20
"""Problems that are told in words; of the rest only the number."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the files of one task are written."""

    suffix: str
    """End of their names."""
    given: Reader
    """Reads predictions."""
    gold: Reader
    """Reads labels."""
    write: Callable[[Sequence[Prediction]], str]
    """Writes predictions."""
    by_id: bool = False
    """Whether answers name their examples; else the order of lines says what is what."""
    mined: bool = False
    """Whether the ids of both sides count, for the labels name only some of the sentences."""
    extra: tuple[str, ...] = ()
    """Labels that predictions may have beside those of the task."""


_LABELS = Layout(suffix="tsv", given=files.labels, gold=files.labels, write=files.write_lines)
# XTREME's scripts give part-of-speech heads an `O`, so its models may answer with it.
_POS = Layout(suffix="tsv", given=files.tags, gold=files.tags, write=files.write_tags, extra=("O",))
_TAGS = Layout(suffix="tsv", given=files.tags, gold=files.tags, write=files.write_tags)
_ANSWERS = Layout(
    suffix="json", given=files.texts, gold=files.squad, write=files.write_object, by_id=True
)
_PAIRS = Layout(
    suffix="tsv", given=files.pairs, gold=files.right_pairs, write=files.write_pairs, mined=True
)
_PLACES = Layout(suffix="tsv", given=files.places, gold=files.places, write=files.write_lines)
_RANKINGS = Layout(
    suffix="json",
    given=files.rankings,
    gold=files.right_rankings,
    write=files.write_object,
    by_id=True,
)
_CHOICES = Layout(
    suffix="jsonl", given=files.choices, gold=files.choices, write=files.write_choices
)
LAYOUTS: Mapping[str, Layout] = {
    "xnli": _LABELS,
    "pawsx": _LABELS,
    "udpos": _POS,
    "panx": _TAGS,
    "xquad": _ANSWERS,
    "mlqa": _ANSWERS,
    "tydiqa": _ANSWERS,
    "bucc2018": _PAIRS,
    "tatoeba": _PLACES,
    "mewslix": _RANKINGS,
    "lareqa": _RANKINGS,
    "xcopa": _CHOICES,
}
"""Folder to its layout."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Answers beside what is right."""

    examples: Mapping[str, Mapping[str, Sequence[Prediction]]]
    """Folder to language to examples."""
    notes: tuple[str, ...]
    """What a reader of the scores should know."""


def languages(member: Member) -> tuple[str, ...]:
    """Return the languages that a task of a suite is scored in."""
    return tuple(TASKS.get(member.task).languages)


def read(folder: Path, *, labels: Path, suite: Suite) -> Submission:
    """Return the answers of a submission beside their labels, or say all that is wrong with them.

    A task that either folder lacks is left out with a note; a language that a task lacks is an
    error.
    """
    for place, what in ((folder, "a submission"), (labels, "labels")):
        if not place.is_dir():
            raise StiltsError(
                f"there is no folder {place}: name one that holds {what}, with a folder for each"
                f" task ({', '.join(each.folder for each in suite.members)})"
            )
    there, notes = [], []
    for member in suite.members:
        without = [place for place in (folder, labels) if not (place / member.folder).is_dir()]
        if without:
            places = " and ".join(map(str, without))
            notes.append(f"{member.folder} is left out: there is no such folder in {places}")
        else:
            there.append(member)
    if not there:
        raise StiltsError(
            f"{folder} and {labels} have no task of {suite.name} in common: they need folders"
            f" named {', '.join(each.folder for each in suite.members)}, with files"
            " `test-LANGUAGE.tsv`, `.json` or `.jsonl`"
        )
    _refuse_missing(folder, labels, there)
    problems: list[str] = []
    examples = {
        member.folder: {
            code: _examples(folder, labels, member, code, problems, notes)
            for code in languages(member)
        }
        for member in there
    }
    if problems:
        raise StiltsError(_told(problems))
    return Submission(examples=examples, notes=tuple(notes))


def values(submission: Submission, suite: Suite) -> dict[str, dict[str, dict[str, float]]]:
    """Return folder to language to metric to value, with the suite's names of metrics."""
    return {
        member.folder: {
            code: {name: score(METRICS.get(own), some) for name, own in member.metrics.items()}
            for code, some in submission.examples[member.folder].items()
        }
        for member in suite.members
        if member.folder in submission.examples
    }


def write(folder: Path, member: Member, language: str, examples: Sequence[Prediction]) -> Path:
    """Return the file of a task's answers in one language, written in the layout of its task."""
    layout = LAYOUTS[member.folder]
    if layout is _PLACES:
        examples = line_numbers(examples)
    path = _path(folder, member, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(layout.write(examples).encode("utf-8"))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        # A disk that is full does not say where.
        error.filename = str(path)
        raise
    return path


def line_numbers(examples: Sequence[Prediction]) -> list[Prediction]:
    """Return retrieved ids as Tatoeba's files want them: line numbers, the English side sorted.

    XTREME's files have the foreign sentences in their first order and the English ones sorted as
    texts, so that line i of a submission belongs to the i-th English sentence of that order.

    Args:
        examples: One a row of the data, in its order, that answers with the id of a row; its
            `extra` has the `line` at which its English sentence stands.
    """
    number = {example.example_id: str(place) for place, example in enumerate(examples)}
    return [
        replace(example, prediction=number[example.prediction])
        for example in sorted(examples, key=lambda example: int(example.extra["line"]))
    ]


def _path(folder: Path, member: Member, language: str) -> Path:
    return folder / member.folder / f"test-{language}.{LAYOUTS[member.folder].suffix}"


def _refuse_missing(folder: Path, labels: Path, members: Iterable[Member]) -> None:
    """Name every language that a task lacks in either folder, all of them at once."""
    missing = [
        f"{place / member.folder} lacks {', '.join(codes)}"
        for member in members
        for place in (folder, labels)
        if (
            codes := [
                path.name
                for code in languages(member)
                if not (path := _path(place, member, code)).is_file()
            ]
        )
    ]
    if missing:
        lines = "".join(f"\n  {each}" for each in missing)
        raise StiltsError(
            f"an average is over all languages of a task, and files are missing:{lines}\nadd them,"
            " or take away the folder of a task to leave it out"
        )


def _examples(
    folder: Path,
    labels: Path,
    member: Member,
    language: str,
    problems: list[str],
    notes: list[str],
) -> list[Prediction]:
    layout, task = LAYOUTS[member.folder], TASKS.get(member.task)
    path = _path(folder, member, language)
    known = task.labels or tuple(map(str, range(task.choices)))
    before = len(problems)
    given = layout.given(path, {*known, *layout.extra}, problems)
    gold = layout.gold(_path(labels, member, language), known, problems)
    if len(problems) > before:
        return []
    if layout.mined:
        return _mined(given, gold, language)
    if not layout.by_id:
        answers = files.in_order(given, gold, path=path, problems=problems)
    else:
        answers = files.by_id(given, gold, path=path, problems=problems)
        if unanswered := sum(name not in given for name in gold):
            notes.append(f"{path}: {unanswered:,} of {len(gold):,} ids are left out, and count 0")
    if len(problems) > before:
        return []
    return [
        Prediction(example_id=name, language=language, prediction=answer, reference=right.value)
        for (name, right), answer in zip(gold.items(), answers, strict=True)
    ]


def _mined(given: Entries, gold: Entries, language: str) -> list[Prediction]:
    return [
        Prediction(
            example_id=name,
            language=language,
            prediction=given[name].value if name in given else [],
            reference=gold[name].value if name in gold else [],
        )
        for name in {**gold, **given}
    ]


def _told(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return f"1 problem in the files to be scored, mend it: {problems[0]}"
    more = [f"and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
    head = f"{len(problems):,} problems in the files to be scored, mend them:"
    return "\n  ".join([head, *problems[:_SHOWN], *more])
