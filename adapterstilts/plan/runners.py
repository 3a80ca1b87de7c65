"""Carry a plan out: one stage after the other, each of them only if it is not finished yet."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapterstilts.core.launch import launched
from adapterstilts.core.progress import Listener, Silent
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.stage import StageSpec

if TYPE_CHECKING:
    from adapterstilts.plan.engines import Ended, Engine

Stages = Mapping[str, StageSpec]
"""Stages by their ids."""


@dataclass(frozen=True)
class Failure:
    """One stage that did not come to its end."""

    stage: str
    """Label of the stage."""
    message: str
    """What happened, where, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What came of a plan."""

    run: int
    """Stages that this call finished."""
    reused: int
    """Stages that stood already."""
    failed: int
    """Stages that failed, and those that waited for them."""
    seconds: float
    """Wall-clock time."""
    failures: tuple[Failure, ...] = ()
    """Why."""


def run(plan: Plan, store: Store, runtime: Runtime, listener: Listener | None = None) -> Summary:
    """Finish every stage of a plan that is not; a failure stops only what depends on it.

    Where a launcher started several processes, each of them calls this with the same plan, and each
    is told what came of it: they train every stage together, and the first one does the rest.
    """
    missing = {id: spec for id, spec in plan.stages.items() if store.find(id) is None}
    launch = launched()
    if launch.size == 1:
        return _run(plan, missing, listener or Silent(), lambda: _engine(missing, store, runtime))
    from adapterstilts.plan import together

    together.check(missing, launch.size)
    ended = together.in_turns(
        plan.stages,
        store,
        runtime,
        launch,
        lambda engine: _run(plan, missing, listener or Silent(), lambda: engine),
    )
    failures = tuple(Failure(**each) for each in ended.pop("failures"))
    return Summary(**ended, failures=failures)


def _run(
    plan: Plan, missing: Stages, listener: Listener, engine: "Callable[[], Engine]"
) -> Summary:
    started = time.monotonic()
    listener.planned(len(plan.stages), len(plan.stages) - len(missing))
    endings = _work_off(missing, engine(), listener) if missing else []
    done = sum(ended.ran for ended in endings)
    failed = len(missing) - sum(not ended.failure for ended in endings)
    return Summary(
        run=done,
        reused=len(plan.stages) - done - failed,
        failed=failed,
        seconds=time.monotonic() - started,
        failures=tuple(
            Failure(_label(missing[ended.id]), ended.failure) for ended in endings if ended.failure
        ),
    )


def _engine(missing: Stages, store: Store, runtime: Runtime) -> "Engine":
    # A plan with nothing to do needs no engine, nor what an engine imports.
    from adapterstilts.plan.engines import Pool, Serial

    side_by_side = runtime.workers != 1 and len(missing) > 1
    return Pool(store, runtime) if side_by_side else Serial(store, runtime)


def _work_off(missing: Stages, engine: "Engine", listener: Listener) -> "list[Ended]":
    """Return how each stage ended that could be begun."""
    waiting, began = dict(missing), dict[str, float]()
    endings: list[Ended] = []
    try:
        while True:
            while engine.free() and (id := _ready(waiting, missing, endings)):
                began[id], spec = time.monotonic(), waiting.pop(id)
                listener.started(id, _label(spec), len(began), len(missing))
                engine.give(spec)
            if len(began) == len(endings):
                return endings
            ended = engine.next(listener.advanced)
            endings.append(ended)
            if ended.failure:
                listener.failed(ended.id, ended.failure)
            else:
                listener.finished(ended.id, time.monotonic() - began[ended.id])
    finally:
        engine.close()


def _ready(
    waiting: Mapping[str, StageSpec], missing: Collection[str], endings: "Sequence[Ended]"
) -> str:
    """Return the first stage whose inputs are all there, or an empty string."""
    there = {ended.id for ended in endings if not ended.failure}
    for id, spec in waiting.items():
        if all(need in there or need not in missing for need in spec.needs.values()):
            return id
    return ""


def _label(spec: StageSpec) -> str:
    return f"{spec.kind} {spec.slug}"
