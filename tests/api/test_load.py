"""`stilts.load` with names of the Hub: the same as from the folder, checked, kept, offline."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig
from transformers import AutoModelForSequenceClassification

import adapterstilts as stilts
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Unreachable
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import changed, files, peft_saved, plain_model, saved

NAME, BASE = "someone/nli", "someone/tiny-xlmr"
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def served(hub: Hub, theirs: Path) -> Hub:
    """Return a Hub that has an adapter."""
    hub.push(NAME, {**files(theirs), "pytorch_adapter.bin": b"never touched"}, kind="model")
    return hub


def outputs(model: stilts.Ready) -> torch.Tensor:
    """Return what a model says of a few pieces."""
    with torch.no_grad():
        found: torch.Tensor = model(torch.tensor([[0, 5, 6, 7, 2]])).logits
    return found


def refusal(call: Callable[[], object], kind: type[StiltsError] = StiltsError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", [f"hub({NAME})", NAME, f"hub({NAME}@v1)", f"{NAME}@v1"])
def test_a_repository_gives_what_its_folder_gives(
    served: Hub, theirs: Path, tiny_backbone: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    repository = served.repository(NAME, kind="model")
    repository.branches["v1"] = repository.branches["main"]
    caplog.set_level(logging.INFO, logger="adapterstilts.api.load")
    found = outputs(stilts.load(tiny_backbone, name))
    assert torch.equal(found, outputs(stilts.load(tiny_backbone, theirs)))
    assert not served.asked("GET", ".bin")
    said = [f"'{name}' is no folder, so that it is taken from the Hub"]
    assert caplog.messages == ([] if name.startswith("hub(") else said)


def test_what_another_library_has_saved_is_loaded_too(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    config = LoraConfig(r=4, target_modules=["query", "value"], task_type="SEQ_CLS")
    peft = peft_saved(tmp_path / "peft", tiny_backbone, config)
    whole = tmp_path / "whole"
    AutoModelForSequenceClassification.from_pretrained(tiny_backbone).save_pretrained(whole)
    shutil.copy(tiny_backbone / "tokenizer.json", whole)
    for folder in (peft, whole):
        name = f"someone/{folder.name}"
        hub.push(name, files(folder), kind="model")
        found = stilts.load(tiny_backbone, name, task="toy-pawsx")
        plain = stilts.load(tiny_backbone, folder, task="toy-pawsx")
        assert type(found) is type(plain)
        assert torch.equal(outputs(found), outputs(plain))


def test_several_modules_of_one_repository_are_active_as_they_were(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    model, folder = plain_model(tiny_backbone), tmp_path / "setup"
    hub.push("me/mnli", files(saved(tmp_path / "mnli", model)), kind="model")
    model.add_adapter("xnli", config="seq_bn")
    model.set_active_adapters(stilts.Stack("mnli", "xnli"))
    model.save_adapter_setup(str(folder), stilts.Stack("mnli", "xnli"), use_safetensors=True)
    within = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    hub.push(NAME, within, kind="model")
    found = stilts.load(tiny_backbone, f"hub({NAME})")
    assert str(found.active_adapters) == "Stack[mnli, xnli]"
    assert torch.equal(outputs(found), outputs(model))
    # What it stands on may be named below it once more, and is there once all the same.
    again = stilts.load(tiny_backbone, stilts.Stack("me/mnli", NAME))
    assert str(again.active_adapters) == "Stack[mnli, xnli]"
    assert list(again.adapters_config.adapters) == ["mnli", "xnli"]
    assert torch.equal(outputs(again), outputs(model))
    hub.push("me/mnli", files(saved(tmp_path / "other", plain_model(tiny_backbone))), kind="model")
    twice = stilts.load(tiny_backbone, stilts.Stack("me/mnli", NAME))
    assert len(twice.active_adapters) == 3


def test_every_leaf_of_a_block_may_be_a_repository(
    served: Hub, theirs: Path, tiny_backbone: Path, tmp_path: Path
) -> None:
    other = saved(tmp_path / "other", plain_model(tiny_backbone, "qqp"), "qqp")
    served.push("someone/other", files(other), kind="model")
    for block in (stilts.Stack, stilts.Average):
        asked = block(f"hub({NAME})", "someone/other")
        again = str(asked)
        found = stilts.load(tiny_backbone, asked, head=f"hub({NAME})")
        plain = stilts.load(tiny_backbone, block(str(theirs), str(other)), head=theirs)
        assert torch.equal(outputs(found), outputs(plain))
        assert str(asked) == again


def test_what_was_loaded_once_loads_without_network(
    served: Hub,
    tiny_backbone: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    served.push(BASE, {path.name: path for path in tiny_backbone.iterdir()}, kind="model")
    found = outputs(stilts.load(BASE, f"hub({NAME})"))
    before = len(served.requests)
    assert torch.equal(found, outputs(stilts.load(BASE, f"hub({NAME})", offline=True)))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert torch.equal(found, outputs(stilts.load(BASE, f"hub({NAME})")))
    assert len(served.requests) == before
    assert caplog.messages == []
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", DEAD)
    assert torch.equal(found, outputs(stilts.load(BASE, f"hub({NAME})")))
    assert caplog.messages == [
        f"{DEAD} cannot be reached (Connection refused, 127.0.0.1): what it last said is taken from"
        " the cache"
    ]


def test_a_branch_means_what_it_means_now_and_a_commit_itself(
    served: Hub, theirs: Path, tiny_backbone: Path, tmp_path: Path
) -> None:
    first = served.repository(NAME, kind="model").branches["main"]
    before = outputs(stilts.load(tiny_backbone, f"hub({NAME})"))
    other = saved(tmp_path / "other", plain_model(tiny_backbone, "qqp"), "qqp")
    served.push(NAME, files(other), kind="model")
    assert not torch.equal(before, outputs(stilts.load(tiny_backbone, f"hub({NAME})")))
    assert torch.equal(before, outputs(stilts.load(tiny_backbone, f"hub({NAME}@{first})")))


@pytest.mark.parametrize("name", [f"hub({NAME})", NAME, f"{NAME}@v1"])
def test_without_network_and_cache_it_says_how_to_fetch_it(
    hub: Hub, tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", DEAD)
    at = "@v1" if "@" in name else ""
    command = f"`adapterstilts fetch 'hub({NAME}{at})' --to DIR`, and here set HF_HOME=DIR"
    said = refusal(lambda: stilts.load(tiny_backbone, name), Unreachable)
    assert said.startswith(f"{DEAD} cannot be reached for model '{NAME}'")
    assert command in said
    assert command in refusal(lambda: stilts.load(tiny_backbone, name, offline=True))


def test_what_does_not_fit_is_refused_before_its_weights_are_fetched(
    hub: Hub, theirs: Path, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "wide", plain_model(tiny_backbone))
    changed(folder, hidden_size=768)
    hub.push(NAME, files(folder), kind="model")
    said = refusal(lambda: stilts.load(tiny_backbone, f"hub({NAME})"))
    assert f"hub({NAME}) does not fit" in said
    assert "its hidden size is 768, the backbone's 64" in said
    hub.push(BASE, {path.name: path for path in tiny_backbone.iterdir()}, kind="model")
    refusal(lambda: stilts.load(BASE, f"hub({NAME})"))
    assert not hub.asked("GET", ".safetensors")


def test_only_pickles_are_refused_with_how_to_convert_them(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "pickled", plain_model(tiny_backbone), safely=False)
    hub.push(NAME, files(folder), kind="model")
    said = refusal(lambda: stilts.load(tiny_backbone, NAME))
    assert "it has pickles only (pytorch_adapter.bin" in said
    assert "model.save_adapter(…, use_safetensors=True)" in said


def test_weights_that_are_no_numbers_are_refused_under_the_name_of_the_repository(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = saved(tmp_path / "nan", plain_model(tiny_backbone))
    path = folder / "adapter.safetensors"
    state = load_file(path)
    next(iter(state.values()))[0] = float("nan")
    save_file(state, path)
    hub.push(NAME, files(folder), kind="model")
    said = refusal(lambda: stilts.load(tiny_backbone, f"hub({NAME})"))
    assert said.startswith(f"hub({NAME})")
    assert "no number" in said


def test_a_name_that_is_neither_folder_nor_repository_says_so(
    hub: Hub, tiny_backbone: Path
) -> None:
    said = refusal(lambda: stilts.load(tiny_backbone, "runs/nothing"))
    assert said.startswith("there is no folder 'runs/nothing', and there is no model")
    said = refusal(lambda: stilts.load(tiny_backbone, "a/b/c"), UsageError)
    assert said.startswith("no folder 'a/b/c'")
    said = refusal(lambda: stilts.load(tiny_backbone, "hub(a/b, c/d)"), UsageError)
    assert "'hub' takes a repository, as hub(user/adapter) or hub(user/adapter@revision)" in said
    asked = len(hub.requests)
    said = refusal(lambda: stilts.load(tiny_backbone, Path("runs/nothing")), UsageError)
    assert len(hub.requests) == asked
