"""Adapters of somebody else that a plan cannot use, told before anything is run."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, NoRoom, Pins, Repository, Unreachable
from adapterstilts.core.store import Store
from adapterstilts.modeling.composition import arranged, composition, leaves
from adapterstilts.modeling.foreign import arrangement, meeting
from adapterstilts.modeling.foreign.arrangement import Saved
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.parts import HEAD, SETUP, Source
from adapterstilts.modeling.spreading import spread
from adapterstilts.plan.planner import Plan
from adapterstilts.plan.ways import AS_IT_IS, BASELINE
from adapterstilts.stages import adopt
from adapterstilts.stages.adopt import Adopt
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.references import head_of, source_role
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS


def misfits(
    plan: Plan, store: Store, client: Hub, pins: Pins, there: Collection[Repository]
) -> list[str]:
    """Return what is wrong with the adapters of a plan, each of which is had and looked at.

    Args:
        plan: The plan.
        store: What stands in it needs no adapter any more.
        client: Where those are that lie in a repository.
        pins: Commits that a store has kept.
        there: Repositories that can be had.
    """
    found: list[str] = []
    blocks: dict[str, Saved] = {}
    for id, spec in plan.stages.items():
        config = spec.config
        if not isinstance(config, Adopt):
            continue
        done = store.find(id)
        try:
            if done is not None:
                if arrangement.is_in(done / SETUP):
                    blocks[id] = arrangement.read(done / SETUP)
                if any(store.find(answers) is None for answers, _ in _asked(plan, id)):
                    found += _unanswered(plan, id, config, meeting.look(done, asked=config.asked))
                continue
            if config.place == "hub" and config.repository not in there:
                continue
            adapter = adopt.check(config, client, pins)
            blocks |= {id: adapter.saved} if adapter.saved else {}
            found += _unanswered(plan, id, config, adapter)
        except (Unreachable, NoRoom):
            raise
        except StiltsError as error:
            found.append(str(error))
    return [*found, *_misplaced(plan, blocks)]


def _misplaced(plan: Plan, blocks: Mapping[str, Saved]) -> list[str]:
    """Return which blocks of adapters are to stand where `adapters` cannot run them."""
    found: dict[str, None] = {}
    for spec in plan.stages.values():
        if not isinstance(spec.config, Train):
            continue
        outer, names = composition(spec.config.composition), leaves(spec.config.sources)
        ids = [spec.needs[source_role(index)] for index in range(len(names))]
        saved = {index: blocks[id] for index, id in enumerate(ids) if id in blocks}
        if not saved or not outer.groups:
            continue
        sources = [Source(name=name, folder=Path()) for name in names]
        try:
            spread(outer, arranged(spec.config.sources), sources, saved)
        except StiltsError as error:
            found[str(error)] = None
    return list(found)


def _asked(plan: Plan, id: str) -> Iterator[tuple[str, Predict]]:
    """Yield the stages that have something of somebody else answer as it is, by their ids."""
    for spec in plan.stages.values():
        config = spec.config
        if spec.needs.get(source_role(0)) == id and isinstance(config, Predict):
            if config.composition == AS_IT_IS:
                yield spec.id, config


def _unanswered(plan: Plan, id: str, config: Adopt, adapter: Foreign) -> list[str]:
    """Return which targets the head of an adapter is to answer as it is, and cannot."""
    found = {}
    for task in (answers.task for _, answers in _asked(plan, id)):
        head = head_of(TASKS.get(task))
        if head.kind == "none":
            continue
        if refusal := adapter.refuses(head):
            alone = adapter.left.kind == HEAD
            instead = BASELINE if alone else f"stack({config.asked})"
            found[task] = (
                f"{config.asked} cannot answer '{task}' as it is, for {refusal}: train on the"
                f" target instead, as in {instead}"
            )
    return list(found.values())
