"""What a run ends with: what each way of training gave, what it cost, and what failed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.cli.output import Output, count, duration, size

if TYPE_CHECKING:
    from adapterstilts.plan.runners import Failure

SHOWN_FAILURES = 5
"""Failures that are told in words; the rest is only counted."""

_NAMES = ("target", "method", "composition", "source")
_NUMBERS = ("zero-shot", "gain", "95 % interval", "trained", "stored", "training", "memory")


def show_results(output: Output, rows: Sequence[Mapping[str, Any]]) -> None:
    """Show one row for each way that was tried; a gain is over the same method without a source.

    The backbone is named only where there is more than one.
    """
    several = len({row["backbone"] for row in rows}) > 1
    names = ("backbone", *_NAMES) if several else _NAMES
    output.table(
        (*names, *_NUMBERS),
        ([*(row[name] for name in names), *_numbers(row)] for row in rows),
        right=_NUMBERS,
    )


def show_failures(failures: Sequence["Failure"]) -> None:
    """Say on standard error what failed and why."""
    for failure in failures[:SHOWN_FAILURES]:
        click.echo(f"error: stage {failure.stage} failed: {failure.message}", err=True)
    if len(failures) > SHOWN_FAILURES:
        more = len(failures) - SHOWN_FAILURES
        click.echo(f"error: {count(more, 'more stage')} failed", err=True)


def _numbers(row: Mapping[str, Any]) -> list[str]:
    trained = row["trainable_parameters"]
    return [
        number(row["zero_shot"]),
        signed(row["gain"]),
        signed_interval(row["low"], row["high"]),
        "" if _missing(trained) else f"{int(trained):,}",
        "" if _missing(row["stored_bytes"]) else size(row["stored_bytes"]),
        "" if _missing(row["train_seconds"]) else duration(row["train_seconds"]),
        "" if _missing(row["peak_memory"]) else size(row["peak_memory"]),
    ]


def _missing(value: float | None) -> bool:
    """Return whether there is no number: `None`, or the NaN that a data frame makes of it."""
    return value is None or value != value


def number(value: float | None) -> str:
    """Return a score, and nothing where there is none."""
    return "" if value is None or _missing(value) else f"{value:.1f}"


def signed(value: float | None) -> str:
    """Return a difference of scores with its sign."""
    return "" if value is None or _missing(value) else f"{value:+.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of scores."""
    return f"[{number(low)}, {number(high)}]" if number(low) and number(high) else ""


def signed_interval(low: float | None, high: float | None) -> str:
    """Return an interval of differences, with a star where it excludes zero."""
    if low is None or high is None or _missing(low) or _missing(high):
        return ""
    star = " *" if low > 0 or high < 0 else "  "
    return f"[{low:+.1f}, {high:+.1f}]{star}"
