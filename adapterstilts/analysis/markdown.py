"""The report as Markdown: the same numbers, for a terminal, a pull request or a paper's draft."""

import re
from collections.abc import Iterable, Iterator, Sequence

from adapterstilts.analysis.benchmarks import Table
from adapterstilts.analysis.content import Content, facts, outcome, rules
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

_SIGNS = re.compile(r"[\\`*|<]|(?<!\w)_|_(?!\w)|\[(?=[^\]]*\]\()|^#")
"""What Markdown would read as more than text: an underscore within a word it leaves alone."""


def markdown(content: Content) -> str:
    """Return the whole report as one Markdown document."""
    rows = content.rows()
    parts = [
        f"# {_inline(content.title)}",
        _inline(content.question),
        _table(list(facts(content)), [list(facts(content).values())]),
        outcome(content),
        *(f"**{_inline(caveat)}**" for caveat in content.caveats),
        "## Means and gains",
        *(
            part
            for goal in dict.fromkeys(row["goal"] for row in rows)
            for part in (f"### {_inline(goal)}", _means([r for r in rows if r["goal"] == goal]))
        ),
        *(part for table in content.benchmarks() for part in _benchmark(table)),
        "## Costs",
        _costs([row for row in rows if known(row["trainable_parameters"])]),
        *(["## Retrieval by layer", _layers(content)] if content.sweeps else []),
        "## Rules",
        *rules(),
        "## Recipe",
        _fenced(content.recipe_text),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _means(rows: Sequence[dict[str, float | None]]) -> str:
    heads = ["method · composition", "source", "zero-shot", "95 %", "with English", "gain", "95 %"]
    heads += ["over full STILTs", "95 %"]
    return _table(
        heads,
        [
            [
                str(row["way"]),
                str(row["source"]),
                points(row["zero_shot"]),
                interval(row["mean_low"], row["mean_high"]),
                points(row["mean"]),
                *_gain(row, ""),
                *_gain(row, "full_"),
            ]
            for row in rows
        ],
    )


def _benchmark(table: Table) -> Iterator[str]:
    yield f"## {_inline(table.title)}"
    yield from map(_inline, table.notes)
    for name, rows in table.groups:
        yield f"### {_inline(name)}" if name else ""
        yield _table(table.heads, rows)
    yield from map(_inline, table.footnotes)


def _gain(row: dict[str, float | None], prefix: str) -> tuple[str, str]:
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    star = STAR * (verdict(low, high) in ("up", "down"))
    return signed(row[f"{prefix}gain"]) + star, signed_interval(low, high)


def _costs(rows: Sequence[dict[str, float | None]]) -> str:
    heads = ["target", "method · composition", "source", "trained parameters", "stored"]
    heads += ["training", "peak memory"]
    return _table(
        heads,
        [
            [
                str(row["goal"]),
                str(row["way"]),
                str(row["source"]),
                count(row["trainable_parameters"]),
                size(row["stored_bytes"]),
                duration(row["train_seconds"]),
                size(row["peak_memory"]),
            ]
            for row in rows
        ],
    )


def _layers(content: Content) -> str:
    """Return one table a target, the layer that is compared marked."""
    return "\n\n".join(
        _table(
            [
                f"{sweep.name}, {sweep.metric}, {sweep.pooling} pooling",
                *(
                    f"{layer} (compared)" if layer in sweep.compared else str(layer)
                    for layer in sweep.values
                ),
            ],
            [["zero-shot", *(points(value) for value in sweep.values.values())]],
        )
        for sweep in content.sweeps
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(_line(cells) for cells in lines) if rows else ""


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell if cell == "---" else _inline(cell) for cell in cells) + " |"


def _inline(text: str) -> str:
    """Return text on one line, in which nothing is taken for Markdown or HTML."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))


def _fenced(text: str) -> str:
    """Return a block of code, in a fence that the text cannot close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}yaml\n{text.rstrip()}\n{fence}"
