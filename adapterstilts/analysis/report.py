"""The report of some scores, written only when something in it would change.

Everything that is slow to import is in `adapterstilts.analysis.document`, so that asking again
for a report that stands costs next to nothing.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.records import SCORES

if TYPE_CHECKING:
    import pandas as pd

PAGE = "report.html"
MANIFEST = "report.json"
"""What the files beside it were made from, and the rows of `stored_summary`."""

_PACKAGE = Path(__file__).parents[1]
_MAKERS = (
    "analysis/*.py",
    "analysis/assets/*",
    "core/statistics.py",
    "core/suites.py",
    "core/published.py",
    "core/data/published.json",
)


def write(
    folders: Iterable[Path],
    out: Path,
    *,
    title: str,
    question: str,
    distances: Mapping[str, float] | None,
    names: Mapping[str, str] | None,
    english: str,
    recipe_text: str,
    sweeps: Iterable[Path] = (),
    caveats: Sequence[str] = (),
) -> Path:
    """Return the page of a report, written with its Markdown and CSV files where anything changed.

    Args:
        folders: Folders of score stages.
        out: Folder of the report.
        title: Name of the recipe.
        question: What the recipe asks.
        distances: Language to its distance from the one that training has seen.
        names: Language to what people call it.
        english: Code of the language that training has seen.
        recipe_text: The recipe as it was run.
        sweeps: Folders of stages that score one layer after the other.
        caveats: What to know before comparing the numbers, a sentence each.
    """
    scored, swept = list(folders), list(sweeps)
    said: dict[str, Any] = {
        "title": title,
        "question": question,
        "distances": dict(distances or {}),
        "names": dict(names or {}),
        "english": english,
        "recipe_text": recipe_text,
        "caveats": list(caveats),
    }
    scores = [[folder.name, file_digest(folder / SCORES)] for folder in (*scored, *swept)]
    id = fingerprint({"said": said, "scores": scores, "makers": _makers()})
    if not _stands(out, id):
        from adapterstilts.analysis.document import compose

        files, rows = compose(scored, sweeps=swept, **said)
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _put(out / name, text)
        manifest = {"id": id, "files": sorted(files), "summary": rows}
        _put(out / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return out / PAGE


def stored_summary(page: Path) -> list[dict[str, Any]]:
    """Return the rows of `summary` as they were when the page was written, at no cost."""
    manifest = _read(page.parent)
    if manifest is None:
        raise StiltsError(f"{page.parent / MANIFEST} cannot be read: write the report again")
    rows: list[dict[str, Any]] = manifest["summary"]
    return rows


def summary(frame: "pd.DataFrame", *, english: str) -> list[dict[str, Any]]:
    """Return one row for each way that was tried: zero-shot mean, gain, its interval, its costs."""
    from adapterstilts.analysis.results import find_results, summary_rows

    return summary_rows(find_results(frame, english=english))


def _makers() -> Sequence[str]:
    """Return the digests of the code that makes a report: other code, another report."""
    paths = [path for pattern in _MAKERS for path in sorted(_PACKAGE.glob(pattern))]
    return [file_digest(path) for path in paths]


def _put(path: Path, text: str) -> None:
    """Put a file in place of another at once, so that nobody reads half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _stands(out: Path, id: str) -> bool:
    manifest = _read(out)
    return (
        manifest is not None
        and manifest["id"] == id
        and all((out / name).is_file() for name in manifest["files"])
    )


def _read(out: Path) -> dict[str, Any] | None:
    """Return the manifest of a report, or nothing where there is none that can be read."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(manifest, dict) and {"id", "files", "summary"} <= manifest.keys()
    return manifest if whole else None
