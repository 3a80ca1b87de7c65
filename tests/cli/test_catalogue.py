import json
import os
import re
from dataclasses import fields
from pathlib import Path

import pytest

from adapterstilts.core.suites import SUITES
from adapterstilts.modeling.composition import COMPOSITIONS, Composition
from adapterstilts.modeling.merges import RULES
from adapterstilts.modeling.methods import METHODS, Method
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task

CATALOGUES = [
    ("tasks", TASKS, Task, ["suites", "sizes", "translations"]),
    ("methods", METHODS, Method, ["trainable", "stored_bytes", "compositions", "merges"]),
    ("compositions", COMPOSITIONS, Composition, []),
]
README = Path(__file__).parents[2] / "README.md"
MARKED = re.compile(r"(<!-- tasks: .*? -->\n).*?(<!-- tasks end -->)", flags=re.DOTALL)
UPDATE = os.environ.get("ADAPTERSTILTS_UPDATE_GOLDEN") == "1"
each = pytest.mark.parametrize(("command", "registry", "kind", "more"), CATALOGUES)


@pytest.fixture
def entries(cli) -> dict[str, dict]:
    return {entry["name"]: entry for entry in json.loads(cli("tasks", "--json").out)}


@each
def test_json_has_every_entry_with_its_declared_fields(cli, command, registry, kind, more) -> None:
    found = json.loads(cli(command, "--json").out)
    assert [entry["name"] for entry in found] == list(registry.names())
    assert found
    for entry in found:
        assert list(entry) == [each.name for each in fields(kind)] + more


@each
def test_the_table_has_a_line_for_every_entry(cli, command, registry, kind, more) -> None:
    result = cli(command)
    assert (result.code, result.err) == (0, "")
    for name in registry.names():
        assert any(line.split()[:1] == [name] for line in result.out.splitlines())


def test_a_method_says_what_it_trains_and_where_it_can_be(cli) -> None:
    found = {entry["name"]: entry for entry in json.loads(cli("methods", "--json").out)}
    # 12 (24) bottlenecks of 48 (64): two matrices and two biases each.
    assert found["seq_bn"]["trainable"] == {"base": 894_528, "large": 3_171_840}
    assert found["seq_bn"]["stored_bytes"]["base"] == 4 * 894_528
    assert found["seq_bn"]["compositions"] == list(COMPOSITIONS.names())
    assert "fuse" not in found["lora"]["compositions"]
    assert found["none"]["trainable"] == {"base": 0, "large": 0}
    assert found["seq_bn"]["merges"] == ["linear"]
    assert found["lora"]["merges"] == list(RULES)
    assert found["none"]["merges"] == []


def test_the_table_of_tasks_is_no_wider_than_its_place(cli) -> None:
    lines = cli("tasks").out.splitlines()
    assert len(lines) == 1 + len(TASKS)


def test_a_task_says_which_suites_count_it(entries) -> None:
    assert entries["xnli"]["suites"] == ["xtreme", "xtreme-r"]
    assert entries["udpos-xr"]["suites"] == ["xtreme-r"]
    assert entries["hellaswag"]["suites"][0] == entries["hellaswag"]["suite"]
    for suite in SUITES.values():
        named = {name for name, entry in entries.items() if suite.name in entry["suites"]}
        assert named == {member.task for member in suite.members}


def test_a_task_says_which_languages_its_training_rows_are_translated_into(entries) -> None:
    assert {"de", "sw"} <= set(entries["mnli"]["translations"])
    assert entries["mnli"]["translated"]["hub"]["repository"] == "facebook/xnli"
    assert entries["panx"]["translations"] == []
    assert (entries["panx"]["translated"], entries["toy-nli"]["translated"]) == (None, None)
    assert "qab" in entries["toy-nli"]["translations"]


def test_a_task_says_where_its_data_are_and_what_of_it(entries) -> None:
    data = entries["xnli"]["data"]
    assert data["kind"] == "real"
    assert data["hub"]["repository"] == "facebook/xnli"
    assert data["hub"]["revision"] == "main"
    assert data["raw"] and all(one["files"] for one in data["raw"])
    assert entries["anli-plus"]["data"]["kind"] == "joined"
    assert entries["toy-nli"]["data"]["kind"] == "toy"


def test_a_task_that_the_hub_has_nothing_right_for_says_why(entries) -> None:
    real = [entry for entry in entries.values() if entry["data"]["kind"] == "real"]
    without = {entry["name"]: entry for entry in real if entry["data"]["hub"] is None}
    assert {"bucc2018", "udpos", "ccg"} <= without.keys()
    assert all(entry["data"]["refusal"] for entry in without.values())


def test_every_task_says_its_sizes_licence_citation_and_languages(entries) -> None:
    for entry in entries.values():
        assert entry["sizes"] == entry["data"]["sizes"]
        assert set(entry["sizes"]) <= {"train", "dev", "test", "pool"}
        # Any text has no official size, and translations may lose rows that nobody counted.
        assert entry["sizes"] or entry["name"] in {"mlm", "m-arc", "m-hellaswag"}
        assert entry["licence"] and entry["citation"] and entry["languages"]
        assert entry["primary"] in entry["metrics"]


def test_the_readme_has_the_table_of_tasks(cli) -> None:
    table = cli("tasks", "--markdown").out
    text = README.read_text(encoding="utf-8")
    assert len(MARKED.findall(text)) == 1
    written = MARKED.sub(lambda found: found[1] + table + found[2], text)
    if UPDATE:
        README.write_text(written, encoding="utf-8")
        text = written
    assert text == written, (
        "the catalogue changed: if that was meant, run the tests with ADAPTERSTILTS_UPDATE_GOLDEN=1"
    )


def test_the_table_in_the_readme_has_every_real_task_and_no_toy(cli) -> None:
    rows = cli("tasks", "--markdown").out.splitlines()
    heads, *rest = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    assert heads[0] == "task"
    names = [cells[0].strip("`") for cells in rest[1:]]
    assert names == [name for name in TASKS.names() if not name.startswith("toy-")]
    assert {len(cells) for cells in rest} == {len(heads)}
    row = dict(zip(heads, next(cells for cells in rest if cells[0] == "`xcopa`"), strict=True))
    assert row["trained on"] == "`siqa`, then `copa`"
    assert row["languages"] == "11"
