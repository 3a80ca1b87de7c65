"""Adapters of other people on a Hub of our own: checked before anything runs, pinned, fetched."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig
from safetensors.torch import load_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import NotHere, client
from adapterstilts.core.store import Store
from adapterstilts.plan.misfits import misfits
from adapterstilts.plan.needs import Kept, check
from adapterstilts.plan.places import places
from adapterstilts.plan.planner import Plan
from tests.hub.conftest import BACKBONE, RECIPE, Said, records
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import (
    changed,
    files,
    made,
    peft_saved,
    plain_model,
    saved,
)

Cli = Callable[..., Said]
Planned = Callable[..., Plan]
NAME = "someone/nli"
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def folder(theirs: Path, tmp_path: Path) -> Path:
    """Return a copy of it that a test may spoil."""
    return Path(shutil.copytree(theirs, tmp_path / "copy"))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Return a recipe whose source is on the Hub."""
    path = tmp_path / "adopted.yaml"
    way = f'["stack(hub({NAME}))", "zero(hub({NAME}))"]'
    path.write_text(RECIPE.replace("compositions: target", f"compositions: {way}"))
    return path


def planned_with(planned: Planned, *ways: str, **other: Any) -> Plan:
    """Return a plan on the tiny backbone of ways to use adapters."""
    return planned(f"grid.0.compositions={json.dumps(ways)}", "grid.0.targets=toy-xnli", **other)


def told(plan: Plan, folder: Path) -> str:
    """Return why a plan is refused before anything of it is run."""
    store = Store(folder / "runs")
    with pytest.raises(StiltsError) as caught:
        check(plan, store, client.here())
    assert store.pins() == {}
    assert not list(store.root.glob("*-*"))
    return str(caught.value)


def test_a_run_pins_the_commit_and_takes_over_every_bit(
    stocked: Hub, recipe: Path, theirs: Path, cli: Cli, tmp_path: Path
) -> None:
    commit = stocked.push(NAME, {**files(theirs), "README.md": "# Mine"}, kind="model")
    done = cli("run", recipe, "--json")
    assert done.code == 0, done.err
    (record,) = records(tmp_path / "runs", "adopt-*")
    assert record["resolved"]["commit"] == commit
    assert record["resolved"]["head"] == "sequence"
    pins = json.loads((tmp_path / "runs" / "pins.json").read_text())
    assert pins[f"model {NAME}@main"] == commit
    (left,) = (tmp_path / "runs").glob("adopt-*/adapter/adapter.safetensors")
    before, after = load_file(theirs / left.name), load_file(left)
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert not stocked.asked("GET", f"{NAME}/resolve/{commit}/README.md")
    stocked.push(NAME, {"README.md": "gone"}, kind="model")
    again = cli("run", recipe, "--set", "training.default.steps=3", "--json")
    assert again.code == 0, again.err
    assert len(records(tmp_path / "runs", "adopt-*")) == 1


def test_what_was_fetched_runs_without_network(
    stocked: Hub, recipe: Path, theirs: Path, cli: Cli, tmp_path: Path
) -> None:
    stocked.push(NAME, {**files(theirs), "pytorch_adapter.bin": b"never touched"}, kind="model")
    there = tmp_path / "there"
    fetched = json.loads(cli("fetch", recipe, "--to", there, "--json").out)
    (mine,) = [each for each in fetched["repositories"] if each["repository"] == NAME]
    assert [file["name"] for file in mine["files"]] == [
        "adapter_config.json",
        "head_config.json",
        "adapter.safetensors",
        "model_head.safetensors",
    ]
    done = cli("run", recipe, "--offline", HF_HOME=str(there), HF_ENDPOINT=DEAD)
    assert done.code == 0, done.err
    (weights,) = there.rglob("adapter.safetensors")
    weights.unlink()
    lacking = cli("run", recipe, "--offline", "--store", tmp_path / "new", HF_HOME=str(there))
    assert lacking.code == 1
    assert f"model {NAME}@main lacks adapter.safetensors" in lacking.err


def test_an_adapter_that_another_program_has_fetched_is_there_too(
    hub: Hub, theirs: Path, planned: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import snapshot_download

    plan = planned_with(planned, f"stack(hub({NAME}))")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(NotHere, match=f"model {NAME}@main has not been fetched"):
        check(plan, Store(tmp_path / "runs"), client.here())
    monkeypatch.delenv("HF_HUB_OFFLINE")
    hub.push(NAME, files(theirs), kind="model")
    snapshot_download(NAME, cache_dir=client.here().cache, endpoint=hub.url)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    check(plan, Store(tmp_path / "runs"), client.here())


def test_only_pickles_are_refused_by_the_list_of_files_alone(
    hub: Hub, tiny_backbone: Path, planned: Planned, tmp_path: Path
) -> None:
    pickled = saved(tmp_path / "pickled", plain_model(tiny_backbone), safely=False)
    hub.push(NAME, files(pickled), kind="model")
    why = told(planned_with(planned, f"stack(hub({NAME}))"), tmp_path)
    assert f"refused model {NAME}@main: it has pickles only (pytorch_adapter.bin" in why
    assert "model.save_adapter(…, use_safetensors=True)" in why
    assert not hub.asked("GET", ".bin")


def test_an_adapter_of_peft_is_refused_where_another_library_is_asked_for(
    hub: Hub, tiny_backbone: Path, planned: Planned, tmp_path: Path
) -> None:
    config = LoraConfig(r=4, target_modules=["query", "value"], task_type="SEQ_CLS")
    hub.push(NAME, files(peft_saved(tmp_path / "p", tiny_backbone, config)), kind="model")
    why = told(planned_with(planned, f"stack(hub({NAME}))"), tmp_path)
    assert f"hub({NAME}) is of method 'peft:lora[r=4]', and 'seq_bn' is asked for" in why
    assert not hub.asked("GET", ".safetensors")
    plan = planned(
        f'grid.0.compositions=["continue(hub({NAME}))"]', "grid.0.methods=peft:lora[r=4]"
    )
    check(plan, Store(tmp_path / "runs"), client.here())


def cut(folder: Path) -> None:
    path = folder / "adapter.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def swollen(folder: Path) -> None:
    with (folder / "adapter_config.json").open("ab") as stream:
        stream.write(b" " * 2_000_000)


@pytest.mark.parametrize(
    ("spoil", "why", "read"),
    [
        (cut, "is broken: it should have", True),
        (swollen, "adapter_config.json has 2,", False),
        (
            lambda folder: changed(folder, hidden_size=768),
            "its hidden size is 768, the backbone's 64",
            False,
        ),
        (
            lambda folder: changed(folder, model_type="bert"),
            "its architecture is bert, the backbone's xlm-roberta",
            False,
        ),
        (
            lambda folder: made(folder, is_parallel=True),
            r"its 'original_ln_before' is True, and par_bn has False|'is_parallel' is True",
            False,
        ),
        (
            lambda folder: made(folder, reduction_factor=[8]),
            "its 'reduction_factor' is wrong",
            False,
        ),
        (lambda folder: changed(folder, surprise=1), "has 'surprise', which adapters 1.3", False),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(
    hub: Hub,
    folder: Path,
    planned: Planned,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    why: str,
    read: bool,
) -> None:
    spoil(folder)
    hub.push(NAME, files(folder), kind="model")
    said = told(planned_with(planned, f"stack(hub({NAME}))"), tmp_path)
    assert re.search(why, said), said
    assert bool(hub.asked("GET", "adapter.safetensors")) is read


def test_another_size_is_refused_by_a_backbone_of_the_hub_too(
    stocked: Hub, folder: Path, planned: Planned, tmp_path: Path
) -> None:
    changed(folder, hidden_size=768)
    stocked.push(NAME, files(folder), kind="model")
    plan = planned_with(planned, f"stack(hub({NAME}))", backbone=BACKBONE)
    assert "its hidden size is 768, the backbone's 64" in told(plan, tmp_path)
    assert not stocked.asked("GET", "model.safetensors")
    local = planned_with(planned, f"stack(path({folder}))", backbone=BACKBONE)
    assert "its hidden size is 768, the backbone's 64" in told(local, tmp_path)


def test_a_head_that_cannot_answer_the_target_is_told_before_anything_runs(
    hub: Hub, theirs: Path, planned: Planned, tmp_path: Path
) -> None:
    hub.push(NAME, files(theirs), kind="model")
    plan = planned(
        f'grid.0.compositions=["zero(hub({NAME}))"]', "grid.0.targets=[toy-xnli, toy-xquad]"
    )
    why = told(plan, tmp_path).splitlines()
    assert any(f"hub({NAME}) cannot answer 'toy-xquad' as it is, for its head is" in x for x in why)
    assert any(f"as in stack(hub({NAME}))" in line for line in why)


def test_a_path_trick_in_a_file_name_is_never_looked_at(
    hub: Hub, theirs: Path, planned: Planned, tmp_path: Path
) -> None:
    hub.push(NAME, {**files(theirs), "..\\..\\evil.safetensors": b"evil"}, kind="model")
    plan, store = planned_with(planned, f"stack(hub({NAME}))"), Store(tmp_path / "runs")
    check(plan, store, client.here())
    assert not hub.asked("GET", "evil.safetensors")
    hub.push("someone/none", {"..\\adapter_config.json": "{}"}, kind="model")
    why = told(planned_with(planned, "stack(hub(someone/none))"), tmp_path)
    assert "model someone/none@main holds no adapter" in why


def test_what_is_missing_private_or_gated_is_told_as_for_backbones(
    hub: Hub, theirs: Path, planned: Planned, tmp_path: Path
) -> None:
    for name in ("someone/private", "someone/gated"):
        hub.push(name, files(theirs), kind="model")
    hub.repository("someone/private", kind="model").tokens = frozenset({"hf_x"})
    hub.repository("someone/gated", kind="model").gated = True
    names = ("nobody/here", "someone/private", "someone/gated")
    why = told(planned_with(planned, *(f"stack(hub({name}))" for name in names)), tmp_path)
    assert "there is no model 'nobody/here' on the Hub" in why
    assert "there is no model 'someone/private' on the Hub" in why
    assert "model 'someone/gated' is only for those who have accepted its terms" in why


def test_a_plan_shows_where_adapters_come_from(planned: Planned, theirs: Path) -> None:
    plan = planned_with(planned, f"stack(hub({NAME}@v1))", f"stack(path({theirs}))")
    found = places(plan.stages.values(), {f"model {NAME}@v1": "c" * 40})
    assert [(each.name, each.place, each.commit) for each in found] == [
        (f"hub({NAME}@v1)", f"{NAME} on the Hub, revision v1", "c" * 40),
        (f"path({theirs})", str(theirs), ""),
    ]


def test_what_is_finished_needs_no_adapter_any_more(
    hub: Hub, planned: Planned, tmp_path: Path
) -> None:
    plan, store = planned_with(planned, f"stack(hub({NAME}))"), Store(tmp_path / "runs")
    (id,) = (id for id, spec in plan.stages.items() if spec.kind == "adopt")
    with store.writing("adopt", "x", id) as out:
        (out / "x").write_text("")
    check(plan, store, client.here())
    assert misfits(plan, store, client.here(), Kept({}), ()) == []
    assert not hub.requests
