"""`adapterstilts compare`: some ways on the same examples, paired, with intervals and costs."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import click

from adapterstilts.cli.options import (
    Command,
    keywords,
    languages_option,
    method_option,
    one_off_options,
    words,
)
from adapterstilts.cli.output import Output, count, duration, size

Rows: TypeAlias = Sequence[Mapping[str, Any]]
"""Rows of a comparison, in the types of JSON."""
_NUMBERS = ("score", "other", "gain", "95 % interval", "p", "examples")
_COSTS = ("trained", "stored", "training", "memory")
_MEASURED = ("trainable_parameters", "stored_bytes", "train_seconds", "peak_memory")


@click.command(
    cls=Command,
    examples=[
        "adapterstilts compare 'stack(toy-nli)' target --target toy-xnli --seeds 0,1,2",
        "adapterstilts compare 'stack(toy-nli)' 'full/continue(toy-nli)' full --target toy-pawsx",
        "adapterstilts compare 'lora[r=16]/stack(toy-nli)' 'stack(toy-nli)' --target toy-xnli",
    ],
)
@click.argument("ways", nargs=-1, required=True, metavar="WAY...")
@click.option(
    "--target",
    "target",
    required=True,
    callback=lambda ctx, option, value: words(value),
    metavar="TASK,…",
    help="What every way answers.",
)
@method_option
@languages_option
@one_off_options
def compare(ways: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Compare the first WAY with each other one, paired on the same examples.

    A WAY is METHOD/COMPOSITION, as 'full/continue(mnli)'. A method alone stands for the target
    without a source, a composition alone for that of --method. Seeds and languages are held fixed:
    an interval is about other examples, and says nothing of what another seed would have given.
    """
    from adapterstilts.api.compare import compare as act
    from adapterstilts.cli.progress import listening

    asked, running = keywords(options)
    with listening() as listener:
        found = act(*ways, listener=listener, **asked, **running)
    output = Output(as_json=as_json)
    from adapterstilts.analysis.results import plain

    rows = plain(found.gains)
    stages = {"run": found.stages.run, "reused": found.stages.reused}
    output.document({"gains": rows, "stages": stages})
    if as_json:
        return
    _show_gains(output, rows)
    _show_costs(output, rows)
    for line in _said(rows):
        output.line(line)
    output.line(f"{count(found.stages.run, 'stage')} run, {found.stages.reused} reused")


def _show_gains(output: Output, rows: Rows) -> None:
    """Show a table for each target and pair, the mean over languages first."""
    from adapterstilts.cli.results import number, signed, signed_interval

    key = itemgetter("target", "metric", "way", "against")
    for (target, metric, way, against), some in groupby(rows, key):
        output.table(
            ("language", *_NUMBERS),
            (
                [
                    row["language"],
                    *(number(row[name]) for name in ("score", "other")),
                    signed(row["gain"]),
                    signed_interval(row["low"], row["high"]),
                    f"{row['p']:.3f}",
                    f"{row['n']:,}",
                ]
                for row in some
            ),
            title=f"{target}, {metric}: {way} minus {against}",
            right=_NUMBERS,
        )
        output.line()


def _show_costs(output: Output, rows: Rows) -> None:
    """Show what one run of each way took, once for each target."""
    costs = {
        (row["target"], row[side]): [row[prefix + name] for name in _MEASURED]
        for row in rows
        for side, prefix in (("way", ""), ("against", "other_"))
    }
    output.table(
        ("target", "way", *_COSTS),
        (
            [
                *names,
                "" if trained is None else f"{trained:,}",
                size(stored),
                duration(seconds),
                size(memory),
            ]
            for names, (trained, stored, seconds, memory) in costs.items()
        ),
        right=_COSTS,
    )
    output.line()


def _said(rows: Rows) -> list[str]:
    """Return what a reader must know of the intervals."""
    said = [
        "Intervals are a paired bootstrap over examples, with seeds and languages held fixed; * is"
        " one that excludes zero. p is of no difference, and not corrected for the number of"
        " comparisons."
    ]
    if any(row["seeds"] == 1 for row in rows):
        said.append(
            "With one seed, a difference may be the seed's as well as the way's: compare several,"
            " as with --seeds 0,1,2."
        )
    return said
