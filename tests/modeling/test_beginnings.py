"""Where a training begins and what a source gives: seeds, sources' weights, and broken files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import inference
from adapterstilts.modeling.assembly import Assembly, for_prediction
from adapterstilts.modeling.parts import MODEL


def outputs(assembly: Assembly, data: Any, lab: Any, *, tokens: int) -> list[Any]:
    pad = lab.tokenizer.pad
    return inference.outputs(assembly, data, pad=pad, device=lab.device, tokens=tokens)


def test_the_seed_makes_the_new_weights_and_the_global_generator_is_left_alone(
    lab: Any, weights_of: Any
) -> None:
    state = torch.get_rng_state()
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    one, same, other = (weights_of(lab.assembly(parts, seed).model) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same[name]) for name in one)
    new = {name for name in one if not torch.equal(one[name], other[name])}
    assert any("toy-xnli" in name for name in new)
    assert not {name for name in new if "toy-xnli" not in name and "pooler" not in name}


def test_two_models_share_no_heads(lab: Any) -> None:
    one = lab.assembly(lab.parts("seq_bn", "target", "toy-xnli")).model
    other = lab.assembly(lab.parts("seq_bn", "target", "toy-udpos")).model
    assert set(one.config.prediction_heads) == {"toy-xnli"}
    assert set(other.config.prediction_heads) == {"toy-udpos"}


def test_a_fine_tuned_target_goes_on_from_the_sources_encoder_under_a_new_head(
    lab: Any, weights_of: Any
) -> None:
    """Source and target have labels alike here, and still the source's head is left behind."""
    parts = lab.parts("full", "continue", "toy-xnli", "toy-nli")
    now = weights_of(lab.assembly(parts).model)
    source = for_prediction(
        lab.parts("full", "zero", "toy-xnli", "toy-nli"), None, device=lab.device
    )
    left = weights_of(source.model)
    encoder = [name for name in now if name.startswith("roberta.")]
    assert encoder
    assert all(torch.equal(now[name], left[name]) for name in encoder)
    heads = [name for name in now if name.startswith("classifier.") and name.endswith("weight")]
    assert heads
    assert not any(torch.equal(now[name], left[name]) for name in heads)


def test_an_adapter_goes_on_from_the_sources_weights_under_a_new_head(
    lab: Any, weights_of: Any
) -> None:
    now = weights_of(lab.assembly(lab.parts("seq_bn", "continue", "toy-xnli", "toy-nli")).model)
    source = for_prediction(
        lab.parts("seq_bn", "zero", "toy-nli", "toy-nli"), None, device=lab.device
    )
    left = weights_of(source.model)
    adapter = [name for name in left if ".adapters.toy-nli." in name]
    assert adapter
    for name in adapter:
        assert torch.equal(left[name], now[name.replace(".toy-nli.", ".toy-xnli.")])
    assert not torch.equal(now["heads.toy-xnli.1.weight"], left["heads.toy-nli.1.weight"])


def test_a_language_models_head_begins_as_pretraining_left_it(lab: Any) -> None:
    whole = lab.assembly(lab.parts("full", "target", "toy-mlm"))
    for method in ("seq_bn", "head"):
        ours = lab.assembly(lab.parts(method, "target", "toy-mlm"))
        for each in (whole, ours):
            each.model.eval()
        data = lab.encoded("toy-mlm", "test")
        for one, other in zip(
            outputs(whole, data, lab, tokens=500), outputs(ours, data, lab, tokens=500), strict=True
        ):
            if method == "head":  # A new adapter is not quite the identity.
                np.testing.assert_allclose(one, other, atol=1e-5)
        bias = ours.model.heads["toy-mlm"][3].bias
        assert torch.equal(bias, whole.model.lm_head.bias)
        assert bias.abs().sum() > 1


@pytest.mark.parametrize("method", ["seq_bn", "double_seq_bn", "lora", "full"])
def test_a_source_as_it_is_answers_with_its_own_head(lab: Any, method: str) -> None:
    """It gives the target what it gave in its own name, whatever the number of choices."""
    for task, source in (("toy-xnli", "toy-nli"), ("toy-xcopa", "toy-swag")):
        parts = lab.parts(method, "zero", task, source)
        assembly = for_prediction(parts, None, device=lab.device)
        assert not assembly.trainable
        own = lab.parts(method, "target", source)
        trained = for_prediction(own, lab.source(method, source), device=lab.device)
        data = lab.encoded(task, "test")
        if task == "toy-xcopa":
            head = replace(lab.head(task), name=source)
            trained = replace(trained, parts=replace(own, head=head))
            if method != "full":
                trained.model.heads[source].config["num_choices"] = 2
        theirs = outputs(trained, data, lab, tokens=500)
        for one, other in zip(outputs(assembly, data, lab, tokens=500), theirs, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_target_may_learn_from_another_tasks_training_split(lab: Any, tmp_path: Path) -> None:
    """The files then bear that task's name, and answer under the target's."""
    for composition, sources in (("target", ()), ("fuse", ("toy-nli", "toy-squad"))):
        parts = lab.parts("seq_bn", composition, "toy-nli", *sources)
        named = replace(parts, head=replace(parts.head, name="trainee"))
        assembly = lab.assembly(named)
        folder = tmp_path / composition
        folder.mkdir()
        assembly.save(folder)
        assembly.model.eval()
        asked = replace(parts, head=replace(parts.head, name="target"))
        loaded = for_prediction(asked, folder, device=lab.device)
        assert loaded.model.active_head == "target"
        data = lab.encoded("toy-nli", "test")
        for one, other in zip(
            outputs(assembly, data, lab, tokens=500),
            outputs(loaded, data, lab, tokens=500),
            strict=True,
        ):
            np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("method", ["seq_bn", "full"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_broken_artifact_is_named_with_the_remedy(
    lab: Any, tmp_path: Path, method: str, damage: str
) -> None:
    parts = lab.parts(method, "target", "toy-xnli")
    assembly = lab.assembly(parts)
    assembly.save(tmp_path)
    victim = max(tmp_path.rglob("*.safetensors"), key=lambda path: path.stat().st_size)
    if damage == "cut":
        victim.write_bytes(victim.read_bytes()[:100])
    else:
        victim.unlink()
    with pytest.raises(StiltsError) as caught:
        for_prediction(parts, tmp_path, device=lab.device)
    assert str(tmp_path) in str(caught.value)
    assert f"remove the folder {tmp_path} and run again" in str(caught.value) or (
        "remove the folder and run again" in str(caught.value)
    )


def test_a_source_of_another_backbone_is_refused(lab: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "source"
    lab.assembly(lab.parts("full", "target", "toy-nli")).save(folder)
    path = folder / MODEL / "model.safetensors"
    state = {f"x.{name}": weight for name, weight in load_file(path).items()}
    save_file(state, path, metadata={"format": "pt"})
    parts = lab.parts("full", "continue", "toy-xnli", "toy-nli")
    broken = replace(parts, sources=(replace(parts.sources[0], folder=folder),))
    with pytest.raises(StiltsError, match="its weights are not those of this backbone"):
        lab.assembly(broken)
