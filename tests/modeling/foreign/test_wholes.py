"""A full model of somebody else's: compared with the backbone by what its files declare."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign.meeting import announced, check, check_said, look
from adapterstilts.modeling.foreign.whole_weights import encoder, head_of
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.parts import Head
from adapterstilts.modeling.sizes import Shape
from tests.modeling.foreign_adapters import LABELS, changed, renamed
from tests.modeling.foreign_blocks import rewritten, whole_model, whole_saved

Spoils = Callable[[Path], object]
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def kept(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a full model with a head for three labels, to be read only."""
    folder = tmp_path_factory.mktemp("whole") / "mine"
    return whole_saved(folder, tiny_backbone, whole_model(tiny_backbone))


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def checked(lab: Any, folder: Path, name: str = "full") -> Any:
    found = look(folder)
    assert check(found, method=method(name), exact=True, backbone=lab.located).name == name
    return found


def test_a_full_model_is_found_with_its_head(lab: Any, kept: Path) -> None:
    found = checked(lab, kept)
    assert found.crown.head == Head(name="adopted", kind="sequence", outputs=3, labels=LABELS)
    assert sorted(found.files) == ["config.json", WEIGHTS, "tokenizer.json"]
    assert found.trained_on == ""


@pytest.mark.parametrize("kind", ["sequence", "token", "span", "choice", "lm"])
def test_the_names_that_are_expected_are_those_that_models_have(
    lab: Any, tmp_path: Path, kind: str
) -> None:
    model = whole_model(lab.located.folder, kind)
    folder = whole_saved(tmp_path / "x", lab.located.folder, model)
    found = checked(lab, folder)
    assert found.crown.head is not None
    assert found.crown.head.kind == kind
    config = model.config
    shape = Shape(
        hidden=config.hidden_size,
        layers=config.num_hidden_layers,
        intermediate=config.intermediate_size,
        vocabulary=config.vocab_size,
        positions=config.max_position_embeddings,
    )
    expected = {f"roberta.{name}": size for name, size in encoder(shape)}
    expected |= head_of(kind, shape, {"sequence": 3, "token": 3, "span": 2}.get(kind, 1))
    there = {name: tuple(value.shape) for name, value in load_file(folder / WEIGHTS).items()}
    assert expected == there


def test_an_encoder_alone_has_no_head(lab: Any, folder: Path) -> None:
    def bare(name: str) -> str | None:
        return name.removeprefix("roberta.") if name.startswith("roberta.") else None

    renamed(folder, bare, WEIGHTS)
    changed(folder, "config.json", architectures=["XLMRobertaModel"])
    assert checked(lab, folder).crown.refuses(lab.head("toy-xnli")) == "it has no head"


def test_several_files_of_weights_are_one_model(lab: Any, tmp_path: Path) -> None:
    model = whole_model(lab.located.folder)
    folder = whole_saved(tmp_path / "x", lab.located.folder, model, max_shard_size="100KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    assert checked(lab, folder).crown.head is not None
    index = folder / "model.safetensors.index.json"
    first = sorted(folder.glob("model-*.safetensors"))[0]
    first.rename(folder / "elsewhere")
    with pytest.raises(StiltsError, match="lacks model-00001"):
        look(folder)
    places = json.loads(index.read_text())["weight_map"]
    for name in ("../evil.safetensors", "/etc/passwd", "a.bin", "x/y.safetensors"):
        key = next(iter(places))
        rewritten(index, lambda said, key=key, name=name: said["weight_map"].update({key: name}))
        with pytest.raises(StiltsError, match="does not name the files of the weights"):
            look(folder)


def test_numbers_that_are_no_weights_are_passed_over(lab: Any, folder: Path) -> None:
    path = folder / WEIGHTS
    positions = {"roberta.embeddings.position_ids": torch.arange(132)[None]}
    save_file({**load_file(path), **positions}, path)
    checked(lab, folder)
    save_file({**load_file(path), "roberta.other": torch.arange(3)}, path)
    with pytest.raises(StiltsError, match=r"'roberta\.other' in .* is of type I64"):
        look(folder)


@pytest.mark.parametrize(
    ("values", "behind"),
    [
        ({"architectures": ["MyModelForRanking"]}, "of class MyModelForRanking"),
        ({"architectures": None}, "of no class"),
        ({"problem_type": "multi_label_classification"}, "for multi_label_classification"),
    ],
)
def test_a_head_of_another_kind_is_left_behind(
    lab: Any, folder: Path, values: dict[str, Any], behind: str
) -> None:
    changed(folder, "config.json", **values)
    found = checked(lab, folder)
    assert found.crown.head is None
    assert behind in found.refuses(lab.head("toy-xnli"))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, ""),
        ({"id2label": None}, "does not say what its labels are"),
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}}, "does not say"),
        ({"id2label": {"0": "a", "1": "a", "2": "b"}}, "does not say"),
        ({"id2label": {"0": "a", "7": "b"}}, "does not say"),
        ({"id2label": {"0": "neutral", "1": "entailment", "2": "contradiction"}}, "in this order"),
    ],
)
def test_labels_count_in_their_order(
    lab: Any, folder: Path, values: dict[str, Any], why: str
) -> None:
    changed(folder, "config.json", **values)
    told = checked(lab, folder).refuses(lab.head("toy-xnli"))
    assert why in told if why else told == ""


def weights(change: Callable[[str], str | None]) -> Spoils:
    return lambda folder: renamed(folder, change, WEIGHTS)


def config(**values: Any) -> Spoils:
    return lambda folder: changed(folder, "config.json", **values)


def tokens(key: str, value: Any) -> Spoils:
    return lambda folder: rewritten(folder / "tokenizer.json", lambda x: x.update({key: value}))


def pickled(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")


def coded(folder: Path) -> None:
    (folder / "custom_generate").mkdir()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (config(model_type="bert"), "its model_type is 'bert', and models here are xlm-roberta"),
        (config(intermediate_size=99), "its intermediate_size is 99, the backbone's 48"),
        (config(num_hidden_layers=12), "its num_hidden_layers is 12, the backbone's 2"),
        (config(num_attention_heads=4), "its num_attention_heads is 4, the backbone's 2"),
        (config(vocab_size=99), "its vocab_size is 99"),
        (config(hidden_act="relu"), "its hidden_act is 'relu', the backbone's 'gelu'"),
        (config(layer_norm_eps=0.1), "its layer_norm_eps is 0.1"),
        (config(position_embedding_type="relative_key"), "position_embedding_type"),
        (config(auto_map={"AutoModel": "x.y"}), "has 'auto_map', which asks for code"),
        (config(_attn_implementation_internal="x/y"), "has '_attn_implementation_internal'"),
        (coded, "custom_generate"),
        (tokens("normalizer", None), "its tokenizer has another normalizer"),
        (tokens("added_tokens", []), "its tokenizer has another added_tokens"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer.json"),
        (
            weights(lambda name: None if "layer.1.output" in name else name),
            "layer.1.* is not there",
        ),
        (weights(lambda name: name.replace("layer.1.", "layer.3.")), "is no whole model"),
        (weights(lambda name: name.replace("classifier.", "other.")), "its weight classifier"),
        (
            lambda folder: save_file(
                {**load_file(folder / WEIGHTS), "roberta.encoder.layer.9.x": torch.zeros(3)},
                folder / WEIGHTS,
            ),
            "encoder.layer.9.x', which has no place in xlm-roberta",
        ),
        (
            lambda folder: save_file(
                {**load_file(folder / WEIGHTS), "classifier.more": torch.zeros(3)}, folder / WEIGHTS
            ),
            "'classifier.more', which has no place in XLMRobertaForSequenceClassification",
        ),
        (pickled, r"only pickles.*save_pretrained\(…, safe_serialization=True\) of `transformers`"),
    ],
)
def test_what_is_not_the_backbone_trained_further_is_refused(
    lab: Any, folder: Path, spoil: Spoils, why: str
) -> None:
    spoil(folder)
    with pytest.raises(StiltsError) as caught:
        checked(lab, folder)
    assert re.search(why, str(caught.value)), str(caught.value)


def test_how_texts_are_cut_counts_and_not_how_it_is_written(lab: Any, folder: Path) -> None:
    rewritten(folder / "tokenizer.json", lambda said: said.update(truncation=None, padding=None))
    checked(lab, folder)


def test_a_full_model_is_no_adapter_and_an_adapter_no_full_model(
    lab: Any, kept: Path, theirs: Path
) -> None:
    with pytest.raises(StiltsError, match="is a full model, and 'lora' is asked for: name 'full'"):
        check(look(kept), method=method("lora"), exact=False, backbone=lab.located)
    with pytest.raises(StiltsError, match="is of method 'seq_bn', and 'full' is asked for"):
        check(look(theirs), method=METHODS.get("full"), exact=False, backbone=lab.located)


def test_a_configuration_alone_tells_what_does_not_fit(lab: Any, folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    left = announced(folder, asked="hub(me/mine)")
    check_said(left, method=METHODS.get("full"), exact=True, backbone=lab.located)
    check_said(left, method=METHODS.get("full"), exact=True, backbone=None)
    changed(folder, "config.json", hidden_size=1024)
    left = announced(folder, asked="hub(me/mine)")
    with pytest.raises(StiltsError, match=r"hub\(me/mine\) does not fit .* hidden_size is 1024"):
        check_said(left, method=METHODS.get("full"), exact=True, backbone=lab.located)


def test_more_layers_than_anybody_has_are_refused_at_once(folder: Path) -> None:
    changed(folder, "config.json", num_hidden_layers=10**9)
    with pytest.raises(StiltsError):
        check(look(folder), method=METHODS.get("full"), exact=True, backbone=None)
