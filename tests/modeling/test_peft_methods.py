"""What PEFT has beside LoRA: how it begins, what it depends on, and what survives its files."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel

from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.configurations import for_peft
from adapterstilts.modeling.filenames import PEFT_WEIGHTS
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.merges import Merging
from adapterstilts.modeling.merging import merge
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.parts import ADAPTER, Head, Source
from adapterstilts.modeling.sizes import BASE, LARGE, Shape, misfit, trainable
from tests.modeling.plainly import IDS, INPUTS, apart, loud, ours

RANDOM = (
    "peft:prompt[num_virtual_tokens=4]",
    "peft:loha[module_dropout=0.2,rank_dropout=0.2]",
    "peft:lokr[module_dropout=0.2,rank_dropout=0.2]",
    "peft:vera[r=16,vera_dropout=0.2]",
    "peft:oft[module_dropout=0.2,oft_block_size=16]",
    "peft:fourierft[n_frequency=30]",
    "peft:ln_tuning",
)
"""Everything that one of them may draw while it trains."""
HYPER = Hyperparameters(learning_rate=1e-2, batch_size=4, steps=4, evaluate_every=1, warmup=0.0)
SILENT = ("peft:loha", "peft:lokr", "peft:vera", "peft:oft", "peft:ln_tuning")
"""What changes nothing before it is trained."""


def test_each_of_them_is_tested() -> None:
    older = {"peft:lora", "peft:dora", "peft:ia3", "bitfit"}
    new = {each.name for each in METHODS.values() if each.library == "peft"} - older
    assert {name.partition("[")[0] for name in RANDOM} == new


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_decides_and_a_run_that_was_stopped_ends_as_one_that_was_not(
    lab: Any, tmp_path: Path, name: str
) -> None:
    def run(work: str, stop: int = 9) -> Any:
        calls = iter(range(1, 9))

        def evaluate(now: Any) -> list[float]:
            if next(calls) == stop:
                raise KeyboardInterrupt
            return [0.0]

        (tmp_path / work).mkdir(exist_ok=True)
        assembly = lab.assembly(lab.parts(name, "target", "toy-xnli"), seed=3)
        options = {"evaluate": evaluate, "checkpoint_seconds": 0.0, "seed": 3}
        lab.train(assembly, "toy-xnli", tmp_path / work, HYPER, **options)
        return assembly.trainable

    whole, again = run("whole"), run("again")
    with pytest.raises(KeyboardInterrupt):
        run("stopped", 2)
    resumed = run("stopped")
    assert whole
    for key, weight in whole.items():
        assert torch.equal(again[key], weight), key
        assert torch.equal(resumed[key], weight), key


@pytest.mark.parametrize("name", SILENT)
def test_the_encoder_is_as_it_was_before_the_first_step(lab: Any, name: str) -> None:
    model = lab.assembly(lab.parts(name, "target", "toy-xnli")).model.eval()
    plain = AutoModel.from_pretrained(lab.located.folder, use_safetensors=True).eval()
    with torch.inference_mode():
        assert apart(model.base_model(**INPUTS)[0], plain(**INPUTS)[0]) <= 1e-5


def test_the_random_update_of_vera_is_in_the_file_and_goes_where_the_scales_go(
    lab: Any, tmp_path: Path
) -> None:
    """Drawn anew from its key it would be another on a machine that draws otherwise."""
    name = "peft:vera[r=16]"
    stage = Path(shutil.copytree(lab.source(name, "toy-nli"), tmp_path / "stage"))
    path = stage / ADAPTER / PEFT_WEIGHTS
    state = load_file(path)
    assert state["base_model.vera_A"].shape == (16, 64)
    assert state["base_model.vera_B"].shape == (64, 16)
    other = {
        key: weight * 1.5 if ".vera_" in f".{key}" else weight for key, weight in state.items()
    }
    save_file(other, path)
    parts = lab.parts(name, "target", "toy-nli")
    source = for_prediction(parts, stage, device=lab.device)
    before = for_prediction(parts, lab.source(name, "toy-nli"), device=lab.device)
    assert apart(ours(source, IDS), ours(before, IDS)) > 1e-3
    source_at = (Source(name="toy-nli", folder=stage),)
    going = lab.parts(name, "continue", "toy-xnli", **{"sources": source_at})
    begun = lab.assembly(going).model.eval()
    with torch.inference_mode():
        assert torch.equal(begun.base_model(**INPUTS)[0], source.model.base_model(**INPUTS)[0])


@pytest.mark.parametrize("name", ["peft:fourierft[n_frequency=30]", "peft:ln_tuning"])
def test_the_mean_of_the_files_is_the_mean_of_what_they_do_to_the_weights(
    lab: Any, tmp_path: Path, name: str
) -> None:
    """By PEFT's own account of each."""
    folders = [tmp_path / each for each in ("one", "other", "mean")]
    for number, each in enumerate(folders):
        each.mkdir()
        if number < 2:
            assembly = loud(lab.parts(name, "target", "toy-tatoeba"), lab)
            with torch.no_grad():
                for weight in assembly.trainable.values():
                    weight.mul_(1 + number)
            assembly.save(each)
    sources = [Source(name=each.name, folder=each) for each in folders[:2]]
    asked, out = Merging(weights=(3.0, 1.0)), folders[2]
    merge(method(name), lab.located, sources, asked, name="mean", head=False, out=out)
    one, other, mean = (changed(lab, each) for each in folders)
    for key, weight in mean.items():
        wanted = (3 * one[key] + other[key]) / 4
        torch.testing.assert_close(weight, wanted, atol=1e-5, rtol=1e-5)
    assert any(not torch.equal(weight, other[key]) for key, weight in one.items())


def changed(lab: Any, folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of an encoder with what a file does to them."""
    given = {"use_safetensors": True, "add_pooling_layer": False}
    plain = AutoModel.from_pretrained(lab.located.folder, **given)
    model = PeftModel.from_pretrained(plain, str(folder / ADAPTER))
    return dict(model.merge_and_unload().named_parameters())


def test_sizes_are_those_that_papers_and_the_library_tell() -> None:
    """VeRA's and FourierFT's are in their tables for RoBERTa, of query and value."""
    assert trainable(method("peft:vera[r=1024]"), BASE) == 2 * 12 * (1024 + 768)
    assert trainable(METHODS.get("peft:fourierft"), BASE) == 24_000
    assert trainable(METHODS.get("peft:fourierft"), LARGE) == 48_000
    assert trainable(METHODS.get("peft:loha"), BASE) == 2 * trainable(METHODS.get("lora"), BASE)
    assert trainable(METHODS.get("peft:lokr"), BASE) == 2 * 12 * (24 * 24 + 2 * 32 * 8)
    assert trainable(METHODS.get("peft:oft"), LARGE) == 2 * 24 * 32 * 496
    assert trainable(METHODS.get("peft:ln_tuning"), BASE) == 25 * 2 * 768
    assert trainable(METHODS.get("peft:prompt"), LARGE) == 20 * 1024


@pytest.mark.parametrize("size", [BASE, LARGE], ids=["base", "large"])
def test_sizes_are_those_of_modules_of_xlm_rs_width(size: Shape) -> None:
    size = replace(size, layers=3)
    given = {"hidden_size": size.hidden, "num_hidden_layers": size.layers, "vocab_size": 99}
    config = AutoConfig.for_model(
        "xlm-roberta", **given, num_attention_heads=16, intermediate_size=size.intermediate
    )
    for name in (each.partition("[")[0] for each in RANDOM):
        head = Head(name="x", kind="sequence" if name == "peft:prompt" else "none")
        with torch.device("meta"):
            plain = WHOLE_MODELS[head.kind].from_config(config)
            model = get_peft_model(plain, for_peft(METHODS.get(name), head))
        added = sum(
            weight.numel()
            for key, weight in model.named_parameters()
            if weight.requires_grad and "modules_to_save" not in key
        )
        assert added == trainable(METHODS.get(name), size), name


def test_what_does_not_fit_a_width_is_told() -> None:
    assert misfit(method("peft:oft[oft_block_size=100]"), BASE) == (
        "oft_block_size 100 does not divide the width of 768"
    )
    told = misfit(method("peft:fourierft[n_frequency=589825]"), BASE)
    assert told == "a projection of width 768 has 589824 frequencies"
