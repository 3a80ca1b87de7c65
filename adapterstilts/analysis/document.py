"""The files of a report: the page, the same as Markdown, and its numbers as CSV."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from adapterstilts.analysis.content import Content
from adapterstilts.analysis.layers import find_sweeps, layer_rows
from adapterstilts.analysis.markdown import markdown
from adapterstilts.analysis.page import page
from adapterstilts.analysis.results import find_results, summary_rows
from adapterstilts.analysis.table import CONDITION, load
from adapterstilts.core.errors import StiltsError


def compose(
    folders: Sequence[Path],
    *,
    title: str,
    question: str,
    distances: Mapping[str, float],
    names: Mapping[str, str],
    english: str,
    recipe_text: str,
    sweeps: Sequence[Path] = (),
    caveats: Sequence[str] = (),
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the text of every file by its name, and the summary of the results."""
    frame = load(folders)
    if frame.empty:
        raise StiltsError(f"there are no scores for a report of '{title}': run the recipe first")
    results = find_results(frame, english=english)
    content = Content(
        title=title,
        question=question,
        results=results,
        english=english,
        distances=distances,
        names=names,
        recipe_text=recipe_text,
        caveats=tuple(caveats),
        sweeps=find_sweeps(sweeps, frame, english=english),
    )
    files = {
        "scores.csv": _scores(results.scores),
        "gains.csv": _csv(results.gains),
        "report.md": markdown(content),
        "report.html": page(content),
    }
    if content.sweeps:
        files["layers.csv"] = _csv(pd.DataFrame(layer_rows(content.sweeps)))
    return files, summary_rows(results)


def _scores(frame: pd.DataFrame) -> str:
    """Return scores in one order, whichever was made first, without the paths of this machine."""
    order = [*CONDITION, "metric", "seed", "language"]
    return _csv(frame.drop(columns="folder").sort_values(order))


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")
