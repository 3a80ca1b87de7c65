"""Train one task, and before it whatever it builds on."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.experiment import Experiment, carry_out, check_failures
from adapterstilts.api.one_off import (
    METHOD,
    PLACE,
    Choices,
    Folders,
    On,
    Settings,
    Wanted,
    Way,
    check_name,
    experiment,
    recipe,
    way,
    words,
)
from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import Term, parse
from adapterstilts.core.progress import Listener
from adapterstilts.core.records import RECORD, StageRecord, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling.composition import COMPOSITIONS, Trains, composition
from adapterstilts.plan.planner import Plan, plan, plan_sources
from adapterstilts.plan.recipe import Recipe
from adapterstilts.plan.sources import WORDS, Reading
from adapterstilts.plan.ways import AS_IT_IS, BASELINE, written_source
from adapterstilts.stages.train import HISTORY
from adapterstilts.tasks.registry import TASKS

if TYPE_CHECKING:
    import pandas as pd

    from adapterstilts.plan.runners import Summary


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training left."""

    folder: Path
    """Its folder in the store, which `load` takes."""
    record: StageRecord
    """What it was made from, with which software, and what it took."""
    stages: "Summary"
    """How many stages were run for it and how many stood already."""

    @property
    def dev(self) -> float | None:
        """Return the best score on English dev data, by the metric that ranks the task."""
        return self.record.resolved.get("dev")

    @property
    def best_step(self) -> int | None:
        """Return the step whose weights were kept."""
        return self.record.resolved.get("best_step")

    @cached_property
    def history(self) -> "pd.DataFrame":
        """Return loss, learning rate and dev score by step."""
        import pandas as pd

        path = self.folder / HISTORY
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return pd.DataFrame([json.loads(line) for line in lines if line])


def train(
    task: str,
    *,
    on: On = BASELINE,
    method: str = METHOD,
    like: str | Path | None = None,
    backbone: str | Path = "",
    seed: int | None = None,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    engine: str = "",
    offline: bool = False,
    listener: Listener | None = None,
) -> Trained:
    """Return what training a task left; what stands already is not trained again.

    Args:
        task: A task, or a source such as `mix(mnli, squad)` or `translated(mnli, de)`.
        on: How it meets its sources, as `stack(mnli)`; alone without.
        method: How modules are made, as `lora[r=16]` or `full`.
        like: Recipe that has whatever is not said here, from training to languages.
        backbone: Embedded name, folder or model id; `toyworld` where every task is a toy.
        seed: Seed of every random draw; the first of `like` without, or 0.
        set: Values of a recipe, as `{"training.default.steps": 200}`.
        data: Folder of the official files, or one for each task; the Hub without.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
        engine: `serial` or `pool`.
        offline: Whether the Hub is out of reach.
        listener: Hears how far it is; nobody without.
    """
    choices = Choices(
        like=like,
        backbone=backbone,
        seeds=() if seed is None else (seed,),
        set=set,
        data=data,
        store=store,
    )
    planned = training(task, way(on, method), choices, once=True)
    return carried_out(planned, engine=engine, offline=offline, listener=listener)[0]


def training(task: str, way: Way, choices: Choices, *, once: bool = False) -> Experiment:
    """Return the experiment whose plan trains a task or a source and no more.

    Args:
        task: What is trained.
        way: How.
        choices: What else is said.
        once: Whether by the first seed alone, and not by each.
    """

    def made(wanted: Wanted) -> Recipe:
        found = recipe([wanted], choices)
        return replace(found, seeds=found.seeds[:1]) if once else found

    check_name(task)
    term = parse(task, place=PLACE)
    # What is no task may be a name that the recipe has given to a source.
    named = choices.like is not None and term.word.partition("@")[0] not in TASKS
    if not (term.called or term.settings or named):
        asked = made(Wanted(way=way, targets=(task,)))
        planned = plan(asked, evaluated=False)
        met = composition(parse(way.composition)).trains
        if met is Trains.NOTHING or not planned.stages:
            raise UsageError(
                f"nothing is trained on '{task}' by '{way.composition}': train a source, or another"
                " task; `adapterstilts evaluate` answers this one as it is"
            )
        return experiment(asked, choices, planned)
    if way.composition != BASELINE:
        raise UsageError(
            f"'{task}' is a source, which is trained by itself and not by '{way.composition}':"
            " name no composition, or another task"
        )
    if term.word in COMPOSITIONS and term.word not in WORDS:
        raise term.refused(
            f"'{term.word}' is a composition: name what is trained, and say the rest with --on"
            " (from Python on=)"
        )
    if not named:
        written_source(task, PLACE, reading=Reading())
    alone = Way(method=way.method, composition=f"{AS_IT_IS}({task})")
    asked = made(Wanted(way=alone, targets=(_any_task(term),)))
    return experiment(asked, choices, plan_sources(asked))


def _any_task(term: Term) -> str:
    """Return a task of a source; a recipe has a target, though this one is never asked for."""
    return next((word for word in words(term) if word in TASKS), next(iter(TASKS)))


def carried_out(
    trained: Experiment, *, engine: str, offline: bool, listener: Listener | None
) -> list[Trained]:
    """Return what the trainings of `training` left, in the order of the seeds."""
    summary = carry_out(trained, engine=engine, offline=offline, listener=listener)
    check_failures(summary)
    return [_left(trained.store, id, summary) for id in _ends(trained.plan)]


def _ends(plan: Plan) -> list[str]:
    """Return the stages of a plan that no other one needs."""
    needed = {id for spec in plan.stages.values() for id in spec.needs.values()}
    return [id for id in plan.stages if id not in needed]


def _left(store: Store, id: str, summary: "Summary") -> Trained:
    folder = store.folder(id, "the model")
    return Trained(folder=folder, record=read_record(folder / RECORD), stages=summary)
