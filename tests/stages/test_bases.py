"""Which model of the Hub something stands on, as far as that can be told."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import client
from adapterstilts.core.records import RECORD, StageRecord, write_record
from adapterstilts.core.store import Store
from adapterstilts.publishing.item import Base
from adapterstilts.stages.bases import base_of, check_named, in_cache, unknown
from adapterstilts.stages.references import BACKBONE, Backbone
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

COMMIT, LATER = "1" * 40, "2" * 40
ID = "0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def trained(store: Store, commit: str) -> None:
    """Leave the record of a training on a commit of its backbone."""
    with store.writing("train", "mine", ID) as folder:
        record = StageRecord(
            id=ID,
            kind="train",
            version=1,
            slug="mine",
            identity={},
            needs={},
            resolved={"backbone": commit},
        )
        write_record(folder / RECORD, record)


def test_a_model_of_the_hub_has_its_id_and_the_commit_that_was_trained_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    store.pin("model someone/xlmr@main", LATER)
    trained(store, COMMIT)
    backbone = Backbone(name="someone/xlmr", revision="main")
    found = base_of(backbone, {}, store, ID)
    assert found == Base(title="someone/xlmr", id="someone/xlmr", revision=COMMIT)
    assert base_of(backbone, {}, store, "f" * 16).revision == LATER
    other = base_of(backbone, {}, store, ID, asked="someone/else")
    assert (other.id, other.revision) == ("someone/else", "")
    folder = tmp_path / "home/hub/models--someone--xlmr/snapshots" / COMMIT
    folder.mkdir(parents=True)
    assert base_of(backbone, {}, store, ID).folder == folder


def test_a_folder_of_a_cache_is_what_the_cache_says(tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    assert in_cache(cache / "models--a--b" / "snapshots" / COMMIT) == ("a/b", COMMIT)
    assert in_cache(cache / "models--gpt2" / "snapshots" / COMMIT) == ("gpt2", COMMIT)
    for strange in ("datasets--a--b", "models", "models--a--b--c"):
        assert in_cache(cache / strange / "snapshots" / COMMIT) == ("", "")
    assert in_cache(cache / "models--a--b" / "snapshots" / "main") == ("", "")
    assert in_cache(Path("/")) == ("", "")


def test_a_plain_folder_has_no_id_but_the_one_that_is_said(
    store: Store, tiny_backbone: Path
) -> None:
    backbone = Backbone(name=str(tiny_backbone), revision="digest")
    found = base_of(backbone, {}, store, ID)
    assert (found.title, found.id, found.folder) == ("tiny-xlmr", "", tiny_backbone)
    with pytest.raises(UsageError, match="'tiny-xlmr' is a folder"):
        check_named(found)
    said = base_of(backbone, {}, store, ID, asked="me/tiny")
    assert said.id == "me/tiny"
    check_named(said)


def test_the_embedded_backbone_is_its_own_name(store: Store) -> None:
    found = base_of(Backbone(name="toyworld", revision="digest"), {}, store, ID)
    assert (found.title, found.id) == ("toyworld", "toyworld")
    assert found.folder is not None
    assert (found.folder / "tokenizer.json").is_file()
    check_named(found)


def test_a_backbone_that_a_recipe_has_made_is_named_by_whoever_publishes(store: Store) -> None:
    trained(store, "")
    backbone = Backbone(name="toyworld+toy-mlm", revision="")
    found = base_of(backbone, {BACKBONE: ID}, store, "f" * 16)
    made = store.find(ID)
    assert made is not None
    assert (found.title, found.id, found.folder) == ("toyworld+toy-mlm", "", made / "model")
    with pytest.raises(UsageError, match="--base-model"):
        check_named(found)


def test_an_id_that_the_hub_does_not_know_is_told_after_one_question(
    hub: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.push("other/xlmr", {"config.json": "{}"}, kind="model")
    here = client.here()
    assert unknown(here, "other/xlmr") == ""
    said = unknown(here, "other/xmlr")
    assert said.startswith("there is no model 'other/xmlr' on the Hub, or it is private: ")
    assert "mend it with --base-model" in said
    assert [each.path for each in hub.requests] == [
        f"/api/models/other/{name}/revision/main" for name in ("xlmr", "xmlr")
    ]


def test_of_no_id_offline_and_where_the_hub_does_not_say_nothing_is_told(
    hub: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    here = client.here()
    for asked, by in (("", here), ("toyworld", here), ("a/b", replace(here, offline=True))):
        assert unknown(by, asked) == ""
    assert hub.requests == []
    hub.fault("/revision/main", status=503, times=-1)
    assert unknown(here, "a/b") == ""
    assert len(hub.requests) == 1
