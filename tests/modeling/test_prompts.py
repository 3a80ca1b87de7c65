"""Prompts of PEFT: where they stand, what is read, what trains, and where there can be none."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel, PromptTuningConfig
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.methods import METHODS, cannot_stand_under, method
from adapterstilts.modeling.parts import ADAPTER, NO_HEAD
from adapterstilts.modeling.ready import load
from adapterstilts.modeling.sizes import BASE, misfit, too_long
from tests.modeling.plainly import IDS, INPUTS, apart, loud, said

PROMPT = "peft:prompt"
OWN = "prompt_encoder.default.embedding.weight"
KINDS = {"toy-xnli": "sequence", "toy-udpos": "token", "toy-xquad": "span"}


@pytest.fixture
def folder(lab: Any, tmp_path: Path) -> Path:
    """Return a folder with a prompt that somebody has trained, which can be changed."""
    return Path(shutil.copytree(lab.source(PROMPT, "toy-nli") / ADAPTER, tmp_path / "prompt"))


def changed(folder: Path, **values: Any) -> str:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    return str(folder)


@pytest.mark.parametrize("task", KINDS)
def test_every_head_says_what_pefts_own_forward_pass_says(
    lab: Any, tmp_path: Path, task: str
) -> None:
    """Of tokens and spans PEFT gives the prompt's own places as well; they are cut off here."""
    assembly = loud(lab.parts(PROMPT, "target", task), lab)
    assembly.save(tmp_path)
    kind, labels = WHOLE_MODELS[KINDS[task]], len(lab.head(task).labels)
    given = {"num_labels": labels} if labels else {}
    plain = kind.from_pretrained(lab.located.folder, use_safetensors=True, **given)
    model = PeftModel.from_pretrained(plain, str(tmp_path / ADAPTER)).eval()
    with torch.inference_mode():
        theirs, mine = model(**INPUTS), assembly.logits(INPUTS)
    if KINDS[task] == "span":
        wanted = torch.stack((theirs.start_logits, theirs.end_logits), dim=-1)
    else:
        wanted = theirs.logits
    if KINDS[task] != "sequence":
        assert wanted.shape[1] == 20 + IDS.shape[1]
        wanted = wanted[:, 20:]
    assert apart(mine, wanted) <= 1e-5


def test_a_sentence_is_read_at_the_first_place_of_the_prompt(lab: Any) -> None:
    """There `transformers` looks for `<s>`, which stands behind the prompt; PEFT leaves it so."""
    assembly = loud(lab.parts(PROMPT, "target", "toy-xnli"), lab)
    seen: list[Any] = []
    classifier = assembly.model.get_base_model().classifier
    classifier.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    with torch.inference_mode():
        logits = assembly.logits(INPUTS)
        first = seen[0][:, 0]
        saved = classifier.modules_to_save.default
        read = saved.out_proj(torch.tanh(saved.dense(first)))
    assert seen[0].shape[1] == 20 + IDS.shape[1]
    torch.testing.assert_close(read, logits)


def test_positions_are_counted_through_the_prompt_and_padding_changes_nothing(lab: Any) -> None:
    assembly = loud(lab.parts(PROMPT, "target", "toy-udpos"), lab)
    seen: list[Any] = []
    places = assembly.model.get_base_model().roberta.embeddings.position_embeddings
    places.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    with torch.inference_mode():
        both = assembly.logits(INPUTS)
        alone = assembly.logits({name: tensor[1:, :4] for name, tensor in INPUTS.items()})
    assert seen[0][0].tolist() == list(range(2, 2 + 20 + IDS.shape[1]))
    torch.testing.assert_close(both[1:, :4], alone, atol=1e-5, rtol=1e-5)


def test_the_plain_library_leaves_a_prompt_unread_where_it_has_no_word_for_the_task(
    lab: Any,
) -> None:
    plain = AutoModelForSequenceClassification.from_pretrained(lab.located.folder).eval()
    before = said(plain)
    model = PeftModel(plain, PromptTuningConfig(num_virtual_tokens=5)).eval()
    assert torch.equal(said(model), before)


@pytest.mark.parametrize("task", ["toy-xcopa", "toy-mlm"])
def test_so_such_heads_and_mixes_and_embeddings_are_refused_by_name(lab: Any, task: str) -> None:
    kind = lab.head(task).kind
    with pytest.raises(UsageError, match=f"'peft:prompt' cannot stand under a head for '{kind}'"):
        lab.assembly(lab.parts(PROMPT, "target", task))
    with pytest.raises(UsageError, match=r"under 2 heads at once.* use seq_bn, "):
        lab.assembly(lab.mix(PROMPT, "toy-nli", "toy-squad"))
    bare = replace(lab.parts(PROMPT, "zero", "toy-xnli", "toy-nli"), head=NO_HEAD)
    with pytest.raises(UsageError, match="under a head for 'none'"):
        for_prediction(bare, None, device=lab.device)


def test_only_a_method_that_names_its_heads_minds() -> None:
    for each in METHODS.values():
        assert bool(cannot_stand_under(each, ["choice"])) == (each.name == PROMPT)
        assert bool(cannot_stand_under(each, ["token", "token"])) == (each.name == PROMPT)
        assert not cannot_stand_under(each, ["token"])
    assert " none" not in cannot_stand_under(METHODS.get(PROMPT), ["lm"])


@pytest.mark.parametrize("began", ["RANDOM", "SAMPLE_VOCAB"])
def test_a_prompt_is_drawn_by_the_seed(lab: Any, began: str) -> None:
    name = f"{PROMPT}[num_virtual_tokens=7,prompt_tuning_init={began}]"
    parts = lab.parts(name, "target", "toy-xnli")
    one, again, other = (lab.assembly(parts, seed).trainable[OWN] for seed in (1, 1, 2))
    assert one.shape == (7, 64)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    words = lab.assembly(parts).model.get_input_embeddings().weight
    drawn = [bool((words == row).all(dim=1).any()) for row in one]
    assert all(drawn) == (began == "SAMPLE_VOCAB")


def test_a_training_goes_on_from_the_prompt_and_the_head_of_another(
    lab: Any, tmp_path: Path
) -> None:
    first = lab.source(PROMPT, "toy-nli")
    parts = lab.parts(PROMPT, "target", "toy-xnli", begun=first)
    begun = lab.assembly(parts)
    left = for_prediction(lab.parts(PROMPT, "target", "toy-nli"), first, device=lab.device)
    begun.model.eval()
    with torch.inference_mode():
        assert torch.equal(begun.logits(INPUTS), left.logits(INPUTS))
    before = {name: weight.detach().clone() for name, weight in begun.trainable.items()}
    lab.train(begun, "toy-xnli", tmp_path)
    assert not any(torch.equal(begun.trainable[name], value) for name, value in before.items())
    (tmp_path / "left").mkdir()
    begun.save(tmp_path / "left")
    again = for_prediction(parts, tmp_path / "left", device=lab.device)
    begun.model.eval()
    with torch.inference_mode():
        assert torch.equal(again.logits(INPUTS), begun.logits(INPUTS))


def test_what_is_loaded_trains_its_prompt_and_its_head_alone(lab: Any, folder: Path) -> None:
    model = load(str(lab.located.folder), str(folder), task="toy-nli")
    unfrozen = {name for name, each in model.named_parameters() if each.requires_grad}
    assert OWN in unfrozen
    assert all(name == OWN or ".modules_to_save." in name for name in unfrozen)
    functional.cross_entropy(model(**INPUTS).logits, torch.tensor([0, 2])).backward()
    assert all(each.grad is not None for each in model.parameters() if each.requires_grad)


def test_the_words_that_a_prompt_began_with_are_not_looked_for(lab: Any, folder: Path) -> None:
    """The plain library, asked to go on training, would load a tokenizer from where a file says."""
    backbone = str(lab.located.folder)
    before = said(load(backbone, str(folder), task="toy-nli"))
    words = {"prompt_tuning_init_text": "Is it so?", "tokenizer_name_or_path": "/there/is/none"}
    changed(folder, prompt_tuning_init="TEXT", **words)
    assert torch.equal(said(load(backbone, str(folder), task="toy-nli")), before)


def test_a_loaded_prompt_answers_in_words_within_the_positions_that_are_left(
    lab: Any, folder: Path
) -> None:
    model = load(str(lab.located.folder), str(folder), task="toy-nli")
    pair = ("kidu nasa.", "veruvu.")
    assert model.predict("toy-nli", [pair], max_length=110)[0] in lab.head("toy-nli").labels
    assert model.tokenizer.model_max_length == 110
    with pytest.raises(UsageError, match="max_length 111: the backbone reads 8 to 110 pieces"):
        model.predict("toy-nli", [pair], max_length=111)
    with pytest.raises(UsageError, match="retrieval reads none"):
        model.predict("retrieval", ["kidu"], candidates=["dana", "kidu"])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"task_type": None}, "is a prompt whose task_type is None, and PEFT puts one before"),
        ({"peft_type": "P_TUNING"}, "is of peft_type P_TUNING, which PEFT cannot run"),
        ({"peft_type": "PREFIX_TUNING"}, "is of peft_type PREFIX_TUNING, which PEFT cannot run"),
    ],
)
def test_a_prompt_that_would_be_read_wrongly_or_not_at_all_is_refused(
    lab: Any, folder: Path, said: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        load(str(lab.located.folder), changed(folder, **said), task="toy-nli")


def test_a_prompt_of_another_width_is_refused(lab: Any, folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    state = load_file(path)
    save_file({**state, "prompt_embeddings": torch.zeros(20, 32)}, path)
    with pytest.raises(StiltsError, match="its hidden size is 32, the backbone's 64"):
        load(str(lab.located.folder), str(folder), task="toy-nli")


def test_a_prompt_takes_positions_from_the_input() -> None:
    wanted = method(f"{PROMPT}[num_virtual_tokens=100]")
    assert too_long(wanted, BASE, 412) == ""
    told = too_long(wanted, BASE, 413)
    assert told == "max_length 413 and the 100 of its prompt are more than the 512 positions of" + (
        " the backbone"
    )
    assert too_long(METHODS.get("prompt_tuning"), BASE, 512) == ""
    assert too_long(METHODS.get("lora"), BASE, 513).startswith(
        "max_length 513 is more than the 512"
    )
    assert misfit(method(f"{PROMPT}[num_virtual_tokens=512]"), BASE).startswith("its prompt leaves")
