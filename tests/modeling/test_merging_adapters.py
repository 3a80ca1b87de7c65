"""Modules of `adapters` that we merged, beside what the plain library makes of them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel

from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.merges import Merging
from adapterstilts.modeling.merging import merge
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.parts import ADAPTER, Source
from tests.modeling.plainly import INPUTS, apart

NLI, SQUAD = "toy-nli", "toy-squad"


def states(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.eval().base_model(**INPUTS)[0]
    return found


def plain(lab: Any, name: str, *tasks: str, **folders: Path) -> Any:
    """Return the plain library's model with some sources."""
    model = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    for task, folder in {**{task: lab.source(name, task) for task in tasks}, **folders}.items():
        model.load_adapter(
            str(folder / ADAPTER), load_as=task, with_head=False, use_safetensors=True
        )
    return model


def merged(lab: Any, name: str, out: Path, *tasks: str) -> Path:
    sources = [Source(name=task, folder=lab.source(name, task)) for task in tasks]
    asked = Merging(weights=(3, 1))
    merge(method_of(name), lab.located, sources, asked, name="ours", head=True, out=out)
    return out


@pytest.mark.parametrize("name", ["seq_bn", "double_seq_bn", "ia3"])
def test_an_average_of_parameters_is_what_the_library_makes_of_them(
    lab: Any, tmp_path: Path, name: str
) -> None:
    model = plain(lab, name, NLI, SQUAD, ours=merged(lab, name, tmp_path, NLI, SQUAD))
    model.average_adapter("theirs", [NLI, SQUAD], weights=[3, 1])
    model.set_active_adapters("theirs")
    theirs = states(model)
    model.set_active_adapters("ours")
    torch.testing.assert_close(states(model), theirs, atol=1e-5, rtol=1e-5)


def test_the_library_averages_the_products_of_lora_where_it_is_told_the_rank(
    lab: Any, tmp_path: Path
) -> None:
    model = plain(lab, "lora", NLI, SQUAD, ours=merged(lab, "lora", tmp_path, NLI, SQUAD))
    told = {"combine_strategy": "lora_delta_w_svd", "svd_rank": 8}
    model.average_adapter("theirs", [NLI, SQUAD], weights=[3, 1], **told)
    model.average_adapter("linear", [NLI, SQUAD], weights=[3, 1])
    found = {}
    for name in ("ours", "theirs", "linear"):
        model.set_active_adapters(name)
        found[name] = states(model)
    torch.testing.assert_close(found["ours"], found["theirs"], atol=1e-4, rtol=1e-4)
    assert apart(found["linear"], found["theirs"]) > 1e-3


def test_an_averaged_adapter_lacks_its_invertible_layer_in_the_plain_library(lab: Any) -> None:
    model = plain(lab, "seq_bn_inv", NLI, SQUAD)
    model.average_adapter("mean", [NLI, SQUAD])
    layers = {key.split(".")[2] for key in model.state_dict() if ".invertible_adapters." in key}
    assert layers == {NLI, SQUAD}


def test_an_encoder_goes_over_whatever_head_was_on_it(lab: Any) -> None:
    """A multiple-choice model has a pooler, which belongs to its head."""
    parts = lab.parts("full", "continue", "toy-xnli", "toy-swag")
    begun = lab.assembly(parts)
    own = lab.parts("full", "target", "toy-swag")
    left = for_prediction(own, lab.source("full", "toy-swag"), device=lab.device)
    assert torch.equal(states(begun.model), states(left.model))
