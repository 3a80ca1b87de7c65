"""How a target takes its sources: `stack(mnli, fuse(squad, qqp))` as plain data."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from adapterstilts.core.expressions import Term, parse, spelled
from adapterstilts.modeling.composition import (
    COMPOSITIONS,
    OWN,
    Composition,
    Needs,
    composition,
    is_group,
)
from adapterstilts.modeling.merges import AVERAGE
from adapterstilts.plan import sources as read
from adapterstilts.plan.sources import Learned, Reading, Source
from adapterstilts.tasks.mixture import Part
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.tasks.task import Task

BASELINE, AS_IT_IS = "target", "zero"
"""The composition that has no source, and the one that trains nothing."""
TAKEN = frozenset({*COMPOSITIONS.names(), *read.WORDS})
"""Words that no recipe may give another meaning."""
_GOES_ON = "continue"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A composition with the sources that it takes."""

    composition: Composition
    """How source and target meet."""
    arguments: tuple[str, ...] = ()
    """What stands in its parentheses: sources, and blocks over sources."""
    sources: tuple[Source, ...] = ()
    """The sources in these, in the order of their appearance."""
    term: Term
    """Where it was asked for."""
    asked: bool = False
    """Whether its sources were written out, so that what cannot be is refused, not passed over."""

    @property
    def name(self) -> str:
        """Return what score rows call its sources."""
        return "+".join(self.arguments)

    def trained(self, target: Learned) -> "Way":
        """Return the way as stages know it.

        To average is to go on from merged weights, and a target's own module in a fusion is one
        more source.
        """
        if self.composition.base == AVERAGE:
            merged = self.sources[0].text
            return replace(self, composition=COMPOSITIONS.get(_GOES_ON), arguments=(merged,))
        if not self.composition.overrides.get(OWN):
            return self
        if target.text in self.arguments:
            raise self.term.refused(
                f"'{target.text}' is among the sources, and own=true would add it: leave own=true"
                " out",
                setting=OWN,
            )
        return replace(
            self,
            composition=composition(self.composition.stage_name),
            arguments=(*self.arguments, target.text),
            sources=(*self.sources, target),
        )


NOTHING = Way(composition=COMPOSITIONS.get(BASELINE), term=Term(word=BASELINE))
"""The way of whatever is trained without a source."""


def ways(text: str, sources: Sequence[str], *, place: str) -> Iterator[Way]:
    """Yield the ways that a composition makes of some sources, or the one that it writes out."""
    term = parse(text, place=place)
    found = composition(term)
    if term.called or found.needs is Needs.NOTHING:
        yield _way(term, Reading())
        return
    every = tuple(parse(each, place=place) for each in sources)
    together = found.needs is Needs.ALL and every
    for some in [every] if together else [(each,) for each in every]:
        yield replace(_way(replace(term, arguments=some, called=True), Reading()), asked=False)


def target(text: str, *, place: str) -> Part:
    """Return the target of `xnli`, or of `xnli@16` with so many training rows of its own."""
    return read.target(parse(text, place=place))


def learner(part: Part) -> Learned:
    """Return what a target learns from: the tasks that it names, the last from its few examples."""
    *before, last = TASKS.get(part.task).training or (part.task,)
    return Learned(parts=(Part(task=last, examples=part.examples),), after=tuple(before))


def trains(task: Task) -> bool:
    """Return whether anything can be trained on a target, so that sources meet it in every way.

    What is read without a head, and has no rows to learn from, is answered as it is.
    """
    learned = (TASKS.get(name) for name in task.training or (task.name,))
    headless = FORMATS.get(task.format).head == "none"
    return not headless or all("train" in each.splits for each in learned)


def written_source(text: str, place: str, *, reading: Reading) -> str:
    """Return a source under its one text, the recipe's own names replaced, or refuse it."""
    term = reading.expanded(parse(text, place=place))
    read.source(term, reading)
    return term.text


def written_composition(text: str, place: str, *, reading: Reading) -> str:
    """Return a composition under its one text, the recipe's own names replaced, or refuse it."""
    term = reading.expanded(parse(text, place=place))
    check_is_no_source(term)
    if composition(term).needs is not Needs.NOTHING and term.called:
        _way(term, reading)
    return term.text


def check_is_no_source(term: Term) -> None:
    """Refuse a source where a composition is asked for."""
    if term.word not in COMPOSITIONS and (term.word in read.WORDS or term.word in TASKS):
        raise term.refused(
            f"'{term.text}' is a source: say how the target meets it, as in stack({term.text})"
        )


def written_target(text: str, place: str, *, reading: Reading) -> str:
    """Return a target under its one text, or refuse it."""
    term = reading.expanded(parse(text, place=place))
    read.target(term)
    return term.text


def learned(text: str, place: str, *, reading: Reading) -> str:
    """Return a source or a target as trainings are known by, or refuse it."""
    term = reading.expanded(parse(text, place=place))
    if "@" in term.word:
        return learner(read.target(term)).text
    return read.source(term, reading).text


def defined(text: str, place: str, *, reading: Reading) -> str:
    """Return what a name stands for, or refuse it."""
    term = reading.expanded(parse(text, place=place))
    whole = term.word in COMPOSITIONS and term.word not in read.WORDS
    check = written_composition if whole or is_group(term) else written_source
    return check(text, place, reading=reading)


def _way(term: Term, reading: Reading) -> Way:
    """Return the way of an expression that is written out, or point at what is wrong with it."""
    found = composition(term)
    if found.base == AVERAGE:
        merged = read.merged(term, reading)
        names = tuple(each.text for each in merged.sources)
        return Way(
            composition=found, arguments=names, sources=(merged,), term=term, asked=term.called
        )
    arguments, sources = _nodes(term.arguments, reading)
    return Way(
        composition=found,
        arguments=arguments,
        sources=sources,
        term=term,
        asked=term.called,
    )


def _nodes(terms: Iterable[Term], reading: Reading) -> tuple[tuple[str, ...], tuple[Source, ...]]:
    """Return the one text of each source, or block over sources, and all sources in them."""
    texts, sources = list[str](), list[Source]()
    for term in terms:
        if is_group(term):
            inner, found = _nodes(term.arguments, reading)
            texts.append(spelled(composition(replace(term, called=False)).name, {}, inner))
            sources += found
        else:
            sources.append(read.source(term, reading))
            texts.append(sources[-1].text)
    return tuple(texts), tuple(sources)
