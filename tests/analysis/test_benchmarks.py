from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from adapterstilts.analysis import report
from adapterstilts.analysis.benchmarks import MISSING, Table, summaries, tables
from adapterstilts.analysis.table import load
from adapterstilts.core.published import UNVERIFIED
from adapterstilts.core.suites import SUITES, Member

XTREME = {each.folder: each for each in SUITES.get("xtreme").members}


def codes(member: Member) -> list[str]:
    return ["en", *(f"l{number}" for number in range(1, member.languages))]


def plant(planter: Any, folder: str, share: float, *, fewer: int = 0, **how: Any) -> None:
    """Put a task's scores in its languages: 100 examples each, of which a share is right."""
    member = XTREME[folder]
    hits = [1.0] * round(100 * share) + [0.0] * round(100 * (1 - share))
    answers = dict.fromkeys(codes(member)[fewer:], hits)
    for name in member.score:
        own = member.metrics[name]
        primary = name == member.score[-1]
        planter.add(answers, target=member.task, suite="xtreme", metric=own, primary=primary, **how)


def found(planter: Any) -> dict[str, Table]:
    return {table.title: table for table in tables(load(planter.folders))}


def row(table: Table, *words: str, group: int = 0) -> dict[str, str]:
    [cells] = [cells for cells in table.groups[group][1] if cells[1:3] == words]
    return dict(zip(table.heads, cells, strict=True))


def test_other_tasks_have_no_such_table(grid: list[Path]) -> None:
    assert tables(load(grid)) == []


def test_a_task_is_the_mean_over_languages_english_included(planter: Any) -> None:
    plant(planter, "xnli", 0.8)
    table = found(planter)["xtreme by its own rule"]
    assert table.heads == ("backbone", "way", "source", "xnli")
    assert row(table, "seq_bn · target", "")["xnli"] == "80.0"
    assert "There is no overall score" in table.notes[-1]


def test_question_answering_is_the_mean_of_both_metrics(planter: Any) -> None:
    member = XTREME["xquad"]
    for name, right in (("exact_match", 4), ("f1", 8)):
        hits = [1.0] * right + [0.0] * (10 - right)
        planter.add(
            dict.fromkeys(codes(member), hits),
            target="xquad",
            suite="xtreme",
            metric=name,
            primary=name == "f1",
        )
    assert row(found(planter)["xtreme by its own rule"], "seq_bn · target", "")["xquad"] == "60.0"
    beside = found(planter)["xtreme beside published numbers"]
    assert row(beside, "seq_bn · target", "")["xquad f1"] == "80.0"


def test_with_all_nine_tasks_there_are_groups_and_an_overall_score(planter: Any) -> None:
    for folder in XTREME:
        plant(planter, folder, 0.9 if folder == "xnli" else 0.5)
    table = found(planter)["xtreme by its own rule"]
    cells = row(table, "seq_bn · target", "")
    assert list(cells)[3:] == [*XTREME, "classification", "tagging", "qa", "retrieval", "overall"]
    assert (cells["classification"], cells["qa"]) == ("70.0", "50.0")
    assert cells["overall"] == f"{(90 + 8 * 50) / 9:.1f}"


def test_the_numbers_of_a_suite_name_what_they_lack(planter: Any) -> None:
    for folder in XTREME:
        plant(planter, folder, 0.5)
    way = ("toyworld", "seq_bn", "target", "")
    whole = summaries(SUITES.get("xtreme"), load(planter.folders))
    assert (whole[way].overall, whole[way].missing) == (50, ())
    for folder in ("xnli", "mlqa"):
        plant(planter, folder, 0.5, composition="stack", source="squad", fewer=folder == "mlqa")
    part = summaries(SUITES.get("xtreme"), load(planter.folders))[
        "toyworld", "seq_bn", "stack", "squad"
    ]
    assert part.overall is None
    assert {"mlqa", "pawsx"} <= {*part.missing}
    assert "xnli" not in part.missing


def test_a_task_that_lacks_a_language_has_no_number(planter: Any) -> None:
    plant(planter, "xnli", 0.8, fewer=1)
    plant(planter, "pawsx", 0.5)
    plant(planter, "xnli", 0.7, composition="stack", source="squad")
    table = found(planter)["xtreme by its own rule"]
    assert row(table, "seq_bn · target", "")["xnli"] == MISSING
    assert row(table, "seq_bn · stack", "squad")["xnli"] == "70.0"


def test_retrieval_is_answered_by_the_source_as_it_is(planter: Any) -> None:
    plant(planter, "xnli", 0.7)
    plant(planter, "xnli", 0.8, composition="stack", source="squad")
    plant(planter, "tatoeba", 0.3, method="none", composition="zero")
    plant(planter, "tatoeba", 0.6, composition="zero", source="squad")
    table = found(planter)["xtreme by its own rule"]
    assert row(table, "seq_bn · target", "")["tatoeba"] == "30.0"
    assert row(table, "seq_bn · stack", "squad")["tatoeba"] == "60.0"
    assert len(table.groups[0][1]) == 2


def test_retrieval_alone_has_its_own_rows(planter: Any) -> None:
    plant(planter, "tatoeba", 0.3, method="none", composition="zero")
    plant(planter, "tatoeba", 0.6, composition="zero", source="squad")
    table = found(planter)["xtreme by its own rule"]
    assert row(table, "none · zero", "")["tatoeba"] == "30.0"
    assert row(table, "seq_bn · zero", "squad")["tatoeba"] == "60.0"
    assert "xtreme beside published numbers" not in found(planter)


def test_seeds_count_the_same(planter: Any) -> None:
    for seed, share in ((0, 0.6), (1, 0.8)):
        plant(planter, "xnli", share, seed=seed)
    assert row(found(planter)["xtreme by its own rule"], "seq_bn · target", "")["xnli"] == "70.0"


def test_published_numbers_stand_beside_ours_with_backbone_and_source(planter: Any) -> None:
    plant(planter, "xnli", 0.7)
    table = found(planter)["xtreme beside published numbers"]
    assert [name for name, _ in table.groups] == ["this recipe", "published"]
    assert table.heads[3:] == ("xnli accuracy",)
    assert row(table, "seq_bn · target", "")["xnli accuracy"] == "70.0"
    theirs = {cells[1]: cells for cells in table.groups[1][1]}
    assert theirs["XLM-R"] == ("XLM-R large", "XLM-R", "", "79.2")
    assert theirs["X-STILTs"][3] == "80.4"
    said = " ".join(table.footnotes)
    assert "mT5 README" in said and "https://" not in said
    assert "rembert" not in said.lower()
    assert (
        "in points (mean over the development sets): SQuAD +8.2; MNLI +7.5; HellaSwag +7.0;"
        f" all nine, multi-task +8.7. {UNVERIFIED}." in said
    )
    assert "(XTREME): the best model for each target +5.4. Read in: Phang et al. 2020" in said


def test_a_published_group_needs_all_of_ours(planter: Any) -> None:
    plant(planter, "xnli", 0.7)
    assert "classification" not in found(planter)["xtreme beside published numbers"].heads
    plant(planter, "pawsx", 0.9)
    table = found(planter)["xtreme beside published numbers"]
    assert row(table, "seq_bn · target", "")["classification"] == "80.0"


def test_xtreme_r_is_reported_per_task(planter: Any) -> None:
    [member] = [each for each in SUITES.get("xtreme-r").members if each.folder == "xcopa"]
    planter.add({code: [1.0, 0.0] for code in codes(member)}, target="xcopa", suite="xtreme-r")
    tables_ = found(planter)
    assert list(tables_) == ["xtreme-r by its own rule"]
    assert tables_["xtreme-r by its own rule"].heads[3:] == ("xcopa",)
    assert "overall" not in " ".join(tables_["xtreme-r by its own rule"].notes)


def test_the_pages_have_the_tables_and_the_other_tables_have_no_published_number(
    planter: Any, said: dict[str, Any], tmp_path: Path
) -> None:
    plant(planter, "xnli", 0.7)
    page = report.write(planter.folders, tmp_path / "out", **{**said, "english": "en"})
    text = page.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text.removeprefix("<!doctype html>\n"))
    sections = {node.findtext("h2"): node for node in root.iter("section")}
    assert "79.2" in "".join(sections["xtreme beside published numbers"].itertext())
    for title, section in sections.items():
        if title != "xtreme beside published numbers":
            assert "79.2" not in "".join(section.itertext())
    assert "https://" not in text
    markdown = (page.parent / "report.md").read_text(encoding="utf-8")
    assert "## xtreme by its own rule" in markdown
    assert "### published" in markdown
    assert "| XLM-R large | XLM-R |  | 79.2 |" in markdown
    assert "79.2" not in (page.parent / "scores.csv").read_text(encoding="utf-8")
