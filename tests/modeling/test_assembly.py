"""Every method in every composition under every head: what is trained, kept and given back."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Average, Fuse, Stack
from peft import PeftModel

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.modeling import inference
from adapterstilts.modeling.assembly import Assembly, for_prediction
from adapterstilts.modeling.composition import COMPOSITIONS, Trains, composition
from adapterstilts.modeling.filenames import FUSION_CONFIG
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.methods import METHODS, cannot_stand_under
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, Parts
from adapterstilts.modeling.peft_models import inside

TASKS = {
    "sequence": "toy-xnli",
    "token": "toy-udpos",
    "span": "toy-xquad",
    "choice": "toy-xcopa",
    "lm": "toy-mlm",
}
NESTED: dict[str, Callable[[str], Any]] = {
    "stack(toy-nli, toy-squad)": lambda own: Stack("toy-nli", "toy-squad", own),
    "stack(toy-nli, fuse(toy-squad, toy-swag))": lambda own: Stack(
        "toy-nli", Fuse("toy-squad", "toy-swag"), own
    ),
    "stack(fuse[kind=static](toy-nli, toy-squad), fuse(toy-swag, toy-pawsx))": lambda own: Stack(
        Fuse("toy-nli", "toy-squad"), Fuse("toy-swag", "toy-pawsx"), own
    ),
    "stack(toy-nli, fuse(toy-squad, stack(toy-swag, toy-pawsx)))": lambda own: Stack(
        "toy-nli", Fuse("toy-squad", Stack("toy-swag", "toy-pawsx")), own
    ),
    "fuse(stack(toy-nli, toy-squad), toy-swag)": lambda own: Fuse(
        Stack("toy-nli", "toy-squad"), "toy-swag"
    ),
    "fuse[kind=static](toy-nli, toy-squad)": lambda own: Fuse("toy-nli", "toy-squad"),
    "fuse[last_layer=false](toy-nli, stack(toy-squad, toy-swag))": lambda own: Fuse(
        "toy-nli", Stack("toy-squad", "toy-swag")
    ),
}
"""Expressions with what a reader of them would activate."""
BLOCKS: dict[str, Callable[[str], Any]] = {
    "target": lambda own: Stack(own),
    "continue(toy-nli)": lambda own: Stack(own),
    "stack(toy-nli)": lambda own: Stack("toy-nli", own),
    "fuse(toy-nli, toy-squad)": lambda own: Fuse("toy-nli", "toy-squad"),
    **NESTED,
}
"""The same of every way to assemble something that is trained: an average is, once it is merged,
continued."""
CHEAP = ("sequence", "choice")
"""Heads under which every method stands; under the others, those that touch what they read."""
UNDER_ALL = (
    "seq_bn",
    "seq_bn_inv",
    "lora",
    "prompt_tuning",
    "peft:lora",
    "peft:prompt",
    "bitfit",
    "full",
    "head",
)
ADDED = re.compile(
    r"\.(lora_|ia3_|hada_|lokr_|vera_lambda_|oft_R|fourierft_spectrum|ln_tuning_layers)"
    r"|^prompt_encoder\."
)
"""What the methods of PEFT call their own."""
OFFERED = [
    (method.name, way, kind)
    for method in METHODS.values()
    for way in BLOCKS
    for kind in TASKS
    if not composition(way).refuses(method)
    if not cannot_stand_under(method, [kind])
    if kind in (CHEAP if way not in NESTED else CHEAP[:1]) or method.name in UNDER_ALL
    if way not in NESTED or kind != "lm"
]


@dataclass(frozen=True)
class Case:
    """One model before and after it was trained."""

    parts: Parts
    way: str
    task: str
    before: dict[str, torch.Tensor]
    assembly: Assembly
    folder: Path


def test_there_is_something_to_test() -> None:
    assert {method for method, _, _ in OFFERED} == set(METHODS.names()) - {"none"}
    offered = {parse(way).word for _, way, _ in OFFERED}
    assert offered == set(COMPOSITIONS.names()) - {"zero", "average"}


@pytest.fixture(scope="module", params=OFFERED, ids="-".join)
def case(
    request: pytest.FixtureRequest, lab: Any, weights_of: Any, tmp_path_factory: Any
) -> Iterator[Case]:
    method, way, kind = request.param
    parts = lab.way(method, way, TASKS[kind])
    assembly = lab.assembly(parts)
    before = weights_of(assembly.model)
    folder = tmp_path_factory.mktemp("case")
    lab.train(assembly, TASKS[kind], tmp_path_factory.mktemp("work"))
    assembly.save(folder)
    yield Case(parts, way, TASKS[kind], before, assembly, folder)


def own(name: str, case: Case) -> bool:
    """Return whether a parameter belongs to what the composition says it trains."""
    method = case.parts.method
    if method.whole:
        return True
    if method.library == "peft":
        added = bool(ADDED.search(name))
        if method.architecture == "bitfit":
            added = name.endswith("bias") and ".original_module." not in name
        return added or ".modules_to_save." in name
    if name.startswith("heads."):
        return name.startswith(f"heads.{case.task}.")
    if case.parts.composition.trains is Trains.FUSION or ".adapter_fusion_layer." in name:
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
        plain = inside(model)
        assert isinstance(plain, type(WHOLE_MODELS[case.parts.head.kind].from_config(plain.config)))
        return
    assert model.active_head == case.task
    assert list(model.heads) == [case.task]
    if case.parts.method.architecture:
        assert model.active_adapters == block(case)
    else:
        assert model.active_adapters is None


def block(case: Case) -> Any:
    """Return what a reader of the record would activate."""
    found = BLOCKS[case.way](case.task)
    if case.parts.method.base == "lora" and len(found) > 1:
        return Average(*found, weights=[len(found)] * len(found), normalize_weights=False)
    return found


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
    adapter, fusions = folder / ADAPTER, sorted(folder.glob(f"{FUSION}*"))
    layers = [json.loads((each / FUSION_CONFIG).read_text()).get("leave_out") for each in fusions]
    for source in case.parts.sources if case.way != "continue(toy-nli)" else ():
        model.load_adapter(
            str(source.folder / ADAPTER), leave_out=(layers or [None])[0], use_safetensors=True
        )
    if adapter.is_dir():
        assert model.load_adapter(str(adapter), use_safetensors=True) == case.task
    for fusion in fusions:
        model.load_adapter_fusion(str(fusion), use_safetensors=True)
    if case.parts.method.architecture:
        model.set_active_adapters(block(case))
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


def test_a_static_fusion_chooses_and_changes_nothing(lab: Any) -> None:
    parts = lab.parts("seq_bn", "fuse[kind=static]", "toy-xnli", "toy-nli", "toy-squad")
    layers = {name.split(".")[-2] for name in lab.assembly(parts).trainable if "fusion" in name}
    assert layers == {"query", "key"}


def test_the_last_layer_may_have_no_fusion_and_then_no_adapters_to_fuse(
    lab: Any, tmp_path: Path
) -> None:
    parts = lab.parts("seq_bn", "fuse[last_layer=false]", "toy-xnli", "toy-nli", "toy-squad")
    assembly = lab.assembly(parts)
    added = [name for name, _ in assembly.model.named_parameters() if "adapters." in name]
    added += [name for name in assembly.trainable if "fusion" in name]
    assert added
    assert all(".layer.0." in name for name in added)
    assembly.save(tmp_path)
    assert json.loads((tmp_path / FUSION / FUSION_CONFIG).read_text())["leave_out"] == [1]


def test_a_fusion_that_would_have_no_layer_is_refused(lab: Any) -> None:
    method, sources = "seq_bn[leave_out=1]", ("toy-nli", "toy-squad")
    parts = lab.parts(method, "fuse[last_layer=false]", "toy-xnli", *sources)
    with pytest.raises(UsageError, match=r"leaves no layer with a fusion.*take last_layer=false"):
        lab.assembly(parts)


def test_adapters_in_different_layers_are_not_fused(lab: Any) -> None:
    """The plain library's forward pass breaks in a layer that only some of them have."""
    parts = lab.parts("seq_bn", "fuse", "toy-xnli", "toy-nli", "toy-squad")
    upper = lab.source("seq_bn[leave_out=0]", "toy-squad")
    mixed = replace(parts, sources=(parts.sources[0], replace(parts.sources[1], folder=upper)))
    with pytest.raises(StiltsError, match=r"'toy-nli' and 'toy-squad' cannot be fused.*leave_out"):
        lab.assembly(mixed)
