from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from transformers import AutoModel

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.embedding import embeddings
from adapterstilts.modeling.methods import NONE
from adapterstilts.modeling.parts import ADAPTER
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.work import Predictor

TASK = "toy-tatoeba"


def pooled(model: Any, data: Any, layer: int, *, first: bool = False) -> Any:
    """Return what the plain library says of one layer, one text at a time."""
    found = []
    with torch.inference_mode():
        for ids in data.features["input_ids"]:
            said = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
            states = said.hidden_states[layer][0]
            found.append((states[0] if first else states.mean(0)).numpy())
    return np.stack(found)


def read(lab: Any, assembly: Any, data: Any, *layers: int, **options: Any) -> Any:
    values = {"pooling": "mean", "tokens": 200, **options}
    pad = lab.tokenizer.pad
    return embeddings(assembly, data, layers=layers, pad=pad, device=lab.device, **values)


@pytest.fixture
def untouched(lab: Any) -> Any:
    return for_prediction(lab.parts(NONE, "zero", TASK), None, device=lab.device)


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("tokens", [1, 90, 10_000])
def test_the_mean_is_over_all_positions_of_the_layer(
    lab: Any, untouched: Any, layer: int, tokens: int
) -> None:
    data = lab.encoded(TASK, "test")
    plain = AutoModel.from_pretrained(lab.located.folder).eval()
    ours = read(lab, untouched, data, layer, tokens=tokens)
    assert ours.shape == (1, len(data.owner), 64)
    np.testing.assert_allclose(ours[0], pooled(plain, data, layer), atol=1e-5)


@pytest.mark.parametrize("layer", [0, 2])
def test_cls_is_the_first_position_alone(lab: Any, untouched: Any, layer: int) -> None:
    data = lab.encoded(TASK, "test")
    plain = AutoModel.from_pretrained(lab.located.folder).eval()
    ours = read(lab, untouched, data, layer, pooling="cls")
    np.testing.assert_allclose(ours[0], pooled(plain, data, layer, first=True), atol=1e-5)


@pytest.mark.parametrize("method", ["seq_bn", "seq_bn_inv", "prefix_tuning", "lora", "full"])
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
    ours = read(lab, assembly, data, 0, 1, 2)
    for layer in (0, 1, 2):
        np.testing.assert_allclose(ours[layer], pooled(plain.base_model, data, layer), atol=1e-5)
    before = for_prediction(lab.parts(NONE, "zero", TASK), None, device=lab.device)
    assert float(np.abs(ours[2] - read(lab, before, data, 2)[0]).max()) > 0.01


def test_many_layers_in_one_pass_are_what_each_gives_alone(lab: Any, untouched: Any) -> None:
    data = lab.encoded(TASK, "test")
    calls: list[int] = []
    untouched.model.base_model.encoder.register_forward_hook(lambda *_: calls.append(1))
    ours = read(lab, untouched, data, 2, 0, 1, tokens=10_000)
    assert len(calls) == 1
    for place, layer in enumerate((2, 0, 1)):
        alone = read(lab, untouched, data, layer, tokens=60)
        np.testing.assert_allclose(ours[place], alone[0], atol=1e-5)


def test_they_may_be_put_into_an_array_on_the_disk(
    lab: Any, untouched: Any, tmp_path: Path
) -> None:
    data = lab.encoded(TASK, "test")
    into = np.memmap(tmp_path / "file", np.float32, mode="w+", shape=(2, len(data.owner), 64))
    assert read(lab, untouched, data, 0, 2, into=into) is into
    np.testing.assert_allclose(into, read(lab, untouched, data, 0, 2), atol=1e-6)


def test_what_lies_above_the_layer_is_not_computed_and_is_there_again_afterwards(
    lab: Any, untouched: Any
) -> None:
    layers = untouched.model.base_model.encoder.layer
    seen: list[int] = []
    for number, layer in enumerate(layers):
        layer.register_forward_hook(lambda *_, number=number: seen.append(number))
    hooks = [len(layer._forward_hooks) for layer in layers]
    read(lab, untouched, lab.encoded(TASK, "test"), 1, tokens=10_000)
    assert seen == [0]
    assert list(untouched.model.base_model.encoder.layer) == list(layers)
    assert len(layers) == 2
    assert [len(layer._forward_hooks) for layer in layers] == hooks
    assert not untouched.model.base_model.encoder._forward_pre_hooks


def test_progress_is_told_to_the_end(lab: Any, untouched: Any) -> None:
    told: list[tuple[int, int]] = []
    data = lab.encoded(TASK, "test")
    read(lab, untouched, data, 1, tokens=60, report=lambda *news: told.append(news))
    assert len(told) > 2
    assert told[-1] == (24, 24)
    assert told == sorted(told)


def test_retrieval_reads_the_middle_unless_it_is_told_another_layer(lab: Any) -> None:
    parts, runtime = lab.parts(NONE, "zero", TASK), Runtime(device="cpu")
    assert Predictor(parts, None, runtime=runtime).layer == 1
    asked = Predictor(parts, None, runtime=runtime, layer=2)
    assert (asked.layer, asked.depth, asked.width) == (2, 2, 64)
    found = asked.outputs(lab.encoded(TASK, "test"), lambda done, total: None)
    assert np.asarray(found).shape == (24, 64)
    assert asked.resolved == {
        "backbone": lab.located.revision,
        "device": "cpu",
        "precision": "fp32",
    }


def test_a_layer_that_the_backbone_does_not_have_is_refused(lab: Any) -> None:
    parts = lab.parts(NONE, "zero", TASK)
    with pytest.raises(StiltsError, match=r"layer 3 was asked for, but .* has 2: set 'layer'"):
        Predictor(parts, None, runtime=Runtime(), layer=3)
    with pytest.raises(StiltsError, match="layer 7 was asked for"):
        Predictor(parts, None, runtime=Runtime()).embeddings(
            lab.encoded(TASK, "test"), layers=[0, 7]
        )
