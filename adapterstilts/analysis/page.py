"""One page that needs nothing but itself: no script, no font, no picture from elsewhere."""

import re
from pathlib import Path

from adapterstilts.analysis.content import Content, facts, outcome, rules
from adapterstilts.analysis.figures import heat_maps, language_plots
from adapterstilts.analysis.heat_map import hatching
from adapterstilts.analysis.html_tables import benchmark_table, costs_table, means_table
from adapterstilts.analysis.layers import layers_table
from adapterstilts.analysis.markup import NOTHING, Markup, element
from adapterstilts.analysis.words import known

STYLE = Path(__file__).parent / "assets" / "report.css"
"""The style sheet, which is put into the page."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing, whatever somebody manages to write into it."""


def page(content: Content) -> str:
    """Return the whole report as one HTML document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        # Without one, a browser asks the server for /favicon.ico.
        element("link", rel="icon", href="data:,"),
        element("title", f"{content.title} · adapterstilts"),
        element("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    body = element("body", hatching(), _header(content), element("main", _sections(content)))
    return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _header(content: Content) -> Markup:
    pairs = (
        element("div", element("dt", name), element("dd", value))
        for name, value in facts(content).items()
    )
    return element(
        "header",
        element("p", "adapterstilts · report", class_="over"),
        element("h1", content.title),
        element("p", content.question, class_="question") if content.question else NOTHING,
        element("dl", pairs),
    )


def _sections(content: Content) -> list[Markup]:
    rows = content.rows()
    measured = [row for row in rows if known(row["trainable_parameters"])]
    english = content.name(content.english)
    return [
        element("p", outcome(content), class_="outcome"),
        *(element("p", caveat, class_="caveat") for caveat in content.caveats),
        _section(
            "Gains by source and target",
            "Zero-shot mean minus that of the same method without a source, in points of the"
            " target’s metric.",
            heat_maps(content),
        ),
        _section(
            "Scores by language",
            f"Training has seen {english} only, shaded; the others follow in order of distance."
            " A point is the mean over sources and seeds, and a bar that of their 95 % intervals"
            " over examples; a thin line is one of several sources."
            if content.distances
            else f"Training has seen {english} only, shaded. A point is the mean over sources and"
            " seeds, and a bar that of their 95 % intervals over examples.",
            language_plots(content),
        ),
        _section(
            "Means and gains",
            f"Zero-shot: every language but {english}. Intervals are 95 %; a star marks those of"
            " gains that exclude zero.",
            means_table(rows, english=content.names.get(content.english, content.english)),
        ),
        *(
            _section(table.title, " ".join(table.notes), benchmark_table(table))
            for table in content.benchmarks()
        ),
        _section(
            "Costs",
            "Of one run: what was trained last, the weights to keep beside the backbone, training"
            " with its sources, and the largest memory meanwhile.",
            costs_table(measured) if measured else NOTHING,
        ),
        _section(
            "Retrieval by layer",
            "The untrained backbone layer by layer, the best one bold: what a gain would be over"
            " another choice. Zero-shot means; all other numbers of this report are read at the"
            " layer that is called compared, and none of them at another.",
            layers_table(content.sweeps),
        ),
        _section("Rules", "", element("div", [_prose(rule) for rule in rules()], class_="rules")),
        element(
            "details",
            element("summary", "The recipe"),
            element("pre", element("code", content.recipe_text)),
        ),
    ]


def _section(title: str, note: str, inside: Markup) -> Markup:
    if not inside:
        return NOTHING
    under = element("p", note, class_="note") if note else NOTHING
    return element("section", element("h2", title), under, inside)


def _prose(text: str) -> Markup:
    """Return a paragraph in which `names` are set as code."""
    parts = re.split("`(.+?)`", text)
    marked = [element("code", part) if place % 2 else part for place, part in enumerate(parts)]
    return element("p", marked)
