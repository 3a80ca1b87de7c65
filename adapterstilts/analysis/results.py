"""What a recipe found, one row for each way that was tried: means, gains and costs together."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from adapterstilts.analysis.gains import FULL_STILTS, NO_SOURCE, gains, zero_shot_intervals
from adapterstilts.analysis.table import CONDITION, task_means

SUMMARY = (
    "backbone", "target", "method", "composition", "source", "zero_shot", "gain", "low", "high",
    "trainable_parameters", "stored_bytes", "train_seconds", "peak_memory",
)  # fmt: skip
"""Columns of the table that a run ends with; `low` and `high` are the gain's interval."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """The tables that every page is made of."""

    scores: pd.DataFrame
    """Every score as it was stored."""
    gains: pd.DataFrame
    """Every comparison, as `adapterstilts.analysis.gains.gains` returns them."""
    rows: pd.DataFrame
    """One row a condition: its means with `mean_low` and `mean_high`, its gain with `low`, `high`
    and `p`, the same over full STILTs with the prefix `full_`, its costs, `goal` and `way`."""


def find_results(frame: pd.DataFrame, *, english: str) -> Results:
    """Return means, gains and costs of every condition by its primary metric, in one order."""
    compared = gains(frame, english=english)
    means = task_means(frame, english=english)
    rows = means[means["primary"].astype(bool)]
    intervals = zero_shot_intervals(frame, english=english)
    rows = _joined(rows, intervals.rename(columns={"low": "mean_low", "high": "mean_high"}))
    numbers = ["gain", "low", "high", "p"]
    for baseline, prefix in ((NO_SOURCE, ""), (FULL_STILTS, "full_")):
        found = compared.loc[compared["baseline"] == baseline, [*CONDITION, *numbers]]
        rows = _joined(rows, found.rename(columns={name: prefix + name for name in numbers}))
    return Results(scores=frame, gains=_ordered(compared), rows=labelled(_ordered(rows)))


def summary_rows(results: Results) -> list[dict[str, Any]]:
    """Return the rows of the table that a run ends with, as plain Python."""
    return plain(results.rows[list(SUMMARY)])


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows in the types of JSON, `None` where there is no number."""
    missing = frame.isna().to_numpy()
    records = frame.astype(object).mask(missing, None).to_dict("records")
    return [{str(name): _native(value) for name, value in row.items()} for row in records]


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with what pages call them: the `goal` that is scored and the `way` to it.

    A backbone, split or perturbation is named only where there is more than one.
    """
    varying = {name: frame[name].nunique() > 1 for name in ("backbone", "split", "perturbation")}

    def named(parts: list[str]) -> list[str]:
        kept = [name for name in parts if varying.get(name, True)]
        values = frame[kept].astype(str).to_numpy()
        return [" · ".join(filter(None, row)) for row in values]

    return frame.assign(
        goal=named(["target", "split", "perturbation"]),
        way=named(["backbone", "method", "composition"]),
    )


def _joined(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    return left.merge(right, how="left", on=list(CONDITION))


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by target and method as the recipe has them; what has no source comes first."""
    places = {name: list(dict.fromkeys(rows[name])) for name in ("target", "method", "composition")}

    def place(row: int) -> tuple[Any, ...]:
        names = {name: rows[name].iloc[row] for name in CONDITION}
        target, method, composition = (all.index(names[name]) for name, all in places.items())
        with_source = names["source"] != ""
        untrained = names["method"] == "none"
        return (target, not untrained, method, with_source, composition, *names.values())

    return rows.iloc[sorted(range(len(rows)), key=place)].reset_index(drop=True)


def _native(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
