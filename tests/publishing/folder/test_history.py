"""`records.json` says where a thing comes from, and a reader believes nothing else of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.records import PUBLISHED
from adapterstilts.publishing.folder import history
from adapterstilts.publishing.item import Item
from adapterstilts.publishing.scrubbing.items import scrubber_of
from tests.publishing.conftest import BASE, Grid


@pytest.fixture
def document(grid: Grid) -> dict[str, Any]:
    """Return what is said of a stack, to be changed."""
    item = grid.one("toy-xnli seq_bn/stack(average(toy-nli, toy-squad))")
    return history.document(item, scrubber_of(item), {"own": 3}, files=["b", "a"])


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    """Return what leaves a document as a file."""

    def of(said: Any) -> Path:
        path = tmp_path / PUBLISHED
        path.write_text(said if isinstance(said, str) else history.text(said), encoding="utf-8")
        return path

    return of


def test_what_is_written_is_read_back(
    grid: Grid, document: dict[str, Any], written: Callable[[Any], Path], tiny_backbone: Path
) -> None:
    item: Item = grid.one("toy-xnli seq_bn/stack(average(toy-nli, toy-squad))")

    found = history.read_records(written(document))

    assert (found.expression, found.way) == (item.expression, item.way)
    assert found.own.record == item.own.record
    assert [each.record for each in found.sources] == [each.record for each in item.sources]
    assert [each.record for each in found.before] == [each.record for each in item.before]
    assert found.rows == {"own": 3}
    assert found.base["id"] == BASE
    assert found.base["tokenizer"] == file_digest(tiny_backbone / "tokenizer.json")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda said: said.update(schema="adapterstilts/score"), "is of schema adapterstilts/sc"),
        (lambda said: said.update(version=99), "version 99"),
        (lambda said: said.pop("own"), "it lacks 'own'"),
        (lambda said: said.update(sources={}), "'sources' is dict"),
        (lambda said: said.update(sources=[[]]), "it lacks 'record'"),
        (lambda said: said["own"].update(name=3), "'name' is int"),
        (lambda said: said["own"]["record"].update(version=True), "'version' in record is True"),
        (lambda said: said["own"]["record"].update(more=1), "'more' in record is 1"),
        (lambda said: said["own"]["record"]["needs"].update(dev=1), "'dev' in needs is 1"),
        (lambda said: said["own"]["record"]["costs"].update(more=1), "'more' in costs is 1"),
        (
            lambda said: said["own"]["record"]["costs"].update(train_seconds="1"),
            "'train_seconds' in costs is '1'",
        ),
        (lambda said: said["base"].update(id=None), "'id' is NoneType"),
        (lambda said: said["rows"].update(own="3"), "'own' is str"),
        (lambda said: said["rows"].update(own=True), "'own' is bool"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused_with_the_reason(
    change: Callable[[dict[str, Any]], Any],
    reason: str,
    document: dict[str, Any],
    written: Callable[[Any], Path],
) -> None:
    said = json.loads(json.dumps(document))
    change(said)

    with pytest.raises(StiltsError, match=reason):
        history.read_records(written(said))


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        '{"schema": 1, "schema": 2}',
        '{"a":' * 20_000,
        '"' + "x" * 2**22 + '"',
        '{"a": NaN}',
    ],
    ids=["list", "half", "twice", "deep", "long", "nan"],
)
def test_what_is_no_document_is_refused(content: str, written: Callable[[Any], Path]) -> None:
    with pytest.raises(StiltsError, match="JSON"):
        history.read_records(written(content))


def test_a_backbone_whose_tokenizer_is_not_here_has_no_digest_of_it(grid: Grid) -> None:
    item = grid.one("toy-xnli seq_bn/target")
    apart = replace(item, base=replace(item.base, folder=None))

    assert history.document(apart, scrubber_of(apart), {})["base"]["tokenizer"] == ""
