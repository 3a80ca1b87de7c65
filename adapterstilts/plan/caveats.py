"""What a reader must know before comparing numbers: data that are not the official ones."""

from collections.abc import Iterator

from adapterstilts.core.records import RECORD, StageRecord, read_record
from adapterstilts.core.store import Store
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.score import Evaluate
from adapterstilts.stages.stage import StageSpec
from adapterstilts.tasks.loading import official_size
from adapterstilts.tasks.registry import TASKS

SHOWN = 3
"""Languages whose numbers of rows are told; the rest is only counted."""


def caveats(plan: Plan, store: Store) -> list[str]:
    """Return a sentence for each task that was evaluated on other data, or not everywhere."""
    return [*_resized(plan, store), *_unlabelled(plan, store)]


def _resized(plan: Plan, store: Store) -> Iterator[str]:
    """Yield the tasks whose evaluated rows are not as many as the official data have."""
    evaluated = {
        id for spec in plan.stages.values() if spec.kind == "predict" for id in spec.needs.values()
    }
    found: dict[tuple[str, str], list[str]] = {}
    for id, spec in plan.stages.items():
        config = spec.config
        if id not in evaluated or not isinstance(config, Prepare):
            continue
        record = _record(store, spec)
        if record is None:
            continue
        rows = int(record.resolved["rows"])
        task = TASKS.get(config.task)
        official = official_size(task, language=config.language, split=config.split)
        if official is not None and official != rows:
            told = f"{rows:,} of {official:,} rows in {config.language}"
            found.setdefault((config.task, config.split), []).append(told)
    for (name, split), some in found.items():
        more = [f"so in {len(some) - SHOWN} more"] if len(some) > SHOWN else []
        yield (
            f"{name} was not evaluated on the official {split} data"
            f" ({', '.join([*some[:SHOWN], *more])}), so its scores do not compare with those of"
            " others."
        )


def _unlabelled(plan: Plan, store: Store) -> Iterator[str]:
    """Yield the tasks that have languages without labels, which no table here shows."""
    found: dict[str, dict[str, None]] = {}
    for spec in plan.stages.values():
        record = _record(store, spec) if isinstance(spec.config, Evaluate) else None
        if record is not None and isinstance(spec.config, Evaluate):
            for language in record.resolved.get("unlabelled", ()):
                found.setdefault(spec.config.task, {})[language] = None
    for name, codes in found.items():
        yield f"{name} is not scored in {', '.join(codes)}: the data have no labels there."


def _record(store: Store, spec: StageSpec) -> StageRecord | None:
    folder = store.find(spec.id)
    path = None if folder is None else folder / RECORD
    return read_record(path) if path is not None and path.is_file() else None
