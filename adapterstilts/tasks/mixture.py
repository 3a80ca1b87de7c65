"""What one training learns: a task, or several in turns, each in some languages, as plain data."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from adapterstilts.core.expressions import spelled
from adapterstilts.tasks.registry import FORMATS, TASKS


@dataclass(frozen=True, kw_only=True)
class Part:
    """One task of a training, with a head of its own."""

    task: str
    """Name of the task."""
    languages: tuple[str, ...] = ()
    """Languages of the training rows, taken together; empty for English, as the task has it."""
    examples: int = 0
    """Training rows that are drawn by the seed of the training; 0 leaves it to the recipe."""

    @property
    def title(self) -> str:
        """Return the one expression for it, as `translated(mnli, de)`."""
        labelled = FORMATS.get(TASKS.get(self.task).format).labelled
        name = self.task
        if self.languages and labelled:
            name = spelled("translated", {}, (name, *self.languages))
        elif self.languages:
            name = spelled(name, {"languages": "+".join(self.languages)})
        return spelled("sample", {}, (name, str(self.examples))) if self.examples else name

    def identity(self) -> dict[str, Any]:
        """Return what is hashed of it; which rows there are is known by their own stage."""
        return {
            "task": self.task,
            **({"languages": list(self.languages)} if self.languages else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How often each part has its turn."""

    rule: Literal["proportional", "uniform"] = "proportional"
    """By the number of training rows, or each as often as the others."""
    cap: int = 0
    """Rows that count at most, however many a part has; 0 sets no limit."""
    temperature: float = 1.0
    """T of n^(1/T): 1 is proportional, and the higher it is the more even."""
    weights: tuple[float, ...] = ()
    """Shares that are given, one a part; they replace every other rule."""
    batches: Literal["one", "mixed"] = "one"
    """Whether a step sees one part, or some of several."""

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: whatever is not as it is where nothing is said."""
        usual = asdict(PLAIN)
        changed = {name: value for name, value in asdict(self).items() if value != usual[name]}
        return changed | ({"weights": list(self.weights)} if self.weights else {})


PLAIN = Sampling()
"""By the number of rows, one part a step: what an expression that says nothing has."""


def is_plain(parts: Sequence[Part]) -> bool:
    """Return whether a training learns one task as it is, in English."""
    return len(parts) == 1 and not parts[0].languages


def title(parts: Sequence[Part], sampling: Sampling) -> str:
    """Return the one expression for all of it, as `mix[cap=1000](mnli, squad)`."""
    if len(parts) == 1:
        return parts[0].title
    usual = _settings(PLAIN)
    kept = {name: said for name, said in _settings(sampling).items() if said != usual[name]}
    return spelled("mix", kept, (part.title for part in parts))


def _settings(sampling: Sampling) -> dict[str, str]:
    """Return what the brackets of a mix say of its sampling, the defaults too."""
    return {
        "batches": sampling.batches,
        "cap": str(sampling.cap),
        "sampling": sampling.rule,
        "temperature": f"{sampling.temperature:g}",
        "weights": "+".join(f"{weight:g}" for weight in sampling.weights),
    }
