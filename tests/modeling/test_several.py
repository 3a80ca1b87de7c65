"""A mix: one module under several heads, in the files of the libraries that it belongs to."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModel

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import several
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.gates import ignore_padding
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.methods import METHODS, NONE
from adapterstilts.modeling.parts import ADAPTER, HEADS, MODEL, Source
from adapterstilts.tasks.mixture import Sampling

TASKS = ["toy-nli", "toy-squad", "toy-swag", "toy-mlm", "toy-udpos"]
"""One of each kind of head."""
METHOD_NAMES = [
    method.name for method in METHODS.values() if method.name != NONE and not method.heads
]
LEAVING = [
    name for name in METHOD_NAMES if not COMPOSITIONS.get("continue").refuses(METHODS.get(name))
]
"""What leaves something to go on from."""
HYPER = Hyperparameters(learning_rate=1e-2, batch_size=4, steps=5, warmup=0.0)


@pytest.fixture(scope="module")
def mixed(lab: Any, tmp_path_factory: Any) -> Any:
    """Return a function that trains a mix: its assembly, its folder, and its state before."""
    found: dict[str, Any] = {}

    def of(method: str) -> Any:
        if method not in found:
            folder = tmp_path_factory.mktemp("mix")
            assembly = lab.assembly(lab.mix(method, *TASKS))
            before = hashes(assembly.model)
            lab.train(assembly, TASKS, folder, HYPER, mixture=Sampling(rule="uniform"))
            assembly.save(folder)
            assembly.model.eval()
            found[method] = (assembly, folder, before)
        return found[method]

    return of


def hashes(model: Any) -> dict[str, str]:
    return {
        name: hashlib.sha256(weight.detach().numpy().tobytes()).hexdigest()
        for name, weight in model.named_parameters()
    }


def dev_batch(lab: Any, task: str, rows: Sequence[int] = range(4)) -> Any:
    items = Items(lab.encoded(task, "dev"), lab.head(task), pad=lab.tokenizer.pad)
    return items.batch(rows, lab.device.device)


@torch.no_grad()
def said(assembly: Any, lab: Any, task: str) -> torch.Tensor:
    return assembly.logits(dev_batch(lab, task), lab.head(task))


@torch.no_grad()
def said_plainly(model: Any, lab: Any, task: str) -> torch.Tensor:
    """Return what a plain library's model says under a head."""
    batch, kind = dev_batch(lab, task), lab.head(task).kind
    ids, mask = batch["input_ids"], batch["attention_mask"]
    if kind == "choice":  # The library flattens them itself, but too late for ReFT.
        ids, mask = ids.flatten(0, 1), mask.flatten(0, 1)
    found = model(ids, attention_mask=mask, head=task)
    length = ids.shape[-1]  # A learned prompt has places before them.
    if kind == "span":
        return torch.stack((found.start_logits, found.end_logits), dim=-1)[:, -length:]
    if kind == "token":
        return found.logits[:, -length:]
    return found.logits[:, -length:][batch["labels"] != -100] if kind == "lm" else found.logits


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_a_mix_changes_its_own_parameters_and_not_one_bit_of_others(
    mixed: Any, method: str
) -> None:
    assembly, _, before = mixed(method)
    after = hashes(assembly.model)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= assembly.trainable.keys()
    for task in TASKS:
        assert any(name.startswith(f"heads.{task}.") for name in changed), task
    if method != "head":
        assert any("heads." not in name for name in changed)


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_every_head_answers_alone_and_among_the_others(lab: Any, mixed: Any, method: str) -> None:
    assembly, folder, _ = mixed(method)
    whole = for_prediction(assembly.parts, folder, device=lab.device)
    for task in TASKS:
        expected = said(assembly, lab, task)
        torch.testing.assert_close(said(whole, lab, task), expected, atol=1e-5, rtol=0)
        source = Source(name="the-mix", folder=folder)
        alone = lab.parts(method, "zero", task, **{"sources": (source,)})
        answers = for_prediction(alone, None, device=lab.device)
        torch.testing.assert_close(said(answers, lab, task), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("method", ["seq_bn", "peft:lora", "full", "head"])
def test_a_head_answers_for_a_task_of_another_name(lab: Any, mixed: Any, method: str) -> None:
    assembly, folder, _ = mixed(method)
    source = Source(name="the-mix", folder=folder)
    other = {"sources": (source,), "answers": "toy-nli"}
    parts = lab.parts(method, "zero", "toy-xnli", **other)
    answers = for_prediction(parts, None, device=lab.device)
    with torch.no_grad():
        found = answers.logits(dev_batch(lab, "toy-nli"))
    torch.testing.assert_close(found, said(assembly, lab, "toy-nli"), atol=1e-5, rtol=0)


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_the_plain_libraries_read_the_module_and_each_head(
    lab: Any, mixed: Any, method: str
) -> None:
    assembly, folder, _ = mixed(method)
    base = folder / MODEL if method == "full" else lab.located.folder
    attention = "eager" if method == "prompt_tuning" else "sdpa"
    model = AutoAdapterModel.from_pretrained(
        base, use_safetensors=True, attn_implementation=attention
    )
    for task in TASKS:
        model.load_head(str(folder / HEADS / task), use_safetensors=True)
    if METHODS.get(method).library == "peft":
        model = PeftModel.from_pretrained(model, str(folder / ADAPTER), use_safetensors=True)
    elif METHODS.get(method).architecture:
        name = model.load_adapter(str(folder / ADAPTER), use_safetensors=True)
        model.set_active_adapters(name)
        ignore_padding(model, name)  # What a gate of UniPELT reads in the plain library.
    model.eval()
    for task in TASKS:
        expected = said(assembly, lab, task)
        found = said_plainly(model, lab, task)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_whole_mix_is_an_encoder_that_transformers_reads_alone(lab: Any, mixed: Any) -> None:
    assembly, folder, _ = mixed("full")
    model = AutoModel.from_pretrained(folder / MODEL, use_safetensors=True)
    ours = assembly.model.base_model.state_dict()
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, ours[name]), name
    assert not model.config.to_dict().get("prediction_heads")
    assert (folder / MODEL / "tokenizer.json").is_file()
    assert not any("pooler" in name for name in assembly.trainable)


@pytest.mark.parametrize("method", LEAVING)
def test_a_target_goes_on_from_the_module_of_a_mix_under_a_new_head(
    lab: Any, mixed: Any, method: str
) -> None:
    assembly, folder, _ = mixed(method)
    source = Source(name="the-mix", folder=folder)
    parts = lab.parts(method, "continue", "toy-xnli", **{"sources": (source,)})
    begun = lab.assembly(parts).model.base_model.state_dict()
    left = assembly.model.base_model.state_dict()
    learned = {name for name in assembly.trainable if "heads." not in name}
    prefix = f"{assembly.model.base_model_prefix}."
    for name in (name.removeprefix(prefix) for name in learned):
        ours = begun[name.replace("the-mix", "toy-xnli")]
        assert torch.equal(ours, left[name]), name


def test_a_mix_lies_below_a_target_and_among_the_sources_of_a_fusion(lab: Any, mixed: Any) -> None:
    _, folder, _ = mixed("seq_bn")
    sources = (
        Source(name="the-mix", folder=folder),
        Source(name="toy-nli", folder=lab.source("seq_bn", "toy-nli")),
    )
    for composition, some in (("stack", sources[:1]), ("fuse", sources)):
        parts = lab.parts("seq_bn", composition, "toy-xnli", **{"sources": some})
        state = lab.assembly(parts).model.state_dict()
        kept = load_file(folder / ADAPTER / "adapter.safetensors")
        assert kept
        assert all(torch.equal(state[name], weight) for name, weight in kept.items())


def test_a_language_models_head_begins_as_pretraining_left_it_and_keeps_its_matrix(
    lab: Any, mixed: Any
) -> None:
    begun = lab.assembly(lab.mix("seq_bn", *TASKS)).model.heads["toy-mlm"].state_dict()
    pretrained = load_file(lab.located.folder / "model.safetensors")
    assert torch.equal(begun["0.weight"], pretrained["lm_head.dense.weight"])
    assert torch.equal(begun["3.bias"], pretrained["lm_head.bias"])
    matrix = pretrained["roberta.embeddings.word_embeddings.weight"]
    assembly, folder, _ = mixed("seq_bn")
    assert not torch.equal(assembly.model.heads["toy-mlm"].state_dict()["3.bias"], begun["3.bias"])
    kept = load_file(folder / HEADS / "toy-mlm" / "model_head.safetensors")
    assert torch.equal(kept["heads.toy-mlm.3.weight"], matrix)


def test_the_modules_of_peft_are_kept_without_the_heads(mixed: Any) -> None:
    _, folder, _ = mixed("bitfit")
    kept = load_file(folder / ADAPTER / "adapter_model.safetensors")
    assert kept
    assert not [name for name in kept if "heads." in name or "pooler" in name]


def test_a_head_that_is_not_there_is_named(lab: Any, mixed: Any) -> None:
    _, folder, _ = mixed("seq_bn")
    assert several.are_in(folder)
    source = Source(name="the-mix", folder=folder)
    parts = lab.parts("seq_bn", "zero", "toy-panx", **{"sources": (source,)})
    with pytest.raises(StiltsError, match=r"broken artifact .* it holds no head 'toy-panx'"):
        for_prediction(parts, None, device=lab.device)


def test_the_module_has_the_name_of_the_mix(mixed: Any) -> None:
    assembly, folder, _ = mixed("seq_bn")
    assert '"name": "the-mix"' in (folder / ADAPTER / "adapter_config.json").read_text()
    assert sorted(path.name for path in (folder / HEADS).iterdir()) == sorted(TASKS)
    assert assembly.model.active_head == TASKS[0]
