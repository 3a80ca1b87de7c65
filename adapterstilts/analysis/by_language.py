"""Scores language by language, the nearest to English first, one line for each way."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapterstilts.analysis.markup import Markup, element, number
from adapterstilts.analysis.words import interval, points

HEIGHT, TOP, BOTTOM, LEFT = 250.0, 12.0, 44.0, 38.0
"""Size of a plot and its margins, in pixels."""
STEP_RANGE = (26.0, 105.0)
"""Least and most room for one language, in pixels."""
SMALLEST = 0.7
"""Share of its width to which a plot may shrink on a narrow screen before it scrolls."""
HUES = 7
"""Colours of the style sheet, `.hue0` for what has no source."""
SHAPES = ("circle", "square", "diamond", "triangle")
"""Markers; the next method starts again with the first and another dash."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A score in one language."""

    value: float
    """The score."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end of its interval."""

    @property
    def ends(self) -> tuple[float, float]:
        """Return the ends of the interval."""
        return self.low, self.high


@dataclass(frozen=True, kw_only=True)
class Line:
    """One way in every language that it was scored in."""

    name: str
    """What the key calls it."""
    hue: int
    """Number of its colour: one a composition."""
    style: int
    """Number of its marker and dash: one a method."""
    points: Mapping[str, Point]
    """Language to score."""
    traces: Mapping[str, Mapping[str, float]]
    """Source to its own scores, where the points are means over several."""


def curves(
    lines: Sequence[Line],
    *,
    languages: Sequence[str],
    english: str,
    distances: Mapping[str, float],
    names: Mapping[str, str],
    title: str,
) -> Markup:
    """Return the plot of one target as one SVG.

    Args:
        lines: What is drawn.
        languages: Codes from left to right.
        english: Code of the language that training has seen, which is set off.
        distances: Language to distance; without any, nothing joins the points.
        names: Language to name, for tooltips.
        title: What the plot shows, for those who do not see it.
    """
    step = min(STEP_RANGE[1], max(STEP_RANGE[0], 440 / len(languages)))
    width = LEFT + step * len(languages) + 8
    ticks = _ticks(lines)
    bottom = HEIGHT - BOTTOM

    def x(place: int) -> float:
        return LEFT + step * (place + 0.5)

    def y(value: float) -> float:
        return bottom - (bottom - TOP) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts: list[Markup] = [element("title", title)]
    for tick in ticks:
        parts.append(element("line", x1=LEFT, x2=width, y1=y(tick), y2=y(tick), class_="grid"))
        parts.append(_text(f"{tick:g}", LEFT - 7, y(tick) + 4, anchor="end"))
    for place, code in enumerate(languages):
        if code == english:
            box = {"x": x(place) - step / 2, "y": TOP, "width": step, "height": bottom - TOP}
            parts.append(element("rect", class_="seen", **box))
        parts.append(_named(code, x(place), bottom + 17, distances, names))
    for place, line in enumerate(lines):
        shift = min(8.0, 0.6 * step / len(lines)) * (place - (len(lines) - 1) / 2)
        at = {code: x(column) + shift for column, code in enumerate(languages)}
        parts.append(_drawn(line, at, y, joined=bool(distances), names=names))
    return element(
        "svg", parts, class_="plot", role="img", width=width, height=HEIGHT,
        viewBox=f"0 0 {number(width)} {number(HEIGHT)}",
        style=f"min-width:{number(SMALLEST * width)}px",
    )  # fmt: skip


def swatch(line: Line) -> Markup:
    """Return the line's entry in the key."""
    parts = (element("path", d="M1 7H27", class_="stroke"), _marker(line, 14, 7))
    mark = element("svg", parts, width=28, height=14, viewBox="0 0 28 14", aria_hidden="true")
    return element("li", mark, line.name, class_=_classes(line))


def _drawn(
    line: Line,
    at: Mapping[str, float],
    y: Callable[[float], float],
    *,
    joined: bool,
    names: Mapping[str, str],
) -> Markup:
    known = [(code, line.points[code]) for code in at if code in line.points]
    path = _path({code: point.value for code, point in known}, at, y)
    parts = [_trace(line, source, at, y) for source in line.traces] if joined else []
    if joined and len(known) > 1:
        parts.append(element("path", d=path, class_="stroke"))
    for code, point in known:
        tip = f"{line.name}, {names.get(code, code)}: {points(point.value)}"
        whisker = element(
            "line", x1=at[code], x2=at[code], y1=y(point.low), y2=y(point.high), class_="whisker"
        )
        label = element("title", f"{tip} {interval(point.low, point.high)}")
        parts.append(element("g", label, whisker, _marker(line, at[code], y(point.value))))
    return element("g", parts, class_=_classes(line))


def _trace(line: Line, source: str, at: Mapping[str, float], y: Callable[[float], float]) -> Markup:
    path = element("path", d=_path(line.traces[source], at, y), class_="trace")
    return element("g", element("title", f"{line.name}, {source}"), path)


def _path(values: Mapping[str, float], at: Mapping[str, float], y: Callable[[float], float]) -> str:
    spots = [f"{number(at[code])} {number(y(values[code]))}" for code in at if code in values]
    return "M" + "L".join(spots)


def _classes(line: Line) -> str:
    return f"line hue{line.hue} dash{line.style % len(SHAPES)}"


def _marker(line: Line, x: float, y: float) -> Markup:
    shape = SHAPES[line.style % len(SHAPES)]
    if shape == "circle":
        return element("circle", cx=x, cy=y, r=3.6, class_="mark")
    outline = {
        "square": ((-3.3, -3.3), (3.3, -3.3), (3.3, 3.3), (-3.3, 3.3)),
        "diamond": ((0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)),
        "triangle": ((0, -4.4), (4.2, 3.2), (-4.2, 3.2)),
    }[shape]
    corners = "L".join(f"{number(x + dx)} {number(y + dy)}" for dx, dy in outline)
    return element("path", d=f"M{corners}Z", class_="mark")


def _named(
    code: str, x: float, y: float, distances: Mapping[str, float], names: Mapping[str, str]
) -> Markup:
    """Return a language below the axis, with its distance under it."""
    tip = element("title", names.get(code, code))
    parts = [tip, _text(code, x, y, anchor="middle", class_="code")]
    if code in distances:
        parts.append(_text(f"{distances[code]:.2f}", x, y + 15, anchor="middle", class_="distance"))
    return element("g", parts)


def _text(text: str, x: float, y: float, *, anchor: str, class_: str | None = None) -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=class_)


def _ticks(lines: Sequence[Line]) -> list[float]:
    """Return round numbers from below the lowest interval to above the highest."""
    found = [end for line in lines for point in line.points.values() for end in point.ends]
    found += [value for line in lines for trace in line.traces.values() for value in trace.values()]
    low, high = min(found), max(found)
    room = max(high - low, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(room))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= room)
    first, last = math.floor(low / step), math.ceil(high / step)
    last += first == last
    return [round(step * place, 10) for place in range(first, last + 1)]
