"""Heads alone whose configurations say what no head has, or whose weights stand on something."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.hub.hostile.case import (
    LABELS,
    Case,
    Spoil,
    beside,
    both,
    brief,
    removed,
    setting,
    without,
)
from tests.hub.hostile.tensors import PICKLE
from tests.modeling.foreign_adapters import renamed

_FILE, _WEIGHTS = "head_config.json", "model_head.safetensors"
_SAID: Mapping[str, tuple[Any, ...]] = {
    "config": (None, "classification", [], {}),
    "hidden_size": (128, 0, -1, 10**18, "64", 64.0, None),
    "model_type": ("bert", "", 1, None, ["xlm-roberta"]),
    "name": ("", "other", "a.b", "../x", "/etc/passwd", "\x1b[31m", "a\0b", "x" * 5000, 1, None),
    "model_class": (1, ["x"]),
    "model_name": (1, {"a": 1}),
    "version": (1, {"a": 1}),
    "auto_map": ({"AutoModel": "code.Model"},),
    "peft_type": ("LORA",),
    "trust_remote_code": (True,),
    "surprise": (1,),
}
_MADE: Mapping[str, tuple[Any, ...]] = {
    "head_type": ("evil", "image_classification", "causal_lm", "tagging", "masked_lm", 1, None),
    "num_labels": (0, -1, 2, 4, 10**6, 10**9, 10**18, "3", 3.0, None),
    "layers": (0, -1, 1, 3, 20, 21, 10**6, "2", None),
    "activation_function": (1, ["tanh"], None, "", "evil", "os.system"),
    "label2id": LABELS,
    "use_pooler": (True, "yes", 1),
    "bias": (1, "no", False),
    "dropout_prob": ("0.1", [0.1]),
    "num_choices": (2,),
    "embedding_size": (10**12,),
    "surprise": (1,),
}
_SPOILT: Mapping[str, Spoil] = {
    "without weights": removed(_WEIGHTS),
    "without its configuration": removed(_FILE),
    "of pickles alone": both(removed(_WEIGHTS), beside({"pytorch_model_head.bin": PICKLE})),
    "without its type": without(_FILE, "config", "head_type"),
    "without its width": without(_FILE, "hidden_size"),
    "without its name": without(_FILE, "name"),
    "of a language model of any size": both(
        setting(_FILE, "config", "head_type", to="masked_lm"),
        setting(_FILE, "config", "vocab_size", to=2_000_000),
        setting(_FILE, "config", "embedding_size", to=10**12),
    ),
    "for choices that are billions": both(
        setting(_FILE, "config", "head_type", to="multiple_choice"),
        setting(_FILE, "config", "num_choices", to=10**10),
        without(_FILE, "config", "num_labels"),
    ),
    "for spans of three ends": setting(_FILE, "config", "head_type", to="question_answering"),
    "of another name": lambda folder: renamed(
        folder, lambda name: name.replace("heads.mnli.", "heads.x."), _WEIGHTS
    ),
    "of the encoder": lambda folder: renamed(
        folder, lambda name: name.replace("heads.mnli.", "roberta.encoder."), _WEIGHTS
    ),
    "beside an adapter of pickles": beside({"pytorch_adapter.bin": PICKLE}),
    "beside an adapter without its configuration": beside({"adapter.safetensors": b"x"}),
    "beside a fusion": beside({"model_adapter_fusion.safetensors": b"x"}),
    "beside a model without its configuration": beside({"model.safetensors": b"x"}),
}


def cases() -> Iterator[Case]:
    """Yield heads alone that are hostile in what their files say, or in what lies beside them."""
    for key, values in _SAID.items():
        for value in values:
            yield _case(f"{_FILE} with {key}", value, setting(_FILE, key, to=value))
    for key, values in _MADE.items():
        for value in values:
            yield _case(f"made with {key}", value, setting(_FILE, "config", key, to=value))
    for name, spoil in _SPOILT.items():
        yield Case(name=f"head: {name}", layout="head", spoil=spoil)
    yield Case(
        name="head: with code and pickles beside it",
        layout="head",
        spoil=beside({"code.py": "open('canary', 'w')", "optimizer.pt": PICKLE}),
        harmless=True,
    )


def _case(what: str, value: Any, spoil: Spoil) -> Case:
    return Case(name=f"head: {what} {brief(value)}", layout="head", spoil=spoil)
