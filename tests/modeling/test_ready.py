import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import XLMRobertaAdapterModel
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import XLMRobertaForSequenceClassification, XLMRobertaModel

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.blocks import Average, Fuse, Stack
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.ready import load

OFFERED = [each.name for each in METHODS.values() if not COMPOSITIONS.get("target").refuses(each)]
PAIRS = (["kidu nasa", "veruvu"], ["nasa dana kidu.", "kidu"])


@pytest.fixture(scope="module")
def backbone(lab: Any) -> str:
    return str(lab.located.folder)


@pytest.fixture(scope="module")
def folder(lab: Any) -> Any:
    """Return a function that gives the folder of a trained source."""
    return lambda method, task="toy-nli": str(lab.source(method, task))


@pytest.fixture(scope="module")
def trained(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that trains a composition and gives its parts and its folder."""

    def of(method: str, composition: str, *sources: str) -> tuple[Any, Path]:
        parts = lab.parts(method, composition, "toy-pawsx", *sources)
        out = tmp_path_factory.mktemp(composition)
        assembly = lab.assembly(parts)
        lab.train(assembly, "toy-pawsx", out)
        assembly.save(out)
        return parts, out

    return of


def said(model: Any) -> torch.Tensor:
    batch = model.tokenizer(*PAIRS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits: torch.Tensor = model(**batch).logits
    return logits


def expected(lab: Any, parts: Any, folder: Path, model: Any) -> torch.Tensor:
    batch = dict(model.tokenizer(*PAIRS, padding=True, return_tensors="pt"))
    with torch.inference_mode():
        logits: torch.Tensor = for_prediction(parts, folder, device=lab.device).logits(batch)
    return logits


@pytest.mark.parametrize("method", OFFERED)
def test_what_any_method_left_answers_as_it_does_in_a_stage(
    lab: Any, backbone: str, folder: Any, method: str
) -> None:
    kept = folder(method)
    model = load(backbone, kept, task="toy-nli")
    wanted = expected(lab, lab.parts(method, "target", "toy-nli"), Path(kept), model)
    torch.testing.assert_close(said(model), wanted, atol=1e-5, rtol=1e-5)
    assert not model.training


@pytest.mark.parametrize("method", ["seq_bn", "lora", "prefix_tuning", "ia3", "compacter"])
def test_a_stack_answers_as_it_does_in_a_stage(
    lab: Any, backbone: str, folder: Any, trained: Any, method: str
) -> None:
    parts, kept = trained(method, "stack", "toy-nli")
    model = load(backbone, Stack(folder(method), str(kept)))
    torch.testing.assert_close(said(model), expected(lab, parts, kept, model), atol=1e-5, rtol=1e-5)
    # And the source matters: the target's module alone says something else.
    assert not torch.allclose(said(model), said(load(backbone, str(kept))), atol=1e-4)


def test_a_fusion_answers_as_it_does_in_a_stage(
    lab: Any, backbone: str, folder: Any, trained: Any
) -> None:
    parts, kept = trained("seq_bn", "fuse", "toy-nli", "toy-squad")
    sources = folder("seq_bn"), folder("seq_bn", "toy-squad")
    model = load(backbone, Fuse(*sources, name=str(kept)))
    torch.testing.assert_close(said(model), expected(lab, parts, kept, model), atol=1e-5, rtol=1e-5)
    unfrozen = {name for name, each in model.named_parameters() if each.requires_grad}
    assert all("fusion" in name or name.startswith("heads.toy-pawsx.") for name in unfrozen)
    assert any("fusion" in name for name in unfrozen)


def test_the_models_are_the_libraries_own(backbone: str, folder: Any) -> None:
    assert type(load(backbone)) is XLMRobertaAdapterModel
    assert type(load(backbone, folder("seq_bn"))) is XLMRobertaAdapterModel
    assert isinstance(load(backbone, folder("peft:lora"), task="toy-nli"), PeftModel)
    assert type(load(backbone, folder("full"))) is XLMRobertaForSequenceClassification


def test_a_loaded_adapter_is_saved_by_the_library(
    backbone: str, folder: Any, tmp_path: Path
) -> None:
    model = load(backbone, folder("seq_bn"))
    model.save_adapter(str(tmp_path), "toy-nli", use_safetensors=True)
    again = load(backbone, str(tmp_path))
    assert torch.equal(said(again), said(model))


@pytest.mark.parametrize(
    ("blocks", "changed"),
    [
        (["seq_bn"], ("toy-nli", "heads.toy-nli.")),
        (["lora", "toy-squad"], ("toy-squad", "heads.toy-squad.")),
        (["seq_bn", "toy-squad"], ("toy-squad", "heads.toy-squad.")),
    ],
)
def test_a_loop_of_one_s_own_changes_the_uppermost_module_and_the_head(
    backbone: str, folder: Any, weights_of: Any, blocks: list[str], changed: tuple[str, str]
) -> None:
    method, *upper = blocks
    lower = folder(method)
    model = load(backbone, Stack(lower, *[folder(method, name) for name in upper]), head=lower)
    before = weights_of(model)
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad])
    batch = model.tokenizer(*PAIRS, padding=True, return_tensors="pt")
    model.train()
    functional.cross_entropy(model(**batch).logits, torch.tensor([0, 2])).backward()
    optimizer.step()
    moved = {name for name, value in weights_of(model).items() if not before[name].equal(value)}
    head = "heads.toy-nli."
    assert {name.startswith(head) for name in moved} == {True, False}
    own = f".{changed[0]}."
    assert all(name.startswith(head) or own in name for name in moved)
    assert moved == {name for name, each in model.named_parameters() if each.requires_grad}


def test_a_backbone_alone_has_nothing_to_train(backbone: str) -> None:
    model = load(backbone)
    assert not any(each.requires_grad for each in model.parameters())
    assert model.active_head is None


def test_the_tokenizer_reads_as_ours_does(lab: Any, backbone: str) -> None:
    tokenizer = load(backbone).tokenizer
    ours = lab.tokenizer.pairs(*PAIRS, max_length=64)
    assert tokenizer(*PAIRS)["input_ids"] == [list(row) for row in ours]
    assert tokenizer.model_max_length == 130


def test_the_average_of_one_and_the_same_is_that_one(
    backbone: str, folder: Any, tmp_path: Path
) -> None:
    twin = shutil.copytree(folder("seq_bn"), tmp_path / "twin")
    head = folder("seq_bn")
    alone = load(backbone, head)
    both = load(backbone, Average(head, str(twin)), head=head)
    torch.testing.assert_close(said(both), said(alone), atol=1e-5, rtol=1e-5)


def test_a_head_that_is_not_for_the_task_is_refused(backbone: str, folder: Any) -> None:
    with pytest.raises(UsageError, match="its head is for 'sequence', and 'span' is wanted"):
        load(backbone, folder("seq_bn"), task="toy-xquad")
    with pytest.raises(UsageError, match="it has no head, and 'sequence'"):
        load(backbone, Average(folder("seq_bn"), folder("seq_bn", "toy-squad")), task="toy-nli")
    with pytest.raises(UsageError, match="alone has no head for 'toy-nli'"):
        load(backbone, task="toy-nli")
    with pytest.raises(UsageError, match="did you mean 'toy-nli'"):
        load(backbone, folder("seq_bn"), task="toy-nl")
    for kept in (folder("full"), None):
        with pytest.raises(UsageError, match="it takes a head of `adapters`, and adapters to"):
            load(backbone, kept, head=folder("seq_bn"))


def test_a_full_model_of_another_width_and_one_that_runs_code_are_refused(
    backbone: str, folder: Any, tmp_path: Path
) -> None:
    with pytest.raises(StiltsError, match="its hidden size is 64, the backbone's 128"):
        load("toyworld", folder("full"))
    twin = Path(shutil.copytree(folder("full"), tmp_path / "twin"))
    path = twin / "model" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "auto_map": {}}))
    with pytest.raises(StiltsError, match="'auto_map', which asks for code"):
        load(backbone, str(twin))


@pytest.mark.parametrize("method", ["seq_bn", "peft:lora", "head"])
def test_weights_that_lack_something_are_refused(
    backbone: str, folder: Any, tmp_path: Path, method: str
) -> None:
    twin = Path(shutil.copytree(folder(method), tmp_path / "twin"))
    for path in twin.rglob("*.safetensors"):
        state = load_file(path)
        state.pop(sorted(state)[-1])
        save_file(state, path)
    with pytest.raises(StiltsError, match=r"it lacks|of its head|its weights hold 904 numbers"):
        load(backbone, str(twin), task="toy-nli")


def test_peft_without_a_word_of_its_task_needs_one(backbone: str, folder: Any) -> None:
    kept = folder("peft:lora", "toy-swag")
    with pytest.raises(UsageError, match="does not say what its head is for"):
        load(backbone, kept)
    model = load(backbone, kept, task="toy-swag")
    assert model.predict("toy-swag", [("kidu.", "nasa", ["dana.", "veruvu."])])[0] in (
        "dana.",
        "veruvu.",
    )


def test_a_full_encoder_without_a_head_can_be_loaded(
    lab: Any, backbone: str, tmp_path: Path
) -> None:
    plain = XLMRobertaModel.from_pretrained(lab.located.folder)
    plain.save_pretrained(tmp_path, safe_serialization=True)
    shutil.copy(lab.located.folder / "tokenizer.json", tmp_path)
    model = load(backbone, str(tmp_path))
    assert type(model) is XLMRobertaModel
    assert model.predict("retrieval", ["kidu"], candidates=["dana", "kidu"]) == ["kidu"]
