"""What a report is made of, before it is a page."""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapterstilts.analysis.benchmarks import Table, tables
from adapterstilts.analysis.gains import gains, zero_shot_intervals
from adapterstilts.analysis.layers import Sweep
from adapterstilts.analysis.results import Results, plain
from adapterstilts.analysis.table import task_means
from adapterstilts.analysis.words import verdict


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything that the pages of a report say."""

    title: str
    """Name of the recipe."""
    question: str
    """What the recipe asks."""
    results: Results
    """What it found."""
    english: str
    """Code of the language that training has seen."""
    distances: Mapping[str, float]
    """Language to its distance from that one; empty where none is declared."""
    names: Mapping[str, str]
    """Language to what people call it."""
    recipe_text: str
    """The recipe as it was run."""
    caveats: tuple[str, ...] = ()
    """What to know before comparing the numbers, a sentence each."""
    sweeps: tuple[Sweep, ...] = ()
    """Scores of the untrained backbone by layer, where they were asked for."""

    def name(self, language: str) -> str:
        """Return what people call a language, with its code."""
        name = self.names.get(language)
        return f"{name} ({language})" if name else language

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the results as plain Python."""
        return plain(self.results.rows)

    def benchmarks(self) -> list[Table]:
        """Return the tables of the benchmarks that the targets belong to."""
        return tables(self.results.scores)


def facts(content: Content) -> dict[str, str]:
    """Return what there is of each kind: the first thing that a reader wants to know."""
    scores = content.results.scores
    some = {
        "backbone": scores["backbone"],
        "method": scores["method"],
        "source": scores["source"][scores["source"] != ""],
        "target": scores["target"],
        "language": scores["language"],
        "seed": scores["seed"],
    }
    found = {name: list(dict.fromkeys(map(str, values))) for name, values in some.items()}
    return {
        name + "s" * (len(values) != 1): ", ".join(values) if len(values) < 5 else str(len(values))
        for name, values in found.items()
        if values
    }


def outcome(content: Content) -> str:
    """Return in two sentences what the sources brought, losses included."""
    compared = [row for row in content.rows() if verdict(row["low"], row["high"])]
    if not compared:
        return "No score here has a baseline without a source to compare it with."
    found = Counter(verdict(row["low"], row["high"]) for row in compared)
    return (
        f"Of {len(compared)} comparison{'s' * (len(compared) != 1)} with a baseline without a"
        f" source, {found['up']} gained,"
        f" {found['down']} lost, and {found['open']} cannot be told from no difference. Of"
        " comparisons without any effect, about one in twenty would look like one."
    )


def rules() -> list[str]:
    """Return the rules by which the numbers were made, as the functions that follow them say."""
    return [text for rule in (task_means, zero_shot_intervals, gains) for text in _rule(rule)]


def _rule(function: Callable[..., Any]) -> list[str]:
    """Return the paragraphs of a docstring between its first line and its arguments."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")[1:]
    said = [paragraph for paragraph in paragraphs if not paragraph.startswith("Args:")]
    return [" ".join(paragraph.split()) for paragraph in said]
