"""The scores of a recipe, or all that a store holds, as they were stored."""

from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.experiment import open_experiment, store_folder
from adapterstilts.api.one_off import Folders, Settings, assignments, folders
from adapterstilts.core.records import SCORES, Score, read_rows
from adapterstilts.core.store import Store

if TYPE_CHECKING:
    import pandas as pd


def scores(
    recipe: str | Path | None = None,
    *,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
) -> "pd.DataFrame":
    """Return a row for each language, metric and seed, with its interval and its costs.

    Nothing is averaged: `adapterstilts.analysis.table` has `task_means`, and a `pivot` that refuses
    to average.

    Args:
        recipe: File of a recipe; a store, of all that it holds, will do as well.
        set: Values that go over the recipe.
        data: Folders that its official files are in.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
    """
    from adapterstilts.analysis import table

    if recipe is not None and Path(recipe).is_dir():
        recipe, store = None, recipe
    frame = table.load(score_folders(recipe, set=set, data=data, store=store))
    return frame.sort_values(list(ORDER), ignore_index=True)


ORDER = (
    "target", "metric", "backbone", "method", "composition", "source", "seed", "language",
)  # fmt: skip
"""Columns that scores are sorted by, whichever was made first."""


def score_rows(
    recipe: str | Path | None = None,
    *,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
) -> list[Score]:
    """Return the same as records, without loading what data frames take."""
    folders = score_folders(recipe, set=set, data=data, store=store)
    rows = [row for folder in folders for row in read_rows(folder / SCORES, Score)]
    return sorted(rows, key=lambda row: [getattr(row, name) for name in ORDER])


def score_folders(
    recipe: str | Path | None, *, set: Settings, data: Folders, store: str | Path | None
) -> list[Path]:
    """Return the folders of the finished score stages of a recipe, or of a store."""
    place = store_folder(store)
    if recipe is None:
        return [entry.path for entry in Store(place).entries() if entry.kind == "score"]
    experiment = open_experiment(Path(recipe), place, assignments(set), folders(data))
    return experiment.plan.scores(experiment.store)
