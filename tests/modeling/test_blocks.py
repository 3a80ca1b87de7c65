from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import AdapterCompositionBlock, Parallel
from adapters.composition import Average as LibraryAverage

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.modeling.blocks import Average, Fuse, Stack, written

BATCH = {"input_ids": torch.tensor([[0, 5, 6, 7, 2], [0, 9, 8, 2, 1]])}
BATCH["attention_mask"] = (BATCH["input_ids"] != 1).long()


@pytest.fixture(scope="module", params=["seq_bn", "double_seq_bn", "lora"])
def model(request: pytest.FixtureRequest, still_backbone: Any) -> Any:
    """Return a model with three adapters, of which `a` and `same` are equal."""
    torch.manual_seed(0)
    found = AutoAdapterModel.from_pretrained(still_backbone)
    for name in ("a", "same", "b"):
        found.add_adapter(name, config=request.param)
    state = found.state_dict()
    with torch.no_grad():
        for key, value in state.items():
            if ".a." in key:
                value.normal_(std=0.1)
                state[key.replace(".a.", ".same.")].copy_(value)
            elif ".b." in key:
                value.normal_(std=0.1)
    return found.eval()


def hidden(model: Any, block: Any) -> torch.Tensor:
    model.set_active_adapters(block)
    with torch.inference_mode():
        return model.base_model(**BATCH)[0][BATCH["attention_mask"].bool()]


def test_the_mean_of_two_equal_adapters_is_either(model: Any) -> None:
    alone = hidden(model, "a")
    torch.testing.assert_close(hidden(model, Average("a", "same")), alone, atol=1e-5, rtol=1e-5)
    # What the library alone makes of it: the trap that this is about.
    assert (hidden(model, LibraryAverage("a", "same")) - alone).abs().max() > 0.01


def test_weights_choose_between_adapters(model: Any) -> None:
    only = hidden(model, Average("a", "b", weights=[0, 3]))
    torch.testing.assert_close(only, hidden(model, "b"), atol=1e-5, rtol=1e-5)
    both = hidden(model, Average("a", "b", weights=[1, 3]))
    assert (both - hidden(model, Average("a", "b"))).abs().max() > 1e-3


def test_an_average_in_a_stack_is_one_of_its_members(model: Any) -> None:
    inside = hidden(model, Stack(Average("a", "same"), "b"))
    torch.testing.assert_close(inside, hidden(model, Stack("a", "b")), atol=1e-5, rtol=1e-5)


def test_a_block_that_is_written_and_read_again_weighs_the_same() -> None:
    block = Average("a", "b", weights=[1, 4])
    again = AdapterCompositionBlock.from_dict(block.to_dict())
    assert type(again) is LibraryAverage
    assert again.weights == pytest.approx([0.4, 1.6])


def test_a_block_is_of_the_library_s_class_and_of_ours() -> None:
    block = Average("a", "b")
    assert type(block) is LibraryAverage
    assert isinstance(block, Average)
    assert not isinstance(Stack("a"), Average)


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [1.0, 2.0, 3.0]])
def test_weights_that_are_no_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="2 adapters but weights"):
        Average("a", "b", weights=weights)


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("zero(mnli)", "zero(mnli)"),
        (Stack("mnli"), "stack(mnli)"),
        (Stack("mnli", Fuse("squad", "qqp")), "stack(mnli, fuse(squad, qqp))"),
        (Fuse(Stack("mnli", "mix(a, b)"), "qqp"), "fuse(stack(mnli, mix(a, b)), qqp)"),
        (Stack("fuse[kind=static](a, b)"), "stack(fuse[kind=static](a, b))"),
        (Average("a", "b"), "average(a, b)"),
        (Average("a", "b", weights=[2, 1]), "average[weights=2+1](a, b)"),
        (Stack(Average("a", "b", weights=[0.5, 1])), "stack(average[weights=0.5+1](a, b))"),
        (LibraryAverage("a", "b"), "average(a, b)"),
        (LibraryAverage("a", "b", weights=[3, 1]), "average[weights=0.75+0.25](a, b)"),
    ],
)
def test_a_block_is_written_as_the_command_line_takes_it(block: Any, text: str) -> None:
    assert written(block) == text
    assert parse(text).text == text


def test_what_no_expression_says_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Parallel\[a, b\] is no expression"):
        written(Stack(Parallel("a", "b")))
    with pytest.raises(UsageError, match=r"names the fusion layer runs/mine.*leave name"):
        written(Fuse("a", "b", name="runs/mine"))
