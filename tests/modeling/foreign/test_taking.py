"""What is taken over answers as it did where it was made: blocks, full models, heads of mixes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Stack
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import ready, several
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.foreign import meeting
from adapterstilts.modeling.foreign.adopting import Kept
from adapterstilts.modeling.foreign.taking import take
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import HEADS, MODEL, SETUP, Head, Source
from tests.modeling.foreign_adapters import LABELS, changed, peft_saved, plain_model, saved
from tests.modeling.foreign_blocks import (
    FUSE,
    MEAN,
    NESTED,
    STACK,
    SUMMED,
    WITHIN,
    block_model,
    block_saved,
    whole_model,
    whole_saved,
)
from tests.modeling.plainly import IDS, INPUTS, alike, ours, said

HEAD = Head(name="xnli", kind="sequence", outputs=3, labels=LABELS)


def taken(lab: Any, folder: Path, name: str, out: Path) -> Kept:
    """Check and take over what lies in a folder."""
    found, asked = meeting.look(folder), method(name)
    theirs = meeting.check(found, method=asked, exact=False, backbone=lab.located)
    out.mkdir(exist_ok=True)
    return take(found, asked=asked, method=theirs, backbone=lab.located, out=out)


def answering(lab: Any, name: str, folder: Path, **other: Any) -> Any:
    """Return what a source answers as it is."""
    parts = lab.parts(name, "zero", "toy-nli")
    source = Source(name="someones", folder=folder)
    given = {"method": method(name), "head": HEAD, "sources": (source,), **other}
    return for_prediction(replace(parts, **given), None, device=lab.device)


BLOCKS = {
    "stack": (STACK, "seq_bn", {}),
    "fuse": (FUSE, "seq_bn", {}),
    "static": (FUSE, "seq_bn", {"kind": "static"}),
    "nested": (NESTED, "seq_bn", {}),
    "within": (WITHIN, "seq_bn", {}),
    "last layer": (FUSE, "seq_bn", {"leave_out": [1]}),
    "mean": (MEAN, "seq_bn", {}),
    "lora": (SUMMED, "lora", {}),
    "ia3": (STACK, "ia3", {}),
    "double": (STACK, "double_seq_bn", {}),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_answers_as_it_did_and_loads_with_the_plain_library_again(
    lab: Any, tmp_path: Path, name: str
) -> None:
    block, architecture, settings = BLOCKS[name]
    model = block_model(lab.located.folder, block, architecture, **settings)
    folder, out = block_saved(tmp_path / "theirs", model), tmp_path / "ours"
    kept = taken(lab, folder, architecture, out)
    assert kept.head == "sequence"
    assert kept.stored_bytes == sum(
        path.stat().st_size for path in (out / SETUP).rglob("*.safetensors")
    )
    expected = said(model)
    assert alike(ours(answering(lab, architecture, out), IDS), expected)
    loaded = ready.load(lab.located.folder, folder)
    with torch.no_grad():
        assert alike(loaded(**INPUTS).logits, expected)
    plain = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    plain.load_adapter_setup(str(out / SETUP), set_active=True, use_safetensors=True)
    if name != "last layer":
        assert alike(said(plain.eval()), expected)


def test_names_that_a_model_has_already_are_changed_everywhere(lab: Any, tmp_path: Path) -> None:
    block = Stack("output", "mine")
    model = block_model(lab.located.folder, block)
    folder, out = block_saved(tmp_path / "theirs", model), tmp_path / "ours"
    taken(lab, folder, "seq_bn", out)
    said_now = json.loads((out / SETUP / "adapter_setup.json").read_text())
    names = [each["children"][0] for each in said_now["adapter_setup"]["children"]]
    assert names == ["output-adopted", "mine"]
    assert alike(ours(answering(lab, "seq_bn", out), IDS), said(model))


def test_a_fusion_that_lacks_a_weight_or_has_one_too_many_is_refused(
    lab: Any, tmp_path: Path
) -> None:
    folder = block_saved(tmp_path / "x", block_model(lab.located.folder, FUSE))
    path = folder / "nli,squad" / "model_adapter_fusion.safetensors"
    state = load_file(path)
    first, *others = sorted(state)
    save_file({name: state[name] for name in others}, path)
    with pytest.raises(StiltsError, match=f"lacks '{first}'"):
        taken(lab, folder, "seq_bn", tmp_path / "a")
    odd = first.replace(".key.", ".odd.")
    save_file({**state, odd: state[first].clone()}, path)
    with pytest.raises(StiltsError, match=r"has '.*odd.*', which has no place there"):
        taken(lab, folder, "seq_bn", tmp_path / "b")
    save_file({**state, first: torch.full_like(state[first], torch.nan)}, path)
    with pytest.raises(StiltsError, match="holds what is no number"):
        taken(lab, folder, "seq_bn", tmp_path / "c")


@pytest.mark.parametrize("kind", ["sequence", "token", "span", "choice", "lm"])
def test_a_full_model_is_taken_over_bit_by_bit_on_the_backbones_configuration(
    lab: Any, tmp_path: Path, kind: str
) -> None:
    model = whole_model(lab.located.folder, kind)
    folder = whole_saved(tmp_path / "theirs", lab.located.folder, model)
    kept = taken(lab, folder, "full", tmp_path / "ours")
    left = tmp_path / "ours" / MODEL
    one, other = (load_file(each / "model.safetensors") for each in (folder, left))
    assert one.keys() == other.keys()
    assert all(torch.equal(other[name], weight) for name, weight in one.items())
    assert kept.head == kind
    assert sorted(path.name for path in left.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    theirs, written = (json.loads((each / "config.json").read_text()) for each in (folder, left))
    assert written["architectures"] == theirs["architectures"]
    if kind == "sequence":
        assert written["id2label"] == theirs["id2label"]
        answered = ours(answering(lab, "full", tmp_path / "ours"), IDS)
        assert alike(answered, said(model))


def test_a_full_model_in_several_files_becomes_one(lab: Any, tmp_path: Path) -> None:
    model = whole_model(lab.located.folder)
    folder = tmp_path / "theirs"
    whole_saved(folder, lab.located.folder, model, max_shard_size="100KB")
    changed(folder, "config.json", hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)
    taken(lab, folder, "full", tmp_path / "ours")
    answered = ours(answering(lab, "full", tmp_path / "ours"), IDS)
    assert alike(answered, said(model))
    written = json.loads((tmp_path / "ours" / MODEL / "config.json").read_text())
    assert written["hidden_dropout_prob"] == 0.1


def test_a_full_model_with_what_is_no_number_is_refused(lab: Any, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    whole_saved(folder, lab.located.folder, whole_model(lab.located.folder))
    path = folder / "model.safetensors"
    state = load_file(path)
    name = "roberta.encoder.layer.1.output.dense.weight"
    state[name][3, 3] = torch.inf
    save_file(state, path)
    with pytest.raises(StiltsError, match=f"'{name}' in model.safetensors holds what is no number"):
        taken(lab, folder, "full", tmp_path / "ours")


def mixed(folder: Path, model: Any) -> Path:
    """Return an adapter of the plain library with two heads, each in a folder of its own."""
    model.add_qa_head("questions")
    saved(folder, model)
    for file in ("head_config.json", "model_head.safetensors"):
        (folder / file).unlink()
    for name in ("mnli", "questions"):
        (folder / HEADS).mkdir(exist_ok=True)
        model.save_head(str(folder / HEADS / name), name, use_safetensors=True)
    model.active_head = "mnli"
    return folder


def test_every_head_of_a_mix_comes_along(lab: Any, tmp_path: Path) -> None:
    model, out = plain_model(lab.located.folder), tmp_path / "ours"
    folder = mixed(tmp_path / "theirs", model)
    found = meeting.look(folder)
    assert sorted(found.apart) == ["mnli", "questions"]
    assert found.refuses(HEAD) == ""
    assert found.refuses(lab.head("toy-xquad")) == ""
    why = found.refuses(replace(HEAD, labels=("same", "different")))
    assert why.startswith("of its heads (mnli, questions) none fits, its labels are entailment")
    assert taken(lab, folder, "seq_bn", out).heads == ("mnli", "questions")
    assert several.are_in(out)
    answered = ours(answering(lab, "seq_bn", out, answers="mnli"), IDS)
    assert alike(answered, said(model.eval()))


def test_a_head_that_is_none_is_refused_where_it_lies(lab: Any, tmp_path: Path) -> None:
    folder = mixed(tmp_path / "theirs", plain_model(lab.located.folder))
    shutil.copyfile(folder / "adapter_config.json", folder / HEADS / "mnli" / "adapter_config.json")
    with pytest.raises(StiltsError, match="mnli"):
        meeting.look(folder)
    other = mixed(tmp_path / "other", plain_model(lab.located.folder))
    (other / HEADS / "mnli" / "model_head.safetensors").unlink()
    with pytest.raises(StiltsError, match=r"lacks its weights"):
        meeting.look(other)


def test_a_head_of_peft_that_its_task_does_not_name_is_left_behind(
    lab: Any, tmp_path: Path
) -> None:
    from peft import LoraConfig

    config = LoraConfig(r=4, target_modules=["query"], task_type="SEQ_CLS")
    folder = peft_saved(tmp_path / "theirs", lab.located.folder, config)
    changed(folder, task_type="CAUSAL_LM")
    assert taken(lab, folder, "peft:lora[r=4,target_modules=query]", tmp_path / "ours").head == ""
