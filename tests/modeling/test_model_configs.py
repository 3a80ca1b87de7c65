"""Configurations of models: what `transformers` writes is read, what would act is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import XLMRobertaConfig

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.model_configs import check

PLACE = "backbone 'x' in /x"


def said(**other: Any) -> dict[str, Any]:
    """Return what `transformers` writes of a model, with changes."""
    config = XLMRobertaConfig(hidden_size=64, num_attention_heads=2)
    return {**json.loads(config.to_json_string(use_diff=False)), **other}


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"torch_dtype": "float16", "dtype": None},
        {"id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1}},
        {"architectures": ["XLMRobertaForMaskedLM"], "finetuning_task": "mnli"},
        {"problem_type": "single_label_classification", "_num_labels": 3},
        {"classifier_dropout": 0.1, "chunk_size_feed_forward": 0, "pruned_heads": {}},
        {"quantization_config": None, "is_decoder": False, "adapters": None},
        {"bos_token_id": None},
    ],
)
def test_what_transformers_writes_is_taken(other: dict[str, Any]) -> None:
    check(said(**other), PLACE)


def test_the_backbone_of_the_tests_is_taken(tiny_backbone: Path) -> None:
    check(json.loads((tiny_backbone / "config.json").read_text()), PLACE)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("num_hidden_layers", 10**9, "where a whole number from 1 to 200 belongs"),
        ("hidden_size", -64, "where a whole number from 1"),
        ("hidden_size", 65, "which they do not divide"),
        ("num_attention_heads", 0, "where a whole number from 1"),
        ("vocab_size", 10**12, "where a whole number from 1"),
        ("num_labels", 10**9, "where a whole number from 1"),
        ("type_vocab_size", "1", "where a whole number from 1"),
        ("layer_norm_eps", float("nan"), "where a number from 0 to 0.1"),
        ("layer_norm_eps", None, "where a number from 0 to 0.1"),
        ("hidden_dropout_prob", 2, "where a number from 0 to 1.0"),
        ("hidden_act", "__import__", "where one of gelu"),
        ("torch_dtype", "load", "where one of float32"),
        ("_attn_implementation", "evil/kernel", "where one of eager, sdpa"),
        ("quantization_config", {"quant_method": "gptq"}, "asks for another library"),
        ("adapters", {"adapters": {"x": "seq_bn"}}, "names modules that are not in its files"),
        ("pruned_heads", {"0": [0]}, "takes parts of it away"),
        ("is_decoder", True, "makes it another model"),
        ("output_hidden_states", True, "where false belongs"),
        ("return_dict", False, "where true belongs"),
        ("id2label", {"0": "a" * 5000}, "where labels by number belong"),
        ("label2id", ["a"], "where labels by number belong"),
        ("architectures", [1], "where names of classes belong"),
    ],
)
def test_what_would_act_or_take_room_is_refused(key: str, value: Any, why: str) -> None:
    with pytest.raises(StiltsError, match=f"refused {PLACE}: config.json has .*{why}") as caught:
        check(said(**{key: value}), PLACE)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600
