"""What a store holds of trainings and their scores, read once for all that is published of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from adapterstilts.analysis.tallies import read_ids
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import RECORD, SCORES, Score, StageRecord, read_record, read_rows
from adapterstilts.core.store import Store
from adapterstilts.publishing.gathering.conditions import AS_IT_IS, Run

TRAINED, PREDICTED, BACKBONE, BEGUN, SOURCE = (
    "trained", "predicted", "backbone", "begun", "source:",
)  # fmt: skip
"""Roles of a stage's needs, as `adapterstilts.stages` writes them."""
_MADE = ("train", "merge", "adopt")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A score stage, and what it scored."""

    id: str
    """Its id."""
    folder: Path
    """Its folder."""
    about: Mapping[str, Any]
    """What it says of what it scored: its identity."""
    by: str
    """Stage whose model answered; empty for the untrained backbone."""
    ground: tuple[object, ...]
    """What that model stands on: two answers on one backbone have one ground."""

    asked: Mapping[str, str]
    """Language to the stage that prepared its examples."""

    @property
    def target(self) -> str:
        """Return the target as score rows name it."""
        shots = self.about.get("shots", 0)
        return f"{self.about['task']}@{shots}" if shots else str(self.about["task"])

    @property
    def condition(self) -> tuple[str, str, str]:
        """Return method, composition and source."""
        about = self.about
        return str(about["method"]), str(about["composition"]), str(about["source"])

    @cached_property
    def run(self) -> Run:
        """Return what baselines are told by."""
        about = self.about
        return Run(
            condition=self.condition,
            target=self.target,
            asked=(self.ground, about["backbone"], about["suite"], about["split"]),
            seed=int(about["seed"]),
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that were asked for."""
        return tuple(map(str, self.about["languages"]))

    @cached_property
    def examples(self) -> Mapping[str, str]:
        """Return language to a digest of the examples that were answered."""
        return read_ids(self.folder)

    def rows(self) -> Iterator[Score]:
        """Yield its score rows."""
        return read_rows(self.folder / SCORES, Score)


def number(row: Score) -> tuple[object, ...]:
    """Return what two scores share that are the same number of two models, or of one twice."""
    return (
        row.target, row.suite, row.split, row.perturbation, row.language, row.metric, row.signature
    )  # fmt: skip


class StoreView:
    """Stages by their ids; nothing of them is kept but what links one to the other."""

    def __init__(self, folders: Mapping[str, Path], *, place: str) -> None:
        """Take the folder of each stage by its id, and what messages call all of it."""
        self._folders = folders
        self._place = place

    @classmethod
    def of(cls, store: Store) -> "StoreView":
        """Return every finished stage of a store that reads data, trains, answers or scores."""
        kinds = (*_MADE, "prepare", "predict", "score")
        found = {entry.id: entry.path for entry in store.entries() if entry.kind in kinds}
        return cls(found, place=str(store.root))

    @classmethod
    def these(cls, folders: Iterable[Path]) -> "StoreView":
        """Return some finished stages and no others."""
        found = {read_record(folder / RECORD).id: folder for folder in folders}
        return cls(found, place="what is given")

    def folder(self, id: str) -> Path:
        """Return the folder of a stage, or say that it is gone."""
        if id not in self._folders:
            raise StiltsError(f"stage {id} is gone from {self._place}: run it again")
        return self._folders[id]

    def has(self, id: str) -> bool:
        """Return whether a stage is there."""
        return id in self._folders

    def record(self, id: str) -> StageRecord:
        """Return what a stage says of itself."""
        return read_record(self.folder(id) / RECORD)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """Return every score stage whose predictions are there too, in order of ids."""
        return tuple(
            answer
            for id in sorted(self._folders)
            if self._folders[id].name.startswith("score-") and (answer := self._answer(id))
        )

    def _answer(self, id: str) -> Answer | None:
        score = self.record(id)
        predicted = score.needs.get(PREDICTED, "")
        if predicted not in self._folders:
            return None
        needs, said = (record := self.record(predicted)).needs, record.identity
        as_it_is = said.get("composition") == AS_IT_IS
        return Answer(
            id=id,
            folder=self._folders[id],
            about=score.identity,
            by=needs.get(TRAINED) or (needs.get(f"{SOURCE}0", "") if as_it_is else ""),
            ground=(str(said.get("backbone")), needs.get(BACKBONE, "")),
            asked={code: id for code, id in needs.items() if code in said.get("languages", ())},
        )
