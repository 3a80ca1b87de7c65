"""Every method in every composition under every head: what is trained, kept and given back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adapters
import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Average, Fuse, Stack
from peft import PeftModel

from adapterstilts.modeling import inference
from adapterstilts.modeling.assembly import Assembly, for_prediction
from adapterstilts.modeling.composition import COMPOSITIONS, Needs, Trains
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, Parts

TASKS = {
    "sequence": "toy-xnli",
    "token": "toy-udpos",
    "span": "toy-xquad",
    "choice": "toy-xcopa",
    "lm": "toy-mlm",
}
SOURCES = {Needs.NOTHING: (), Needs.ONE: ("toy-nli",), Needs.ALL: ("toy-nli", "toy-squad")}
CHEAP = ("sequence", "choice")
"""Heads under which every method stands; under the others, those that touch what they read."""
UNDER_ALL = ("seq_bn", "seq_bn_inv", "lora", "prompt_tuning", "peft:lora", "bitfit", "full", "head")
OFFERED = [
    (method.name, composition.name, kind)
    for method in METHODS.values()
    for composition in COMPOSITIONS.values()
    for kind in TASKS
    if composition.trains is not Trains.NOTHING and not composition.refuses(method)
    if kind in CHEAP or method.name in UNDER_ALL
]


@dataclass(frozen=True)
class Case:
    """One model before and after it was trained."""

    parts: Parts
    task: str
    before: dict[str, torch.Tensor]
    assembly: Assembly
    folder: Path


def test_there_is_something_to_test() -> None:
    assert {method for method, _, _ in OFFERED} == set(METHODS.names()) - {"none"}
    assert {composition for _, composition, _ in OFFERED} == set(COMPOSITIONS.names()) - {"zero"}


@pytest.fixture(scope="module", params=OFFERED, ids="-".join)
def case(
    request: pytest.FixtureRequest, lab: Any, weights_of: Any, tmp_path_factory: Any
) -> Iterator[Case]:
    method, composition, kind = request.param
    sources = SOURCES[COMPOSITIONS.get(composition).needs]
    parts = lab.parts(method, composition, TASKS[kind], *sources)
    assembly = lab.assembly(parts)
    before = weights_of(assembly.model)
    folder = tmp_path_factory.mktemp("case")
    lab.train(assembly, TASKS[kind], tmp_path_factory.mktemp("work"))
    assembly.save(folder)
    yield Case(parts, TASKS[kind], before, assembly, folder)


def own(name: str, case: Case) -> bool:
    """Return whether a parameter belongs to what the composition says it trains."""
    method = case.parts.method
    if method.whole:
        return True
    if method.library == "peft":
        added = ".lora_" in name or ".ia3_" in name
        if method.architecture == "bitfit":
            added = name.endswith("bias") and ".original_module." not in name
        return added or ".modules_to_save." in name
    if name.startswith("heads."):
        return name.startswith(f"heads.{case.task}.")
    if case.parts.composition.trains is Trains.FUSION:
        return ".adapter_fusion_layer." in name
    idle = ".refts." in name and ".units.1." in name  # Edits suffixes, of which there are none.
    return f".{case.task}." in name and not idle


def test_training_changes_what_the_composition_trains_and_not_a_bit_of_anything_else(
    case: Case, weights_of: Any
) -> None:
    after = weights_of(case.assembly.model)
    assert after.keys() == case.before.keys()
    changed = {name for name in after if not torch.equal(after[name], case.before[name])}
    trained = {name for name in after if own(name, case)}
    assert case.assembly.trainable.keys() == trained
    assert changed <= trained
    # A bottleneck of four may be born with all of them dead, and a bias that every choice shares
    # changes nothing; nothing else may stand still.
    shared = {"classifier.modules_to_save.default.bias"} if case.parts.head.kind == "choice" else {}
    assert all(".adapters." in name for name in trained - changed - set(shared))
    assert len(changed) > len(trained) / 2


def test_the_active_head_and_block_are_the_targets(case: Case) -> None:
    model = case.assembly.model
    if case.parts.method.library != "adapters":
        assert isinstance(model, type(WHOLE_MODELS[case.parts.head.kind].from_config(model.config)))
        return
    assert model.active_head == case.task
    assert list(model.heads) == [case.task]
    names = [source.name for source in case.parts.sources]
    expected = {
        "target": adapters.composition.parse_composition(case.task),
        "continue": adapters.composition.parse_composition(case.task),
        "average": adapters.composition.parse_composition(case.task),
        "stack": block(case.parts),
        "fuse": Fuse(*names) if names else None,
    }[case.parts.composition.name]
    if case.parts.method.architecture:
        assert model.active_adapters == expected
    else:
        assert model.active_adapters is None


def block(parts: Parts) -> Stack | Average:
    """Return what a reader of the record would activate for a stack."""
    names = (*(source.name for source in parts.sources), parts.head.name)
    if parts.method.base == "lora":
        return Average(*names, weights=[len(names)] * len(names), normalize_weights=False)
    return Stack(*names)


def test_only_safetensors_are_left_and_nothing_names_a_folder(case: Case, lab: Any) -> None:
    files = [path for path in case.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    for path in files:
        if path.suffix == ".json" and path.name != "tokenizer.json":
            text = path.read_text(encoding="utf-8")
            assert str(lab.located.folder.parent) not in text
            said = json.loads(text)
            for key in ("model_name", "base_model_name_or_path"):
                assert said.get(key, "tiny-xlmr") == "tiny-xlmr"


def test_what_was_saved_answers_the_same_by_us_and_by_the_plain_library(
    case: Case, lab: Any
) -> None:
    data = lab.encoded(case.task, "test")
    loaded = for_prediction(case.parts, case.folder, device=lab.device)
    case.assembly.model.eval()
    expected = outputs(case.assembly, data, lab, tokens=200)
    ours = outputs(loaded, data, lab, tokens=10_000)
    plain = plain_outputs(plain_model(case, lab), case.parts.head.kind, data)
    assert len(expected) == len(ours) == len(plain) == len(data.owner)
    for one, other, alone in zip(expected, ours, plain, strict=True):
        small = 1e-5 * max(1.0, float(np.abs(one).max(initial=0.0)))
        np.testing.assert_allclose(other, one, atol=small)
        np.testing.assert_allclose(alone.reshape(one.shape), one, atol=small)


def outputs(assembly: Assembly, data: Any, lab: Any, *, tokens: int) -> list[Any]:
    pad = lab.tokenizer.pad
    return inference.outputs(assembly, data, pad=pad, device=lab.device, tokens=tokens)


def plain_model(case: Case, lab: Any) -> Any:
    """Load a case's files as a reader of the libraries' manuals would."""
    folder = case.folder
    if case.parts.method.whole:
        kind = WHOLE_MODELS[case.parts.head.kind]
        return kind.from_pretrained(folder / MODEL, use_safetensors=True).eval()
    if case.parts.method.library == "peft":
        kind, labels = WHOLE_MODELS[case.parts.head.kind], {}
        if case.parts.head.labels:
            labels["num_labels"] = len(case.parts.head.labels)
        plain = kind.from_pretrained(lab.located.folder, use_safetensors=True, **labels)
        return PeftModel.from_pretrained(plain, str(folder / ADAPTER)).eval()
    model = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    names = [source.name for source in case.parts.sources]
    if case.parts.composition.name in ("stack", "fuse"):
        for source in case.parts.sources:
            model.load_adapter(str(source.folder / ADAPTER), use_safetensors=True)
    if case.parts.composition.name == "fuse":
        model.load_adapter_fusion(str(folder / FUSION), use_safetensors=True)
        model.set_active_adapters(Fuse(*names))
    elif case.parts.method.architecture:
        name = model.load_adapter(str(folder / ADAPTER), use_safetensors=True)
        assert name == case.task
        stacked = case.parts.composition.name == "stack"
        model.set_active_adapters(block(case.parts) if stacked else name)
    else:
        model.load_head(str(folder / HEAD), use_safetensors=True)
    model.active_head = case.task
    return model.eval()


def plain_outputs(model: Any, kind: str, data: Any) -> list[Any]:
    """Return what a plain forward says of one example at a time, without any padding."""
    found: list[Any] = []
    features = [torch.tensor([ids]) for ids in data.features["input_ids"]]
    with torch.inference_mode():
        for index, ids in enumerate(features):
            if kind == "choice":
                # Alone with a copy of itself, as wide as it is.
                found.append(choice_logit(model, ids, data, index))
                continue
            said = model(input_ids=ids, attention_mask=torch.ones_like(ids))
            own = slice(-ids.shape[1], None)  # A learned prompt stands before the input.
            if kind == "span":
                both = (said.start_logits[0], said.end_logits[0])
                found.append(torch.stack(both, dim=-1)[own].numpy())
            elif kind == "lm":
                found.append(guesses(said.logits[0, own], data.features["labels"][index]))
            else:
                found.append(said.logits[0, own if kind == "token" else slice(None)].numpy())
    return found


def choice_logit(model: Any, ids: torch.Tensor, data: Any, index: int) -> Any:
    count = sum(owner == data.owner[index] for owner in data.owner)
    copies = ids.expand(count, -1)
    if not hasattr(model, "heads"):  # `adapters` groups them by its head's number of choices.
        copies = copies.unsqueeze(0)
    return model(input_ids=copies, attention_mask=torch.ones_like(copies)).logits[0, :1].numpy()


def guesses(said: torch.Tensor, labels: list[int]) -> Any:
    rows = []
    for place, label in enumerate(labels):
        if label != -100:
            loss = -torch.log_softmax(said[place], dim=-1)[label]
            rows.append([float(said[place].argmax()), float(loss)])
    return np.asarray(rows, dtype=np.float32).reshape(-1, 2)
