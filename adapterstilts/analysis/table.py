"""Scores as a table, and the only rules by which they become means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd

from adapterstilts.core.errors import StiltsError, UsageError, suggest
from adapterstilts.core.records import SCORES, Costs, Score, read_rows

CONDITION = (
    "backbone", "method", "composition", "source", "target", "suite", "split", "perturbation",
)  # fmt: skip
"""Columns that say what was tried; the rest of a score is one observation of it."""
COSTS = {
    "trainable_parameters": "max",
    "stored_bytes": "max",
    "train_seconds": "mean",
    "peak_memory": "max",
}
"""Each cost to the way that its seeds become one number."""

_WHOLE = [each.name for each in fields(Costs) if each.name != "train_seconds"]


def load(folders: Iterable[Path]) -> pd.DataFrame:
    """Return every score of the folders, one row each, with the `folder` that it came from."""
    return frame_of(
        (row, folder) for folder in folders for row in read_rows(folder / SCORES, Score)
    )


def frame_of(scores: Iterable[tuple[Score, Path | None]]) -> pd.DataFrame:
    """Return scores, each with the folder that it came from, as `load` does.

    Without a folder there are no tallies, so that a row has means and no paired interval.
    """
    rows = [{**asdict(row), "folder": str(folder or "")} for row, folder in scores]
    columns = [*(each.name for each in fields(Score)), "folder"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({**dict.fromkeys(_WHOLE, "Int64"), "train_seconds": "Float64"})


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the scores in the languages that every seed of a condition was scored in.

    Two scores of the same thing are refused: a mean must not count one twice.
    """
    key = [*CONDITION, "metric", "seed", "language"]
    twice = frame[frame.duplicated(key, keep=False)]
    if not twice.empty:
        first = twice.iloc[0]
        same = twice[(twice[key] == first[key]).all(axis=1)]
        raise StiltsError(
            f"two scores of {describe(first)} in '{first['language']}' with seed {first['seed']}:"
            f" {' and '.join(same['folder'].unique())}; load the folders of one recipe at a time"
        )
    of = [*CONDITION, "metric"]
    seeds = frame.groupby(of)["seed"].transform("nunique")
    return frame[frame.groupby([*of, "language"])["seed"].transform("size") == seeds]


def task_means(frame: pd.DataFrame, *, english: str) -> pd.DataFrame:
    """Return one row of means for every condition and metric.

    A mean is taken over languages first and then over seeds, every language and every seed
    counting the same, whatever its number of examples. `mean` takes every language; `zero_shot`
    leaves out the one that training has seen. A language that one of the seeds was not scored in
    is left out of both. Costs are those of one run: the mean of the seconds over seeds, the
    largest of the sizes.

    Args:
        frame: Scores, as `load` returns them.
        english: Code of the language that training has seen.
    """
    key = [*CONDITION, "metric", "primary"]
    scores = complete(frame)
    trained = scores["language"] == english
    scores = scores.assign(
        mean=scores["value"],
        zero_shot=scores["value"].mask(trained),
        english=scores["value"].where(trained),
    )
    kinds = ["mean", "zero_shot", "english"]
    by_seed = scores.groupby([*key, "seed"], sort=False)[kinds].mean().reset_index()
    means = by_seed.groupby(key, sort=False)[kinds].mean()
    counts = scores.groupby(key, sort=False).agg(
        seeds=("seed", "nunique"), languages=("language", "nunique")
    )
    per_run = scores.drop_duplicates([*key, "seed"]).groupby(key, sort=False).agg(COSTS)
    return counts.join(means).join(per_run).reset_index()


def pivot(
    frame: pd.DataFrame,
    *,
    rows: str | Sequence[str],
    columns: str | Sequence[str],
    values: str = "value",
) -> pd.DataFrame:
    """Return one column's numbers with rows down and columns across.

    Nothing is averaged here: a cell that two rows of the table would fall into is an error that
    names the columns in which they differ.
    """
    down, across = _names(frame, rows), _names(frame, columns)
    _names(frame, values)
    crowded = frame[frame.duplicated([*down, *across], keep=False)]
    if not crowded.empty:
        first = crowded.iloc[0]
        cell = crowded[(crowded[[*down, *across]] == first[[*down, *across]]).all(axis=1)]
        said = [*CONDITION, "metric", "seed", "language", "baseline"]
        differ = [name for name in said if name in cell and cell[name].nunique() > 1]
        raise UsageError(
            f"{len(cell)} rows fall into one cell of a pivot of '{values}' by {down} and {across}:"
            f" add {' or '.join(differ) or 'a column'} to rows or columns, or keep one value of it"
        )
    return frame.pivot(index=down, columns=across, values=values)


def describe(row: "Mapping[str, Any] | pd.Series[Any]") -> str:
    """Return a condition in words, for messages and tooltips."""
    source = f"{row['source']} → " if row["source"] else ""
    return f"{row['method']} · {row['composition']} · {source}{row['target']}"


def _names(frame: pd.DataFrame, wanted: str | Sequence[str]) -> list[str]:
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in names:
        if name not in frame.columns:
            raise UsageError(f"unknown column '{name}'{suggest(name, map(str, frame.columns))}")
    return names
