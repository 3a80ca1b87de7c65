"""PEFT's methods on plain models: what a source gives, what is read, what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import AutoPeftModelForSequenceClassification
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.filenames import PEFT_WEIGHTS
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import ADAPTER, Head, Source

PEFT = [method.name for method in METHODS.values() if method.library == "peft" and not method.heads]
"""What changes the encoder itself, so that its states can be compared under any head."""
IDS = torch.tensor([[0, 17, 21, 35, 2], [0, 29, 2, 1, 1]])
BATCH = {"input_ids": IDS, "attention_mask": (IDS != 1).long()}
NO_HEAD = Head(name="x", kind="none")


def states(assembly: Any) -> torch.Tensor:
    assembly.model.eval()
    with torch.inference_mode():
        found: torch.Tensor = assembly.model.base_model(**BATCH)[0]
    return found


@pytest.mark.parametrize("name", PEFT)
@pytest.mark.parametrize("task", ["toy-udpos", "toy-xcopa", "toy-mlm", "toy-xquad"])
def test_a_target_goes_on_from_the_sources_encoder_under_a_new_head(
    lab: Any, name: str, task: str
) -> None:
    begun = lab.assembly(lab.parts(name, "continue", task, "toy-nli"))
    source = lab.parts(name, "target", "toy-nli")
    left = for_prediction(source, lab.source(name, "toy-nli"), device=lab.device)
    fresh = lab.assembly(lab.parts(name, "target", task))
    assert torch.equal(states(begun), states(left))
    assert not torch.equal(states(begun), states(fresh))
    assert begun.trainable.keys() == fresh.trainable.keys()
    heads = [key for key in begun.trainable if "modules_to_save" in key]
    assert heads
    assert all(torch.equal(begun.trainable[key], fresh.trainable[key]) for key in heads)


@pytest.mark.parametrize("name", PEFT)
@pytest.mark.parametrize("source", ["toy-nli", "toy-swag"])
def test_a_source_without_its_head_gives_its_embeddings(lab: Any, name: str, source: str) -> None:
    own = lab.parts(name, "target", source)
    left = for_prediction(own, lab.source(name, source), device=lab.device)
    parts = replace(lab.parts(name, "zero", "toy-xnli", source), head=NO_HEAD)
    bare = for_prediction(parts, None, device=lab.device)
    assert not bare.trainable
    assert torch.equal(states(bare), states(left))


def test_a_file_loads_with_the_task_that_peft_has_a_word_for(lab: Any) -> None:
    folder = lab.source("peft:lora", "toy-nli") / ADAPTER
    said = json.loads((folder / "adapter_config.json").read_text())
    assert said["task_type"] == "SEQ_CLS"
    assert said["base_model_name_or_path"] == "tiny-xlmr"
    mine = shutil.copytree(folder, folder.parent / "mine")
    said["base_model_name_or_path"] = str(lab.located.folder)
    (mine / "adapter_config.json").write_text(json.dumps(said))
    model = AutoPeftModelForSequenceClassification.from_pretrained(str(mine), num_labels=3).eval()
    own = lab.parts("peft:lora", "target", "toy-nli")
    ours = for_prediction(own, folder.parent, device=lab.device)
    with torch.inference_mode():
        torch.testing.assert_close(model(**BATCH).logits, ours.logits(BATCH))


def test_bitfit_is_every_bias_and_an_update_of_nothing(lab: Any) -> None:
    assembly = lab.assembly(lab.parts("bitfit", "target", "toy-nli"))
    encoder = {key for key in assembly.trainable if key.startswith("roberta.")}
    biases = {
        name.replace(".base_layer", "")
        for name, _ in assembly.model.named_parameters()
        if name.startswith("roberta.") and name.endswith("bias")
    }
    assert {name.replace(".base_layer", "") for name in encoder} == biases
    assert len(biases) == 1 + 2 * 8
    state = load_file(lab.source("bitfit", "toy-nli") / ADAPTER / PEFT_WEIGHTS)
    nothing = [weight for name, weight in state.items() if "lora_B" in name]
    assert len(nothing) == 1
    assert not nothing[0].any()
    assert not [
        name
        for name in state
        if name.endswith("weight") and "encoder" in name and "lora" not in name
    ]


def test_scales_stand_where_the_paper_has_them(lab: Any) -> None:
    assembly = lab.assembly(lab.parts("peft:ia3", "target", "toy-xnli"))
    scaled = {key.rpartition(".ia3_l")[0] for key in assembly.trainable if ".ia3_l" in key}
    layer = "roberta.encoder.layer.0."
    places = {"attention.self.key", "attention.self.value", "output.dense"}
    assert {key.removeprefix(layer) for key in scaled if key.startswith(layer)} == places


@pytest.mark.parametrize("damage", ["gone", "cut", "lacking"])
def test_a_broken_file_is_named_and_nothing_else_is_looked_for(
    lab: Any, tmp_path: Path, damage: str
) -> None:
    parts = lab.parts("peft:dora", "target", "toy-xnli")
    lab.assembly(parts).save(tmp_path)
    path = tmp_path / ADAPTER / PEFT_WEIGHTS
    if damage == "gone":
        path.unlink()
        torch.save({}, path.with_name("adapter_model.bin"))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:50])
    else:
        state = load_file(path)
        del state[next(key for key in state if "lora_magnitude" in key)]
        save_file(state, path)
    with pytest.raises(StiltsError, match="remove the folder and run again") as caught:
        for_prediction(parts, tmp_path, device=lab.device)
    assert str(tmp_path) in str(caught.value)
    assert ("it lacks " in str(caught.value)) == (damage == "lacking")


def test_a_source_of_another_method_is_refused(lab: Any) -> None:
    parts = lab.parts("peft:lora", "continue", "toy-xnli", "toy-nli")
    other = Source(name="toy-nli", folder=lab.source("peft:dora", "toy-nli"))
    with pytest.raises(StiltsError, match="not those of this method on this backbone"):
        lab.assembly(replace(parts, sources=(other,)))
