"""Which method somebody else's configuration is of, for every method and what differs from one."""

from typing import Any

import pytest
from adapters import AdapterConfig
from peft import IA3Config, LoraConfig

from adapterstilts.modeling import filenames
from adapterstilts.modeling.configurations import for_adapters, for_peft
from adapterstilts.modeling.foreign.library_configs import PARTS
from adapterstilts.modeling.foreign.recognising import NoMethod, recognised
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.parts import Head

SEQ_BN = METHODS.get("seq_bn")
OWN = [each.name for each in METHODS.values() if each.library == "adapters" and each.architecture]
PEFT = [each.name for each in METHODS.values() if each.library == "peft" and not each.heads]
SET = [
    "seq_bn[reduction_factor=8]",
    "seq_bn[leave_out=0-3+11,non_linearity=gelu]",
    "seq_bn[dropout=0.1,reduction_factor=1.5]",
    "double_seq_bn[ln_before=true]",
    "par_bn[scaling=2]",
    "scaled_par_bn[reduction_factor=4]",
    "seq_bn_inv[inv_adapter_reduction_factor=4]",
    "compacter[phm_dim=2]",
    "prefix_tuning[flat=true,prefix_length=5]",
    "prompt_tuning[prompt_length=20]",
    "lora[alpha=16,attn_matrices=q+k+v,intermediate_lora=true,r=16]",
    "ia3[output_lora=true]",
    "mam[bottleneck_size=8,leave_out=0,reduction_factor=4]",
    "unipelt[alpha=4,leave_out=1,prefix_length=3,r=4]",
    "loreft[layers=1,r=4,suffix_positions=2]",
]


def like(name: str, **other: Any) -> dict[str, Any]:
    """Return what a file says of an adapter of a method, with changes."""
    found: dict[str, Any] = for_adapters(method(name)).to_dict()
    return {**found, **other}


def peft(config: Any) -> dict[str, Any]:
    """Return what a file of PEFT says."""
    found = config.to_dict()
    return {
        key: sorted(value) if isinstance(value, set) else getattr(value, "value", value)
        for key, value in found.items()
    }


@pytest.mark.parametrize("name", OWN)
def test_the_configurations_are_those_of_the_library(name: str) -> None:
    architecture = METHODS.get(name).architecture
    said = AdapterConfig.load(architecture).to_dict()
    assert list(map(dict, PARTS[architecture])) == said.get("configs", [said])


@pytest.mark.parametrize("name", [*OWN, *SET])
def test_every_method_is_known_by_its_configuration_whatever_is_set(name: str) -> None:
    assert recognised(like(name), like=SEQ_BN) == method(name)


@pytest.mark.parametrize("name", [*PEFT, "peft:lora[lora_alpha=4,r=2,target_modules=query+key]"])
@pytest.mark.parametrize("kind", ["none", "sequence", "choice"])
def test_every_method_of_peft_is_known_by_its_configuration(name: str, kind: str) -> None:
    head = Head(name="x", kind=kind, outputs=3)
    assert recognised(peft(for_peft(method(name), head)), like=SEQ_BN) == method(name)


def test_how_weights_began_makes_no_difference() -> None:
    said = like("lora", init_weights="bert", init_weights_seed=3)
    assert recognised(said, like=SEQ_BN).name == "lora"
    assert recognised(like("seq_bn", phm_rank=7, learn_phm=False), like=SEQ_BN).name == "seq_bn"


def test_what_older_releases_did_not_write_is_as_it_was() -> None:
    said = like("seq_bn")
    for key in ("dropout", "init_weights_seed", "stochastic_depth", "leave_out"):
        del said[key]
    assert recognised(said, like=SEQ_BN).name == "seq_bn"
    del said["reduction_factor"]
    with pytest.raises(NoMethod, match="lacks 'reduction_factor'"):
        recognised(said, like=SEQ_BN)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (like("seq_bn", surprise=1), "'surprise', which adapters 1.3 does not know"),
        (like("seq_bn", use_gating=True), "its 'use_gating' is True, and seq_bn has False"),
        (like("seq_bn", use_gating=0), "its 'use_gating' is 0, and seq_bn has False"),
        (like("seq_bn", residual_before_ln="post_add"), "'residual_before_ln' is 'post_add'"),
        (like("seq_bn", reduction_factor=[8]), r"'reduction_factor' is wrong: \[8\] is not a num"),
        (like("seq_bn", reduction_factor="8"), "'reduction_factor' is wrong: '8' is not a number"),
        (like("seq_bn", reduction_factor={"1": 8}), "'reduction_factor' is wrong"),
        (like("seq_bn", reduction_factor=-1), "'reduction_factor' is wrong"),
        (like("seq_bn", ln_before=1), "'ln_before' is wrong: 1 is not true or false"),
        (like("seq_bn", non_linearity="import os"), "'non_linearity' is wrong"),
        (like("seq_bn", leave_out=["0"]), "'leave_out' is wrong"),
        (like("seq_bn", leave_out=None), "'leave_out' is wrong"),
        ({"architecture": "union", "configs": 3}, "'configs' is no list of configurations"),
        ({"architecture": "union", "configs": [], "x": 1}, "'x', which adapters 1.3 does not know"),
        ({"architecture": "union", "configs": [like("seq_bn")] * 2}, "has 2 parts, seq_bn 1"),
    ],
)
def test_what_no_method_has_is_told_with_the_key(said: dict[str, Any], why: str) -> None:
    with pytest.raises(NoMethod, match=why):
        recognised(said, like=SEQ_BN)


def test_what_is_of_no_method_is_compared_with_the_one_that_is_wanted() -> None:
    with pytest.raises(NoMethod, match="'use_dora' is True, and lora has False"):
        recognised(like("lora", use_dora=True), like=method("lora[r=16]"))
    with pytest.raises(NoMethod, match=r"(lacks|its) '"):
        recognised(like("lora", use_dora=True), like=METHODS.get("peft:lora"))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"use_bdlora": True}, "its 'use_bdlora' is True, which no method here sets"),
        ({"rank_pattern": {"query": 2}}, "its 'rank_pattern' is"),
        ({"bias": "all"}, "its 'bias' is 'all'"),
        ({"init_lora_weights": "pissa"}, "'pissa', which changes the backbone too"),
        ({"target_modules": "all-linear"}, "its 'target_modules' is wrong"),
        ({"target_modules": ["dense"]}, "its 'target_modules' is wrong"),
        ({"target_modules": None}, "lacks 'target_modules'"),
        ({"r": "8"}, "its 'r' is wrong"),
        (
            {"peft_type": "P_TUNING"},
            "its peft_type is 'P_TUNING', and only FOURIERFT, IA3",
        ),
        ({"peft_type": ["VERA"]}, r"its peft_type is \['VERA'\], and only"),
        ({"peft_type": "VERA"}, "its 'save_projection' is None, and peft:vera has True"),
        ({"a_key_of_next_year": {"on": True}}, "its 'a_key_of_next_year' is"),
    ],
)
def test_what_peft_has_beside_its_methods_here_is_refused(said: dict[str, Any], why: str) -> None:
    config = peft(LoraConfig(target_modules=["query", "value"]))
    with pytest.raises(NoMethod, match=why):
        recognised({**config, **said}, like=SEQ_BN)
    empty = {"a_key_of_next_year": None, "another": [], "third": False}
    assert recognised({**config, **empty}, like=SEQ_BN).name == "peft:lora"


def test_a_pattern_of_ia3_may_be_written_in_any_way() -> None:
    said = peft(IA3Config(target_modules=["key", "value"], feedforward_modules=[]))
    assert recognised(said, like=SEQ_BN).name == "peft:ia3"


def test_the_names_of_files_are_those_of_the_libraries() -> None:
    from adapters import utils
    from peft.utils import constants

    assert (filenames.ADAPTER_CONFIG, filenames.ADAPTER_WEIGHTS) == (
        utils.CONFIG_NAME,
        utils.SAFE_WEIGHTS_NAME,
    )
    assert (filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS) == (
        utils.HEAD_CONFIG_NAME,
        utils.SAFE_HEAD_WEIGHTS_NAME,
    )
    assert (filenames.FUSION_CONFIG, filenames.FUSION_WEIGHTS) == (
        utils.ADAPTERFUSION_CONFIG_NAME,
        utils.SAFE_ADAPTERFUSION_WEIGHTS_NAME,
    )
    assert constants.SAFETENSORS_WEIGHTS_NAME == filenames.PEFT_WEIGHTS
    assert constants.CONFIG_NAME == filenames.ADAPTER_CONFIG


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "peft:prompt[num_virtual_tokens=3]"),
        ({"num_virtual_tokens": 20}, "peft:prompt"),
        ({"prompt_tuning_init": "TEXT", "prompt_tuning_init_text": "Say"}, "num_virtual_tokens=3"),
        ({"prompt_tuning_init": "SAMPLE_VOCAB"}, "prompt_tuning_init=SAMPLE_VOCAB"),
        ({"tokenizer_name_or_path": "someone/else", "token_dim": 64}, "num_virtual_tokens=3"),
    ],
)
def test_a_prompt_is_known_by_its_length_however_it_began(
    values: dict[str, Any], name: str
) -> None:
    head = Head(name="x", kind="sequence", outputs=3)
    said = peft(for_peft(method("peft:prompt[num_virtual_tokens=3]"), head))
    assert name in recognised({**said, "num_transformer_submodules": 1, **values}, like=SEQ_BN).name
    with pytest.raises(NoMethod, match="its 'num_transformer_submodules' is 2"):
        recognised({**said, "num_transformer_submodules": 2}, like=SEQ_BN)
