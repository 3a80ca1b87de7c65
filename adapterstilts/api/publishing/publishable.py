"""What there is to be published: one training that is asked for, or all of a recipe."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from adapterstilts.api.experiment import Experiment
from adapterstilts.api.one_off import METHOD, Choices, Way, assignments, folders
from adapterstilts.api.train import training
from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import halves, parse, spelled
from adapterstilts.plan import ways
from adapterstilts.plan.candidates import Candidate, candidate_of, candidates
from adapterstilts.plan.planner import Plan, plan
from adapterstilts.plan.recipe import Recipe
from adapterstilts.plan.ways import AS_IT_IS, BASELINE
from adapterstilts.stages.merge import Merge
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS

MADE = ("train", "merge", "adopt")
"""Kinds of stages that leave modules."""


def one(task: str, way: Way, choices: Choices) -> tuple[Experiment, Candidate]:
    """Return the training that a request names, by the first of its seeds.

    Args:
        task: A task, or a source.
        way: How it was trained.
        choices: What else is said.
    """
    asked = training(task, way, choices, once=True)
    (id,) = _ends(asked.plan)
    spec, (entry,) = asked.plan.stages[id], asked.recipe.grid
    if not isinstance(spec.config, Train | Merge):
        raise UsageError(
            f"'{task}' was not trained here but taken over: whoever made it has published it, and"
            " what builds on it can be published"
        )
    (composed,), (method,) = entry.compositions, entry.methods
    (found,) = ways.ways(composed, entry.sources, place=str(asked.recipe.path))
    term = parse(task)
    expression, written = spec.config.title, BASELINE
    if term.word.partition("@")[0] in TASKS and not (term.called or term.settings):
        expression, written = term.text, spelled(found.composition.name, {}, found.arguments)
    return asked, candidate_of(spec, expression, f"{method}/{written}")


def every(recipe: Recipe, *, only: str = "") -> Iterator[Candidate]:
    """Yield all that a recipe trains with its first seed; see `candidates`."""
    yield from candidates(plan(replace(recipe, seeds=recipe.seeds[:1])).stages, only=only)


def evaluation(
    candidate: Candidate, choices: Choices, *, task: str = "", way: Way | None = None
) -> str:
    """Return the command line that evaluates a candidate; where it names a TASK, any will do.

    Args:
        candidate: The candidate.
        choices: What else is said.
        task: The candidate as it was asked for.
        way: How it was asked for.
    """
    method, composed = halves(candidate.way)
    if candidate.is_evaluated:
        asked = way or Way(method=method, composition=composed)
        return command("evaluate", task or candidate.expression, asked, choices)
    zero = Way(method=method, composition=f"{AS_IT_IS}({task or candidate.expression})")
    return command("evaluate", "TASK", zero, choices)


def command(verb: str, task: str, way: Way, choices: Choices) -> str:
    """Return the command line that trains or evaluates what a request names."""
    words = ["adapterstilts", verb, task]
    words += ["--on", way.composition] * (way.composition != BASELINE)
    words += ["--method", way.method] * (way.method != METHOD)
    words += ["--like", str(choices.like)] * (choices.like is not None)
    words += ["--backbone", str(choices.backbone)] * bool(choices.backbone)
    words += [word for seed in choices.seeds for word in ("--seed", str(seed))]
    return shlex.join([*words, *_given(choices)])


def running(recipe: str | Path, choices: Choices) -> str:
    """Return the command line that runs a recipe."""
    words = ["adapterstilts", "run", str(recipe)]
    words += [word for seed in choices.seeds for word in ("--set", f"seeds={seed}")]
    return shlex.join([*words, *_given(choices)])


def _given(choices: Choices) -> list[str]:
    """Return the options that every command has, as they were given."""
    return [
        *(word for each in assignments(choices.set) for word in ("--set", each)),
        *(word for each in folders(choices.data) for word in ("--data", each)),
        *(["--store", str(choices.store)] * (str(choices.store or "runs") != "runs")),
    ]


def _ends(plan: Plan) -> list[str]:
    """Return the stages of a plan that leave modules which no other one builds on."""
    made = {id: spec for id, spec in plan.stages.items() if spec.kind in MADE}
    needed = {id for spec in made.values() for id in spec.needs.values()}
    return [id for id in made if id not in needed]
