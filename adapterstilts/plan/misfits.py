"""Adapters of somebody else that a plan cannot use, told before anything is run."""

from collections.abc import Collection

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, NoRoom, Pins, Repository, Unreachable
from adapterstilts.core.store import Store
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.plan.planner import Plan
from adapterstilts.plan.ways import AS_IT_IS
from adapterstilts.stages import adopt
from adapterstilts.stages.adopt import Adopt
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.references import head_of, source_role
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
    for id, spec in plan.stages.items():
        config = spec.config
        if not isinstance(config, Adopt) or store.find(id) is not None:
            continue
        if config.place == "hub" and config.repository not in there:
            continue
        try:
            found += _unanswered(plan, id, config, adopt.check(config, client, pins))
        except (Unreachable, NoRoom):
            raise
        except StiltsError as error:
            found.append(str(error))
    return found


def _unanswered(plan: Plan, id: str, config: Adopt, adapter: Foreign) -> list[str]:
    """Return which targets the head of an adapter is to answer as it is, and cannot."""
    found = {}
    for spec in plan.stages.values():
        if spec.needs.get(source_role(0)) != id or not isinstance(spec.config, Predict):
            continue
        head = head_of(TASKS.get(spec.config.task))
        if spec.config.composition != AS_IT_IS or head.kind == "none":
            continue
        if refusal := adapter.refuses(head):
            found[spec.config.task] = (
                f"{config.asked} cannot answer '{spec.config.task}' as it is, for {refusal}: train"
                f" on the target instead, as in stack({config.asked})"
            )
    return list(found.values())
