from typing import Any
from xml.etree import ElementTree

import pytest

from adapterstilts.analysis.html_tables import costs_table, means_table
from adapterstilts.analysis.words import MINUS

NUMBERS = (
    "gain", "low", "high", "full_gain", "full_low", "full_high", "train_seconds", "peak_memory",
    "trainable_parameters", "stored_bytes",
)  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    return {
        "goal": "pairs", "way": "seq_bn · stack", "source": "nli", "metric": "accuracy",
        "languages": 8, "seeds": 2, "zero_shot": 61.25, "mean_low": 60.0, "mean_high": 63.0,
        "mean": 64.0, "english": 80.0, **dict.fromkeys(NUMBERS), **changes,
    }  # fmt: skip


def parsed(rows: list[dict[str, Any]]) -> ElementTree.Element:
    return ElementTree.fromstring(means_table(rows, english="Anoric"))


def words(node: ElementTree.Element) -> list[str]:
    return ["".join(cell.itertext()) for cell in node]


def test_targets_are_groups_that_say_how_they_were_measured() -> None:
    table = parsed([row(), row(source="squad"), row(goal="tags", metric="f1", seeds=1)])
    groups = ["".join(node.itertext()) for node in table.findall(".//tr[@class='group']")]
    assert groups == [
        "pairsaccuracy · 8 languages · 2 seeds",
        "tagsf1 · 8 languages · 1 seed",
    ]
    assert [len(body.findall("tr")) for body in table.iter("tbody")] == [3, 2]


def test_every_row_has_a_cell_for_every_head() -> None:
    table = parsed([row(), row(gain=2.0, low=1.0, high=3.0)])
    heads = table.findall(".//thead/tr/th")
    assert [head.text for head in heads[-2:]] == ["with Anoric", "Anoric alone"]
    for line in table.findall(".//tbody/tr")[1:]:
        assert len(line) == len(heads)


@pytest.mark.parametrize(
    ("gain", "low", "high", "kind", "shown"),
    [
        (2.0, 1.0, 3.0, "n up", "+2.0*"),
        (-2.0, -3.0, -1.0, "n down", f"{MINUS}2.0*"),
        (0.5, -1.0, 2.0, "n open", "+0.5"),
    ],
)
def test_gains_and_losses_are_shown_alike(
    gain: float, low: float, high: float, kind: str, shown: str
) -> None:
    table = parsed([row(gain=gain, low=low, high=high)])
    cell = table.find(f".//td[@class='{kind}']")
    assert cell is not None
    assert cell.findtext("span") == shown
    assert cell.findtext("small")
    assert table.find(f".//td[@class='forest']/svg[@class='{kind[2:]}']") is not None


def test_a_baseline_says_that_it_has_no_source_and_no_gain() -> None:
    line = parsed([row(source="")]).findall(".//tbody/tr")[1]
    assert words(line)[1] == "no source"
    assert words(line)[3:6] == ["", "", ""]


def test_the_gain_over_full_stilts_has_a_star_of_its_own() -> None:
    line = parsed([row(full_gain=-3.0, full_low=-5.0, full_high=-1.0)]).findall(".//tbody/tr")[1]
    assert words(line)[5].startswith(f"{MINUS}3.0*")


def test_costs_are_bars_of_the_largest() -> None:
    small = row(trainable_parameters=250, stored_bytes=1000, train_seconds=30.0, peak_memory=10)
    large = row(trainable_parameters=1000, stored_bytes=4000, train_seconds=60.0, peak_memory=10)
    table = ElementTree.fromstring(costs_table([small, large]))
    first = table.findall(".//td[@class='n bar']")[:4]
    assert ["".join(cell.itertext()) for cell in first] == ["250", "1 kB", "30.0 s", "10 B"]
    shares = [float((cell.get("style") or "").removeprefix("--share:")) for cell in first]
    assert shares == pytest.approx([0.25, 0.25, 0.5, 1.0])


def test_a_cost_that_was_not_measured_is_empty() -> None:
    table = ElementTree.fromstring(costs_table([row(trainable_parameters=0)]))
    cells = table.findall(".//td[@class='n bar']")
    assert ["".join(cell.itertext()) for cell in cells] == ["0", "", "", ""]
    assert [cell.get("style") for cell in cells] == ["--share:0.0000", None, None, None]
