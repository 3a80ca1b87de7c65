"""A method as its library's own configuration."""

from collections.abc import Mapping
from typing import Any

from adapters import AdapterConfig, ConfigUnion
from peft import (
    FourierFTConfig,
    IA3Config,
    LNTuningConfig,
    LoHaConfig,
    LoKrConfig,
    LoraConfig,
    OFTConfig,
    PeftConfig,
    PromptTuningConfig,
    TaskType,
    VeraConfig,
)

from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import Head

_FEED_FORWARD = r".*\.layer\.\d+\.output\.dense"
_TASKS = {
    "sequence": TaskType.SEQ_CLS,
    "token": TaskType.TOKEN_CLS,
    "span": TaskType.QUESTION_ANS,
}
"""What PEFT calls a kind of head, whose modules it then saves unasked."""
_SAVED = {
    "choice": ("classifier", "pooler"),
    # Not its output matrix, which is the embeddings'.
    "lm": ("lm_head.dense", "lm_head.layer_norm"),
}
"""Modules that make up the other kinds in `transformers`."""
_PROJECTING: Mapping[str, type[PeftConfig]] = {
    "lora": LoraConfig,
    "dora": LoraConfig,
    "loha": LoHaConfig,
    "lokr": LoKrConfig,
    "vera": VeraConfig,
    "oft": OFTConfig,
    "fourierft": FourierFTConfig,
}
"""What changes projections of the attention, by its architecture."""


def for_adapters(method: Method) -> AdapterConfig:
    """Return the configuration of `adapters`.

    A mixture is set in each of its parts: `AdapterConfig.load("mam", reduction_factor=4)` sets it
    in none of them and says nothing.
    """
    given = {key: _plain(value) for key, value in method.overrides.items()}
    config = AdapterConfig.load(method.architecture)
    if not hasattr(config, "configs"):
        return config.replace(**given)
    parts = (
        part.replace(**{key: value for key, value in given.items() if key in part})
        for part in config.configs
    )
    return ConfigUnion(*parts)


def for_peft(method: Method, head: Head) -> PeftConfig:
    """Return the configuration of PEFT, the head's modules among those that are saved."""
    given: dict[str, Any] = {key: _plain(value) for key, value in method.overrides.items()}
    given["task_type"] = _TASKS.get(head.kind)
    # A new list each time, for PEFT appends to it.
    given["modules_to_save"] = list(_SAVED.get(head.kind, ())) or None
    if method.architecture == "ia3":
        # As the paper has it: PEFT's own pattern for RoBERTa scales the attention's output too.
        inner = rf".*\.self\.(key|value)|{_FEED_FORWARD}"
        return IA3Config(target_modules=inner, feedforward_modules=_FEED_FORWARD, **given)
    if method.architecture == "bitfit":
        # One update of nothing, for a LoRA file must have one; `bias` is what is wanted.
        return LoraConfig(
            r=1, target_modules=["query"], layers_to_transform=[0], bias="all", **given
        )
    if method.architecture == "ln_tuning":
        return LNTuningConfig(target_modules=["LayerNorm"], **given)
    if method.architecture == "prompt":
        given["num_virtual_tokens"] = method.value("num_virtual_tokens")
        return PromptTuningConfig(**given)
    given.setdefault("target_modules", ["query", "value"])
    if method.architecture == "dora":
        given["use_dora"] = True
    return _PROJECTING[method.architecture](**given)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
