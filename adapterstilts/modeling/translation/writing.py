"""The training rows of a task in another language, written as far as a model has come.

What is finished is in a journal, piece by piece, so that whoever was stopped goes on where he was;
the pieces, and the batches in them, follow from the rows and the settings alone, so that the file
is the same in the end.
"""

import hashlib
import importlib.metadata
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from adapterstilts.core import journal
from adapterstilts.core.claims import Claims
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.extras import DISTRIBUTION, version
from adapterstilts.core.journal import Journal
from adapterstilts.core.progress import Report
from adapterstilts.modeling.translation.translator import Settings
from adapterstilts.modeling.translation.translators import Found
from adapterstilts.tasks import translating
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.translated import FOLDER
from adapterstilts.tasks.translating import Lost

HEADER = {"schema": "adapterstilts/translation", "version": 1}
"""What the journal and the file of provenance start with."""
PIECE = 16
"""A piece of work is as many rows as have about so many characters for every token of a batch."""
_SOFTWARE = (DISTRIBUTION, "torch", "transformers", "tokenizers", "sentencepiece")


class Translates(Protocol):
    """What translates texts."""

    def translate(self, texts: Sequence[str], heard: Callable[[], None] = ...) -> list[str | None]:
        """Return the translation of each text; None for one without an end."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Rows that are to be translated into one language."""

    task: Task
    """The task whose rows they are."""
    split: str
    """Split that they are of."""
    language: str
    """Code of the language that they are translated into."""
    rows: Sequence[Row]
    """The rows in English."""
    data: Mapping[str, Any]
    """Where they came from, for whoever reads the provenance."""
    limit: int = 0
    """Rows that were asked for; 0 for all."""
    settings: Settings
    """How they are translated."""
    model: Found
    """The model's files."""
    out: Path
    """Folder that everything is written below."""

    @property
    def path(self) -> Path:
        """Return the file of the rows."""
        return self.out / FOLDER / self.task.name / f"{self.split}-{self.language}.jsonl"

    @property
    def provenance(self) -> Path:
        """Return the file that says where the rows come from."""
        return self.path.with_suffix(".json")

    def identity(self) -> dict[str, Any]:
        """Return what must be the same where a translation is gone on with."""
        return {
            "task": self.task.name,
            "split": self.split,
            "language": self.language,
            "model": self.model.title,
            "revision": self.model.revision,
            "limit": self.limit,
            "rows": len(self.rows),
            "digest": _digest(self.task, self.rows),
            "settings": asdict(self.settings),
        }


@dataclass(frozen=True, kw_only=True)
class Written:
    """What came of the rows."""

    path: Path
    """The file of the rows."""
    read: int
    """Rows in English."""
    written: int
    """Rows in the other language."""
    lost: Mapping[str, int]
    """Why rows were lost, and how many."""
    reused: bool = False
    """Whether it stood already."""


def translate(work: Work, load: Callable[[], Translates], heard: Report) -> Written:
    """Return what came of the rows, after translating those that are not translated yet.

    Args:
        work: What is to be done.
        load: Loads the model, where there is something to do.
        heard: Called with how far it is.
    """
    claims = Claims(work.path.parent / ".claims")
    with claims.hold(work.path.name) as held:
        if not held:
            raise StiltsError(
                f"another process is writing {work.path}: wait for it, or name another --out"
            )
        found = _finished(work) or _translated(work, load, heard)
    with suppress(OSError):
        claims.folder.rmdir()
    return found


def _finished(work: Work) -> Written | None:
    """Return what stands already; refuse what somebody else has written there."""
    if not work.provenance.is_file():
        if work.path.exists() and _journal(work).header() is None:
            raise UsageError(
                f"{work.path} is there and nothing says how it was made: name another --out, or"
                " move it away"
            )
        return None
    try:
        document = json.loads(work.provenance.read_text(encoding="utf-8"))
        _compare(work, document, work.provenance)
        rows = document["rows"]
        found = Written(
            path=work.path,
            read=int(rows["read"]),
            written=int(rows["written"]),
            lost=dict(rows["lost"]),
            reused=True,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StiltsError(
            f"{work.provenance} does not say what {work.path.name} is: remove both and run again"
        ) from error
    if not work.path.is_file():
        raise StiltsError(f"{work.path} is gone: remove {work.provenance} too and run again")
    _journal(work).path.unlink(missing_ok=True)
    return found


def _translated(work: Work, load: Callable[[], Translates], heard: Report) -> Written:
    kept, identity = _journal(work), work.identity()
    if (begun := kept.header()) is None:
        kept.begin({**HEADER, "identity": identity})
    else:
        _compare(work, begun, kept.path)
    done, total = kept.resume(), len(work.rows)
    lost = sum("lost" in item for item in kept.items()) if done else 0
    heard(done, total, _note(lost))
    model = load() if done < total else None
    for piece in _pieces(work.task, work.rows, work.settings.batch_tokens * PIECE):
        if piece[0] < done or model is None:
            continue
        so_far = partial(heard, piece[0], total, _note(lost))
        outcomes = translating.translated(
            work.task,
            [work.rows[number] for number in piece],
            partial(model.translate, heard=so_far),
        )
        kept.append([_item(outcome) for outcome in outcomes])
        lost += sum(isinstance(outcome, Lost) for outcome in outcomes)
        heard(piece[-1] + 1, total, _note(lost))
    return _written(work, kept, identity)


def _written(work: Work, kept: Journal, identity: Mapping[str, Any]) -> Written:
    """Make the files of a journal that is complete."""
    reasons = Counter(item["lost"] for item in kept.items() if "lost" in item)
    lost = {reason: reasons[reason] for reason in translating.REASONS if reasons[reason]}
    read = len(work.rows)
    written = read - sum(lost.values())
    if not written:
        why = "; ".join(f"{reason}: {count:,}" for reason, count in lost.items())
        raise StiltsError(
            f"no row of task '{work.task.name}' survived its translation into '{work.language}'"
            f" ({why}): try another model; {kept.path} keeps what was tried, remove it first"
        )
    rows = (journal.line(item["row"]) for item in kept.items() if "row" in item)
    journal.write_whole(work.path, rows)
    document = {
        **HEADER,
        "identity": identity,
        "rows": {"read": read, "written": written, "lost": lost},
        "data": dict(work.data),
        "licence": work.task.licence,
        "software": _software(),
    }
    journal.write_whole(work.provenance, [journal.document(document)])
    kept.path.unlink()
    return Written(path=work.path, read=read, written=written, lost=lost)


def _journal(work: Work) -> Journal:
    return Journal(work.path.with_name(f".{work.path.stem}.journal"))


def _compare(work: Work, there: Mapping[str, Any], path: Path) -> None:
    """Refuse to go on with what was begun in another way, and name the first difference."""
    if any(there.get(key) != value for key, value in HEADER.items()):
        raise StiltsError(
            f"{path} was written by another version of {DISTRIBUTION}: remove it, or name another"
            " --out"
        )
    ours, theirs = _flat(work.identity()), _flat(there["identity"])
    for key in (*ours, *theirs):
        if ours.get(key) != theirs.get(key):
            raise UsageError(
                f"{path} is of another translation: {key.replace('_', ' ')} was"
                f" {theirs.get(key)!r} and is {ours.get(key)!r} now; give the command as it was,"
                f" name another --out, or remove {path.name} and {work.path.name} to begin anew"
            )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a translation is made with, under the names that people know."""
    flat = {key: value for key, value in identity.items() if key not in ("settings", "digest")}
    return {**flat, **identity["settings"], "what the rows say": identity["digest"]}


def _item(outcome: translating.Outcome) -> dict[str, Any]:
    return {"lost": outcome.reason} if isinstance(outcome, Lost) else {"row": outcome}


def _pieces(task: Task, rows: Sequence[Row], size: int) -> Iterator[list[int]]:
    """Yield the numbers of rows that are translated together: about so many characters."""
    piece: list[int] = []
    held = 0
    for number, row in enumerate(rows):
        piece.append(number)
        held += sum(map(len, translating.texts(task, row)))
        if held >= size:
            yield piece
            piece, held = [], 0
    if piece:
        yield piece


def _digest(task: Task, rows: Sequence[Row]) -> str:
    """Return what the rows say in their roles, wherever their files lie."""
    digest = hashlib.sha256()
    for row in rows:
        roles = {key: row.get(key) for key in ("id", *task.roles)}
        digest.update(journal.line(roles).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _note(lost: int) -> str:
    return f"{lost:,} lost" if lost else ""


def _software() -> dict[str, str]:
    found = {DISTRIBUTION: version()}
    for name in _SOFTWARE[1:]:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
