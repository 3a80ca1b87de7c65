from math import cos, radians, sin
from typing import Any
from xml.etree import ElementTree

import pytest

from adapterstilts.analysis.by_language import Line, Point, curves, swatch
from adapterstilts.analysis.heat_map import (
    LONGEST,
    STRONGEST,
    TALL,
    WIDEST,
    Cell,
    colour_scale,
    heat_map,
)
from adapterstilts.analysis.html_tables import FOREST, forest
from adapterstilts.analysis.words import MINUS


def cell(gain: float, low: float, high: float) -> Cell:
    return Cell(gain=gain, low=low, high=high, note="stack · nli → pairs")


def drawn(cells: dict[tuple[str, str], Cell], **changes: Any) -> ElementTree.Element:
    sources = [*sorted({source for source, _ in cells}), "squad"]
    wanted = {"sources": sources, "targets": ["pairs", "tags"], "limit": 10.0, "title": "gains"}
    return ElementTree.fromstring(heat_map(cells, **{**wanted, **changes}))


def texts(svg: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in svg.iter("text")]


def test_every_cell_is_drawn_and_what_is_missing_is_hatched() -> None:
    svg = drawn({("nli", "pairs"): cell(5, 1, 9)})
    rects = list(svg.iter("rect"))
    assert len(rects) == 4
    assert [rect.get("fill") for rect in rects].count("url(#nothing)") == 3
    assert {"nli", "squad", "pairs", "tags"} < set(texts(svg))


def test_a_star_marks_an_interval_without_zero() -> None:
    cells = {("nli", "pairs"): cell(5, 1, 9), ("nli", "tags"): cell(-5, -11, 1)}
    shown = texts(drawn(cells))
    assert "+5.0*" in shown
    assert f"{MINUS}5.0" in shown


def test_losses_and_gains_differ_in_colour_and_their_size_in_strength() -> None:
    cells = {("nli", "pairs"): cell(10, 1, 19), ("nli", "tags"): cell(-2.5, -4, -1)}
    painted = [rect for rect in drawn(cells).iter("rect") if rect.get("class") != "none"]
    assert [rect.get("class") for rect in painted] == ["up", "down"]
    opacities = [float(rect.get("fill-opacity", "")) for rect in painted]
    assert opacities == pytest.approx([STRONGEST, STRONGEST / 2])


def test_a_cell_tells_its_interval_in_words() -> None:
    tips = [node.text for node in drawn({("nli", "pairs"): cell(5, 1, 9)}).iter("title")]
    assert "stack · nli → pairs: +5.0 [+1.0, +9.0]" in tips
    assert "squad → tags: nothing to compare" in tips


def test_long_names_are_cut_and_kept_as_tooltips() -> None:
    name = "translated(mnli, de, sw, ur, th)"
    svg = drawn({(name, "pairs"): cell(1, 0, 2)}, sources=[name])
    [label] = [node for node in svg.iter("text") if "…" in (node.text or "")]
    assert label.findtext("title") == name


def test_long_targets_are_slanted_and_stay_inside() -> None:
    cells = {("nli", "retrieval-of-sentences"): cell(1, 0, 2)}
    svg = drawn(cells, targets=["retrieval-of-sentences"])
    [label] = [node for node in svg.iter("text") if node.get("transform")]
    assert float(svg.get("width", "")) > float(label.get("x", "")) + 100


def test_a_slanted_target_ends_below_the_upper_edge() -> None:
    name = "toy-pawsx@64"
    svg = drawn({("nli", name): cell(1, 0, 2)}, targets=[name])
    [label] = [node for node in svg.iter("text") if node.get("transform")]
    rise = WIDEST * len(name) * sin(radians(36)) + TALL * cos(radians(36))
    assert float(label.get("y", "")) > rise


def test_names_that_begin_alike_are_told_apart_when_they_are_cut() -> None:
    names = [f"mix(toy-nli, toy-squad, toy-{each})" for each in ("swag", "mlm")]
    svg = drawn({(name, "pairs"): cell(1, 0, 2) for name in names}, sources=names)
    labels = [node.text or "" for node in svg.iter("text") if "…" in (node.text or "")]
    assert len(set(labels)) == 2
    assert all(len(label) <= LONGEST for label in labels)


def test_gains_of_zero_everywhere_can_be_drawn() -> None:
    svg = drawn({("nli", "pairs"): cell(0, 0, 0)}, limit=0.0)
    assert "0.0" in texts(svg)


def test_the_colour_scale_is_centred_at_zero() -> None:
    svg = ElementTree.fromstring(colour_scale(8.0))
    assert texts(svg) == [f"{MINUS}8.0", f"{MINUS}4.0", "0.0", "+4.0", "+8.0"]
    kinds = [rect.get("class") for rect in svg.iter("rect")]
    assert kinds.count("up") == kinds.count("down") - 1 == 20


def line(values: dict[str, float], **changes: Any) -> Line:
    points = {code: Point(value=v, low=v - 3, high=v + 3) for code, v in values.items()}
    stated = {"name": "seq_bn · stack", "hue": 1, "style": 0, "points": points, "traces": {}}
    return Line(**{**stated, **changes})


def plotted(lines: list[Line], **changes: Any) -> ElementTree.Element:
    wanted = {
        "languages": ["aa", "bb", "cc"], "english": "aa",
        "distances": {"aa": 0.0, "bb": 0.2, "cc": 0.5},
        "names": {"bb": "Beloric (bb)"}, "title": "pairs",
    }  # fmt: skip
    return ElementTree.fromstring(curves(lines, **{**wanted, **changes}))


def strokes(svg: ElementTree.Element, kind: str = "stroke") -> list[str]:
    return [node.get("d", "") for node in svg.iter("path") if node.get("class") == kind]


def test_languages_stand_in_the_order_given_with_their_distances() -> None:
    labels = texts(plotted([line({"aa": 80, "bb": 70, "cc": 60})]))
    codes = [text for text in labels if text in ("aa", "bb", "cc")]
    assert codes == ["aa", "bb", "cc"]
    assert {"0.00", "0.20", "0.50"} <= set(labels)


def test_higher_scores_are_higher_up_and_whiskers_span_the_interval() -> None:
    svg = plotted([line({"aa": 80, "bb": 70, "cc": 60})])
    heights = [float(mark.get("cy", "")) for mark in svg.iter("circle")]
    assert heights == sorted(heights)
    for whisker, height in zip(svg.findall(".//line[@class='whisker']"), heights, strict=True):
        assert float(whisker.get("y1", "")) > height > float(whisker.get("y2", ""))


def test_the_axis_holds_every_interval() -> None:
    svg = plotted([line({"aa": 99, "bb": 41})])
    ticks = [float(node.text or "") for node in svg.findall("text")]
    assert ticks[0] <= 38
    assert ticks[-1] >= 102


def test_one_flat_point_can_be_drawn() -> None:
    flat = {"bb": Point(value=0.0, low=0.0, high=0.0)}
    svg = plotted([line({}, points=flat)], languages=["bb"])
    assert len(list(svg.iter("circle"))) == 1
    assert strokes(svg) == []


def test_without_distances_nothing_suggests_an_order() -> None:
    lines = [line({"aa": 80, "bb": 70}, traces={"nli": {"aa": 81, "bb": 71}})]
    svg = plotted(lines, distances={})
    assert strokes(svg) + strokes(svg, "trace") == []
    assert len(list(svg.iter("circle"))) == 2


def test_the_sources_behind_a_mean_are_drawn_thin() -> None:
    traces = {"nli": {"aa": 90.0, "bb": 80.0}, "squad": {"aa": 50.0, "bb": 10.0}}
    svg = plotted([line({"aa": 70, "bb": 45}, traces=traces)])
    assert len(strokes(svg, "trace")) == 2
    ticks = [float(node.text or "") for node in svg.findall("text")]
    assert ticks[0] <= 10


def test_the_language_of_training_is_set_off() -> None:
    svg = plotted([line({"aa": 80, "bb": 70})])
    assert len(svg.findall("rect[@class='seen']")) == 1
    assert not plotted([line({"bb": 70})], english="zz").findall("rect[@class='seen']")


def test_points_tell_their_numbers() -> None:
    tips = [node.text for node in plotted([line({"aa": 80, "bb": 70})]).iter("title")]
    assert "seq_bn · stack, Beloric (bb): 70.0 [67.0, 73.0]" in tips


@pytest.mark.parametrize("style", range(5))
def test_every_method_has_a_marker(style: int) -> None:
    item = ElementTree.fromstring(swatch(line({"aa": 1}, style=style)))
    assert item.tag == "li"
    assert len(item.findall(".//*[@class='mark']")) == 1
    assert "".join(item.itertext()) == "seq_bn · stack"


def test_a_forest_mark_lies_on_the_side_of_its_gain() -> None:
    svg = ElementTree.fromstring(forest(5.0, 2.0, 8.0, 10.0))
    zero, whisker = svg.findall("line")
    assert float(whisker.get("x1", "")) > float(zero.get("x1", "")) == FOREST / 2
    assert svg.get("class") == "up"
    assert forest(None, None, None, 10.0) == ""
