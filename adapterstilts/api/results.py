"""What a plan has left: scores as data frames, read when they are first asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.experiment import Experiment, english
from adapterstilts.core.records import Prediction, read_rows
from adapterstilts.core.store import Store
from adapterstilts.stages.predict import PREDICTIONS
from adapterstilts.stages.score import PREDICTED, Evaluate

if TYPE_CHECKING:
    import pandas as pd

    from adapterstilts.plan.runners import Summary

TRIED = ("backbone", "method", "composition", "source", "task", "seed")
"""Fields of a score stage that say whose answers there are."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The scores of a plan."""

    experiment: Experiment = field(repr=False)
    """The plan, and where it was carried out."""
    stages: "Summary"
    """How many stages were run and how many stood already, and how long it took."""

    @property
    def store(self) -> Path:
        """Return the folder of the store."""
        return self.experiment.store.root

    @cached_property
    def scores(self) -> "pd.DataFrame":
        """Return every score: a row for each language, metric and seed, with its interval."""
        from adapterstilts.analysis import table

        frame = table.load(self.experiment.plan.scores(self.experiment.store))
        return within(frame, self.experiment.recipe.languages)

    @cached_property
    def means(self) -> "pd.DataFrame":
        """Return a row for each way and target: its means with and without English, its costs.

        `mean` takes every language, `zero_shot` leaves English out and has the interval `low` to
        `high`; both are of the metric that ranks the target.
        """
        from adapterstilts.analysis import gains, table

        known = english(self.experiment.recipe)
        means = table.task_means(self.scores, english=known)
        means = means[means["primary"].astype(bool)].drop(columns="primary")
        intervals = gains.zero_shot_intervals(self.scores, english=known)
        return means.merge(intervals, how="left", on=list(table.CONDITION))

    @cached_property
    def predictions(self) -> "pd.DataFrame":
        """Return every answer: what was tried, the example, what is right and what was said."""
        import pandas as pd

        plan, store = self.experiment.plan, self.experiment.store
        rows = [
            {**{name: getattr(spec.config, name) for name in TRIED}, **asdict(answer)}
            for spec in plan.stages.values()
            if isinstance(spec.config, Evaluate)
            for answer in answers(store, spec.needs[PREDICTED])
        ]
        columns = [*TRIED, *(each.name for each in fields(Prediction))]
        frame = pd.DataFrame(rows, columns=columns).rename(columns={"task": "target"})
        return within(frame, self.experiment.recipe.languages)

    def pivot(
        self, *, rows: str | Sequence[str], columns: str | Sequence[str], values: str = "zero_shot"
    ) -> "pd.DataFrame":
        """Return one column of `means` with rows down and columns across.

        Nothing is averaged to fit: a cell that two rows would fall into is an error that names the
        columns in which they differ.
        """
        from adapterstilts.analysis import table

        return table.pivot(self.means, rows=rows, columns=columns, values=values)


def answers(store: Store, id: str) -> Iterator[Prediction]:
    """Yield the rows that a prediction stage left, one language after the other."""
    for path in sorted((store.folder(id, "the answer") / PREDICTIONS).glob("*.jsonl")):
        yield from read_rows(path, Prediction)


def within(frame: "pd.DataFrame", languages: Sequence[str]) -> "pd.DataFrame":
    """Return the scores in some languages, or in all where none is named."""
    if not languages:
        return frame
    return frame[frame["language"].isin(list(languages))].reset_index(drop=True)
