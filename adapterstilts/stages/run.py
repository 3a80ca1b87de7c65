"""Run one stage: claim it, give it its inputs, and keep what it leaves, whole or not at all."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.progress import Report
from adapterstilts.core.records import RECORD, StageRecord, write_record
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import (
    adopt,
    index,
    merge,
    predict,
    prepare,
    publish,
    score,
    sweep,
    train,
)
from adapterstilts.stages.stage import Context, Outcome, StageSpec

KINDS: Mapping[str, Callable[[Any, Context], Outcome]] = {
    "prepare": prepare.run,
    "train": train.run,
    "merge": merge.run,
    "adopt": adopt.run,
    "predict": predict.run,
    "score": score.run,
    "sweep": sweep.run,
    "publish": publish.run,
    "index": index.run,
}
"""Kind of stage to the function that runs it."""
TOGETHER = frozenset({"train"})
"""Kinds that several processes work on as one."""
Together = Callable[[StageSpec], AbstractContextManager[None]]
"""Calls the other processes to a stage for as long as it lasts."""

_SOFTWARE = ("adapterstilts", "torch", "transformers", "adapters", "peft", "tokenizers", "numpy")
_POLL = 0.2
_ARRIVAL = 60.0
"""Seconds until a folder that one machine has made is seen by another, as NFS has it."""


def run(
    spec: StageSpec,
    store: Store,
    runtime: Runtime,
    report: Report,
    together: Together = lambda spec: nullcontext(),
) -> bool:
    """Make sure that a stage is finished; return whether it was this call that did it.

    Where another process works on it, this one waits, and takes over if that one dies.
    """
    while store.find(spec.id) is None:
        with store.claim(spec.id) as ours:
            if ours and store.find(spec.id) is None:
                _work(spec, store, runtime, report, together)
                return True
        if not ours:
            report(0, 0, "waiting for another process that works on it")
            time.sleep(_POLL)
    return False


def take_part(spec: StageSpec, store: Store, runtime: Runtime) -> None:
    """Work on a stage beside the process that has claimed it, and keep nothing of it."""
    patient = time.monotonic() + _ARRIVAL
    while not all(map(store.find, spec.needs.values())) and time.monotonic() < patient:
        time.sleep(_POLL)
    with TemporaryDirectory() as out:
        context = _context(spec, store, Path(out), runtime, lambda done, total, note: None)
        with hub.patient():
            KINDS[spec.kind](spec.config, context)


def _context(
    spec: StageSpec,
    store: Store,
    out: Path,
    runtime: Runtime,
    report: Report,
) -> Context:
    return Context(
        id=spec.id,
        inputs={role: _input(store, role, id) for role, id in spec.needs.items()},
        out=out,
        work=store.work(spec.id),
        store=store,
        runtime=runtime,
        report=report,
    )


def _work(
    spec: StageSpec,
    store: Store,
    runtime: Runtime,
    report: Report,
    together: Together,
) -> None:
    with store.writing(spec.kind, spec.slug, spec.id) as out:
        context = _context(spec, store, out, runtime, report)
        with together(spec) if spec.kind in TOGETHER else nullcontext(), hub.patient():
            outcome = KINDS[spec.kind](spec.config, context)
        write_record(
            out / RECORD,
            StageRecord(
                id=spec.id,
                kind=spec.kind,
                version=spec.config.version,
                slug=spec.slug,
                identity=spec.config.identity(),
                needs=dict(spec.needs),
                resolved=dict(outcome.resolved),
                software=_software(),
                costs=outcome.costs,
            ),
        )


def _input(store: Store, role: str, id: str) -> Path:
    path = store.find(id)
    if path is None:
        raise StiltsError(f"the input '{role}' ({id}) is not in {store.root}: run its stage first")
    if not store.intact(path):
        raise StiltsError(
            f"broken artifact {path}: a file is missing or of another size than when it was made;"
            " remove the folder and run again to compute it anew"
        )
    return path


def _software() -> dict[str, str]:
    found = {}
    for package in _SOFTWARE:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
