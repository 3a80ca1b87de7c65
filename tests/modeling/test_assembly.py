"""Every method in every composition under every head: what is trained, kept and given back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import adapters
import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Fuse, Stack

from adapterstilts.core.errors import StiltsError
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
OFFERED = [
    (method.name, composition.name, kind)
    for method in METHODS.values()
    for composition in COMPOSITIONS.values()
    for kind in TASKS
    if composition.trains is not Trains.NOTHING and not composition.refuses(method)
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
    if case.parts.method.whole:
        return True
    if name.startswith("heads."):
        return name.startswith(f"heads.{case.task}.")
    if case.parts.composition.trains is Trains.FUSION:
        return ".adapter_fusion_layer." in name
    return f".adapters.{case.task}." in name or f".loras.{case.task}." in name


def test_training_changes_what_the_composition_trains_and_not_a_bit_of_anything_else(
    case: Case, weights_of: Any
) -> None:
    after = weights_of(case.assembly.model)
    assert after.keys() == case.before.keys()
    changed = {name for name in after if not torch.equal(after[name], case.before[name])}
    trained = {name for name in after if own(name, case)}
    assert case.assembly.trainable.keys() == trained
    assert changed <= trained
    # A bottleneck of four may be born with all of them dead; nothing else may stand still.
    assert all(".adapters." in name for name in trained - changed)
    assert len(changed) > len(trained) / 2


def test_the_active_head_and_block_are_the_targets(case: Case) -> None:
    model = case.assembly.model
    if case.parts.method.whole:
        assert isinstance(model, type(WHOLE_MODELS[case.parts.head.kind].from_config(model.config)))
        return
    assert model.active_head == case.task
    assert list(model.heads) == [case.task]
    names = [source.name for source in case.parts.sources]
    expected = {
        "target": adapters.composition.parse_composition(case.task),
        "continue": adapters.composition.parse_composition(case.task),
        "stack": Stack(*names, case.task),
        "fuse": Fuse(*names) if names else None,
    }[case.parts.composition.name]
    if case.parts.method.architecture:
        assert model.active_adapters == expected
    else:
        assert model.active_adapters is None


def test_only_safetensors_are_left_and_nothing_names_a_folder(case: Case, lab: Any) -> None:
    files = [path for path in case.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    for path in files:
        if path.suffix == ".json" and path.name != "tokenizer.json":
            text = path.read_text(encoding="utf-8")
            assert str(lab.located.folder.parent) not in text
            said = json.loads(text)
            assert said.get("model_name", "tiny-xlmr") == "tiny-xlmr"


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
        np.testing.assert_allclose(other, one, atol=1e-5)
        np.testing.assert_allclose(alone.reshape(one.shape), one, atol=1e-5)


def outputs(assembly: Assembly, data: Any, lab: Any, *, tokens: int) -> list[Any]:
    pad = lab.tokenizer.pad
    return inference.outputs(assembly, data, pad=pad, device=lab.device, tokens=tokens)


def plain_model(case: Case, lab: Any) -> Any:
    """Load a case's files as a reader of the libraries' manuals would."""
    folder = case.folder
    if case.parts.method.whole:
        kind = WHOLE_MODELS[case.parts.head.kind]
        return kind.from_pretrained(folder / MODEL, use_safetensors=True).eval()
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
        model.set_active_adapters(Stack(*names, name) if stacked else name)
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
            if kind == "span":
                both = (said.start_logits[0], said.end_logits[0])
                found.append(torch.stack(both, dim=-1).numpy())
            elif kind == "lm":
                found.append(guesses(said.logits[0], data.features["labels"][index]))
            else:
                found.append(said.logits[0].numpy())
    return found


def choice_logit(model: Any, ids: torch.Tensor, data: Any, index: int) -> Any:
    count = sum(owner == data.owner[index] for owner in data.owner)
    copies = ids.expand(count, -1).unsqueeze(0)
    return model(input_ids=copies, attention_mask=torch.ones_like(copies)).logits[0, :1].numpy()


def guesses(said: torch.Tensor, labels: list[int]) -> Any:
    rows = []
    for place, label in enumerate(labels):
        if label != -100:
            loss = -torch.log_softmax(said[place], dim=-1)[label]
            rows.append([float(said[place].argmax()), float(loss)])
    return np.asarray(rows, dtype=np.float32).reshape(-1, 2)


def test_the_seed_makes_the_new_weights_and_the_global_generator_is_left_alone(
    lab: Any, weights_of: Any
) -> None:
    state = torch.get_rng_state()
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    one, same, other = (weights_of(lab.assembly(parts, seed).model) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same[name]) for name in one)
    new = {name for name in one if not torch.equal(one[name], other[name])}
    assert any("toy-xnli" in name for name in new)
    assert not {name for name in new if "toy-xnli" not in name and "pooler" not in name}


def test_two_models_share_no_heads(lab: Any) -> None:
    one = lab.assembly(lab.parts("seq_bn", "target", "toy-xnli")).model
    other = lab.assembly(lab.parts("seq_bn", "target", "toy-udpos")).model
    assert set(one.config.prediction_heads) == {"toy-xnli"}
    assert set(other.config.prediction_heads) == {"toy-udpos"}


def test_a_fine_tuned_target_goes_on_from_the_sources_encoder_under_a_new_head(
    lab: Any, weights_of: Any
) -> None:
    """Source and target have labels alike here, and still the source's head is left behind."""
    parts = lab.parts("full", "continue", "toy-xnli", "toy-nli")
    now = weights_of(lab.assembly(parts).model)
    source = for_prediction(
        lab.parts("full", "zero", "toy-xnli", "toy-nli"), None, device=lab.device
    )
    left = weights_of(source.model)
    encoder = [name for name in now if name.startswith("roberta.")]
    assert encoder
    assert all(torch.equal(now[name], left[name]) for name in encoder)
    heads = [name for name in now if name.startswith("classifier.") and name.endswith("weight")]
    assert heads
    assert not any(torch.equal(now[name], left[name]) for name in heads)


def test_an_adapter_goes_on_from_the_sources_weights_under_a_new_head(
    lab: Any, weights_of: Any
) -> None:
    now = weights_of(lab.assembly(lab.parts("seq_bn", "continue", "toy-xnli", "toy-nli")).model)
    source = for_prediction(
        lab.parts("seq_bn", "zero", "toy-nli", "toy-nli"), None, device=lab.device
    )
    left = weights_of(source.model)
    adapter = [name for name in left if ".adapters.toy-nli." in name]
    assert adapter
    for name in adapter:
        assert torch.equal(left[name], now[name.replace(".toy-nli.", ".toy-xnli.")])
    assert not torch.equal(now["heads.toy-xnli.1.weight"], left["heads.toy-nli.1.weight"])


def test_a_language_models_head_begins_as_pretraining_left_it(lab: Any) -> None:
    whole = lab.assembly(lab.parts("full", "target", "toy-mlm"))
    for method in ("seq_bn", "head"):
        ours = lab.assembly(lab.parts(method, "target", "toy-mlm"))
        for each in (whole, ours):
            each.model.eval()
        data = lab.encoded("toy-mlm", "test")
        for one, other in zip(
            outputs(whole, data, lab, tokens=500), outputs(ours, data, lab, tokens=500), strict=True
        ):
            if method == "head":  # A new adapter is not quite the identity.
                np.testing.assert_allclose(one, other, atol=1e-5)
        bias = ours.model.heads["toy-mlm"][3].bias
        assert torch.equal(bias, whole.model.lm_head.bias)
        assert bias.abs().sum() > 1


@pytest.mark.parametrize("method", ["seq_bn", "double_seq_bn", "lora", "full"])
def test_a_source_as_it_is_answers_with_its_own_head(lab: Any, method: str) -> None:
    """It gives the target what it gave in its own name, whatever the number of choices."""
    for task, source in (("toy-xnli", "toy-nli"), ("toy-xcopa", "toy-swag")):
        parts = lab.parts(method, "zero", task, source)
        assembly = for_prediction(parts, None, device=lab.device)
        assert not assembly.trainable
        own = lab.parts(method, "target", source)
        trained = for_prediction(own, lab.source(method, source), device=lab.device)
        data = lab.encoded(task, "test")
        if task == "toy-xcopa":
            trained = replace(trained, parts=replace(own, head=lab.head(task)))
            if method != "full":
                trained.model.heads[source].config["num_choices"] = 2
        theirs = outputs(trained, data, lab, tokens=500)
        for one, other in zip(outputs(assembly, data, lab, tokens=500), theirs, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_target_may_learn_from_another_tasks_training_split(lab: Any, tmp_path: Path) -> None:
    """The files then bear that task's name, and answer under the target's."""
    for composition, sources in (("target", ()), ("fuse", ("toy-nli", "toy-squad"))):
        parts = lab.parts("seq_bn", composition, "toy-nli", *sources)
        named = replace(parts, head=replace(parts.head, name="trainee"))
        assembly = lab.assembly(named)
        folder = tmp_path / composition
        folder.mkdir()
        assembly.save(folder)
        assembly.model.eval()
        asked = replace(parts, head=replace(parts.head, name="target"))
        loaded = for_prediction(asked, folder, device=lab.device)
        assert loaded.model.active_head == "target"
        data = lab.encoded("toy-nli", "test")
        for one, other in zip(
            outputs(assembly, data, lab, tokens=500),
            outputs(loaded, data, lab, tokens=500),
            strict=True,
        ):
            np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("method", ["seq_bn", "full"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_broken_artifact_is_named_with_the_remedy(
    lab: Any, tmp_path: Path, method: str, damage: str
) -> None:
    parts = lab.parts(method, "target", "toy-xnli")
    assembly = lab.assembly(parts)
    assembly.save(tmp_path)
    victim = max(tmp_path.rglob("*.safetensors"), key=lambda path: path.stat().st_size)
    if damage == "cut":
        victim.write_bytes(victim.read_bytes()[:100])
    else:
        victim.unlink()
    with pytest.raises(StiltsError) as caught:
        for_prediction(parts, tmp_path, device=lab.device)
    assert str(tmp_path) in str(caught.value)
    assert f"remove the folder {tmp_path} and run again" in str(caught.value) or (
        "remove the folder and run again" in str(caught.value)
    )


def test_a_source_of_another_backbone_is_refused(lab: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "source"
    lab.assembly(lab.parts("full", "target", "toy-nli")).save(folder)
    path = folder / MODEL / "model.safetensors"
    state = {f"x.{name}": weight for name, weight in load_file(path).items()}
    save_file(state, path, metadata={"format": "pt"})
    parts = lab.parts("full", "continue", "toy-xnli", "toy-nli")
    broken = replace(parts, sources=(replace(parts.sources[0], folder=folder),))
    with pytest.raises(StiltsError, match="its weights are not those of this backbone"):
        lab.assembly(broken)
