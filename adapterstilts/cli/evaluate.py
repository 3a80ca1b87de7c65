"""`adapterstilts evaluate`: the scores of one way on some tasks, without a recipe."""

from typing import TYPE_CHECKING, Any

import click

from adapterstilts.cli.options import (
    Command,
    keywords,
    languages_option,
    method_option,
    on_option,
    one_off_options,
)
from adapterstilts.cli.output import Output, count

if TYPE_CHECKING:
    from adapterstilts.api.evaluate import Evaluated
    from adapterstilts.core.suites import Suite, Summary

_NUMBERS = ("score", "95 % interval", "examples")
_MEANS = ("languages", "mean", "zero-shot", "95 % interval")


@click.command(
    cls=Command,
    examples=[
        "adapterstilts evaluate toy-xnli --on 'stack(toy-nli)' --languages qab,qah",
        "adapterstilts evaluate xnli --on 'full/zero(mnli)' --backbone FacebookAI/xlm-roberta-base",
        "adapterstilts evaluate --suite toy --on 'stack(toy-nli)' --seeds 0,1,2",
    ],
)
@click.argument("tasks", nargs=-1, metavar="[TASK]...")
@click.option(
    "--suite",
    default="",
    metavar="NAME",
    help="Every task of xtreme, xtreme-r, reasoning or toy in place of TASK.",
)
@on_option
@method_option
@languages_option
@one_off_options
def evaluate(tasks: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Train what EXPRESSION takes, evaluate every TASK, and show scores by language and means.

    What stands in the store already, from a recipe or from another command, is neither trained nor
    predicted again. Intervals are a bootstrap over examples: they say nothing of what another seed
    would have given.
    """
    from adapterstilts.api.evaluate import evaluate as act
    from adapterstilts.cli.progress import listening

    asked, running = keywords(options)
    with listening() as listener:
        found = act(*tasks, listener=listener, **asked, **running)
    output = Output(as_json=as_json)
    if as_json:
        output.document(_document(found))
        return
    _show_scores(output, found)
    _show_means(output, found)
    if found.suite is not None and found.summary is not None:
        show_suite(output, found.suite, found.summary)
    output.line(f"{count(found.stages.run, 'stage')} run, {found.stages.reused} reused")


def _show_scores(output: Output, found: "Evaluated") -> None:
    from adapterstilts.analysis.results import plain
    from adapterstilts.cli.results import interval, number

    output.table(
        ("target", "metric", "seed", "language", *_NUMBERS),
        (
            [
                *(row[name] for name in ("target", "metric", "seed", "language")),
                number(row["value"]),
                interval(row["low"], row["high"]),
                f"{row['n']:,}",
            ]
            for row in plain(found.scores)
            if row["primary"]
        ),
        right=("seed", *_NUMBERS),
    )


def _show_means(output: Output, found: "Evaluated") -> None:
    """Show the means of every task, with English in `mean` and without it in `zero-shot`."""
    from adapterstilts.analysis.results import plain
    from adapterstilts.cli.results import interval, number

    output.line()
    output.table(
        ("target", "method", "composition", "source", *_MEANS),
        (
            [
                *(row[name] for name in ("target", "method", "composition", "source")),
                row["languages"],
                *(number(row[name]) for name in ("mean", "zero_shot")),
                interval(row["low"], row["high"]),
            ]
            for row in plain(found.means)
        ),
        right=_MEANS,
    )
    output.line()


def show_suite(output: Output, suite: "Suite", summary: "Summary") -> None:
    """Show groups and the overall score of a suite, or what they lack."""
    for name, value in summary.groups.items():
        if value is not None:
            output.line(f"{name}: {value:.1f}")
    if summary.overall is not None:
        output.line(f"{suite.name} overall: {summary.overall:.1f}")
    elif suite.overall:
        output.line(
            f"{suite.name} has no overall score here, for it takes every task in every language:"
            f" {', '.join(summary.missing)} lacking"
        )


def _document(found: "Evaluated") -> dict[str, Any]:
    from adapterstilts.analysis.results import plain

    summary = found.summary
    suite = None
    if summary is not None and found.suite is not None:
        suite = {
            "name": found.suite.name,
            "tasks": {name: each.score for name, each in summary.tasks.items()},
            "groups": summary.groups,
            "overall": summary.overall,
            "lacking": found.lacking,
            "left_out": found.left_out,
        }
    return {
        "scores": plain(found.scores),
        "means": plain(found.means),
        "suite": suite,
        "stages": {"run": found.stages.run, "reused": found.stages.reused},
    }
