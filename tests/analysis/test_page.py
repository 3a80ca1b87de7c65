import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from adapterstilts.analysis import report
from adapterstilts.analysis.content import rules


class Loads(HTMLParser):
    """Collects what a browser would fetch, and what it would run."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attrs)
        names = {"src", "href", "srcset", "data", "action", "xlink:href", "poster"}
        self.addresses += [value or "" for name, value in attrs if name in names]


def page_of(path: Path) -> ElementTree.Element:
    text = path.read_text(encoding="utf-8").removeprefix("<!doctype html>\n")
    return ElementTree.fromstring(text)


def test_the_page_is_well_formed_and_says_what_was_asked(page: Path) -> None:
    root = page_of(page)
    words = " ".join(root.itertext())
    assert root.get("lang") == "en"
    assert "quickstart" in words
    assert "Does what a source teaches carry over" in words
    assert "seeds: [0, 1]" in words
    assert "Of 12 comparisons with a baseline without a source" in words
    assert [node.text for node in root.iter("h2")] == [
        "Gains by source and target", "Scores by language", "Means and gains", "Costs", "Rules",
    ]  # fmt: skip


def test_the_page_loads_nothing(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    loads = Loads()
    loads.feed(text)
    assert loads.addresses == ["data:,"]
    assert loads.scripts == 0
    assert "http://" not in text and "https://" not in text
    assert "@import" not in text
    assert set(re.findall(r"url\((.*?)\)", text)) == {"#nothing"}
    policies = [node.get("content") for node in page_of(page).iter("meta")]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policies


def test_the_page_fits_a_phone_and_the_dark(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "width=device-width" in text
    assert "prefers-color-scheme: dark" in text
    # Whatever is wider than a phone scrolls by itself.
    root = page_of(page)
    boxes = [node for node in root.iter("div") if node.get("class") == "scroll"]
    inside = {id(child) for box in boxes for child in box.iter()}
    wide = [*root.iter("table"), *root.findall(".//svg[@class='map']")]
    wide += root.findall(".//svg[@class='plot']")
    assert wide and all(id(node) in inside for node in wide)


def test_a_long_expression_is_broken_and_pushes_no_number_out_of_sight(page: Path) -> None:
    (rule,) = re.findall(r"td\.source \{([^}]*)\}", page.read_text(encoding="utf-8"))
    said = dict(each.strip().split(": ") for each in rule.split(";") if each.strip())
    assert (said["white-space"], said["overflow-wrap"]) == ("normal", "anywhere")
    assert said["max-width"].endswith("rem")


def test_there_is_a_map_for_each_way_and_a_plot_for_each_target(page: Path) -> None:
    root = page_of(page)
    assert len(root.findall(".//svg[@class='map']")) == 4
    assert len(root.findall(".//svg[@class='plot']")) == 3


def test_no_id_is_used_twice(page: Path) -> None:
    ids = [node.get("id") for node in page_of(page).iter() if node.get("id")]
    assert ids == ["nothing"]


def test_names_cannot_break_out(planter: Any, said: dict[str, Any], tmp_path: Path) -> None:
    evil = "<script>alert('x')</script>\"|`&"
    base = {"aa": [1.0, 0.0], "bb": [1.0, 0.0]}
    planter.add(base, target=evil)
    planter.add(base, target=evil, composition=evil, source=evil, method=evil, backbone=evil)
    planter.add(base, target=evil, composition="stack", source=evil)
    told = {**said, **dict.fromkeys(("title", "question", "recipe_text"), evil)}
    told["names"] = dict.fromkeys(("aa", "bb"), evil)
    page = report.write(planter.folders, tmp_path / "out", **told)
    loads = Loads()
    loads.feed(page.read_text(encoding="utf-8"))
    assert loads.scripts == 0
    assert evil in " ".join(page_of(page).itertext())
    lines = (page.parent / "report.md").read_text(encoding="utf-8").splitlines()
    fence = lines.index("```yaml")
    assert not any(re.search(r"(?<!\\)<script", line) for line in lines[:fence])
    means = [line for line in lines[lines.index("## Means and gains") : fence] if line[:1] == "|"]
    assert {len(re.split(r"(?<!\\)\|", line)) - 2 for line in means} == {9}


def test_what_to_know_before_comparing_stands_above_the_numbers(
    planter: Any, said: dict[str, Any], tmp_path: Path
) -> None:
    planter.add({"aa": [1.0], "bb": [1.0]})
    told = {**said, "caveats": ["pairs has <5> rows."]}
    page = report.write(planter.folders, tmp_path / "out", **told)
    text = " ".join(page_of(page).itertext())
    assert 0 < text.index("pairs has <5> rows.") < text.index("Means and gains")
    lines = (page.parent / "report.md").read_text(encoding="utf-8").splitlines()
    assert lines.index(r"**pairs has \<5> rows.**") < lines.index("## Means and gains")


def test_a_recipe_cannot_close_its_fence(
    planter: Any, said: dict[str, Any], tmp_path: Path
) -> None:
    planter.add({"aa": [1.0], "bb": [1.0]})
    told = {**said, "recipe_text": "a: |\n  ```\n  # not a heading\n  ```\n"}
    page = report.write(planter.folders, tmp_path / "out", **told)
    text = (page.parent / "report.md").read_text(encoding="utf-8")
    assert text.count("````") == 2
    assert text.index("````yaml") < text.index("# not a heading") < text.rindex("````")


def test_every_rule_is_printed_as_its_function_states_it(page: Path) -> None:
    said = rules()
    assert len(said) == 4
    assert any("over languages first and then over seeds" in rule for rule in said)
    assert not any("Args:" in rule for rule in said)
    markdown = (page.parent / "report.md").read_text(encoding="utf-8")
    assert all(rule in markdown for rule in said)
    words = " ".join(" ".join(page_of(page).itertext()).split())
    assert "the untrained backbone, which has no seed, stands for every one" in words


def test_markdown_has_the_numbers_of_the_page(page: Path) -> None:
    markdown = (page.parent / "report.md").read_text(encoding="utf-8")
    root = page_of(page)
    gains = [node.text or "" for node in root.findall(".//td[@class='n up']/span")]
    assert gains
    assert all(gain.replace("*", "\\*") in markdown for gain in gains)
    assert "| seq_bn · stack | nli |" in markdown


def test_a_report_without_any_gain_or_distance(
    planter: Any, said: dict[str, Any], tmp_path: Path
) -> None:
    planter.add({"aa": [1.0, 1.0], "bb": [1.0, 0.0]})
    told = {**said, "distances": None, "names": None, "question": ""}
    root = page_of(report.write(planter.folders, tmp_path / "out", **told))
    assert "No score here has a baseline" in " ".join(root.itertext())
    heads = [node.text for node in root.iter("h2")]
    assert heads == ["Scores by language", "Means and gains", "Rules"]
