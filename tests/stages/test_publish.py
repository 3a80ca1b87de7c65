"""The stage that publishes: what it leaves on the Hub and in the store, and when it runs again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.plan.planner import Plan
from adapterstilts.stages import run
from adapterstilts.stages.index import Index
from adapterstilts.stages.publish import CARD, CONTENTS, Publish
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served
from tests.stages.conftest import RUNTIME, Finished

STACK = "someone/x-toy-xnli-seq_bn-stack-toy-nli"
TO = "publish={to: someone/x, base_model: someone/tiny, what: toy-xnli}"


def stage(plan: Plan, name: str = STACK) -> StageSpec:
    return next(
        spec
        for spec in plan.stages.values()
        if isinstance(spec.config, Publish) and spec.config.repository == name
    )


def done(spec: StageSpec, store: Store) -> Path:
    """Return the folder of a stage that is run now."""
    heard: list[tuple[int, int, str]] = []
    run.run(spec, store, RUNTIME, lambda *news: heard.append(news))
    path = store.find(spec.id)
    assert path is not None
    return path


@pytest.fixture
def token(hub: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process have the token of somebody who may write."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)


@pytest.mark.usefixtures("token")
def test_what_is_published_is_on_the_hub_and_its_card_in_the_store(
    planned: Callable[..., Plan], finished: Finished, hub: Served
) -> None:
    spec = stage(planned(TO, "publish.collection=XSTILTs"))
    path = done(spec, finished.store)
    held = hub.repository(STACK, kind="model").files()
    del held[".gitattributes"]
    assert {"README.md", "adapter_setup.json", "scores.jsonl", "records.json"} <= set(held)
    assert (path / CARD).read_bytes() == held["README.md"]
    contents = json.loads((path / CONTENTS).read_text())
    assert {name: each["bytes"] for name, each in contents.items()} == {
        name: len(content) for name, content in held.items()
    }
    assert {each.name for each in path.iterdir()} >= {CARD, CONTENTS, RECORD}
    assert not any(each.suffix == ".safetensors" for each in path.rglob("*"))
    record = read_record(path / RECORD)
    assert record.resolved["url"] == f"{hub.url}/{STACK}"
    assert record.resolved["commit"] == hub.repository(STACK, kind="model").branches["main"]
    assert record.resolved["bytes"] == sum(map(len, held.values()))
    assert record.resolved["collection"].startswith(f"{hub.url}/collections/someone/xstilts-")
    rows = [json.loads(line) for line in held["scores.jsonl"].splitlines()]
    assert {row["composition"] for row in rows if "value" in row} == {"stack", "target"}
    whole = b"".join(held.values()) + (path / RECORD).read_bytes()
    assert TOKEN.encode() not in whole
    assert str(finished.store.root).encode() not in whole


@pytest.mark.usefixtures("token")
def test_two_that_go_into_one_collection_are_in_one(
    planned: Callable[..., Plan], finished: Finished, hub: Served
) -> None:
    plan = planned(TO, "publish.collection=Both", "publish.private=true")
    names = (STACK, "someone/x-toy-xnli-seq_bn-target")
    pages = {
        read_record(done(stage(plan, name), finished.store) / RECORD).resolved["collection"]
        for name in names
    }
    assert len(pages) == 1
    assert all(hub.repository(name, kind="model").private for name in names)


@pytest.mark.usefixtures("token")
def test_what_could_not_be_sent_is_no_stage_and_is_sent_the_next_time(
    planned: Callable[..., Plan], finished: Finished, hub: Served
) -> None:
    spec = stage(planned(TO, "publish.revision=v3"))
    hub.fault("*/commit/*", method="POST", status=403, message="No more room")
    with pytest.raises(StiltsError, match="403: No more room"):
        done(spec, finished.store)
    assert finished.store.find(spec.id) is None
    path = done(spec, finished.store)
    commit = read_record(path / RECORD).resolved["commit"]
    assert hub.repository(STACK, kind="model").branches["v3"] == commit
    assert not (finished.store.work(spec.id) / "folder").exists()


@pytest.mark.usefixtures("token")
def test_an_index_leads_to_all_and_is_sent_again_only_where_it_differs(
    planned: Callable[..., Plan], finished: Finished, hub: Served
) -> None:
    plan = planned(TO, "publish.collection=Whole")
    members = [spec for spec in plan.stages.values() if isinstance(spec.config, Publish)]
    (spec,) = (spec for spec in plan.stages.values() if isinstance(spec.config, Index))
    for each in members:
        done(each, finished.store)
    hub.fault("*/commit/*", method="POST", status=403, message="No more room")
    with pytest.raises(StiltsError, match="403: No more room"):
        done(spec, finished.store)
    record = read_record(done(spec, finished.store) / RECORD)
    held = hub.repository("someone/x", kind="model")
    card = held.files()["README.md"].decode()
    assert all(f"](https://huggingface.co/{each.config.repository})" in card for each in members)
    assert {"README.md", "scores.jsonl", "records.json"} <= held.files().keys()
    assert record.resolved["collection"].startswith(f"{hub.url}/collections/someone/whole-")
    # Where another store says the same nothing is sent.
    finished.store.remove(spec.id)
    again = read_record(done(spec, finished.store) / RECORD)
    assert (again.resolved["commit"], again.resolved["sent"]) == (record.resolved["commit"], 0)


def config(**changes: Any) -> Publish:
    usual = {
        "repository": "me/x-xnli",
        "expression": "xnli",
        "way": "seq_bn/target",
        "backbone": Backbone(name="someone/xlmr", revision="main"),
    }
    return Publish(**(usual | changes))


@pytest.mark.parametrize(
    "change",
    [
        {"repository": "me/y"},
        {"revision": "v2"},
        {"licence": "mit"},
        {"base_model": "someone/else"},
        {"private": True},
        {"collection": "All"},
        {"way": "lora/target"},
    ],
)
def test_what_changes_the_publication_is_another_stage(change: dict[str, Any]) -> None:
    assert StageSpec(config(**change)).id != StageSpec(config()).id


def test_a_recipe_that_is_worded_otherwise_is_the_same_publication() -> None:
    assert StageSpec(config(recipe="question: Why?\n")).id == StageSpec(config()).id
    assert config().slug == "me-x-xnli"
