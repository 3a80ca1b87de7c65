"""What is taken over is what was there: every bit of it, and what it answers."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from adapters.loading import AdapterLoader
from peft import IA3Config, LoraConfig, PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.foreign import looking
from adapterstilts.modeling.foreign.adopting import Kept, adopt
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.parts import ADAPTER, Head, Source
from tests.modeling.conftest import TINY
from tests.modeling.foreign_adapters import (
    LABELS,
    changed,
    peft_saved,
    plain_model,
    renamed,
    saved,
    shaken,
)
from tests.modeling.plainly import IDS, INPUTS, apart, ours, said

HEAD = Head(name="xnli", kind="sequence", outputs=3, labels=LABELS)
OWN = [each.name for each in METHODS.values() if each.library == "adapters" and each.architecture]
PEFT = [each.name for each in METHODS.values() if each.library == "peft" and not each.heads]


def taken(lab: Any, folder: Path, name: str, out: Path) -> Kept:
    """Check and adopt what lies in a folder."""
    found = looking.look(folder)
    theirs = looking.check(found, method=method(name), exact=True, backbone=lab.located)
    out.mkdir(exist_ok=True)
    return adopt(found, method=theirs, backbone=lab.located, out=out)


def answering(lab: Any, name: str, folder: Path) -> Any:
    """Return what a source answers as it is."""
    parts = lab.parts(name, "zero", "toy-nli")
    source = Source(name="someones", folder=folder)
    whole = replace(parts, method=method(name), head=HEAD, sources=(source,))
    return for_prediction(whole, None, device=lab.device)


def test_an_adapter_of_the_plain_library_is_taken_over_bit_by_bit_and_answers_the_same(
    lab: Any, tmp_path: Path
) -> None:
    model = plain_model(lab.located.folder)
    folder, out = saved(tmp_path / "theirs", model), tmp_path / "ours"
    kept = taken(lab, folder, "seq_bn", out)
    theirs = load_file(folder / "adapter.safetensors")
    written = load_file(out / ADAPTER / "adapter.safetensors")
    assert written.keys() == theirs.keys()
    assert all(torch.equal(written[name], weight) for name, weight in theirs.items())
    assert kept.trainable == sum(weight.numel() for weight in theirs.values())
    assert kept.head == "sequence"
    assert apart(ours(answering(lab, "seq_bn", out), IDS), said(model)) <= 1e-5


def test_the_plain_library_reads_what_is_left_and_answers_the_same(
    lab: Any, tmp_path: Path
) -> None:
    model = plain_model(lab.located.folder)
    taken(lab, saved(tmp_path / "theirs", model), "seq_bn", tmp_path / "ours")
    again = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    name = again.load_adapter(
        str(tmp_path / "ours" / ADAPTER), use_safetensors=True, set_active=True
    )
    again.active_head = name
    assert torch.equal(said(again.eval()), said(model))
    assert again.heads[name].config["label2id"] == {label: at for at, label in enumerate(LABELS)}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("called", ["mnli", "output"])
def test_every_method_can_be_taken_over_whatever_the_adapter_is_called(
    lab: Any, tmp_path: Path, name: str, called: str
) -> None:
    asked = TINY.get(name, name)
    assembly = lab.assembly(lab.parts(name, "target", "toy-nli", head=replace(HEAD, name=called)))
    belongs = AdapterLoader(assembly.model).filter_func(called)
    shaken(assembly.model, lambda key: belongs(key) or key.startswith("heads."))
    assembly.model.eval()
    (tmp_path / "theirs").mkdir()
    assembly.save(tmp_path / "theirs")
    taken(lab, tmp_path / "theirs", asked, tmp_path / "ours")
    before, after = (tmp_path / each / ADAPTER for each in ("theirs", "ours"))
    own = json.loads((after / "adapter_config.json").read_text())["name"]
    for file in ("adapter.safetensors", "model_head.safetensors"):
        theirs, written = load_file(before / file), load_file(after / file)
        assert written.keys() == {renamed_to(key, called, own) for key in theirs}
        assert all(
            torch.equal(written[renamed_to(key, called, own)], weight)
            for key, weight in theirs.items()
        )
    assert torch.equal(ours(answering(lab, asked, tmp_path / "ours"), IDS), ours(assembly, IDS))


def renamed_to(key: str, called: str, own: str) -> str:
    """Return what a weight is called under another name of its adapter: the last such part."""
    parts = key.split(".")
    at = len(parts) - 1 - parts[::-1].index(called)
    return ".".join([*parts[:at], own, *parts[at + 1 :]])


@pytest.mark.parametrize("name", PEFT)
def test_every_method_of_peft_can_be_taken_over_from_our_own_stage(
    lab: Any, tmp_path: Path, name: str
) -> None:
    stage, out = lab.source(name, "toy-nli"), tmp_path / "ours"
    taken(lab, stage, name, out)
    before, after = (each / ADAPTER / "adapter_model.safetensors" for each in (stage, out))
    theirs, written = load_file(before), load_file(after)
    assert written.keys() == theirs.keys()
    assert all(torch.equal(written[key], weight) for key, weight in theirs.items())
    parts = lab.parts(name, "zero", "toy-nli", "toy-nli")
    one = for_prediction(parts, None, device=lab.device)
    own = replace(parts, sources=(Source(name="toy-nli", folder=out),))
    assert torch.equal(ours(for_prediction(own, None, device=lab.device), IDS), ours(one, IDS))


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (LoraConfig(r=4, lora_alpha=16, task_type="SEQ_CLS"), "peft:lora[lora_alpha=16,r=4]"),
        (LoraConfig(use_dora=True, target_modules=["value"]), "peft:dora[target_modules=value]"),
        (
            IA3Config(
                target_modules=["key", "value", "output.dense"],
                feedforward_modules=["output.dense"],
                task_type="SEQ_CLS",
            ),
            None,
        ),
    ],
)
def test_an_adapter_of_peft_is_taken_over_if_its_weights_are_those_of_a_method(
    lab: Any, tmp_path: Path, config: Any, name: str | None
) -> None:
    if config.target_modules is None:
        config.target_modules = {"query", "value"}
    folder, out = peft_saved(tmp_path / "theirs", lab.located.folder, config), tmp_path / "ours"
    if name is None:
        with pytest.raises(StiltsError, match=r"its weights hold [\d,]+ numbers"):
            taken(lab, folder, "peft:ia3", out)
        return
    taken(lab, folder, name, out)
    theirs = load_file(folder / "adapter_model.safetensors")
    written = load_file(out / ADAPTER / "adapter_model.safetensors")
    assert all(torch.equal(written[key], theirs[key]) for key in written)
    if config.task_type:
        plain = AutoModelForSequenceClassification.from_pretrained(lab.located.folder, num_labels=3)
        model = PeftModel.from_pretrained(plain, str(folder)).eval()
        assert apart(ours(answering(lab, name, out), IDS), said(model, INPUTS)) <= 1e-5


def test_half_precision_becomes_single_without_loss(lab: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "theirs", plain_model(lab.located.folder))
    path = folder / "adapter.safetensors"
    halves = {name: weight.bfloat16() for name, weight in load_file(path).items()}
    save_file(halves, path)
    taken(lab, folder, "seq_bn", tmp_path / "ours")
    written = load_file(tmp_path / "ours" / ADAPTER / "adapter.safetensors")
    assert all(weight.dtype == torch.float32 for weight in written.values())
    assert all(torch.equal(written[name], weight.float()) for name, weight in halves.items())


def test_an_adapter_without_its_backbones_prefix_is_read_too(lab: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "theirs", plain_model(lab.located.folder))
    names = set(load_file(folder / "adapter.safetensors"))
    renamed(folder, lambda name: name.removeprefix("roberta."))
    taken(lab, folder, "seq_bn", tmp_path / "ours")
    assert set(load_file(tmp_path / "ours" / ADAPTER / "adapter.safetensors")) == names


Spoils = Callable[[Path], None]


def widened(folder: Path) -> None:
    path = folder / "adapter.safetensors"
    state = load_file(path)
    key = next(
        name for name in state if name.endswith("layer.0.output.adapters.mnli.adapter_up.weight")
    )
    state[key] = state[key].T.contiguous()
    save_file(state, path)


def filled(folder: Path, number: float) -> None:
    path = folder / "adapter.safetensors"
    state = load_file(path)
    next(iter(state.values())).fill_(number)
    save_file(state, path)


def endless(folder: Path) -> None:
    filled(folder, float("nan"))


def huge(folder: Path) -> None:
    filled(folder, 3e38)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            lambda folder: renamed(folder, lambda name: name.replace("adapter_up", "up")),
            "which has no place there",
        ),
        (widened, r"is \[\d+, \d+\], and \[\d+, \d+\] belongs there"),
        (endless, "holds what is no number, or beyond any"),
        (huge, "holds what is no number, or beyond any"),
        (
            lambda folder: renamed(
                folder,
                lambda name: name.replace("heads.mnli.4", "heads.mnli.7"),
                "model_head.safetensors",
            ),
            "model_head.safetensors has 'heads.mnli.7",
        ),
        (
            lambda folder: renamed(
                folder,
                lambda name: None if name == "heads.mnli.4.bias" else name,
                "model_head.safetensors",
            ),
            "model_head.safetensors lacks 'heads.mnli.4.bias'",
        ),
    ],
)
def test_weights_that_are_not_those_of_the_configuration_are_refused_by_name(
    lab: Any, tmp_path: Path, spoil: Spoils, why: str
) -> None:
    folder = saved(tmp_path / "theirs", plain_model(lab.located.folder))
    spoil(folder)
    with pytest.raises(StiltsError, match=why):
        taken(lab, folder, "seq_bn", tmp_path / "ours")
    assert not list((tmp_path / "ours").rglob("adapter.safetensors")) or "head" in why


def test_a_head_that_none_here_reads_is_left_behind(lab: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "theirs", plain_model(lab.located.folder))
    config = json.loads((folder / "head_config.json").read_text())["config"]
    changed(folder, "head_config.json", config={**config, "head_type": "dependency_parsing"})
    assert taken(lab, folder, "seq_bn", tmp_path / "ours").head == ""
    assert sorted(path.name for path in (tmp_path / "ours" / ADAPTER).iterdir()) == [
        "adapter.safetensors",
        "adapter_config.json",
    ]
