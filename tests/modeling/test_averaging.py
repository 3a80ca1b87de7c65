"""The mean of several sources, beside what the libraries make of it."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Average
from hypothesis import given, settings
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.averaging import averaged, check_alike
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import ADAPTER, Source

IDS = torch.tensor([[0, 17, 21, 35, 2], [0, 29, 2, 1, 1]])
BATCH = {"input_ids": IDS, "attention_mask": (IDS != 1).long()}
OFFERED = [
    method.name for method in METHODS.values() if not COMPOSITIONS.get("average").refuses(method)
]


def states(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.eval().base_model(**BATCH)[0]
    return found


def twice(lab: Any, name: str, *, other: str = "toy-nli") -> Any:
    """Return what begins as the mean of a source and its copy, or of another."""
    parts = lab.parts(name, "average", "toy-xnli", "toy-nli")
    copy = Source(name="copy", folder=lab.source(name, other))
    return lab.assembly(replace(parts, sources=(*parts.sources, copy)))


@pytest.mark.parametrize("name", OFFERED)
def test_the_mean_of_a_source_and_its_copy_is_that_source(lab: Any, name: str) -> None:
    own = lab.parts(name, "target", "toy-nli")
    source = for_prediction(own, lab.source(name, "toy-nli"), device=lab.device)
    torch.testing.assert_close(
        states(twice(lab, name).model), states(source.model), atol=1e-4, rtol=1e-5
    )


@pytest.mark.parametrize("name", ["lora", "seq_bn"])
def test_the_average_block_of_the_plain_library_makes_half_of_it(lab: Any, name: str) -> None:
    plain = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    for copy in ("one", "copy"):
        folder = str(lab.source(name, "toy-nli") / ADAPTER)
        plain.load_adapter(folder, load_as=copy, with_head=False, use_safetensors=True)
    plain.set_active_adapters("one")
    alone = states(plain)
    plain.set_active_adapters(Average("one", "copy"))
    assert float((states(plain) - alone).abs().max()) > 1e-3


def test_an_averaged_adapter_lacks_its_invertible_layer_in_the_plain_library(lab: Any) -> None:
    plain = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
    for copy in ("one", "copy"):
        folder = str(lab.source("seq_bn_inv", "toy-nli") / ADAPTER)
        plain.load_adapter(folder, load_as=copy, with_head=False, use_safetensors=True)
    plain.average_adapter("mean", ["one", "copy"])
    layers = {key.split(".")[2] for key in plain.state_dict() if ".invertible_adapters." in key}
    assert layers == {"one", "copy"}


@pytest.mark.parametrize("name", [name for name in OFFERED if "lora" not in name])
def test_the_mean_lies_half_way_between_two_sources(lab: Any, name: str) -> None:
    mean = twice(lab, name, other="toy-squad").trainable
    ends = [
        lab.assembly(lab.parts(name, "continue", "toy-xnli", source)).trainable
        for source in ("toy-nli", "toy-squad")
    ]
    body = [key for key in mean if not key.startswith(("heads.", "classifier."))]
    assert body
    for key in body:
        half = (ends[0][key] + ends[1][key]) / 2
        torch.testing.assert_close(mean[key], half, atol=1e-6, rtol=1e-5)
    assert any(not torch.equal(mean[key], ends[0][key]) for key in body)


def pair(seed: int, rank: int, out: int, into: int) -> dict[str, torch.Tensor]:
    drawn = torch.Generator().manual_seed(seed)
    return {
        "x.lora_A.weight": torch.randn(rank, into, generator=drawn),
        "x.lora_B.weight": torch.randn(out, rank, generator=drawn),
    }


def product(state: Any) -> torch.Tensor:
    found: torch.Tensor = state["x.lora_B.weight"] @ state["x.lora_A.weight"]
    return found


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 4),
    rank=st.integers(1, 4),
    sides=st.tuples(st.integers(4, 12), st.integers(4, 12)),
)
def test_the_mean_of_low_rank_updates_is_the_best_of_their_rank(
    seed: int, count: int, rank: int, sides: tuple[int, int]
) -> None:
    pairs = [pair(seed * 10 + index, rank, *sides) for index in range(count)]
    mean = averaged(pairs)
    assert {key: weight.shape for key, weight in mean.items()} == {
        key: weight.shape for key, weight in pairs[0].items()
    }
    wanted = torch.stack([product(each) for each in pairs]).mean(0)
    left, sizes, right = torch.linalg.svd(wanted)
    best = left[:, :rank] * sizes[:rank] @ right[:rank]
    error, least = (float((wanted - each).norm()) for each in (product(mean), best))
    assert error <= least + 1e-3
    # The mean of each factor apart would mix one source's with the other's.
    apart = {key: torch.stack([each[key] for each in pairs]).mean(0) for key in pairs[0]}
    assert error <= float((wanted - product(apart)).norm()) + 1e-3


def test_weights_of_another_shape_have_no_mean(lab: Any) -> None:
    with pytest.raises(ValueError, match="not of the shape of the first source's"):
        check_alike(pair(0, 2, 5, 5), pair(0, 3, 5, 5))
    parts = lab.parts("lora", "average", "toy-xnli", "toy-nli")
    folder = lab.source("lora[r=2]", "toy-squad")
    other = Source(name="toy-squad", folder=folder)
    with pytest.raises(StiltsError, match="not of the shape of the first source's") as caught:
        lab.assembly(replace(parts, sources=(*parts.sources, other)))
    assert str(folder) in str(caught.value)


def test_an_encoder_goes_over_whatever_head_was_on_it(lab: Any) -> None:
    """A multiple-choice model has a pooler, which belongs to its head."""
    begun = lab.assembly(lab.parts("full", "continue", "toy-xnli", "toy-swag"))
    own = lab.parts("full", "target", "toy-swag")
    left = for_prediction(own, lab.source("full", "toy-swag"), device=lab.device)
    assert torch.equal(states(begun.model), states(left.model))
