"""How source and target meet, as plain data.

A composition says three things. What it `needs`: the planner reads it and trains those stages
first. What it `trains`: the trainer reads it and freezes everything else. What it `activates`: the
predictor reads it and builds the block. Where words are read, `plan.ways` knows a few by name; no
other file does.

Some stand for a block over sources, in which others may stand: `stack(mnli, fuse(squad, qqp))`.
Every other word in an expression is one source.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import count

from adapterstilts.core.expressions import Term, parse
from adapterstilts.core.registry import Registry
from adapterstilts.modeling import merges, settings
from adapterstilts.modeling.methods import NONE, Method
from adapterstilts.modeling.settings import Setting, Value, chosen


class Needs(str, Enum):
    """Sources that must have been trained before."""

    NOTHING = "nothing"
    ONE = "one source at a time"
    ALL = "all sources"


class Trains(str, Enum):
    """What the target's training changes, beside the target's head."""

    NOTHING = "nothing"
    OWN = "a new module"
    SOURCE = "a copy of the source"
    FUSION = "a fusion layer"


class Activates(str, Enum):
    """The block that the trained modules form in a forward pass."""

    OWN = "own"
    SOURCE = "source"
    STACK = "stack(source, own)"
    FUSE = "fuse(sources)"


@dataclass(frozen=True, kw_only=True)
class Composition:
    """One way for an English source to meet a target."""

    name: str
    """Name in recipes, columns and on the command line, with what it sets: `fuse[kind=static]`."""
    description: str
    """One sentence for `adapterstilts compositions`."""
    needs: Needs
    """Which sources come first, and in a grid whether one at a time or all together."""
    trains: Trains
    """What is trained on the target."""
    activates: Activates
    """What is active when the target is predicted."""
    requires: tuple[str, ...] = ()
    """Properties that a method must have to take part: names of `Method` fields."""
    least: int = 0
    """Fewest sources that it takes."""
    most: int = 0
    """Most sources that it takes; 0 sets no limit to what takes any."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """What a name may set."""
    overrides: Mapping[str, Value] = field(default_factory=dict)
    """Settings that differ from the defaults."""

    @property
    def base(self) -> str:
        """Return the name without what it sets."""
        return self.name.partition("[")[0]

    @property
    def stage_name(self) -> str:
        """Return the name that stages know, for which the target's own module is a source too."""
        kept = {key: value for key, value in self.overrides.items() if key != OWN}
        return settings.named(self.base, kept)

    @property
    def groups(self) -> bool:
        """Return whether it stands for a block over sources, which may stand in another."""
        return self.activates in (Activates.STACK, Activates.FUSE)

    def value(self, setting: str) -> Value:
        """Return what a setting is."""
        return self.overrides.get(setting, self.settings[setting].default)

    def refuses(self, method: Method) -> str:
        """Return why a method cannot take part (`which …`), or an empty string."""
        lacking = [name for name in self.requires if not getattr(method, name)]
        if method.name == NONE:
            return "trains nothing"
        builds = self.needs is not Needs.NOTHING and self.trains is not Trains.NOTHING
        if builds and not method.changes_encoder:
            return "leaves nothing that a target could build on"
        return _WITHOUT[lacking[0]] if lacking else ""


_WITHOUT = {
    "stacks": "leaves nothing that another module can stand on",
    "fuses": "leaves nothing that AdapterFusion can read",
    "averages": merges.NO_MEAN,
}

KIND, LAST_LAYER, OWN = "kind", "last_layer", "own"
"""What a fusion may set: its layers, whether the last one has any, a module of the target's."""
_FUSE: Mapping[str, Setting] = {
    KIND: Setting(kind=settings.WORD, default="dynamic", known=("dynamic", "static")),
    LAST_LAYER: Setting(kind=settings.FLAG, default=True),
    OWN: Setting(kind=settings.FLAG, default=False),
}

COMPOSITIONS: Registry[Composition] = Registry(
    "composition",
    entries=lambda: (
        Composition(
            name="target",
            description="No source: the target alone, the baseline of every gain.",
            needs=Needs.NOTHING,
            trains=Trains.OWN,
            activates=Activates.OWN,
        ),
        Composition(
            name="zero",
            description="The source, head and all, applied to the target as it is.",
            needs=Needs.ONE,
            trains=Trains.NOTHING,
            activates=Activates.SOURCE,
            least=1,
            most=1,
        ),
        Composition(
            name="stack",
            description="The sources frozen below in order, a new module for the target on top.",
            needs=Needs.ONE,
            trains=Trains.OWN,
            activates=Activates.STACK,
            requires=("stacks",),
            least=1,
        ),
        Composition(
            name="fuse",
            description="AdapterFusion over the frozen sources: attention chooses among them.",
            needs=Needs.ALL,
            trains=Trains.FUSION,
            activates=Activates.FUSE,
            requires=("fuses",),
            least=2,
            settings=_FUSE,
        ),
        Composition(
            name="continue",
            description="The target goes on from the source's weights: sequential STILTs.",
            needs=Needs.ONE,
            trains=Trains.SOURCE,
            activates=Activates.OWN,
            least=1,
            most=1,
        ),
        Composition(
            name=merges.AVERAGE,
            description="The target goes on from the mean of the sources' weights.",
            needs=Needs.ALL,
            trains=Trains.SOURCE,
            activates=Activates.OWN,
            requires=("averages",),
            least=2,
            settings=merges.SETTINGS,
        ),
    ),
)
"""Every composition by name."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """What a composition is made of, or a part of it that is nested."""

    composition: Composition
    """What it does with its members, and what it sets."""
    members: "tuple[Node, ...]"
    """What it does it with, in order."""

    @property
    def fuses(self) -> bool:
        """Return whether it is a fusion, which has layers of its own to train."""
        return self.composition.activates is Activates.FUSE

    def blocks(self) -> "Iterator[Block]":
        """Yield itself and every block in it, in order of appearance."""
        yield self
        for member in self.members:
            if isinstance(member, Block):
                yield from member.blocks()


Node = int | Block
"""A source, by its place among all that a composition has, or a block."""


def composition(expression: str | Term, *, place: str = "") -> Composition:
    """Return the composition of `fuse[kind=static]`, under its one name.

    Where sources are named, their number and how they are nested are checked, and a method must
    have whatever one of the blocks requires. What is wrong is refused at its character.
    """
    term = parse(expression, place=place) if isinstance(expression, str) else expression
    found = _entry(term)
    kept = chosen(term, found.settings)
    found = replace(
        found,
        name=settings.named(term.word, kept),
        overrides=kept,
        least=found.least - bool(kept.get(OWN)),
    )
    if not term.called:
        return found
    check_nested(term)
    every = [found, *(_entry(each) for each in _inner(term))]
    requires = dict.fromkeys(name for one in every for name in one.requires)
    return replace(found, requires=tuple(requires))


def is_group(term: Term) -> bool:
    """Return whether a word stands for a block over what is in its parentheses."""
    return term.word in COMPOSITIONS and COMPOSITIONS.get(term.word).groups


def check_nested(term: Term) -> None:
    """Refuse a composition whose sources are too few or too many, or nested as they cannot be.

    `adapters` 1.3 takes fusions into a Stack, and stacks into a Fuse, but no fusion into the stack
    of a fusion.
    """
    _check_number(term, composition(replace(term, called=False)))
    _check_members(term, ())
    seen = set[str]()
    for leaf in _leaves(term):
        if leaf.text in seen:
            raise leaf.refused(f"'{leaf.text}' stands twice in '{term.word}': name it once")
        seen.add(leaf.text)


def arranged(sources: Sequence[str]) -> tuple[Node, ...]:
    """Return how a stage's sources are nested; they are counted in order of appearance."""
    places = count()
    return tuple(_node(parse(source), places) for source in sources)


def leaves(sources: Sequence[str]) -> tuple[str, ...]:
    """Return the sources of a stage one by one, in order, whatever they are nested in."""
    terms = [parse(source) for source in sources]
    return tuple(
        leaf.text for term in terms for leaf in (_leaves(term) if is_group(term) else (term,))
    )


def _node(term: Term, places: Iterator[int]) -> Node:
    if not is_group(term):
        return next(places)
    # Their own sources are checked where they were written: a plan was made of them.
    return Block(
        composition=composition(replace(term, called=False)),
        members=tuple(_node(member, places) for member in term.arguments),
    )


def _leaves(group: Term) -> Iterator[Term]:
    """Yield every source in a group."""
    for member in group.arguments:
        yield from _leaves(member) if is_group(member) else (member,)


def _inner(group: Term) -> Iterator[Term]:
    """Yield every group in a group."""
    for member in group.arguments:
        if is_group(member):
            yield member
            yield from _inner(member)


def _entry(term: Term) -> Composition:
    if term.word not in COMPOSITIONS:
        raise term.unknown("composition", COMPOSITIONS)
    return COMPOSITIONS.get(term.word)


def _check_number(term: Term, found: Composition) -> None:
    given = len(term.arguments)
    if given and not found.least:
        raise term.refused(f"'{term.word}' takes no source: leave the parentheses out")
    if given > found.most > 0:
        raise term.refused(f"'{term.word}' takes one source, and here are {given}: leave one")
    if given < found.least:
        few = "a source" if found.least == 1 else "two sources or more"
        instead = f", or set {OWN}=true for one of the target's own" * (OWN in found.settings)
        more = f"{given}: name another{instead}" if given else "none: name some"
        raise term.refused(f"'{term.word}' takes {few}, and here is {more}")


_SOURCES = (merges.AVERAGE,)
"""Compositions whose words name a source, too."""


def _check_members(group: Term, above: tuple[str, ...]) -> None:
    """Refuse what cannot stand in a group that itself stands in others."""
    outer = _entry(group)
    for member in group.arguments:
        if is_group(member):
            _check_place(member, group, above)
            _check_inner(member)
            _check_members(member, (*above, group.word))
        elif member.word in COMPOSITIONS and member.word not in _SOURCES:
            inside = member.arguments[0].text if member.arguments else "a source"
            raise member.refused(
                f"'{member.word}' is a composition by itself and cannot stand in '{outer.base}':"
                f" write {inside} in its place"
            )


def _check_place(member: Term, group: Term, above: tuple[str, ...]) -> None:
    inside = ", ".join(each.text for each in member.arguments) or "its sources"
    if not _entry(group).groups:
        raise member.refused(
            f"'{member.word}' is no source, and '{group.word}' takes sources alone: write"
            f" {member.text} by itself, or name one source"
        )
    if member.word == group.word:
        raise member.refused(
            f"'{member.word}' directly in '{group.word}' means no more than one of them: write"
            f" {inside} in its place"
        )
    if above and _entry(member).activates is Activates.FUSE:
        raise member.refused(
            f"'{member.word}' stands too deep, in a '{group.word}' of a '{above[-1]}', which"
            f" `adapters` cannot run: write {inside} in its place"
        )


def _check_inner(member: Term) -> None:
    """Refuse what an inner group cannot have: too few members, and what only the whole can set."""
    if len(member.arguments) < 2:
        instead = f"write {member.arguments[0].text} alone" if member.arguments else "leave it out"
        raise member.refused(
            f"'{member.word}' of {len(member.arguments)} in another composition joins nothing: name"
            f" another source, or {instead}"
        )
    for setting in chosen(member, _entry(member).settings):
        if setting in (LAST_LAYER, OWN):
            raise member.refused(
                f"{setting} can be set of the outermost composition alone: take it out, or write"
                f" {member.text} by itself",
                setting=setting,
            )
