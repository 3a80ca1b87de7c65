"""Files of several sources made into those of one, beside the libraries that read them."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from peft import PeftModel
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.merges import Merging, rules_of
from adapterstilts.modeling.merging import merge
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.parts import ADAPTER, MODEL, Source
from adapterstilts.modeling.ready import load
from tests.modeling.plainly import INPUTS, loud, ours, said

NLI, SQUAD, NAME = "toy-nli", "toy-squad", "average-1234"
WITHIN = re.compile(r"\.(base_layer|ln_tuning_layers)\.")
"""Where PEFT keeps what belongs to a layer itself."""
METHODS_OFFERED = [each.name for each in METHODS.values() if rules_of(each)]
OFFERED = [(name, rule) for name in METHODS_OFFERED for rule in rules_of(METHODS.get(name))]


@pytest.fixture(scope="module")
def twin(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that gives a second source on the same task, with weights of its own."""
    folders: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp("twin")
            loud(lab.parts(name, "target", NLI), lab).save(folders[name])
        return folders[name]

    return of


@pytest.fixture
def made(lab: Any, tmp_path: Path) -> Any:
    """Return a function that merges folders and gives the folder of what they make."""

    def of(name: str, *folders: Path, head: bool = True, **asked: Any) -> Path:
        out = tmp_path / f"made-{len(list(tmp_path.iterdir()))}"
        out.mkdir()
        sources = [Source(name=f"s{index}", folder=each) for index, each in enumerate(folders)]
        method = method_of(name)
        merge(method, lab.located, sources, Merging(**asked), name=NAME, head=head, out=out)
        return out

    return of


def answer(lab: Any, name: str, folder: Path) -> torch.Tensor:
    """Return what a source says as it is."""
    parts = lab.parts(name, "zero", NLI)
    source = Source(name="merged", folder=folder)
    assembly = for_prediction(replace(parts, sources=(source,)), None, device=lab.device)
    return ours(assembly, INPUTS["input_ids"])


def plain(lab: Any, name: str, folder: Path) -> Any:
    """Return a merged module in its own library, as a reader of its manual would load it."""
    kind = WHOLE_MODELS["sequence"]
    if METHODS.get(name).whole:
        return kind.from_pretrained(folder / MODEL, use_safetensors=True).eval()
    if METHODS.get(name).library == "peft":
        model = kind.from_pretrained(lab.located.folder, use_safetensors=True, num_labels=3)
        return PeftModel.from_pretrained(model, str(folder / ADAPTER)).eval()
    model = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    assert model.load_adapter(str(folder / ADAPTER), use_safetensors=True) == NAME
    model.set_active_adapters(NAME)
    model.active_head = NAME
    return model.eval()


@pytest.mark.parametrize(("name", "rule"), OFFERED)
def test_what_is_merged_answers_the_same_by_us_and_by_the_plain_library(
    lab: Any, made: Any, twin: Any, name: str, rule: str
) -> None:
    folder = made(name, lab.source(name, NLI), twin(name), rule=rule, density=0.7)
    wanted = answer(lab, name, folder)
    torch.testing.assert_close(said(plain(lab, name, folder)), wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        said(load(str(lab.located.folder), str(folder), task=NLI)), wanted, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize(("name", "rule"), OFFERED)
def test_a_source_merged_with_its_copy_is_that_source(
    lab: Any, made: Any, twin: Any, tmp_path: Path, name: str, rule: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(twin(name), copy)
    folder = made(name, twin(name), copy, rule=rule, weights=(2, 1), density=1)
    wanted = answer(lab, name, twin(name))
    torch.testing.assert_close(answer(lab, name, folder), wanted, atol=1e-4, rtol=1e-5)
    merged = effective(folder)
    for key, weight in effective(twin(name)).items():
        torch.testing.assert_close(merged[key], weight, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("name", "rule"), OFFERED)
def test_a_source_of_all_the_weight_is_what_comes_out(
    lab: Any, made: Any, twin: Any, name: str, rule: str
) -> None:
    folder = made(name, twin(name), lab.source(name, NLI), rule=rule, weights=(1, 0), density=1)
    wanted = answer(lab, name, twin(name))
    torch.testing.assert_close(answer(lab, name, folder), wanted, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", [each for each in METHODS_OFFERED if "lora" not in each])
@pytest.mark.parametrize("weights", [(), (3.0, 1.0)])
def test_the_mean_lies_between_two_sources_by_their_weights(
    lab: Any, made: Any, name: str, weights: tuple[float, ...]
) -> None:
    """The training that goes on from it begins there, under a head that is new."""
    folder = made(name, lab.source(name, NLI), lab.source(name, SQUAD), weights=weights)
    begins = []
    for where in (folder, lab.source(name, NLI), lab.source(name, SQUAD)):
        parts = lab.parts(name, "continue", "toy-xnli")
        source = Source(name="begun", folder=where)
        begins.append(lab.assembly(replace(parts, sources=(source,))).trainable)
    body = [key for key in begins[0] if not key.startswith(("heads.", "classifier."))]
    assert body
    first, second = weights or (1, 1)
    for key in body:
        wanted = (begins[1][key] * first + begins[2][key] * second) / (first + second)
        torch.testing.assert_close(begins[0][key], wanted, atol=1e-6, rtol=1e-5)
    assert any(not torch.equal(begins[0][key], begins[1][key]) for key in body)


def kept(folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a folder's encoder, by the names in a model without a head."""
    (path,) = (path for path in folder.rglob("*.safetensors") if "head" not in path.name)
    found = {}
    for name, weight in load_file(path).items():
        for begin in ("base_model.model.", "roberta."):
            name = name.removeprefix(begin)
        found[name.replace(".toy-nli.", f".{NAME}.")] = weight
    return {name: weight for name, weight in found.items() if name.startswith(("enc", "emb"))}


def effective(folder: Path) -> dict[str, torch.Tensor]:
    """Return the same with the products of factors in their places."""
    found = kept(folder)
    for name in [name for name in found if "lora_A" in name]:
        up = name.replace("lora_A", "lora_B")
        found[up] = found[up] @ found.pop(name)
    return found


@pytest.mark.parametrize("name", ["ia3", "peft:ia3", "peft:ln_tuning", "bitfit", "full"])
def test_changes_are_counted_from_what_was_there_before_training(
    lab: Any, made: Any, twin: Any, name: str
) -> None:
    model = WHOLE_MODELS["none"].from_pretrained(lab.located.folder, use_safetensors=True)
    before, source = model.state_dict(), kept(twin(name))
    merged = kept(made(name, twin(name), twin(name), rule="magnitude_prune", density=0.25))
    assert merged.keys() == source.keys()
    for key, weight in merged.items():
        if "lora_A" in key or "lora_B.weight" in key:
            continue  # The update of nothing that a file of BitFit must have.
        begun = torch.ones(()) if "ia3" in name else before[WITHIN.sub(".", key)]
        left = (weight != begun).float().mean()
        assert left <= 0.25 or torch.equal(weight, source[key])
        change, whole = (weight - begun).abs(), (source[key] - begun).abs()
        torch.testing.assert_close(change.max(), whole.max(), atol=1e-5, rtol=1e-5)


def test_random_rules_draw_by_the_seed(lab: Any, made: Any, twin: Any) -> None:
    folders = [
        made("lora", twin("lora"), lab.source("lora", NLI), rule="dare_ties", seed=seed)
        for seed in (1, 1, 2)
    ]
    first, again, other = (kept(folder) for folder in folders)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("name", METHODS_OFFERED)
def test_heads_of_different_tasks_have_no_mean(
    lab: Any, made: Any, tmp_path: Path, name: str
) -> None:
    folder = made(name, lab.source(name, NLI), lab.source(name, "toy-swag"))
    files = {path.name for path in folder.rglob("*.safetensors")}
    assert files <= {"adapter.safetensors", "adapter_model.safetensors", "model.safetensors"}
    (weights,) = folder.rglob("*.safetensors")
    assert not [key for key in load_file(weights) if "classifier" in key or "pooler" in key]
    begun = lab.parts(name, "continue", "toy-xnli")
    source = Source(name="begun", folder=folder)
    assert lab.assembly(replace(begun, sources=(source,))).trainable
    asked = replace(lab.parts(name, "zero", "toy-tatoeba"), sources=(source,))
    assert for_prediction(asked, None, device=lab.device).parts.head.kind == "none"
    again = made(name, folder, lab.source(name, NLI), weights=(1, 3))
    assert kept(again).keys() == kept(folder).keys()


def test_a_module_without_a_head_loads_on_the_plain_encoder(lab: Any, made: Any) -> None:
    model = WHOLE_MODELS["none"].from_pretrained(lab.located.folder, use_safetensors=True).eval()
    bare = model(**INPUTS)[0]
    folder = made("peft:lora", lab.source("peft:lora", NLI), lab.source("peft:lora", SQUAD))
    wrapped = PeftModel.from_pretrained(model, str(folder / ADAPTER)).eval()
    assert not torch.equal(wrapped(**INPUTS)[0], bare)
    whole = made("full", lab.source("full", NLI), lab.source("full", SQUAD)) / MODEL
    found = WHOLE_MODELS["none"].from_pretrained(whole, use_safetensors=True, output_loading_info=1)
    assert [key for key in found[1]["missing_keys"] if "pooler" not in key] == []
    assert json.loads((whole / "config.json").read_text())["architectures"] == ["XLMRobertaModel"]


@pytest.mark.parametrize("name", ["seq_bn", "peft:lora", "full"])
def test_a_module_without_a_head_is_ready_for_what_takes_none(
    lab: Any, made: Any, name: str
) -> None:
    folder = made(name, lab.source(name, NLI), lab.source(name, SQUAD))
    model = load(str(lab.located.folder), str(folder), task="toy-tatoeba")
    words = ["kidu nasa", "veruvu", "dana"]
    assert model.predict("toy-tatoeba", words, candidates=words) == words


def test_a_head_that_is_for_something_else_is_left_behind(lab: Any, made: Any, twin: Any) -> None:
    """Of PEFT, no file says which labels a head has."""
    for name in ("peft:lora", "lora", "full"):
        folder = made(name, twin(name), lab.source(name, NLI), head=False)
        (weights,) = folder.rglob("*.safetensors")
        assert not [key for key in load_file(weights) if "classifier" in key]


def test_sources_that_do_not_fit_are_refused_by_name(
    lab: Any, made: Any, twin: Any, tmp_path: Path
) -> None:
    for name, other, why in (
        ("lora", "lora[r=2]", "its r is 2, and theirs 8"),
        ("lora", "lora[alpha=2]", "its alpha is 2, and theirs 8"),
        ("seq_bn", "seq_bn[reduction_factor=8]", "its reduction_factor is 8, and theirs 16"),
        ("peft:lora", "peft:lora[use_rslora=true]", "its use_rslora is True, and theirs False"),
    ):
        with pytest.raises(StiltsError, match=why) as caught:
            made(name, twin(name), lab.source(other, NLI))
        assert "source 's1'" in str(caught.value)
        assert "cannot be merged with 's0'" in str(caught.value)
    narrow = tmp_path / "narrow"
    shutil.copytree(twin("bitfit"), narrow)
    path = narrow / ADAPTER / "adapter_model.safetensors"
    less = {key: weight for key, weight in load_file(path).items() if ".layer.1." not in key}
    save_file(less, path)
    with pytest.raises(StiltsError, match="not of the shape of the first source's"):
        made("bitfit", twin("bitfit"), narrow)
    path.write_bytes(b"broken")
    with pytest.raises(StiltsError, match=r"broken artifact .*narrow"):
        made("bitfit", twin("bitfit"), narrow)
