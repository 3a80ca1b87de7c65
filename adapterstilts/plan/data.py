"""Where the data of a plan are: every split is found once, and what is missing is told at once."""

from pathlib import Path

from adapterstilts.plan.recipe import Folders
from adapterstilts.tasks import loading
from adapterstilts.tasks.origin import Absent, MissingData, Origin
from adapterstilts.tasks.task import Task, ToyData


class Finder:
    """Finds splits in the folders of a recipe and on the Hub."""

    def __init__(self, folders: Folders, recipe: Path) -> None:
        self._folders = folders
        self._recipe = recipe
        self._found: dict[tuple[str, str, str], Origin | None] = {}
        self._absent: list[Absent] = []

    def find(self, task: Task, language: str, split: str) -> Origin | None:
        """Return where a split is; None where it is generated, and where it is missing."""
        if isinstance(task.data, ToyData):
            return None
        key = (task.name, language, split)
        if key not in self._found:
            self._found[key] = self._look(task, language, split)
        return self._found[key]

    def check(self) -> None:
        """Raise one error with everything that was missing."""
        if self._absent:
            raise MissingData(self._absent, place=str(self._recipe))

    def _look(self, task: Task, language: str, split: str) -> Origin | None:
        try:
            return loading.find(
                task,
                language=language,
                split=split,
                folder=self._folders.of(task.name),
                folders=self._folders.tasks,
            )
        except MissingData as error:
            self._absent += error.absent
            return None
