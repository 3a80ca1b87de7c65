"""A head alone of somebody else: known, compared with the backbone, kept as a training would."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters.heads import ClassificationHead
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign.crowns import shapes
from adapterstilts.modeling.foreign.meeting import announced, check, check_said, look
from adapterstilts.modeling.foreign.taking import take
from adapterstilts.modeling.locate import config
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import Head
from adapterstilts.modeling.ready import load
from tests.modeling.foreign_adapters import LABELS, changed, plain_model, renamed, shaken

Adds = Callable[[Any], None]
WEIGHTS = "model_head.safetensors"
ADDED: dict[str, tuple[str, Adds]] = {
    "classification": ("sequence", lambda model: model.add_classification_head("x", num_labels=3)),
    "one layer": ("sequence", lambda model: model.add_classification_head("x", layers=1)),
    "no tanh": (
        "sequence",
        lambda model: model.add_classification_head("x", layers=3, activation_function=None),
    ),
    "no bias": (
        "sequence",
        lambda model: model.add_prediction_head(ClassificationHead(model, "x", bias=False)),
    ),
    "tagging": ("token", lambda model: model.add_tagging_head("x", num_labels=7, layers=2)),
    "spans": ("span", lambda model: model.add_qa_head("x")),
    "choices": ("choice", lambda model: model.add_multiple_choice_head("x", num_choices=4)),
    "masks": ("lm", lambda model: model.add_masked_lm_head("x")),
}
"""What a head is to how the plain library makes one, and its kind here."""


@pytest.fixture(scope="module")
def model(tiny_backbone: Path) -> Any:
    """Return a model of the plain library with a head of every kind."""
    return plain_model(tiny_backbone)


@pytest.fixture(scope="module")
def kept(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a head for three labels, to be read only."""
    folder = tmp_path_factory.mktemp("heads") / "mine"
    model.save_head(str(folder), "mnli", use_safetensors=True)
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def told(lab: Any, folder: Path, name: str = "head") -> str:
    """Return why a head is refused."""
    with pytest.raises(StiltsError) as caught:
        check(look(folder), method=method(name), exact=False, backbone=lab.located)
    assert len(str(caught.value)) < 1000
    return str(caught.value)


def test_a_head_alone_is_found_with_its_labels(lab: Any, kept: Path) -> None:
    found = look(kept, asked="hub(a/b)")
    assert check(found, method=method("head"), exact=False, backbone=lab.located).name == "head"
    assert found.crown.head == Head(name="mnli", kind="sequence", outputs=3, labels=LABELS)
    assert sorted(found.files) == ["head_config.json", WEIGHTS]
    assert found.refuses(Head(name="y", kind="sequence", outputs=3, labels=LABELS)) == ""
    left = announced(kept, asked="hub(a/b)")
    check_said(left, method=method("head"), exact=False, backbone=lab.located)


@pytest.mark.parametrize("name", ADDED)
def test_every_head_that_the_library_saves_is_taken_over_bit_by_bit(
    lab: Any, model: Any, tmp_path: Path, name: str
) -> None:
    kind, adds = ADDED[name]
    adds(model)
    shaken(model, lambda key: key.startswith("heads.x."))
    model.save_head(str(tmp_path / "x"), "x", use_safetensors=True)
    model.delete_head("x")
    found = look(tmp_path / "x")
    theirs = check(found, method=method("head"), exact=False, backbone=lab.located)
    out = tmp_path / "out"
    out.mkdir()

    left = take(found, asked=theirs, method=theirs, backbone=lab.located, out=out)

    before, after = load_file(tmp_path / "x" / WEIGHTS), load_file(out / "head" / WEIGHTS)
    assert left.head == kind
    assert left.trainable == sum(each.numel() for each in before.values())
    assert all(torch.equal(before[key], after[key]) for key in after)
    assert before.keys() - after.keys() <= {"heads.x.3.weight"}  # That of the embeddings.
    expected = shapes(found.crown, hidden=64, vocabulary=config(lab.located)["vocab_size"])
    assert {key: tuple(each.shape) for key, each in before.items()} == {
        f"heads.x.{key}": shape for key, shape in expected.items() if f"heads.x.{key}" in before
    }
    assert not (out / "adapter").exists()


@pytest.mark.parametrize("name", ["seq_bn", "lora", "peft:lora", "full"])
def test_nothing_is_built_on_a_head_alone(lab: Any, kept: Path, name: str) -> None:
    why = told(lab, kept, name)
    assert "is a head alone, which was trained on the backbone as it came" in why
    assert f"and '{name}' is asked for: nothing of it is in the encoder to build on" in why
    assert f"as zero({kept}) with 'head' as the method; else train on the target itself" in why


def narrower(folder: Path) -> None:
    state = load_file(folder / WEIGHTS)
    save_file({key: each[..., :32].contiguous() for key, each in state.items()}, folder / WEIGHTS)


def spoilt(folder: Path) -> None:
    state = load_file(folder / WEIGHTS)
    next(iter(state.values())).view(-1)[0] = torch.nan
    save_file(state, folder / WEIGHTS)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: changed(folder, "head_config.json", hidden_size=768), "hidden size is 768"),
        (lambda folder: changed(folder, "head_config.json", model_type="bert"), "is bert"),
        (lambda folder: changed(folder, "head_config.json", surprise=1), "has 'surprise'"),
        (lambda folder: changed(folder, "head_config.json", config=None), "lacks 'config'"),
        (narrower, "is [32], and [64] belongs there"),
        (
            lambda folder: renamed(folder, lambda key: key.replace("mnli", "x"), WEIGHTS),
            "'heads.x.1.bias' of its head is [64], and it has no place there",
        ),
        (
            lambda folder: renamed(folder, lambda key: None if "4.bias" in key else key, WEIGHTS),
            "lacks '4.bias' of its head",
        ),
    ],
)
def test_what_does_not_fit_the_backbone_is_refused(
    lab: Any, folder: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(folder)
    with pytest.raises(StiltsError) as caught:
        check(look(folder), method=method("head"), exact=False, backbone=lab.located)
    assert why in str(caught.value)
    with pytest.raises(StiltsError):
        load(lab.located.folder, str(folder), device="cpu")


def test_what_is_no_number_is_refused_when_it_is_read(
    lab: Any, folder: Path, tmp_path: Path
) -> None:
    spoilt(folder)
    found, own = look(folder), method("head")
    check(found, method=own, exact=False, backbone=lab.located)
    with pytest.raises(StiltsError, match="holds what is no number"):
        take(found, asked=own, method=own, backbone=lab.located, out=tmp_path)


def test_a_head_that_none_here_is_like_is_refused(lab: Any, folder: Path) -> None:
    changed(folder, "head_config.json", config={"head_type": "dependency_parsing"})
    with pytest.raises(StiltsError, match=r"its head is of type 'dependency_parsing', .*tagging"):
        look(folder, asked="hub(a/b)")
    changed(folder, "head_config.json", config={"head_type": "question_answering", "layers": 1})
    with pytest.raises(StiltsError, match="a head with 0 outputs in 1 layers, which cannot be"):
        look(folder)


def test_a_head_beside_weights_is_not_taken_for_one_alone(lab: Any, folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"never touched")
    with pytest.raises(StiltsError, match=r"has pytorch_model\.bin without its config\.json"):
        look(folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(StiltsError, match="keep the head in a folder of its own, or take it away"):
        look(folder)
