"""Where all that a plan reads comes from, for people who ask before they run it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapterstilts.plan.needs import needs
from adapterstilts.stages.adopt import Adopt
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.stage import StageSpec
from adapterstilts.tasks.origin import HubFiles, parts_of


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where some splits of a task are read, or a backbone, or an adapter of somebody else."""

    name: str
    """The task, or the backbone, or the adapter."""
    splits: tuple[str, ...] = ()
    """Splits that are read there; none of a model."""
    place: str
    """Repository and revision, or folder."""
    commit: str = ""
    """Commit that the store has pinned; empty before the first use, and of a folder."""


def places(stages: Iterable[StageSpec], pins: Mapping[str, str]) -> list[Place]:
    """Return where each task is read, and each backbone of the Hub; generated data are nowhere.

    Args:
        stages: Stages of a plan.
        pins: What the store has pinned.
    """
    every = list(stages)
    models = [
        need.repository
        for need in needs(every)
        if need.repository.kind == "model" and not need.adapters
    ]
    adopted = {spec.config.asked: spec.config for spec in every if isinstance(spec.config, Adopt)}
    splits: dict[tuple[str, str, str], dict[str, None]] = {}
    for spec in every:
        if isinstance(spec.config, Prepare) and spec.config.origin is not None:
            for part in parts_of(spec.config.origin):
                commit = pins.get(str(part.repository), "") if isinstance(part, HubFiles) else ""
                known = splits.setdefault((part.task, part.place, commit), {})
                known[spec.config.split] = None
    return [
        *(
            Place(name=each.name, place=each.place, commit=pins.get(str(each), ""))
            for each in models
        ),
        *(
            Place(
                name=asked, place=each.repository.place, commit=pins.get(str(each.repository), "")
            )
            if each.place == "hub"
            else Place(name=asked, place=each.name)
            for asked, each in adopted.items()
        ),
        *(
            Place(name=task, splits=tuple(some), place=place, commit=commit)
            for (task, place, commit), some in splits.items()
        ),
    ]
