"""Run what a recipe asks for, and report it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.experiment import (
    carry_out,
    check_failures,
    open_experiment,
    store_folder,
    write_report,
)
from adapterstilts.api.one_off import Folders, Settings, assignments, folders
from adapterstilts.api.results import Scored
from adapterstilts.core.progress import Listener

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Ran(Scored):
    """What a recipe found."""

    report: Path | None
    """The page of its report; None where nothing has a score."""

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """Return the table that `adapterstilts run` ends with: means, gains and costs."""
        import pandas as pd

        from adapterstilts.analysis.report import stored_summary
        from adapterstilts.analysis.results import SUMMARY

        rows = stored_summary(self.report) if self.report else []
        return pd.DataFrame(rows, columns=list(SUMMARY))


def run(
    recipe: str | Path,
    *,
    set: Settings = (),
    data: Folders = (),
    store: str | Path | None = None,
    engine: str = "",
    offline: bool = False,
    listener: Listener | None = None,
) -> Ran:
    """Return what a recipe found, after running whatever of it does not stand already.

    Args:
        recipe: Its file.
        set: Values that go over it, as `{"training.default.steps": 200}`.
        data: Folder of the official files, or one for each task; the Hub without.
        store: Folder of the store; without it `ADAPTERSTILTS_STORE`, or `runs`.
        engine: `serial` or `pool`; what the recipe says without.
        offline: Whether the Hub is out of reach.
        listener: Hears how far it is; nobody without.
    """
    experiment = open_experiment(Path(recipe), store_folder(store), assignments(set), folders(data))
    summary = carry_out(experiment, engine=engine, offline=offline, listener=listener)
    page = write_report(experiment)
    check_failures(summary)
    return Ran(experiment=experiment, stages=summary, report=page)
