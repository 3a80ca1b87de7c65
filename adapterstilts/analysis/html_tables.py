"""The tables of the page: means with gains, and what each of them cost."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from adapterstilts.analysis.benchmarks import WORDS, Table
from adapterstilts.analysis.markup import NOTHING, Child, Markup, element
from adapterstilts.analysis.words import (
    STAR,
    count,
    duration,
    interval,
    known,
    points,
    signed,
    signed_interval,
    size,
    verdict,
)

FOREST = 132.0
"""Width of the mark of a gain and its interval, in pixels."""

Row = dict[str, Any]


def means_table(rows: Sequence[Row], *, english: str) -> Markup:
    """Return the zero-shot means with their intervals, and the gains drawn to scale."""
    heads = ["", "source", "zero-shot", "gain", "", "over full STILTs"]
    heads += [f"with {english}", f"{english} alone"]
    return _table(heads, rows, _means, what=_measured)


def costs_table(rows: Sequence[Row]) -> Markup:
    """Return what each row took, every bar as a share of the largest of its column."""
    heads = ["", "source", *(head for head, _, _ in _COSTS)]
    return _table(heads, rows, _costs)


def benchmark_table(table: Table) -> Markup:
    """Return the table of a benchmark with what is said below it."""
    head = element("tr", _cells(table.heads, "th", scope="col"))
    bodies = []
    for name, rows in table.groups:
        first = element("th", name, colspan=len(table.heads), scope="rowgroup")
        named = element("tr", first, class_="group") if name else NOTHING
        bodies.append(element("tbody", named, (element("tr", _cells(row, "td")) for row in rows)))
    drawn = element("div", element("table", element("thead", head), bodies), class_="scroll")
    return element("div", drawn, (element("p", text, class_="note") for text in table.footnotes))


def _cells(texts: Sequence[str], name: str, **attributes: str) -> Iterator[Markup]:
    for place, text in enumerate(texts):
        yield element(name, text, class_="n" if place >= WORDS else None, **attributes)


_COSTS = (
    ("trained parameters", "trainable_parameters", count),
    ("stored", "stored_bytes", size),
    ("training", "train_seconds", duration),
    ("peak memory", "peak_memory", size),
)


def _table(
    heads: Sequence[str],
    rows: Sequence[Row],
    cells: Callable[[Sequence[Row], Sequence[Row]], Iterable[Markup]],
    *,
    what: Callable[[Sequence[Row]], str] = lambda _: "",
) -> Markup:
    """Return rows in one group a target; `cells` gets the group and all rows, `what` describes."""
    head = element(
        "tr",
        [
            element("th", text, scope="col", class_="n" if place > 1 else None)
            for place, text in enumerate(heads)
        ],
    )
    bodies = []
    for goal, some in groupby(rows, key=lambda row: row["goal"]):
        group = list(some)
        first = element(
            "th", goal, element("small", what(group)), colspan=len(heads), scope="rowgroup"
        )
        bodies.append(element("tbody", element("tr", first, class_="group"), cells(group, rows)))
    return element("div", element("table", element("thead", head), bodies), class_="scroll")


def _measured(rows: Sequence[Row]) -> str:
    metrics = ", ".join(dict.fromkeys(row["metric"] for row in rows))
    languages, seeds = (max(row[name] for row in rows) for name in ("languages", "seeds"))
    return f"{metrics} · {_plural(languages, 'language')} · {_plural(seeds, 'seed')}"


def _plural(number: int, thing: str) -> str:
    return f"{number} {thing}" + "s" * (number != 1)


def _means(group: Sequence[Row], rows: Sequence[Row]) -> Iterator[Markup]:
    ends = [abs(row[end]) for row in group for end in ("low", "high") if known(row[end])]
    limit = max(ends, default=0.0) or 1.0
    for row in group:
        sure = verdict(row["low"], row["high"])
        yield element(
            "tr",
            _names(row),
            _number(points(row["zero_shot"]), interval(row["mean_low"], row["mean_high"])),
            _number(_starred(row, ""), signed_interval(row["low"], row["high"]), kind=sure),
            element("td", forest(row["gain"], row["low"], row["high"], limit), class_="forest"),
            _number(_starred(row, "full_"), signed_interval(row["full_low"], row["full_high"])),
            _number(points(row["mean"])),
            _number(points(row["english"])),
        )


def _costs(group: Sequence[Row], rows: Sequence[Row]) -> Iterator[Markup]:
    largest = {
        name: max((row[name] for row in rows if known(row[name])), default=0) or 1
        for _, name, _ in _COSTS
    }
    for row in group:
        bars = (
            element(
                "td",
                write(row[name]),
                class_="n bar",
                style=f"--share:{row[name] / largest[name]:.4f}" if known(row[name]) else None,
            )
            for _, name, write in _COSTS
        )
        yield element("tr", _names(row), bars)


def forest(gain: float | None, low: float | None, high: float | None, limit: float) -> Markup:
    """Return a gain as a dot on its interval beside the line of no difference."""
    if gain is None or low is None or high is None or not known(gain):
        return NOTHING

    def x(value: float) -> float:
        return 5 + (FOREST - 10) * (value / limit + 1) / 2

    return element(
        "svg",
        element("line", x1=x(0), x2=x(0), y1=0, y2=22, class_="zero"),
        element("line", x1=x(low), x2=x(high), y1=11, y2=11, class_="whisker"),
        element("circle", cx=x(gain), cy=11, r=3.6, class_="mark"),
        class_=verdict(low, high),
        width=FOREST,
        height=22,
        viewBox=f"0 0 {FOREST:g} 22",
        aria_hidden="true",
    )


def _names(row: Row) -> list[Markup]:
    alone = element("span", "no source", class_="quiet")
    return [
        element("th", row["way"], scope="row"),
        element("td", row["source"] or alone, class_="source"),
    ]


def _starred(row: Row, prefix: str) -> str:
    sure = verdict(row[f"{prefix}low"], row[f"{prefix}high"]) in ("up", "down")
    return signed(row[f"{prefix}gain"]) + STAR * sure


def _number(text: Child, small: str = "", *, kind: str = "") -> Markup:
    under = element("small", small) if small else NOTHING
    return element("td", element("span", text), under, class_=f"n {kind}".strip())
