"""What the plain libraries get wrong without a word, and that it comes out right here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters.composition import Fuse, Stack

from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.embedding import embeddings
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import Head
from tests.modeling.plainly import IDS, INPUTS, MASK, add, apart, loud, ours, said


def test_the_last_head_answers_in_the_plain_library_and_the_targets_here(
    plain: Any, lab: Any
) -> None:
    plain.add_adapter("first")
    plain.add_classification_head("first", num_labels=3)
    plain.add_adapter("last")
    plain.add_classification_head("last", num_labels=2)
    plain.train_adapter("first")
    assert plain.active_head == "last"
    for composition, sources in (
        ("target", ()),
        ("stack", ("toy-nli",)),
        ("fuse", ("toy-nli", "toy-squad")),
    ):
        model = lab.assembly(lab.parts("seq_bn", composition, "toy-xnli", *sources)).model
        assert model.active_head == "toy-xnli"


def test_a_stack_thaws_the_source_in_the_plain_library_and_not_here(plain: Any, lab: Any) -> None:
    add(plain, "seq_bn", "low", "high")
    plain.train_adapter(Stack("low", "high"))
    assert any(weight.requires_grad for key, weight in plain.named_parameters() if ".low." in key)
    assembly = lab.assembly(lab.parts("seq_bn", "stack", "toy-xnli", "toy-nli"))
    frozen = [weight for key, weight in assembly.model.named_parameters() if ".toy-nli." in key]
    assert frozen
    assert not any(weight.requires_grad for weight in frozen)


def test_heads_of_others_stay_trainable_in_the_plain_library_and_not_here(
    plain: Any, lab: Any, tmp_path: Path
) -> None:
    add(plain, "seq_bn", "one")
    plain.add_classification_head("other", num_labels=2)
    plain.train_adapter("one")
    idle = [weight for key, weight in plain.named_parameters() if "heads.other" in key]
    assert all(weight.requires_grad for weight in idle)
    plain.active_head = "head"
    plain(**INPUTS).logits.sum().backward()
    assert all(weight.grad is None for weight in idle)
    parts = lab.parts("seq_bn", "stack", "toy-xnli", "toy-nli")
    assembly = lab.assembly(parts)
    batch = {**INPUTS, "labels": torch.tensor([0, 2])}
    assembly.logits(batch).sum().backward()
    assert all(weight.grad is not None for weight in assembly.trainable.values())
    trainable = {key for key, weight in assembly.model.named_parameters() if weight.requires_grad}
    assert trainable == assembly.trainable.keys()


@pytest.mark.parametrize("name", ["lora", "ia3", "prefix_tuning"])
def test_a_fusion_breaks_at_its_first_step_in_the_plain_library_and_is_refused_here(
    plain: Any, name: str
) -> None:
    add(plain, name, "one", "other")
    plain.add_adapter_fusion(Fuse("one", "other"))
    plain.set_active_adapters(Fuse("one", "other"))
    with pytest.raises(NotImplementedError):
        said(plain)
    assert COMPOSITIONS.get("fuse").refuses(METHODS.get(name))


@pytest.mark.parametrize("name", ["loreft", "prompt_tuning"])
def test_a_fusion_or_stack_uses_the_first_alone_in_the_plain_library_and_is_refused_here(
    plain: Any, name: str
) -> None:
    add(plain, name, "one", "other")
    plain.set_active_adapters("one")
    alone = said(plain)
    plain.add_adapter_fusion(Fuse("one", "other"))
    for block in (Fuse("one", "other"), Stack("one", "other")):
        plain.set_active_adapters(block)
        assert apart(said(plain), alone) < 1e-6
    for composition in ("fuse", "stack"):
        assert COMPOSITIONS.get(composition).refuses(METHODS.get(name))


@pytest.mark.parametrize("name", ["par_bn", "scaled_par_bn"])
def test_a_parallel_bottleneck_replaces_what_it_stands_on_in_the_plain_library_and_is_refused_here(
    plain: Any, name: str
) -> None:
    add(plain, name, "low", "high")
    plain.set_active_adapters("high")
    alone = said(plain)
    plain.set_active_adapters(Stack("low", "high"))
    assert apart(said(plain), alone) < 1e-6
    assert COMPOSITIONS.get("stack").refuses(METHODS.get(name))


@pytest.mark.parametrize("name", ["par_bn", "scaled_par_bn", "seq_bn"])
def test_a_fusion_of_one_and_its_copy_is_that_one_where_fusions_are_offered(
    plain: Any, name: str
) -> None:
    add(plain, name, "one", "copy")
    weights = dict(plain.named_parameters())
    with torch.no_grad():
        for key, weight in weights.items():
            if ".one." in key:
                weights[key.replace(".one.", ".copy.")].copy_(weight)
    plain.set_active_adapters("one")
    alone = said(plain)
    plain.add_adapter_fusion(Fuse("one", "copy"))
    plain.set_active_adapters(Fuse("one", "copy"))
    right = apart(said(plain), alone) < 1e-3
    assert right == (not COMPOSITIONS.get("fuse").refuses(METHODS.get(name)))


def test_the_second_of_two_invertible_layers_idles_in_the_plain_library_and_is_refused_here(
    plain: Any,
) -> None:
    add(plain, "seq_bn_inv", "low", "high")
    plain.set_active_adapters(Stack("low", "high"))
    plain.train_adapter(Stack("low", "high"))
    plain.active_head = "head"
    plain(**INPUTS).logits.sum().backward()
    idle = [weight for key, weight in plain.named_parameters() if "invertible_adapters.high" in key]
    assert idle
    assert all(weight.grad is None for weight in idle)
    for composition in ("stack", "fuse"):
        assert COMPOSITIONS.get(composition).refuses(METHODS.get("seq_bn_inv"))


def test_a_new_lora_wipes_out_the_one_below_in_the_plain_library_and_adds_to_it_here(
    plain: Any, lab: Any
) -> None:
    add(plain, "lora", "low")
    plain.set_active_adapters(None)
    bare = said(plain)
    plain.set_active_adapters("low")
    alone = said(plain)
    plain.add_adapter("new", config="lora")
    plain.set_active_adapters(Stack("low", "new"))
    assert apart(said(plain), bare) < 1e-6 < 1e-3 < apart(alone, bare)
    # Ours begins where the source left off, and adds both updates to the weights afterwards.
    parts = lab.parts("lora", "stack", "toy-xnli", "toy-nli")
    assembly = lab.assembly(parts)
    assembly.model.eval()
    stacked = ours(assembly, IDS)
    assembly.model.set_active_adapters("toy-nli")
    assembly.model.active_head = "toy-xnli"
    assert apart(ours(assembly, IDS), stacked) < 1e-6
    changed = loud(parts, lab)
    sums = {}
    for key, weight in changed.model.named_parameters():
        if key.endswith((".query.weight", ".value.weight")):
            layer = changed.model.get_submodule(key.removesuffix(".weight"))
            both = (layer.loras["toy-nli"], layer.loras["toy-xnli"])
            sums[key] = weight + sum(each.delta_w * each.scaling for each in both)
    together = ours(changed, IDS)
    changed.model.set_active_adapters(None)
    with torch.no_grad():
        for key, weight in changed.model.named_parameters():
            if key in sums:
                weight.copy_(sums[key])
    changed.model.active_head = "toy-xnli"
    assert apart(ours(changed, IDS), together) < 1e-4


def test_an_answer_to_a_prompt_hangs_on_padding_in_the_plain_library_and_not_here(
    plain: Any, lab: Any
) -> None:
    add(plain, "prompt_tuning", "one")
    plain.set_active_adapters("one")
    short = {"input_ids": IDS[1:, :4], "attention_mask": MASK[1:, :4]}
    assert apart(said(plain)[1:], said(plain, short)) > 1e-3
    assembly = loud(lab.parts("prompt_tuning", "target", "toy-xnli"), lab)
    assert apart(ours(assembly, IDS)[1:], ours(assembly, IDS[1:, :4])) < 1e-5


def test_two_models_of_one_configuration_share_heads_in_the_plain_library_and_not_here(
    plain: Any, lab: Any
) -> None:
    plain.add_classification_head("one", num_labels=2)
    twin = type(plain)(plain.config)
    assert "one" in twin.heads
    models = [
        lab.assembly(lab.parts(name, "target", "toy-xnli")).model for name in ("head", "lora")
    ]
    assert models[0].config.prediction_heads is not models[1].config.prediction_heads


def test_layers_that_are_left_out_have_a_fusion_in_the_plain_library_and_none_here(
    lab: Any, plain_fusion: Any, tmp_path: Path
) -> None:
    """Such a fusion is never reached, so that it would have no gradient."""
    expression = "seq_bn[leave_out=0]"
    parts = lab.parts(expression, "fuse", "toy-xnli", "toy-nli", "toy-squad")
    assembly = lab.assembly(parts)
    layers = [
        {name.split(".layer.")[1][0] for name, _ in model.named_parameters() if "fusion" in name}
        for model in (plain_fusion(lab, parts), assembly.model)
    ]
    assert layers == [{"0", "1"}, {"1"}]
    assembly.logits({**INPUTS}).sum().backward()
    assert all(weight.grad is not None for weight in assembly.trainable.values())
    assembly.save(tmp_path)
    assembly.model.eval()
    again = for_prediction(parts, tmp_path, device=lab.device)
    assert apart(ours(again, IDS), ours(assembly, IDS)) < 1e-6


def test_an_edit_of_no_place_is_not_trained(lab: Any) -> None:
    for expression, units in (
        ("loreft", {"0"}),
        ("loreft[suffix_positions=1]", {"0", "1"}),
        ("loreft[prefix_positions=0,suffix_positions=1]", {"1"}),
        ("loreft[tied_weights=true]", {"0"}),
    ):
        assembly = lab.assembly(lab.parts(expression, "target", "toy-xnli"))
        names = [name.split(".") for name in assembly.trainable if ".units." in name]
        assert {path[path.index("units") + 1] for path in names} == units
        assembly.logits({**INPUTS}).sum().backward()
        assert all(weight.grad is not None for weight in assembly.trainable.values())


def test_embeddings_are_those_of_the_input_and_not_of_a_prompt(lab: Any) -> None:
    parts = replace(
        lab.parts("prompt_tuning", "zero", "toy-xnli", "toy-nli"), head=Head(name="x", kind="none")
    )
    assembly = for_prediction(parts, None, device=lab.device)
    data = lab.encoded("toy-nli", "test")
    found = embeddings(
        assembly,
        data,
        layers=(1, 2),
        pooling="mean",
        pad=lab.tokenizer.pad,
        device=lab.device,
        tokens=200,
    )
    ids = torch.tensor([data.features["input_ids"][0]])
    with torch.inference_mode():
        states = assembly.model.base_model(input_ids=ids, attention_mask=torch.ones_like(ids))[0]
    own = states[0, -ids.shape[1] :].mean(0)
    assert states.shape[1] == ids.shape[1] + 10
    assert apart(torch.from_numpy(found[1, 0]), own) < 1e-5
