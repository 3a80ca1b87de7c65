"""Sizes by arithmetic against modules that are really there."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModel

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.parts import ADAPTER
from adapterstilts.modeling.sizes import (
    BASE,
    LARGE,
    Shape,
    height,
    misfit,
    shape_of,
    stored_bytes,
    trainable,
    unread,
)

EXPRESSIONS = [
    *(name for name in METHODS.names() if name not in ("compacter", "full", "head", "none")),
    "seq_bn[reduction_factor=4]",
    "seq_bn[reduction_factor=2.5]",
    "seq_bn[leave_out=0]",
    "seq_bn[ln_before=true,ln_after=true]",
    "double_seq_bn[reduction_factor=8,leave_out=1]",
    "scaled_par_bn[leave_out=1]",
    "seq_bn_inv[inv_adapter_reduction_factor=4]",
    "compacter[reduction_factor=8]",
    "compacter[reduction_factor=4,phm_dim=2,leave_out=0]",
    "prefix_tuning[flat=true,prefix_length=5]",
    "prefix_tuning[bottleneck_size=6,leave_out=0]",
    "prompt_tuning[prompt_length=4]",
    "lora[r=3,attn_matrices=q+k+v,intermediate_lora=true,output_lora=true]",
    "lora[leave_out=1]",
    "ia3[output_lora=true,leave_out=0]",
    "ia3[attn_matrices=q,intermediate_lora=false]",
    "mam[bottleneck_size=6,reduction_factor=8,leave_out=1]",
    "unipelt[r=2,prefix_length=4,reduction_factor=8,leave_out=0]",
    "loreft[r=2,layers=1,suffix_positions=2]",
    "loreft[tied_weights=true]",
    "peft:lora[r=3,target_modules=query+key+value]",
    "peft:dora[r=3]",
]


def shape(lab: Any) -> Shape:
    return shape_of(json.loads((lab.located.folder / "config.json").read_text()))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_trained_and_stored_is_what_was_counted(
    lab: Any, expression: str, tmp_path: Any
) -> None:
    from safetensors.torch import load_file

    wanted = method(expression)
    parts = replace(lab.parts("seq_bn", "target", "toy-udpos"), method=wanted)
    assembly = lab.assembly(parts)
    head = {
        name
        for name in assembly.trainable
        if name.startswith("heads.") or "modules_to_save" in name
    }
    assert head
    numbers = sum(weight.numel() for name, weight in assembly.trainable.items() if name not in head)
    assert trainable(wanted, shape(lab)) == numbers
    assembly.save(tmp_path)
    name = "adapter_model" if wanted.library == "peft" else "adapter"
    state = load_file(tmp_path / ADAPTER / f"{name}.safetensors")
    stored = sum(
        weight.numel() * weight.element_size()
        for name, weight in state.items()
        if ".classifier." not in name
    )
    assert stored_bytes(wanted, shape(lab)) == stored


@pytest.mark.parametrize(("size", "total"), [(BASE, 277_453_056), (LARGE, 558_840_832)])
def test_full_fine_tuning_counts_the_whole_encoder(size: Shape, total: int) -> None:
    config = AutoConfig.for_model(
        "xlm-roberta",
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.hidden // 64,
        intermediate_size=size.intermediate,
        max_position_embeddings=size.positions,
        type_vocab_size=1,
    )
    with torch.device("meta"):
        model = AutoModel.from_config(config, add_pooling_layer=False)
    assert sum(weight.numel() for weight in model.parameters()) == total
    assert trainable(METHODS.get("full"), size) == total
    assert stored_bytes(METHODS.get("full"), size) == 4 * total


def test_published_sizes_are_met() -> None:
    """Bottleneck of 48 on base, as counted with the library; LoRA of rank 8 on two projections."""
    assert trainable(METHODS.get("seq_bn"), BASE) == 894_528
    assert trainable(METHODS.get("seq_bn"), LARGE) == 3_171_840
    assert trainable(METHODS.get("lora"), BASE) == 2 * 12 * 8 * 2 * 768
    assert trainable(METHODS.get("lora"), LARGE) == 2 * 24 * 8 * 2 * 1024


@pytest.mark.parametrize("name", METHODS.names())
@pytest.mark.parametrize("size", [BASE, LARGE])
def test_every_method_has_a_size_and_fits_xlm_r(name: str, size: Shape) -> None:
    entry = METHODS.get(name)
    assert misfit(entry, size) == ""
    assert (trainable(entry, size) > 0) == (name not in ("none", "head"))
    assert stored_bytes(entry, size) >= 4 * trainable(entry, size)


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("seq_bn[leave_out=2]", "it names layer 2, and the last of the backbone is 1"),
        ("loreft[layers=0-11]", "it names layer 2, and the last"),
        ("seq_bn[leave_out=0-1]", "it leaves out every layer"),
        ("compacter", "phm_dim 4 does not divide the width of 64 and that of the bottleneck, 2"),
        ("seq_bn[reduction_factor=65]", "its reduction_factor leaves nothing of a width of 64"),
        ("loreft[prefix_positions=0]", "it edits no place"),
    ],
)
def test_what_has_no_room_is_refused_before_it_is_built(
    lab: Any, expression: str, complaint: str
) -> None:
    wanted = method(expression)
    assert misfit(wanted, shape(lab)).startswith(complaint)
    with pytest.raises(UsageError, match="does not fit backbone"):
        lab.assembly(replace(lab.parts("seq_bn", "target", "toy-xnli"), method=wanted))


@pytest.mark.parametrize(("layers", "read"), [(24, 14), (12, 7), (2, 1), (4, 2), (1, 1), (6, 4)])
def test_embeddings_are_read_at_the_same_height_in_any_depth(layers: int, read: int) -> None:
    assert height(layers) == read


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("head", "it trains a head alone"),
        ("seq_bn[leave_out=0-6]", "read above layer 6, and all that it trains lies higher"),
        ("loreft[layers=7+8]", "read above layer 6"),
        ("seq_bn[leave_out=0-5]", ""),
        ("seq_bn_inv[leave_out=0-6]", ""),
        ("loreft[layers=6+7]", ""),
        ("full", ""),
        ("bitfit", ""),
    ],
)
def test_what_lies_above_where_embeddings_are_read_is_told(expression: str, why: str) -> None:
    found = unread(method(expression), BASE)
    assert why in found
    assert bool(found) == bool(why)
    assert bool(unread(method(expression), None)) == (expression == "head")
