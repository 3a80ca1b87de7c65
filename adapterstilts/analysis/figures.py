"""The figures of a report, from its results."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from adapterstilts.analysis.by_language import HUES, Line, Point, curves, swatch
from adapterstilts.analysis.content import Content
from adapterstilts.analysis.heat_map import Cell, colour_scale, heat_map
from adapterstilts.analysis.markup import NOTHING, Markup, element
from adapterstilts.analysis.results import labelled, plain
from adapterstilts.analysis.words import known

SIDE_BY_SIDE = 14
"""Languages up to which two plots share the width of the page."""


def heat_maps(content: Content) -> Markup:
    """Return one heat map of gains for each way, and the key that they share."""
    rows = [row for row in content.rows() if row["source"]]
    gained = [row for row in rows if known(row["gain"])]
    if not gained:
        return NOTHING
    limit = max(abs(row["gain"]) for row in gained) or 1.0
    targets = _distinct(gained, "goal")
    panels = []
    for way in _distinct(sorted(gained, key=_by_method(rows)), "way"):
        ours = [row for row in gained if row["way"] == way]
        drawn = heat_map(
            {(row["source"], row["goal"]): _cell(row) for row in ours},
            sources=sorted(set(_distinct(ours, "source"))),
            targets=targets,
            limit=limit,
            title=f"gains of {way}: sources down, targets across",
        )
        panels.append(_panel(way, drawn))
    key = element(
        "p",
        colour_scale(limit),
        element("span", element("i", class_="swatch"), "nothing to compare"),
        element("span", element("b", "*"), " interval excludes zero"),
        class_="key",
    )
    return element("div", element("div", panels, class_="panels"), key)


def language_plots(content: Content) -> Markup:
    """Return one plot by language for each target."""
    scores = labelled(content.results.scores)
    scores = scores[scores["primary"].astype(bool)]
    hues, styles = _hues(scores), _distinct(plain(scores), "method")
    panels = []
    for goal in dict.fromkeys(content.results.rows["goal"]):
        ours = scores[scores["goal"] == goal]
        lines = [
            Line(
                name=way,
                hue=hues.get(rows["composition"].iloc[0], 0) if rows["source"].any() else 0,
                style=styles.index(rows["method"].iloc[0]),
                points=_points(rows),
                traces=_traces(rows),
            )
            for way, rows in ours.groupby("way", sort=False)
        ]
        drawn = curves(
            lines,
            languages=_by_distance(content, ours),
            english=content.english,
            distances=content.distances,
            names={code: content.name(code) for code in ours["language"].unique()},
            title=f"{goal} by language",
        )
        key = element("ul", [swatch(line) for line in lines], class_="key")
        whole = ours["language"].nunique() > SIDE_BY_SIDE
        note = ours["metric"].iloc[0]
        panels.append(
            _panel(goal, drawn, key, note=note, class_="panel whole" if whole else "panel")
        )
    return element("div", panels, class_="panels wide")


def _points(rows: pd.DataFrame) -> dict[str, Point]:
    """Return the mean over sources and seeds in each language, and that of the intervals."""
    means = rows.groupby("language")[["value", "low", "high"]].mean()
    return {
        str(row["language"]): Point(value=row["value"], low=row["low"], high=row["high"])
        for row in plain(means.reset_index())
    }


def _traces(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return what each source gave by itself, where there are several."""
    if rows["source"].nunique() < 2:
        return {}
    means = rows.groupby(["source", "language"])["value"].mean()
    found: dict[str, dict[str, float]] = {}
    for row in plain(means.reset_index()):
        found.setdefault(row["source"], {})[row["language"]] = row["value"]
    return found


def _by_distance(content: Content, scores: pd.DataFrame) -> list[str]:
    def place(code: str) -> tuple[bool, float, str]:
        return (code != content.english, content.distances.get(code, float("inf")), code)

    return sorted(scores["language"].unique(), key=place)


def _hues(scores: pd.DataFrame) -> dict[str, int]:
    """Return a colour for each composition that has a source."""
    some = dict.fromkeys(scores.loc[scores["source"] != "", "composition"])
    return {name: 1 + place % (HUES - 1) for place, name in enumerate(some)}


def _by_method(rows: Sequence[dict[str, Any]]) -> Callable[[dict[str, Any]], int]:
    methods = _distinct(rows, "method")
    return lambda row: methods.index(row["method"])


def _cell(row: dict[str, Any]) -> Cell:
    note = f"{row['way']} · {row['source']} → {row['goal']}"
    return Cell(gain=row["gain"], low=row["low"], high=row["high"], note=note)


def _panel(
    name: str, drawn: Markup, key: Markup = NOTHING, *, note: str = "", class_: str = "panel"
) -> Markup:
    head = element("h3", name, element("small", note) if note else NOTHING)
    return element("section", head, key, element("div", drawn, class_="scroll"), class_=class_)


def _distinct(rows: Sequence[dict[str, Any]], name: str) -> list[str]:
    return list(dict.fromkeys(row[name] for row in rows))
