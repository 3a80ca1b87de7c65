from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from transformers import AutoModel

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import inference
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.methods import NONE
from adapterstilts.modeling.parts import ADAPTER
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.work import Predictor

TASK = "toy-tatoeba"


def pooled(model: Any, data: Any, layer: int) -> list[Any]:
    """Return the plain library's mean over one layer's states, one text at a time."""
    found = []
    with torch.inference_mode():
        for ids in data.features["input_ids"]:
            said = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
            found.append(said.hidden_states[layer][0].mean(0).numpy())
    return found


def outputs(lab: Any, assembly: Any, data: Any, **options: Any) -> list[Any]:
    pad = lab.tokenizer.pad
    return inference.outputs(assembly, data, pad=pad, device=lab.device, **options)


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("tokens", [1, 90, 10_000])
def test_embeddings_are_the_mean_of_the_layers_states(lab: Any, layer: int, tokens: int) -> None:
    assembly = for_prediction(lab.parts(NONE, "zero", TASK), None, device=lab.device)
    data = lab.encoded(TASK, "test")
    plain = AutoModel.from_pretrained(lab.located.folder).eval()
    ours = outputs(lab, assembly, data, tokens=tokens, layer=layer)
    assert len(ours) == len(data.owner) == 24
    for one, other in zip(ours, pooled(plain, data, layer), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("method", ["seq_bn", "lora", "full"])
def test_embeddings_of_a_source_are_those_of_its_plain_files(lab: Any, method: str) -> None:
    parts = lab.parts(method, "zero", TASK, "toy-nli")
    assembly = for_prediction(parts, None, device=lab.device)
    data = lab.encoded(TASK, "test")
    folder = lab.source(method, "toy-nli")
    if method == "full":
        plain = AutoModel.from_pretrained(folder / "model").eval()
    else:
        plain = AutoAdapterModel.from_pretrained(lab.located.folder).eval()
        name = plain.load_adapter(str(folder / ADAPTER), use_safetensors=True, with_head=False)
        plain.set_active_adapters(name)
    ours = outputs(lab, assembly, data, tokens=200, layer=1)
    for one, other in zip(ours, pooled(plain.base_model, data, 1), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    untouched = for_prediction(lab.parts(NONE, "zero", TASK), None, device=lab.device)
    before = outputs(lab, untouched, data, tokens=200, layer=1)
    assert max(float(np.abs(one - two).max()) for one, two in zip(ours, before, strict=True)) > 0.01


def test_what_lies_above_the_layer_is_not_computed_and_is_there_again_afterwards(
    lab: Any,
) -> None:
    assembly = for_prediction(lab.parts(NONE, "zero", TASK), None, device=lab.device)
    layers = assembly.model.base_model.encoder.layer
    seen: list[int] = []
    for number, layer in enumerate(layers):
        layer.register_forward_hook(lambda *_, number=number: seen.append(number))
    outputs(lab, assembly, lab.encoded(TASK, "test"), tokens=10_000, layer=1)
    assert seen == [0]
    assert list(assembly.model.base_model.encoder.layer) == list(layers)
    assert len(layers) == 2


def test_a_head_reads_the_last_layer_whatever_layer_retrieval_reads(lab: Any) -> None:
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    assembly = for_prediction(parts, lab.source("seq_bn", "toy-xnli"), device=lab.device)
    data = lab.encoded("toy-xnli", "test")
    for one, other in zip(
        outputs(lab, assembly, data, tokens=500, layer=1),
        outputs(lab, assembly, data, tokens=500),
        strict=True,
    ):
        assert np.array_equal(one, other)


def test_progress_is_told_to_the_end(lab: Any) -> None:
    assembly = for_prediction(lab.parts(NONE, "zero", TASK), None, device=lab.device)
    told: list[tuple[int, int]] = []
    outputs(
        lab,
        assembly,
        lab.encoded(TASK, "test"),
        tokens=60,
        layer=1,
        report=lambda *news: told.append(news),
    )
    assert len(told) > 2
    assert told[-1] == (24, 24)
    assert told == sorted(told)


def test_examples_with_fewer_choices_get_as_many_outputs_as_they_have(lab: Any) -> None:
    data = lab.encoded("toy-swag", "test")
    wrong = [index for index, label in enumerate(data.features["labels"]) if label == [0]]
    gone = {wrong[0], wrong[3], wrong[4]}
    kept = [index for index in range(len(data.owner)) if index not in gone]
    fewer = replace(
        data,
        owner=[data.owner[index] for index in kept],
        features={name: [rows[i] for i in kept] for name, rows in data.features.items()},
    )
    assembly = lab.assembly(lab.parts("seq_bn", "target", "toy-swag"))
    assembly.model.eval()
    whole = outputs(lab, assembly, data, tokens=300)
    ours = outputs(lab, assembly, fewer, tokens=10_000)
    assert len(ours) == len(whole) - 3
    for index, one in zip(kept, ours, strict=True):
        np.testing.assert_allclose(one, whole[index], atol=1e-5)


def test_retrieval_reads_the_middle_unless_it_is_told_another_layer(
    lab: Any, tmp_path: Path
) -> None:
    parts, runtime = lab.parts(NONE, "zero", TASK), Runtime(device="cpu")
    assert Predictor(parts, None, runtime=runtime, layer=None).layer == 1
    asked = Predictor(parts, None, runtime=runtime, layer=2)
    assert asked.layer == 2
    found = asked.outputs(lab.encoded(TASK, "test"), lambda done, total: None)
    assert [output.shape for output in found] == [(64,)] * 24
    assert asked.resolved == {
        "backbone": lab.located.revision,
        "device": "cpu",
        "precision": "fp32",
    }


def test_a_layer_that_the_backbone_does_not_have_is_refused(lab: Any) -> None:
    with pytest.raises(StiltsError, match=r"layer 3 was asked for, but .* has 2: set layer"):
        Predictor(lab.parts(NONE, "zero", TASK), None, runtime=Runtime(), layer=3)


def test_bf16_is_near_fp32_and_keeps_what_is_trained_in_fp32(lab: Any) -> None:
    half = replace(lab.device, precision="bf16")
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    folder = lab.source("seq_bn", "toy-xnli")
    exact = for_prediction(parts, folder, device=lab.device)
    rough = for_prediction(parts, folder, device=half)
    assert {parameter.dtype for parameter in rough.trainable.values()} == {torch.float32}
    word = rough.model.base_model.embeddings.word_embeddings.weight
    assert word.dtype == torch.bfloat16
    data = lab.encoded("toy-xnli", "test")
    pad = lab.tokenizer.pad
    ours = inference.outputs(rough, data, pad=pad, device=half, tokens=500)
    for one, other in zip(ours, outputs(lab, exact, data, tokens=500), strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=0.1)
