"""What a plan takes from the Hub, and what of it is not here."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import NoRoom, NotHere, Repository, Unreachable, client
from adapterstilts.core.store import Store
from adapterstilts.plan.needs import Kept, check, every, needs, wanted
from adapterstilts.plan.planner import Plan
from tests.hub.conftest import glue, xnli
from tests.hub.server import Hub

REAL = ("grid.0.targets=xnli", "grid.0.compositions=target", "languages=[en, sw]")
Planned = Callable[..., Plan]


def test_a_plan_of_the_toy_world_needs_nothing(planned: Planned) -> None:
    assert needs(planned().stages.values()) == []


def test_every_repository_is_needed_once_with_all_that_is_wanted_of_it(planned: Planned) -> None:
    plan = planned(*REAL, "revision=v1", backbone="someone/xlmr")
    found = {str(need.repository): need for need in needs(plan.stages.values())}
    assert set(found) == {
        "model someone/xlmr@v1",
        "dataset nyu-mll/glue@main",
        "dataset facebook/xnli@main",
    }
    assert {part.configs for part in found["dataset facebook/xnli@main"].parts} == {
        ("en",),
        ("sw",),
    }
    assert found["model someone/xlmr@v1"].parts == ()


def test_files_that_are_wanted_are_those_of_the_asked_splits_and_what_names_them(
    hub: Hub, planned: Planned
) -> None:
    hub.push("nyu-mll/glue", glue())
    hub.push("facebook/xnli", xnli())
    first, second = needs(planned(*REAL).stages.values())
    assert wanted(client.here(), first, None).names == (
        "README.md",
        "mnli/train-00000-of-00002.parquet",
        "mnli/train-00001-of-00002.parquet",
        "mnli/validation_matched-00000-of-00001.parquet",
    )
    assert wanted(client.here(), second, None).names == (
        "en/test-00000-of-00001.parquet",
        "sw/test-00000-of-00001.parquet",
    )


def test_pins_of_a_store_are_followed_and_none_is_added(
    hub: Hub, planned: Planned, tmp_path: Path
) -> None:
    old = hub.push("nyu-mll/glue", glue())
    hub.push("nyu-mll/glue", {})
    store = Store(tmp_path / "runs")
    store.pin("dataset nyu-mll/glue@main", old)
    need, _ = needs(planned(*REAL).stages.values())
    assert wanted(client.here(), need, Kept(store.pins())).listing.commit == old
    kept = Kept({})
    commit = client.here().pinned(need.repository, kept)
    assert commit != old
    assert kept.pins() == {}


@pytest.fixture
def offline(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> client.Hub:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return client.here()


def test_what_is_finished_needs_nothing_any_more(
    planned: Planned, offline: client.Hub, tmp_path: Path
) -> None:
    plan, store = planned(*REAL), Store(tmp_path / "runs")
    with pytest.raises(NotHere) as caught:
        check(plan, store, offline)
    assert "dataset nyu-mll/glue@main has not been fetched" in str(caught.value)
    for id, spec in plan.stages.items():
        if spec.kind == "prepare" and spec.config.task == "mnli":
            with store.writing(spec.kind, spec.slug, id) as folder:
                (folder / "x").write_text("")
    with pytest.raises(NotHere) as caught:
        check(plan, store, offline)
    assert "nyu-mll/glue" not in str(caught.value)
    assert "dataset facebook/xnli@main has not been fetched" in str(caught.value)


def test_online_what_the_hub_has_not_is_told_before_anything_runs(
    planned: Planned, hub: Hub, tmp_path: Path
) -> None:
    plan, store = planned(*REAL), Store(tmp_path / "runs")
    hub.push("nyu-mll/glue", {"glue.py": ""})
    hub.repository("facebook/xnli").tokens = frozenset({"hf_secret"})
    with pytest.raises(StiltsError) as caught:
        check(plan, store, client.here())
    one, other = str(caught.value).splitlines()
    assert "'nyu-mll/glue' has no parquet files" in one
    assert "there is no dataset 'facebook/xnli'" in other
    hub.push("nyu-mll/glue", glue())
    hub.push("facebook/xnli", xnli())
    hub.repository("facebook/xnli").tokens = frozenset()
    check(plan, store, client.here())
    assert not hub.asked("GET", ".parquet")
    assert store.pins() == {}


def test_all_that_cannot_be_had_is_told_at_once(planned: Planned, hub: Hub) -> None:
    found = needs(planned(*REAL, backbone="nobody/here").stages.values())
    hub.push("facebook/xnli", xnli())
    with pytest.raises(StiltsError) as caught:
        every(client.here(), found, None)
    one, other = str(caught.value).splitlines()
    assert "there is no model 'nobody/here'" in one
    assert "there is no dataset 'nyu-mll/glue'" in other
    data = [need for need in found if need.repository.name == "facebook/xnli"]
    assert [each.listing.repository.name for each in every(client.here(), data, None)] == [
        "facebook/xnli"
    ]


def test_a_full_disk_is_told_once(
    planned: Planned, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    hub.push("nyu-mll/glue", glue())
    hub.push("facebook/xnli", xnli())
    monkeypatch.setattr(os, "fsync", full)
    found = needs(planned(*REAL).stages.values())
    with pytest.raises(NoRoom, match="no space left for dataset 'nyu-mll/glue'") as caught:
        every(client.here(), found, None)
    assert "facebook/xnli" not in str(caught.value)


def test_a_hub_that_does_not_answer_is_told_once_with_all_that_is_lacking(
    planned: Planned, tmp_path: Path
) -> None:
    dead = client.Hub(cache=tmp_path, endpoint="http://127.0.0.1:9")
    plan = planned(*REAL)
    with pytest.raises(Unreachable) as caught:
        check(plan, Store(tmp_path / "runs"), dead)
    head, *lacking, tail = str(caught.value).splitlines()
    assert head == (
        "http://127.0.0.1:9 cannot be reached (Connection refused, 127.0.0.1), and not all that"
        f" {plan.recipe.path} needs is in {tmp_path}:"
    )
    assert [each.strip() for each in lacking] == [
        "dataset nyu-mll/glue@main has not been fetched",
        "dataset facebook/xnli@main has not been fetched",
    ]
    assert tail.startswith(f"run `adapterstilts fetch {plan.recipe.path} --to DIR` on a machine")


def test_without_network_a_request_names_the_command_that_fetches_what_it_lacks(
    planned: Planned, tmp_path: Path
) -> None:
    dead = client.Hub(cache=tmp_path, endpoint="http://127.0.0.1:9")
    plan = planned("grid.0.compositions=stack(hub(someone/nli@v1))", backbone="nam/e")
    asked = replace(plan, recipe=replace(plan.recipe, text=""))
    with pytest.raises(Unreachable) as caught:
        check(asked, Store(tmp_path / "runs"), dead)
    assert "run `adapterstilts fetch 'hub(nam/e)' 'hub(someone/nli@v1)' --to DIR`" in str(
        caught.value
    )


def test_what_is_in_the_cache_is_run_offline_and_the_hub_is_missed_for_the_rest(
    planned: Planned, hub: Hub, tmp_path: Path
) -> None:
    hub.push("nyu-mll/glue", glue())
    hub.push("facebook/xnli", xnli())
    plan, store, here = planned(*REAL), Store(tmp_path / "runs"), client.here()
    found = every(here, needs(plan.stages.values()), None)
    for each in found:
        here.fetch(each.listing, each.names)
    away = replace(client.here(), endpoint="http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="run again with --offline"):
        check(plan, store, away)
    for each in found:
        store.pin(str(each.listing.repository), each.listing.commit)
    check(plan, store, away)
    next(here.cache.rglob("snapshots/*/*/*.parquet")).unlink()
    with pytest.raises(Unreachable, match=r"lacks .*\.parquet"):
        check(plan, store, away)


def test_a_repository_is_known_by_what_was_asked_of_it() -> None:
    assert str(Repository(name="a/b", revision="v1", kind="model")) == "model a/b@v1"
