"""From a stage of a store to what is published of it: its modules, their history, its scores."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.expressions import halves, parse
from adapterstilts.core.records import RECORD, Score, StageRecord, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling.composition import Activates, composition, leaves
from adapterstilts.publishing.gathering import baselines
from adapterstilts.publishing.gathering.store_view import (
    BACKBONE,
    BEGUN,
    SOURCE,
    Answer,
    StoreView,
    number,
)
from adapterstilts.publishing.item import Base, Item, Module

OWN = "own"
"""Role of what is published, among folders that are given by their roles."""
PREPARED = "prepare"
"""Kind of the stages that read and encode data."""
PUBLISHED = ("train", "merge")
"""Kinds of stages that leave what can be published."""


def gather(
    store: Store | StoreView,
    id: str,
    *,
    expression: str,
    way: str,
    base: Base,
    recipe: str = "",
    among: Collection[str] = (),
) -> Item:
    """Return what is published of a stage that trained or merged.

    Args:
        store: Where the stage is, and all that is known of it.
        id: The stage.
        expression: Task or source that it answers or is.
        way: How it was made, as `METHOD/COMPOSITION`.
        base: What it stands on.
        recipe: The recipe that it is of, as it was written.
        among: Stages of that recipe's plan, which come first where several runs could be meant.
    """
    view = store if isinstance(store, StoreView) else StoreView.of(store)
    own = _module(expression, id, view)
    if own.record.kind not in PUBLISHED:
        raise StiltsError(
            f"{expression} is a stage that has trained nothing ({own.record.kind}): what is"
            " published is a training or a merge"
        )
    sources = tuple(_beside(own.record, view))
    notes: list[str] = []
    rows = _scores(id, way, view, among=among, notes=notes)
    found, more = baselines.of(own.record, rows, view, among=among)
    told = [*(row for row, _ in rows), *(row for some in found.values() for row in some)]
    return Item(
        expression=expression,
        way=way,
        own=own,
        sources=sources,
        before=_before((own, *sources), view),
        base=base,
        scores=tuple(row for row, _ in rows),
        baselines=found,
        scored={row.stage: view.folder(row.stage) for row in told},
        evaluated={where.id: _prepared(where, view) for _, where in rows},
        recipe=recipe,
        notes=(*notes, *more),
    )


def gather_from(
    folders: Mapping[str, Path], *, expression: str, way: str, base: Base, recipe: str = ""
) -> Item:
    """Return the same of folders that are given: what is not among them is as if it were not.

    Args:
        folders: Role to folder. `own` is what is published; of the others their records say what
            they are: its sources, what it came from, predictions and scores, its own and those of
            baselines, and the trainings of these.
        expression: See `gather`.
        way: See `gather`.
        base: See `gather`.
        recipe: See `gather`.
    """
    id = read_record(folders[OWN] / RECORD).id
    view = StoreView.these(folders.values())
    return gather(view, id, expression=expression, way=way, base=base, recipe=recipe)


def _beside(record: StageRecord, view: StoreView) -> Iterator[Module]:
    """Yield the sources that are loaded beside what a stage trained."""
    if record.kind == "train":
        met = composition(str(record.identity["composition"]))
        if met.activates in (Activates.STACK, Activates.FUSE):
            yield from _named(record, view)


def _named(record: StageRecord, view: StoreView) -> Iterator[Module]:
    """Yield the sources of a stage under the names that it has for them."""
    for index, name in enumerate(leaves(tuple(map(str, record.identity.get("sources", ()))))):
        yield _module(name, record.needs[f"{SOURCE}{index}"], view)


def _module(name: str, id: str, view: StoreView) -> Module:
    record = view.record(id)
    data = {role: view.record(need) for role, need in record.needs.items() if view.has(need)}
    return Module(
        name=name,
        folder=view.folder(id),
        record=record,
        data={role: each for role, each in data.items() if each.kind == PREPARED},
    )


def _before(modules: tuple[Module, ...], view: StoreView) -> tuple[Module, ...]:
    """Return what the weights of some modules came from, nearest first, each once."""
    loaded = {each.record.id for each in modules}
    found: dict[str, Module] = {}
    level = list(modules)
    while level:
        below = [each for module in level for each in _behind(module.record, view)]
        level = [
            each for each in below if each.record.id not in loaded and not found.get(each.record.id)
        ]
        found |= {each.record.id: each for each in level}
    return tuple(found.values())


def _behind(record: StageRecord, view: StoreView) -> Iterator[Module]:
    """Yield what the weights of one stage came from: another training, its sources, a backbone."""
    for role in (BEGUN, BACKBONE):
        if role in record.needs:
            made = view.record(record.needs[role])
            yield _module(str(made.identity.get("task", role)), made.id, view)
    if not any(_beside(record, view)):
        yield from _named(record, view)


def _prepared(answer: Answer, view: StoreView) -> dict[str, StageRecord]:
    """Return language to what prepared the examples that were answered."""
    return {code: view.record(id) for code, id in answer.asked.items() if view.has(id)}


def _scores(
    id: str, way: str, view: StoreView, *, among: Collection[str], notes: list[str]
) -> list[tuple[Score, Answer]]:
    """Return what a stage scored, every number once, with the stage that it is from.

    The same model may have been scored twice: in fewer languages, or under another name of the
    same way. What the recipe has scored comes first, then the name that was asked for, then what
    was scored in more languages.
    """
    met = parse(halves(way)[1])

    def rank(answer: Answer) -> tuple[object, ...]:
        written = parse(answer.condition[1])
        other = (written.word, dict(written.settings)) != (met.word, dict(met.settings))
        return answer.id not in among, other, -len(answer.languages), answer.id

    found: dict[tuple[object, ...], tuple[Score, Answer]] = {}
    told: set[str] = set()
    for answer in sorted((each for each in view.answers if each.by == id), key=rank):
        for row in answer.rows():
            _, where = found.setdefault((row.seed, *number(row)), (row, answer))
            other_data = where.examples.get(row.language) != answer.examples.get(row.language)
            if other_data and row.target not in told:
                told.add(row.target)
                notes.append(
                    f"{row.target} was scored on several sets of examples: those of stage"
                    f" {where.id} are told here"
                )
    return sorted(found.values(), key=lambda pair: _order(pair[0]))


def _order(row: Score) -> tuple[object, ...]:
    """Return the place of a row: target by target, the metric that ranks it first."""
    return row.target, row.split, row.seed, not row.primary, row.metric, row.language
