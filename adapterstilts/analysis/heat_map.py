"""The source x target heat map of gains: one square a gain, coloured from loss to gain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sin, sqrt

from adapterstilts.analysis.markup import NOTHING, Markup, element
from adapterstilts.analysis.words import STAR, signed, signed_interval, verdict

WIDTH, HEIGHT, GAP = 66, 34, 3
"""Size of a cell and the space between two, in pixels."""
LETTER, WIDEST, TALL = 6.9, 7.8, 9.0
"""Mean width of a letter of the labels, that of wide ones, and how high a letter stands, in pixels;
no font is measured here."""
LONGEST = 22
"""Letters of a label before its middle is cut out; its tooltip has the whole."""
_TAIL = 9
"""Letters that are left behind the cut: long expressions that begin alike end in different ways."""
_SLANT = 36
"""Degrees by which long names of targets rise."""
STRONGEST = 0.72
"""Opacity of the largest gain: the same ink stays readable on every cell."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One gain with its interval."""

    gain: float
    """Difference in points of the metric."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""
    note: str
    """What the cell compares, in words."""


def heat_map(
    cells: Mapping[tuple[str, str], Cell],
    *,
    sources: Sequence[str],
    targets: Sequence[str],
    limit: float,
    title: str,
) -> Markup:
    """Return sources down, targets across, as one SVG.

    Args:
        cells: Source and target to what is known; the others are hatched.
        sources: Rows from top to bottom.
        targets: Columns from left to right.
        limit: Gain or loss of the strongest colour, the same for maps that are read together.
        title: What the map shows, for those who do not see it.
    """
    left = 12 + WIDEST * min(LONGEST, max(map(len, sources)))
    slanted = max(map(len, targets)) > 9
    letters = min(LONGEST, max(map(len, targets)))
    rise = WIDEST * letters * sin(radians(_SLANT)) + TALL * cos(radians(_SLANT))
    top = 10 + rise if slanted else 24.0
    overhang = LETTER * letters * 0.82 - WIDTH / 2 if slanted else 0.0
    width = left + len(targets) * (WIDTH + GAP) + max(0.0, overhang)
    height = top + len(sources) * (HEIGHT + GAP)
    parts: list[Markup] = [element("title", title)]
    for column, target in enumerate(targets):
        x = left + column * (WIDTH + GAP) + WIDTH / 2
        turn = f"rotate(-{_SLANT} {x:.1f} {top - 8:.1f})" if slanted else None
        anchor = "start" if slanted else "middle"
        parts.append(_label(target, x, top - 8, anchor=anchor, transform=turn))
    for row, source in enumerate(sources):
        y = top + row * (HEIGHT + GAP)
        parts.append(_label(source, left - 10, y + HEIGHT / 2 + 4, anchor="end"))
        for column, target in enumerate(targets):
            x = left + column * (WIDTH + GAP)
            cell = cells.get((source, target))
            tip = f"{source} → {target}: nothing to compare" if cell is None else _tooltip(cell)
            parts.append(element("g", element("title", tip), _square(cell, x, y, limit)))
    return element(
        "svg", parts, class_="map", role="img", width=width, height=height,
        viewBox=f"0 0 {width:.1f} {height:.1f}",
    )  # fmt: skip


def colour_scale(limit: float) -> Markup:
    """Return the key of the colours from the largest loss to the largest gain."""
    swatches, width = 41, 6.0
    parts = [
        element("rect", x=20 + place * width, y=4, width=width, height=12, **_fill(gain, limit))
        for place in range(swatches)
        for gain in [limit * (2 * place / (swatches - 1) - 1)]
    ]
    parts.append(element("rect", x=20, y=4, width=swatches * width, height=12, class_="frame"))
    for share in (-1.0, -0.5, 0.0, 0.5, 1.0):
        x = 20 + swatches * width * (share + 1) / 2
        parts.append(element("line", x1=x, x2=x, y1=16, y2=20, class_="axis"))
        parts.append(_label(signed(share * limit), x, 32, anchor="middle"))
    total = 40 + swatches * width
    return element(
        "svg", element("title", "colours of gains"), parts, role="img", width=total, height=36,
        viewBox=f"0 0 {total:.1f} 36",
    )  # fmt: skip


def hatching() -> Markup:
    """Return the pattern of cells without a gain, to be put into the page once."""
    lines = element("path", d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5", class_="hatch")
    pattern = element(
        "pattern", lines, id="nothing", width=6, height=6, patternUnits="userSpaceOnUse"
    )
    return element("svg", element("defs", pattern), width=0, height=0, class_="defs")


def _square(cell: Cell | None, x: float, y: float, limit: float) -> list[Markup]:
    box: dict[str, float] = {"x": x, "y": y, "width": WIDTH, "height": HEIGHT, "rx": 4}
    if cell is None:
        return [element("rect", class_="none", fill="url(#nothing)", **box)]
    sure = verdict(cell.low, cell.high) != "open"
    text = signed(cell.gain) + (STAR if sure else "")
    middle = {"x": x + WIDTH / 2, "y": y + HEIGHT / 2 + 4.5}
    return [
        element("rect", **_fill(cell.gain, limit), **box),
        element("text", text, class_="sure" if sure else "gain", text_anchor="middle", **middle),
    ]


def _fill(gain: float, limit: float) -> dict[str, str | float]:
    """Return how a gain is painted; the root of its share keeps small ones apart from none."""
    share = min(1.0, abs(gain) / limit) if limit else 0.0
    return {"class": "up" if gain > 0 else "down", "fill_opacity": STRONGEST * sqrt(share)}


def _tooltip(cell: Cell) -> str:
    return f"{cell.note}: {signed(cell.gain)} {signed_interval(cell.low, cell.high)}"


def _label(text: str, x: float, y: float, *, anchor: str, transform: str | None = None) -> Markup:
    cut = f"{text[: LONGEST - _TAIL - 1]}…{text[-_TAIL:]}"
    shown = text if len(text) <= LONGEST else cut
    whole = element("title", text) if shown != text else NOTHING
    return element("text", shown, whole, x=x, y=y, text_anchor=anchor, transform=transform)
