"""Blocks of adapters and full models on a Hub of our own: what of them is fetched, and refused."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import client
from adapterstilts.core.store import Store
from adapterstilts.plan.needs import check, needs, wanted
from adapterstilts.plan.planner import Plan
from tests.hub.conftest import RECIPE, Said, records
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import changed
from tests.modeling.foreign_blocks import (
    FUSE,
    NESTED,
    STACK,
    block_model,
    block_saved,
    whole_model,
    whole_saved,
)

Cli = Callable[..., Said]
Planned = Callable[..., Plan]
NAME = "someone/mine"
DEAD = "http://127.0.0.1:9"
JUNK = {
    "README.md": "# Mine",
    "modeling.py": "raise SystemExit('a script was run')",
    "training_args.bin": b"never touched",
    "nli/pytorch_adapter.bin": b"never touched",
    "nli/deeper/adapter.safetensors": b"never touched",
    "other/optimizer.pt": b"never touched",
}


def files(folder: Path) -> Mapping[str, Any]:
    """Return every file of a folder by its path in it."""
    every = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in every}


@pytest.fixture(scope="module")
def nested(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a stack over a fusion, to be read only."""
    return block_saved(tmp_path_factory.mktemp("x") / "mine", block_model(tiny_backbone, NESTED))


@pytest.fixture(scope="module")
def whole(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a full model, to be read only."""
    folder = tmp_path_factory.mktemp("x") / "mine"
    return whole_saved(folder, tiny_backbone, whole_model(tiny_backbone))


def planned_with(planned: Planned, *ways: str, method: str = "seq_bn") -> Plan:
    return planned(
        f"grid.0.compositions={json.dumps(ways)}",
        "grid.0.targets=toy-xnli",
        f"grid.0.methods={method}",
    )


def told(plan: Plan, folder: Path) -> str:
    """Return why a plan is refused before anything of it is run."""
    store = Store(folder / "runs")
    with pytest.raises(StiltsError) as caught:
        check(plan, store, client.here())
    assert not list(store.root.glob("*-*"))
    return str(caught.value)


def names_of(plan: Plan) -> tuple[str, ...]:
    """Return the files that are wanted of the one repository of a plan."""
    (need,) = needs(plan.stages.values())
    return wanted(client.here(), need, None).names


def test_of_a_block_its_own_files_are_fetched_and_no_others(
    hub: Hub, nested: Path, planned: Planned, tmp_path: Path
) -> None:
    hub.push(NAME, {**files(nested), **JUNK}, kind="model")
    plan = planned_with(planned, f"zero(hub({NAME}))")
    assert sorted(names_of(plan)) == sorted(files(nested))
    check(plan, Store(tmp_path / "runs"), client.here())
    for name in JUNK:
        assert not hub.asked("GET", f"/{name}")


def test_of_a_full_model_its_own_files_are_fetched_and_no_others(
    hub: Hub, whole: Path, planned: Planned, tmp_path: Path
) -> None:
    junk = {**JUNK, "pytorch_model.bin": b"never touched", "adapter.safetensors": b"x"}
    hub.push(NAME, {**files(whole), **junk}, kind="model")
    plan = planned_with(planned, f"zero(hub({NAME}))", f"continue(hub({NAME}))", method="full")
    assert names_of(plan) == ("config.json", "tokenizer.json", "model.safetensors")
    check(plan, Store(tmp_path / "runs"), client.here())
    for name in junk:
        assert not hub.asked("GET", f"/{name}")


def test_a_block_of_the_hub_runs_is_pinned_and_runs_again_without_network(
    stocked: Hub, nested: Path, cli: Cli, tmp_path: Path
) -> None:
    commit = stocked.push(NAME, files(nested), kind="model", branch="v1")
    recipe = tmp_path / "block.yaml"
    ways = f'["zero(hub({NAME}@v1))", "stack(hub({NAME}@v1))"]'
    recipe.write_text(RECIPE.replace("compositions: target", f"compositions: {ways}"))
    there = tmp_path / "there"
    fetched = json.loads(cli("fetch", recipe, "--to", there, "--json").out)
    (mine,) = [each for each in fetched["repositories"] if each["repository"] == NAME]
    assert sorted(file["name"] for file in mine["files"]) == sorted(files(nested))
    done = cli("run", recipe, "--offline", HF_HOME=str(there), HF_ENDPOINT=DEAD)
    assert done.code == 0, done.err
    (record,) = records(tmp_path / "runs", "adopt-*")
    assert record["resolved"]["commit"] == commit
    assert record["resolved"]["block"] == "Stack(swag, Fuse(nli, squad), mine)"
    assert record["identity"]["from"] == {"name": NAME, "revision": "v1"}
    pins = json.loads((tmp_path / "runs" / "pins.json").read_text())
    assert pins[f"model {NAME}@v1"] == commit
    (weights,) = there.rglob("nli,squad/model_adapter_fusion.safetensors")
    weights.unlink()
    lacking = cli("run", recipe, "--offline", "--store", tmp_path / "new", HF_HOME=str(there))
    assert lacking.code == 1
    assert "lacks nli,squad/model_adapter_fusion.safetensors" in lacking.err


@pytest.mark.parametrize(
    ("pickle", "how"),
    [
        ("nli/pytorch_adapter.bin", "model.load_adapter(…) and model.save_adapter(…"),
        ("nli,squad/pytorch_model_adapter_fusion.bin", "model.save_adapter_setup(…"),
        ("mine/pytorch_model_head.bin", "model.save_head(…, use_safetensors=True)"),
    ],
)
def test_a_block_with_a_pickle_in_it_is_refused_by_its_list_alone(
    hub: Hub, nested: Path, planned: Planned, tmp_path: Path, pickle: str, how: str
) -> None:
    part = pickle.rpartition("/")[2].replace("pytorch_", "").replace(".bin", ".safetensors")
    place = f"{pickle.partition('/')[0]}/{part}"
    kept = {name: path for name, path in files(nested).items() if name != place}
    hub.push(NAME, {**kept, pickle: b"never touched"}, kind="model")
    why = told(planned_with(planned, f"zero(hub({NAME}))"), tmp_path)
    assert f"refused model {NAME}@main: it has pickles only ({pickle})" in why
    assert how in why
    assert not hub.asked("GET", ".bin")
    assert not hub.asked("GET", ".safetensors")


def test_a_full_model_in_a_pickle_is_refused_by_its_list_alone(
    hub: Hub, whole: Path, planned: Planned, tmp_path: Path
) -> None:
    kept = {name: path for name, path in files(whole).items() if name != "model.safetensors"}
    hub.push(NAME, {**kept, "pytorch_model.bin": b"never touched"}, kind="model")
    why = told(planned_with(planned, f"zero(hub({NAME}))", method="full"), tmp_path)
    assert "it has pickles only (pytorch_model.bin), and nothing is unpickled here" in why
    assert "model.save_pretrained(…, safe_serialization=True) of `transformers`" in why


def test_what_configurations_say_is_refused_before_weights_are_fetched(
    hub: Hub, nested: Path, whole: Path, planned: Planned, tmp_path: Path
) -> None:
    hub.push("someone/block", files(nested), kind="model")
    hub.push("someone/whole", files(whole), kind="model")
    other = Path(shutil.copytree(whole, tmp_path / "other"))
    changed(other, "config.json", hidden_size=1024)
    hub.push("someone/large", files(other), kind="model")
    for way, method, why in [
        ("zero(hub(someone/block))", "lora", "(swag) is of method 'seq_bn', and 'lora' is asked"),
        ("zero(hub(someone/whole))", "seq_bn", "is a full model, and 'seq_bn' is asked for"),
        ("zero(hub(someone/large))", "full", "its hidden_size is 1024, the backbone's 64"),
        ("continue(hub(someone/block))", "seq_bn", "mine), several modules"),
    ]:
        assert why in told(planned_with(planned, way, method=method), tmp_path)
    assert not hub.asked("GET", ".safetensors")


def test_where_a_block_cannot_stand_is_told_before_anything_runs(
    hub: Hub, tiny_backbone: Path, planned: Planned, tmp_path: Path
) -> None:
    for name, block in (("fuse", FUSE), ("stack", STACK)):
        folder = block_saved(tmp_path / name, block_model(tiny_backbone, block))
        hub.push(f"someone/{name}", files(folder), kind="model")
    plan = planned_with(planned, "fuse(hub(someone/fuse), toy-squad)")
    assert "hub(someone/fuse) is Fuse(nli, squad), and here it would be a fusion in a fusion" in (
        told(plan, tmp_path)
    )
    fine = planned_with(planned, "fuse(hub(someone/stack), toy-squad)", "stack(hub(someone/fuse))")
    check(fine, Store(tmp_path / "runs"), client.here())


def test_a_file_that_the_list_lacks_is_named(
    hub: Hub, nested: Path, planned: Planned, tmp_path: Path
) -> None:
    kept = {name: path for name, path in files(nested).items() if not name.startswith("squad/")}
    hub.push(NAME, kept, kind="model")
    assert "squad" in told(planned_with(planned, f"zero(hub({NAME}))"), tmp_path)
