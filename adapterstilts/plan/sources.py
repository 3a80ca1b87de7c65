"""What words mean that name a source: what is trained, merged or taken over, as plain data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import Term
from adapterstilts.core.hub import Repository, names
from adapterstilts.core.languages import languages
from adapterstilts.modeling import merges, sampling, settings
from adapterstilts.modeling.merges import AVERAGE
from adapterstilts.modeling.settings import COUNT, NUMBER, NUMBERS, WORD, Setting, Value
from adapterstilts.stages import adopt
from adapterstilts.stages.adopt import MAIN
from adapterstilts.tasks import mixture, translated
from adapterstilts.tasks.mixture import Part, Sampling
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task, ToyData

_MIX = {
    "sampling": Setting(kind=WORD, default="proportional", known=("proportional", "uniform")),
    "cap": Setting(kind=COUNT, default=0),
    "temperature": Setting(kind=NUMBER, default=1),
    "weights": Setting(kind=NUMBERS, default=()),
    "batches": Setting(kind=WORD, default="one", known=("one", "mixed")),
}
_DIGITS = 8


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A source that is trained: one task, or several in turns."""

    parts: tuple[Part, ...]
    """What it learns."""
    sampling: Sampling = field(default_factory=Sampling)
    """How its parts take turns."""
    after: tuple[str, ...] = ()
    """Tasks that it is trained on before, each going on from the one before."""

    @property
    def text(self) -> str:
        """Return what stands for it in records and columns."""
        return mixture.title(self.parts, self.sampling)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A source that is made of the weights of others."""

    text: str
    """What stands for it in records and columns."""
    sources: "tuple[Source, ...]"
    """What is merged."""
    overrides: Mapping[str, Value] = field(default_factory=dict)
    """How, where it is not the plain mean."""


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """A source that somebody else has trained."""

    text: str
    """What stands for it in records and columns."""
    kind: Literal["hub", "path"]
    """Where it is."""
    name: str
    """Repository, or folder."""
    revision: str = ""
    """Branch, tag or commit of a repository."""
    term: Term = field(compare=False, repr=False)
    """Where it was asked for."""


Source = Learned | Merged | Adopted
"""Whatever a target can build on."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What expressions are read with."""

    names: Mapping[str, Term] = field(default_factory=dict)
    """Expressions that a recipe has given a name."""
    home: Path = Path()
    """Folder that relative paths start in."""

    def expanded(self, term: Term, *, within: tuple[str, ...] = ()) -> Term:
        """Return an expression with every name of the recipe's own replaced by what it means."""
        if term.word in within:
            circle = " → ".join((*within[within.index(term.word) :], term.word))
            raise term.refused(f"'{term.word}' is defined by itself ({circle}): break the circle")
        if term.word in self.names:
            if term.called or term.settings:
                raise term.refused(f"'{term.word}' is a name of the recipe: it takes nothing")
            return self.expanded(self.names[term.word], within=(*within, term.word))
        arguments = [self.expanded(each, within=within) for each in term.arguments]
        if term.word == "path" and len(arguments) == 1:
            # A path that is relative is so to where it was written.
            folder = self.home / Path(arguments[0].word).expanduser()
            arguments = [replace(arguments[0], word=str(folder))]
        return replace(term, arguments=tuple(arguments))


def source(term: Term, reading: Reading) -> Source:
    """Return the source of an expression whose names are expanded, or point at what is wrong."""
    word = WORDS.get(term.word)
    if word is not None and (term.called or term.word not in TASKS):
        return word(term, reading)
    return _task(term)


def target(term: Term) -> Part:
    """Return the target of `xnli`, or of `xnli@16` with so many training rows of its own."""
    name, at, count = term.word.partition("@")
    if term.called or term.settings:
        raise term.refused("a target is the name of a task, or TASK@NUMBER for a few examples")
    if at and not _is_number(count):
        raise term.refused(f"'{count}' is no number of examples: write {name or 'TASK'}@16")
    task = _known(name, term)
    if at and FORMATS.get(task.format).head == "none":
        raise term.refused(
            f"nothing is trained on '{name}', which is {task.format}: leave out @{count}"
        )
    return Part(task=task.name, examples=int(count) if at else 0)


def merged(term: Term, reading: Reading) -> Merged:
    """Return `average(a, b, …)`."""
    found = tuple(source(each, reading) for each in term.arguments)
    if len(found) < 2:
        raise term.refused(f"'{AVERAGE}' takes two sources or more: name another, or leave it out")
    _check_distinct(term, [each.text for each in found])
    kept = settings.chosen(term, merges.SETTINGS)
    if complaint := merges.complaint(kept, len(found)):
        raise term.refused(complaint)
    kept = merges.canonical(kept)
    text = settings.named(AVERAGE, kept, [each.text for each in found])
    return Merged(text=text, sources=found, overrides=kept)


def _task(term: Term) -> Learned:
    """Return one task, trained in the language that it is trained in."""
    task = _known(term.word, term, sources=True)
    if term.called:
        raise term.refused(f"'{term.word}' is a task and takes no arguments")
    known = (
        {"languages": Setting(kind=settings.WORDS, default=(), known=tuple(task.languages))}
        if task.format == "masked_lm"
        else {}
    )
    kept = settings.chosen(term, known)
    part = Part(task=task.name, languages=tuple(map(str, _many(kept.get("languages", ())))))
    return Learned(parts=(part,))


def _mix(term: Term, reading: Reading) -> Learned:
    """Return `mix(a, b, …)`."""
    parts = [_part(each, reading, "a mix") for each in term.arguments]
    if len(parts) < 2:
        raise term.refused("'mix' takes two sources or more: name another, or leave it out")
    kept = settings.chosen(term, _MIX)
    turns = Sampling(
        rule="uniform" if kept.get("sampling") == "uniform" else "proportional",
        cap=int(str(kept.get("cap", 0))),
        temperature=float(str(kept.get("temperature", 1))),
        weights=tuple(float(str(each)) for each in _many(kept.get("weights", ()))),
        batches="mixed" if kept.get("batches") == "mixed" else "one",
    )
    if complaint := sampling.check(turns, parts):
        raise term.refused(complaint)
    return Learned(parts=tuple(parts), sampling=turns)


def _translated(term: Term, reading: Reading) -> Learned:
    """Return `translated(a, de, …)`: the training rows of a task in other languages."""
    _plain(term)
    if len(term.arguments) < 2:
        raise term.refused("'translated' takes a source and languages, as translated(mnli, de, sw)")
    first, *codes = term.arguments
    part = _part(first, reading, "'translated'")
    task = TASKS.get(part.task)
    if part.languages:
        raise first.refused(f"'{first.text}' has its languages already: name the task alone")
    # What is generated is so in its own languages; of others a user may have rows in any.
    made = isinstance(task.data, ToyData)
    known = task.languages if made else {*languages(), *task.languages}
    for code in codes:
        fits = code.word in known or (not made and translated.CODE.fullmatch(code.word))
        if code.called or code.settings or not fits:
            raise code.unknown("language", known)
    asked = tuple(code.word for code in codes)
    _check_distinct(term, asked)
    return Learned(parts=(replace(part, languages=asked),))


def _sample(term: Term, reading: Reading) -> Learned:
    """Return `sample(a, n)`: so many training rows of a source, drawn by the seed."""
    _plain(term)
    if len(term.arguments) != 2:
        raise term.refused("'sample' takes a source and a number, as sample(mnli, 1000)")
    first, count = term.arguments
    if not _is_number(count.word):
        raise count.refused(f"'{count.text}' is no number of examples: write a whole number from 1")
    part = _part(first, reading, "'sample'")
    if part.examples:
        raise first.refused(f"'{first.text}' is a sample already: draw once")
    return Learned(parts=(replace(part, examples=int(count.word)),))


def _hub(term: Term, reading: Reading) -> Adopted:
    """Return `hub(user/repo)`, or `hub(user/repo@revision)`."""
    _plain(term)
    written = _only(term, "a repository, as hub(user/adapter) or hub(user/adapter@v1)")
    name, at, revision = written.partition("@")
    place = term.arguments[0]
    if told := names.meant(written):
        raise place.refused(f"'{written}' is an address: write hub({told})")
    if at and not revision:
        raise place.refused(
            f"a revision is missing behind '@': write hub({name}@v1), or hub({name}) for main",
            behind=len(written),
        )
    repository = Repository(name=name, revision=revision or MAIN, kind="model")
    try:
        repository.check()
    except UsageError as error:
        wrong = bool(at) and f"'{revision}' is no revision" in str(error)
        raise place.refused(str(error), behind=len(name) + 1 if wrong else 0) from error
    text, revision = repository.expression, repository.revision
    return Adopted(text=text, kind="hub", name=name, revision=revision, term=term)


def _path(term: Term, reading: Reading) -> Adopted:
    """Return `path(dir)`."""
    _plain(term)
    folder = Path(_only(term, "a folder, as path(runs/my-adapter)"))
    if not folder.is_dir():
        raise term.arguments[0].refused(f"there is no folder {folder}: check the path")
    # Where it lies is nobody's business; what it holds tells two of one name apart.
    title = Term(word=f"{folder.name}@{adopt.look(str(folder)).digest[:_DIGITS]}")
    text = Term(word="path", arguments=(title,)).text
    return Adopted(text=text, kind="path", name=str(folder), term=term)


WORDS: Mapping[str, Callable[[Term, Reading], Source]] = {
    "mix": _mix,
    "translated": _translated,
    "sample": _sample,
    "hub": _hub,
    "path": _path,
    AVERAGE: merged,
}
"""Words that make a source of others."""


def _part(term: Term, reading: Reading, where: str) -> Part:
    """Return what a source learns that stands inside of another."""
    found = source(term, reading)
    if not isinstance(found, Learned) or len(found.parts) > 1:
        raise term.refused(f"{where} is made of tasks, and '{term.text}' is none: name a task")
    return found.parts[0]


def _known(name: str, term: Term, *, sources: bool = False) -> Task:
    """Return the task of a name, or say which one may be meant."""
    if name not in TASKS:
        if sources and names.is_like_one(name):
            raise term.refused(
                f"unknown source '{name}': write hub({name}) for what is on the Hub, and"
                f" path({name}) for a folder"
            )
        known = [*TASKS.names(), *(WORDS if sources else ())]
        kind = "source" if sources else "target"
        raise replace(term, word=name).unknown(kind, known)
    return TASKS.get(name)


def _is_number(text: str) -> bool:
    """Return whether a text is a whole number from 1."""
    return text.isascii() and text.isdecimal() and int(text) > 0


def _only(term: Term, what: str) -> str:
    if len(term.arguments) != 1 or term.arguments[0].called or term.arguments[0].settings:
        quotes = "; a name with commas or brackets needs quotes" if term.arguments else ""
        raise term.refused(f"'{term.word}' takes {what}{quotes}")
    return term.arguments[0].word


def _plain(term: Term) -> None:
    settings.chosen(term, {})


def _many(value: Value) -> Sequence[Value]:
    return value if isinstance(value, tuple) else (value,)


def _check_distinct(term: Term, texts: Sequence[str]) -> None:
    """Refuse a term whose last arguments, which have these texts, name a thing twice."""
    places = term.arguments[-len(texts) :]
    for index, text in enumerate(texts):
        if text in texts[:index]:
            raise places[index].refused(f"'{text}' stands twice in '{term.word}': name it once")
