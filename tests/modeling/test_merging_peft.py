"""Modules of PEFT that we merged, beside what PEFT's own `add_weighted_adapter` makes of them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModel, AutoModelForSequenceClassification

from adapterstilts.modeling.merges import Merging
from adapterstilts.modeling.merging import merge
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.modeling.parts import ADAPTER, Source
from tests.modeling.plainly import loud

ONE, OTHER, OURS, THEIRS = "one", "other", "ours", "theirs"
PLACE = "encoder.layer.0.attention.self.value"
"""Below the layer that embeddings are read at: what lies above is not trained without a head."""


@pytest.fixture(scope="module")
def folders(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that gives two sources of a method, without heads."""
    known: dict[str, tuple[Path, Path]] = {}

    def of(name: str) -> tuple[Path, Path]:
        if name not in known:
            first, second = (tmp_path_factory.mktemp(each) for each in (ONE, OTHER))
            loud(lab.parts(name, "target", "toy-tatoeba"), lab).save(first)
            assembly = lab.assembly(lab.parts(name, "target", "toy-tatoeba"), seed=5)
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(4)
                for weight in assembly.trainable.values():
                    weight.add_(torch.randn_like(weight) * 0.2)
            assembly.save(second)
            known[name] = first, second
        return known[name]

    return of


@pytest.fixture
def both(lab: Any, folders: Any, tmp_path: Path) -> Any:
    """Return a function that puts two sources, and what we make of them, on PEFT's model."""

    def of(name: str, **asked: Any) -> Any:
        sources = [Source(name=each, folder=each) for each in folders(name)]
        merge(
            method_of(name),
            lab.located,
            sources,
            Merging(**asked),
            name=OURS,
            head=True,
            out=tmp_path,
        )
        plain = AutoModel.from_pretrained(lab.located.folder, use_safetensors=True)
        first, second = (str(each / ADAPTER) for each in folders(name))
        model = PeftModel.from_pretrained(plain, first, adapter_name=ONE)
        model.load_adapter(second, adapter_name=OTHER)
        model.load_adapter(str(tmp_path / ADAPTER), adapter_name=OURS)
        return model.eval()

    return of


def update(model: Any, name: str) -> torch.Tensor:
    """Return what an adapter adds to one projection."""
    found: torch.Tensor = model.base_model.model.get_submodule(PLACE).get_delta_weight(name)
    return found.detach()


def scale(model: Any, name: str) -> torch.Tensor:
    found: torch.Tensor = model.base_model.model.get_submodule(PLACE).ia3_l[name].detach()
    return found


@pytest.mark.parametrize(
    ("rule", "theirs", "weights"),
    [
        ("linear", "svd", (0.5, 0.5)),
        ("linear", "svd", (0.75, 0.25)),
        ("magnitude_prune", "magnitude_prune_svd", (0.75, 0.25)),
        ("ties", "ties_svd", (1.0, 1.0)),
    ],
)
def test_a_rule_makes_what_peft_makes_of_the_updates(
    both: Any, rule: str, theirs: str, weights: tuple[float, float]
) -> None:
    model = both("peft:lora", rule=rule, weights=weights, density=0.4)
    model.base_model.add_weighted_adapter(
        [ONE, OTHER], list(weights), THEIRS, combination_type=theirs, density=0.4
    )
    torch.testing.assert_close(update(model, OURS), update(model, THEIRS), atol=1e-5, rtol=1e-4)


def test_peft_forgets_the_root_in_the_scale_of_rslora(both: Any) -> None:
    model = both("peft:lora[use_rslora=true]")
    model.base_model.add_weighted_adapter([ONE, OTHER], [0.5, 0.5], THEIRS, combination_type="svd")
    right = (update(model, ONE) + update(model, OTHER)) / 2
    left, sizes, outer = torch.linalg.svd(right)
    best = left[:, :8] * sizes[:8] @ outer[:8]
    torch.testing.assert_close(update(model, OURS), best, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(update(model, THEIRS), best * 8**0.5, atol=1e-4, rtol=1e-4)


def test_the_linear_rule_of_peft_mixes_the_factors_of_different_sources(both: Any) -> None:
    model = both("peft:lora")
    model.base_model.add_weighted_adapter(
        [ONE, OTHER], [0.5, 0.5], THEIRS, combination_type="linear"
    )
    wanted = (update(model, ONE) + update(model, OTHER)) / 2
    ours, theirs = (float((update(model, name) - wanted).norm()) for name in (OURS, THEIRS))
    assert ours < theirs * 0.8


def test_scales_have_the_mean_that_peft_gives_them(both: Any) -> None:
    model = both("peft:ia3", weights=(3, 1))
    model.base_model.add_weighted_adapter([ONE, OTHER], [0.75, 0.25], THEIRS)
    torch.testing.assert_close(scale(model, OURS), scale(model, THEIRS))
    model.base_model.add_weighted_adapter([ONE, OTHER], [1.0, 1.0], "sum")
    torch.testing.assert_close(scale(model, "sum"), scale(model, ONE) + scale(model, OTHER))


def test_peft_merges_nothing_that_has_a_head(lab: Any) -> None:
    folder = str(lab.source("peft:lora", "toy-nli") / ADAPTER)
    plain = AutoModelForSequenceClassification.from_pretrained(lab.located.folder, num_labels=3)
    model = PeftModel.from_pretrained(plain, folder, adapter_name=ONE)
    model.load_adapter(folder, adapter_name=OTHER)
    with pytest.raises(ValueError, match="modules_to_save"):
        model.base_model.add_weighted_adapter(
            [ONE, OTHER], [0.5, 0.5], THEIRS, combination_type="svd"
        )
