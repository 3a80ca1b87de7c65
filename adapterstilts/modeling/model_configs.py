"""What the configuration of a model may say before `transformers` reads it.

Sizes are bounded, for a library makes room for them before it reads a weight; keys that would have
another library unpack the weights, or a model compute something else, are refused. Keys that mean
nothing to a model of XLM-R's kind stay as they are: nobody can list what all releases have written.
"""

import math
from collections.abc import Mapping
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import shown
from adapterstilts.modeling.headers import is_readable

_SIZES: Mapping[str, tuple[int, int]] = {
    "hidden_size": (1, 2**15),
    "intermediate_size": (1, 2**17),
    "max_position_embeddings": (1, 2**17),
    "num_attention_heads": (1, 2**9),
    "num_hidden_layers": (1, 200),
    "type_vocab_size": (1, 200),
    "vocab_size": (1, 2**23),
    "bos_token_id": (0, 2**23),
    "chunk_size_feed_forward": (0, 2**17),
    "eos_token_id": (0, 2**23),
    "num_labels": (1, 100_000),
    "_num_labels": (1, 100_000),
    "pad_token_id": (0, 2**23),
}
"""Whole numbers, with the least and the greatest that they may be."""
_PARTS: Mapping[str, float] = {
    "attention_probs_dropout_prob": 1.0,
    "classifier_dropout": 1.0,
    "hidden_dropout_prob": 1.0,
    "initializer_range": 10.0,
    "layer_norm_eps": 0.1,
}
"""Fractions from 0 to this."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "hidden_act": ("gelu", "gelu_new", "gelu_fast", "relu", "silu", "swish"),
    "position_embedding_type": ("absolute", "relative_key", "relative_key_query"),
    "problem_type": (
        "single_label_classification",
        "multi_label_classification",
        "regression",
    ),
    "dtype": ("float32", "float16", "bfloat16"),
    "torch_dtype": ("float32", "float16", "bfloat16"),
    "_attn_implementation": ("eager", "sdpa"),
    "attn_implementation": ("eager", "sdpa"),
}
"""Words that are known."""
_SAID = ("hidden_act", "position_embedding_type")
"""Words without which nothing is computed."""
_NEVER: Mapping[str, str] = {
    "adapter_fusion_models": "names modules that are not in its files",
    "adapters": "names modules that are not in its files",
    "add_cross_attention": "makes it another model than an encoder",
    "compression_config": "asks for another library to unpack its weights",
    "is_decoder": "makes it another model than an encoder",
    "is_encoder_decoder": "makes it another model than an encoder",
    "pruned_heads": "takes parts of it away",
    "quantization_config": "asks for another library to unpack its weights",
    "torchscript": "changes what it answers with",
    "use_bfloat16": "changes what it computes with",
}
"""Keys that are only read past where they say nothing, with why."""
_ANSWERS = ("output_attentions", "output_hidden_states")
_LABELS = ("id2label", "label2id")
_MOST_LABELS = 100_000


def check(config: Mapping[str, Any], place: str) -> None:
    """Refuse a configuration that no encoder that is used here can have."""
    for key, value in config.items():
        if why := _wrong(key, value):
            raise StiltsError(
                f"refused {place}: config.json has {shown(repr(value))} for '{shown(key)}', {why};"
                " save the model again, or name another"
            )
    width, heads = config.get("hidden_size", 768), config.get("num_attention_heads", 12)
    if width % heads:
        raise StiltsError(
            f"refused {place}: config.json has {heads} attention heads for a width of {width},"
            " which they do not divide; save the model again, or name another"
        )


def _wrong(key: str, value: Any) -> str:
    """Return what is wrong with a value (`which …`, `where …`), or an empty string."""
    if key in _SIZES:
        low, high = _SIZES[key]
        free = value is None and "token_id" in key
        fits = type(value) is int and low <= value <= high
        return "" if free or fits else f"where a whole number from {low} to {high} belongs"
    if key in _PARTS:
        known = type(value) in (int, float) and math.isfinite(value) and 0 <= value <= _PARTS[key]
        free = value is None and key == "classifier_dropout"
        return "" if known or free else f"where a number from 0 to {_PARTS[key]} belongs"
    if key in _WORDS:
        known = isinstance(value, str) and value in _WORDS[key]
        free = value is None and key not in _SAID
        return "" if known or free else f"where one of {', '.join(_WORDS[key])} belongs"
    if key in _NEVER:
        return f"which {_NEVER[key]}" if value else ""
    if key in _ANSWERS:
        return "where false belongs" if value not in (None, False) else ""
    if key == "return_dict":
        return "where true belongs" if value not in (None, True) else ""
    if key in _LABELS:
        kind = str if key == "id2label" else int
        return "" if value is None or _labels(value, kind) else "where labels by number belong"
    if key == "architectures":
        listed = value if isinstance(value, list) else []
        plain = value is None or (bool(listed) and all(isinstance(each, str) for each in listed))
        return "" if plain or value == [] else "where names of classes belong"
    return ""


def _labels(value: Any, kind: type) -> bool:
    """Return whether a table names words by numbers, or numbers by words."""
    if not isinstance(value, dict) or len(value) > _MOST_LABELS:
        return False
    words = [*value, *(value.values() if kind is str else ())]
    return all(type(each) is kind for each in value.values()) and all(
        is_readable(word) for word in words
    )
