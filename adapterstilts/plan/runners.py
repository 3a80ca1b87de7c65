"""Carry a plan out: one stage after the other, each of them only if it is not finished yet."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.failures import explain
from adapterstilts.core.progress import Listener, Silent
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.stage import StageSpec


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
    """Finish every stage of a plan that is not finished; a failure stops only what depends on it."""
    listener, started = listener or Silent(), time.monotonic()
    missing = {id: spec for id, spec in plan.stages.items() if store.find(id) is None}
    listener.planned(len(plan.stages), len(plan.stages) - len(missing))
    if missing:
        return _serial(missing, plan, store, runtime, listener, started)
    return Summary(run=0, reused=len(plan.stages), failed=0, seconds=time.monotonic() - started)


def _serial(
    missing: Mapping[str, StageSpec], plan: Plan, store: Store, runtime: Runtime, listener: Listener,
    started: float,
) -> Summary:  # fmt: skip
    from adapterstilts.stages import run as stages

    done, failed, failures = 0, set[str](), list[Failure]()
    for index, (id, spec) in enumerate(missing.items(), start=1):
        if failed.intersection(spec.needs.values()):
            failed.add(id)
            continue
        label, began = f"{spec.kind} {spec.slug}", time.monotonic()
        listener.started(id, label, index, len(missing))
        try:
            done += stages.run(spec, store, runtime, listener.advanced)
        except (StiltsError, OSError, MemoryError, RuntimeError, ValueError) as error:
            failed.add(id)
            failures.append(Failure(label, explain(error)))
            listener.failed(id, failures[-1].message)
            continue
        listener.finished(id, time.monotonic() - began)
    return Summary(
        run=done, reused=len(plan.stages) - done - len(failed), failed=len(failed),
        seconds=time.monotonic() - started, failures=tuple(failures),
    )  # fmt: skip
