import json
from dataclasses import fields

import pytest

from adapterstilts.modeling.composition import COMPOSITIONS, Composition
from adapterstilts.modeling.methods import METHODS, Method
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task

CATALOGUES = [
    ("tasks", TASKS, Task),
    ("methods", METHODS, Method),
    ("compositions", COMPOSITIONS, Composition),
]


@pytest.mark.parametrize(("command", "registry", "kind"), CATALOGUES)
def test_json_has_every_entry_with_its_declared_fields(cli, command, registry, kind) -> None:
    entries = json.loads(cli(command, "--json").out)
    assert [entry["name"] for entry in entries] == list(registry.names())
    assert entries
    for entry in entries:
        assert list(entry) == [each.name for each in fields(kind)]


@pytest.mark.parametrize(("command", "registry", "kind"), CATALOGUES)
def test_the_table_has_a_line_for_every_entry(cli, command, registry, kind) -> None:
    result = cli(command)
    assert (result.code, result.err) == (0, "")
    for name in registry.names():
        assert any(line.split()[:1] == [name] for line in result.out.splitlines())
