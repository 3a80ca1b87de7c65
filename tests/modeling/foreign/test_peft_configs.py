"""Configurations of PEFT: what PEFT writes is read, what would act is refused."""

import re
from typing import Any

import pytest
from peft import FourierFTConfig, IA3Config, LoraConfig, OFTConfig, PromptTuningConfig, VeraConfig

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign.peft_configs import check

LORA = LoraConfig(r=4, target_modules=["query", "value"], task_type="SEQ_CLS")


def said(config: Any) -> dict[str, Any]:
    """Return what PEFT writes of a configuration."""
    found = {
        key: sorted(value) if isinstance(value, set) else value
        for key, value in config.to_dict().items()
    }
    return {**found, "peft_type": str(found["peft_type"].value)}


@pytest.mark.parametrize(
    "config",
    [
        LORA,
        LoraConfig(
            use_dora=True, bias="all", layers_to_transform=[0], init_lora_weights="gaussian"
        ),
        LoraConfig(target_modules=r".*\.(query|value)", rank_pattern={"query": 8}, use_rslora=True),
        IA3Config(target_modules=["key"], feedforward_modules=[]),
        OFTConfig(oft_block_size=4, target_modules="all-linear"),
        VeraConfig(r=8),
        FourierFTConfig(n_frequency=10),
        PromptTuningConfig(num_virtual_tokens=5, task_type="SEQ_CLS"),
    ],
)
def test_what_peft_writes_is_taken(config: Any) -> None:
    check(said(config), "hub(user/repo)")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("megatron_config", {"tensor": 1}),
        ("megatron_core", "os"),
        ("tokenizer_kwargs", {"trust_remote_code": True}),
        ("init_lora_weights", "pissa"),
        ("init_lora_weights", {"a": 1}),
        ("loftq_config", {"loftq_bits": 4}),
        ("eva_config", {"rho": 2.0}),
        ("corda_config", {"cache_file": "/tmp/x"}),
        ("layer_replication", [[0, 2]]),
        ("peft_type", "BOFT"),
        ("task_type", "\x1b[2J"),
        ("r", 2**40),
        ("r", "4"),
        ("lora_alpha", [1]),
        ("modules_to_save", ["(.*)*x"]),
        ("rank_pattern", {"(a+)+": 1}),
        ("rank_pattern", {"query": "8"}),
        ("layers_to_transform", ["0"]),
        ("base_model_name_or_path", "x" * 1000),
        ("surprise", "word"),
        ("\x1b[2J", 1e300),
    ],
)
def test_what_would_act_is_refused_by_its_key(key: str, value: Any) -> None:
    with pytest.raises(
        StiltsError, match=r"hub\(user/repo\) cannot be used: its adapter_config.json"
    ) as caught:
        check({**said(LORA), key: value}, "hub(user/repo)")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(.*)*q",
        "(.|.)*x",
        "(a|b)+",
        "(a){9}",
        ".*.*.*.*x",
        "(?=a)b",
        "[",
        "(" * 999,
        "q" * 999,
    ],
)
def test_a_pattern_that_may_search_for_ever_is_refused(pattern: str) -> None:
    for key in ("target_modules", "exclude_modules", "layers_pattern"):
        with pytest.raises(StiltsError, match=f"for '{key}'"):
            check({**said(LORA), key: pattern}, "x")


@pytest.mark.parametrize(
    "pattern",
    [".*query", r".*\.layer\.[0-9]+\..*(query|value)", "(?:query|key)$", "query", "[^x]*q.*e"],
)
def test_a_pattern_that_is_taken_is_searched_in_a_moment(pattern: str) -> None:
    check({**said(LORA), "target_modules": pattern}, "x")
    # A search that goes astray would not come back before the suite's own end.
    for name in ("a" * 200, ".layer.1" * 20, "x" * 100 + "query"):
        re.fullmatch(pattern, name)
