"""Evaluate some tasks, or a suite of them, in some languages, one way for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.experiment import carry_out, check_failures
from adapterstilts.api.one_off import METHOD, Choices, Folders, On, Settings, way
from adapterstilts.api.results import Scored
from adapterstilts.api.targets import request
from adapterstilts.core.progress import Listener
from adapterstilts.core.suites import Suite
from adapterstilts.plan.ways import BASELINE

if TYPE_CHECKING:
    from adapterstilts.core.suites import Summary


@dataclass(frozen=True, kw_only=True)
class Evaluated(Scored):
    """The scores of one way on some tasks."""

    suite: Suite | None = field(default=None, repr=False)
    """The suite, where one was asked for."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Task of the suite that was not evaluated, and why."""

    @cached_property
    def summary(self) -> "Summary | None":
        """Return the suite's numbers by its own rule, with the names of the tasks it lacks."""
        if self.suite is None:
            return None
        from adapterstilts.analysis.benchmarks import summaries

        found = summaries(self.suite, self.scores)
        return max(found.values(), key=lambda each: len(each.tasks), default=None)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Return the tasks of the suite that its number lacks, for want of a language at least."""
        return () if self.summary is None else self.summary.missing

    @property
    def overall(self) -> float | None:
        """Return the suite's one number; None without a suite, or where something is missing."""
        return None if self.summary is None else self.summary.overall


def evaluate(
    *tasks: str,
    suite: str = "",
    on: On = BASELINE,
    method: str = METHOD,
    languages: str | Sequence[str] = (),
    like: str | Path | None = None,
    backbone: str | Path = "",
    seeds: Sequence[int] = (),
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    engine: str = "",
    offline: bool = False,
    listener: Listener | None = None,
) -> Evaluated:
    """Return the scores of some tasks; what stands already is neither trained nor asked again.

    Args:
        *tasks: Tasks, as `xnli`, or `xnli@16` after sixteen training examples of its own.
        suite: A suite in place of tasks: `xtreme`, `xtreme-r`, `reasoning` or `toy`.
        on: How a task meets its sources, as `stack(mnli)` or `Stack("mnli")`; alone without.
        method: How modules are made, as `lora[r=16]` or `full`.
        languages: Language codes, one by one or between commas; every language of a task without.
        like: Recipe that has whatever is not said here, from training to languages.
        backbone: Embedded name, folder or model id; `toyworld` where every task is a toy.
        seeds: Seeds, each a training of its own; 0 without.
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
        seeds=seeds,
        languages=languages,
        set=set,
        data=data,
        store=store,
    )
    asked = request(way(on, method), tasks, suite, choices)
    summary = carry_out(asked.experiment, engine=engine, offline=offline, listener=listener)
    check_failures(summary)
    return Evaluated(
        experiment=asked.experiment,
        stages=summary,
        suite=asked.suite,
        left_out=asked.left_out,
    )
