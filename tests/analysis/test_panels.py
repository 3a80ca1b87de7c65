"""The figures of a page, from folders of scores."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from adapterstilts.analysis.content import Content
from adapterstilts.analysis.figures import SIDE_BY_SIDE, heat_maps, language_plots
from adapterstilts.analysis.results import find_results
from adapterstilts.analysis.table import load


def content_of(folders: list[Path], said: dict[str, Any]) -> Content:
    return Content(results=find_results(load(folders), english=said["english"]), **said)


def panels_of(figure: str) -> dict[str, ElementTree.Element]:
    found = ElementTree.fromstring(figure).iter("section")
    return {panel.findtext("h3") or "": panel for panel in found}


def labels(panel: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in panel.iter("text")]


@pytest.fixture(scope="module")
def content(grid: list[Path], said: dict[str, Any]) -> Content:
    return content_of(grid, said)


def test_maps_are_by_method_and_have_every_target(content: Content) -> None:
    panels = panels_of(heat_maps(content))
    assert list(panels) == ["seq_bn · stack", "seq_bn · fuse", "seq_bn · zero", "full · continue"]
    for panel in panels.values():
        assert {"pairs", "tags", "retrieval"} <= set(labels(panel))


def test_a_map_has_only_its_own_sources(content: Content) -> None:
    panels = panels_of(heat_maps(content))
    assert "nli + squad" in labels(panels["seq_bn · fuse"])
    assert "nli + squad" not in labels(panels["seq_bn · stack"])


def test_without_gains_there_is_no_map(planter: Any, said: dict[str, Any]) -> None:
    planter.add({"aa": [1.0], "bb": [0.0]})
    assert heat_maps(content_of(planter.folders, said)) == ""


def test_a_plot_has_a_line_for_each_way(content: Content) -> None:
    panels = panels_of(language_plots(content))
    assert list(panels) == ["pairs", "tags", "retrieval"]
    keys = ["".join(item.itertext()) for item in panels["pairs"].iter("li")]
    assert keys == [
        "seq_bn · target", "full · target", "seq_bn · stack", "full · continue", "seq_bn · fuse",
    ]  # fmt: skip


def test_what_has_no_source_is_grey_and_each_composition_has_a_colour(content: Content) -> None:
    items = panels_of(language_plots(content))["pairs"].iter("li")
    hues = {"".join(item.itertext()): (item.get("class") or "").split()[1] for item in items}
    assert hues["seq_bn · target"] == hues["full · target"] == "hue0"
    assert len({hues["seq_bn · stack"], hues["full · continue"], hues["seq_bn · fuse"]}) == 3


def test_a_point_is_the_mean_over_sources_and_seeds(planter: Any, said: dict[str, Any]) -> None:
    for source, right in (("nli", 9), ("squad", 4)):
        for seed in (0, 1):
            hits = [1.0] * (right + seed) + [0.0] * (10 - right - seed)
            planter.add({"aa": hits, "bb": hits}, composition="stack", source=source, seed=seed)
    [panel] = panels_of(language_plots(content_of(planter.folders, said))).values()
    tips = [node.text for node in panel.iter("title")]
    assert "seq_bn · stack, Beloric (bb): 70.0 [68.0, 72.0]" in tips
    assert {"seq_bn · stack, nli", "seq_bn · stack, squad"} <= set(tips)


def test_languages_follow_their_distance_not_their_names(
    planter: Any, said: dict[str, Any]
) -> None:
    planter.add({language: [1.0, 0.0] for language in ("aa", "bb", "cc", "dd")})
    told = {**said, "english": "cc", "distances": {"cc": 0.0, "dd": 0.1, "aa": 0.9}}
    [panel] = panels_of(language_plots(content_of(planter.folders, told))).values()
    assert [text for text in labels(panel) if text.isalpha()] == ["cc", "dd", "aa", "bb"]


def test_many_languages_get_the_whole_width(planter: Any, said: dict[str, Any]) -> None:
    planter.add({f"l{number:02d}": [1.0, 0.0] for number in range(SIDE_BY_SIDE + 1)})
    [panel] = panels_of(language_plots(content_of(planter.folders, said))).values()
    assert panel.get("class") == "panel whole"
