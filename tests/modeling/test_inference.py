from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import inference
from adapterstilts.modeling.assembly import for_prediction


def outputs(lab: Any, assembly: Any, data: Any, **options: Any) -> list[Any]:
    pad = lab.tokenizer.pad
    return inference.outputs(assembly, data, pad=pad, device=lab.device, **options)


def test_progress_is_told_to_the_end(lab: Any) -> None:
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    assembly = for_prediction(parts, lab.source("seq_bn", "toy-xnli"), device=lab.device)
    told: list[tuple[int, int]] = []
    data = lab.encoded("toy-xnli", "test")
    outputs(lab, assembly, data, tokens=90, report=lambda *news: told.append(news))
    assert len(told) > 2
    assert told[-1] == (12, 12)
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


def test_answers_that_are_no_numbers_are_no_answers(lab: Any) -> None:
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    assembly = for_prediction(parts, lab.source("seq_bn", "toy-xnli"), device=lab.device)
    with torch.no_grad():
        assembly.model.base_model.embeddings.LayerNorm.weight.fill_(3e38)
    with pytest.raises(StiltsError, match="answers with what is no number"):
        outputs(lab, assembly, lab.encoded("toy-xnli", "test"), tokens=90)
