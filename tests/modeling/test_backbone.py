import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers.utils import logging as transformers_logging

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.backbone import adapter_model, quiet, whole_model
from adapterstilts.modeling.device import drawing
from adapterstilts.modeling.locate import Located, locate
from adapterstilts.modeling.parts import Head

HEADS = [
    Head(name="x", kind="sequence", outputs=2, labels=("no", "yes")),
    Head(name="x", kind="token", outputs=3, labels=("a", "b", "c")),
    Head(name="x", kind="span"),
    Head(name="x", kind="choice", outputs=2),
    Head(name="x", kind="lm"),
    Head(name="x", kind="none"),
]


@pytest.fixture
def random(tiny_backbone: Path) -> Located:
    return Located(name="toyworld-random", folder=tiny_backbone, revision="x", random=True)


def encoder(model: Any) -> dict[str, torch.Tensor]:
    weights = model.base_model.named_parameters()
    return {name: weight.detach() for name, weight in weights if "pooler" not in name}


def test_a_random_backbone_is_the_same_one_under_every_head_and_seed(random: Located) -> None:
    """Else methods and targets would be compared on different backbones."""
    state = torch.get_rng_state()
    with drawing(1):
        first = encoder(adapter_model(random))
    for seed, head in enumerate(HEADS):
        with drawing(seed):
            other = encoder(whole_model(random, head, new_head=True))
        assert other.keys() == first.keys()
        assert all(torch.equal(other[name], first[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_random_backbone_has_nothing_of_the_files_weights(random: Located, lab: Any) -> None:
    drawn, read = encoder(adapter_model(random)), encoder(adapter_model(lab.located))
    name = "encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(drawn[name], read[name])


def test_heads_on_a_random_backbone_differ_by_seed(random: Located) -> None:
    weights = []
    for seed in (1, 2):
        with drawing(seed):
            weights.append(whole_model(random, HEADS[0], new_head=True).classifier.dense.weight)
    assert not torch.equal(*weights)


def test_files_say_the_backbones_name_and_the_labels(lab: Any) -> None:
    model = whole_model(lab.located, HEADS[0], new_head=True)
    assert model.config.name_or_path == model.name_or_path == "tiny-xlmr"
    assert model.config.id2label == {0: "no", 1: "yes"}
    assert model.config.label2id == {"no": 0, "yes": 1}


def test_the_checkpoints_own_head_is_not_carried_along(lab: Any) -> None:
    model = adapter_model(lab.located)
    assert list(model.heads) == []
    assert not [name for name, _ in model.named_parameters() if name.startswith("heads.")]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("damage", ["cut", "lacking", "renamed"])
def test_weights_that_are_not_there_are_never_drawn_instead(
    tiny_backbone: Path, tmp_path: Path, whole: bool, damage: str
) -> None:
    folder = Path(shutil.copytree(tiny_backbone, tmp_path / "mine"))
    path = folder / "model.safetensors"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        state = load_file(path)
        if damage == "lacking":
            del state["roberta.encoder.layer.1.output.dense.weight"]
        else:
            state = {f"other.{name}": weight for name, weight in state.items()}
        save_file(state, path, metadata={"format": "pt"})
    located = locate(str(folder), "main")
    with pytest.raises(StiltsError) as caught:
        if whole:
            whole_model(located, HEADS[0], new_head=True)
        else:
            adapter_model(located)
    message = str(caught.value)
    assert message.startswith(f"backbone '{folder}' in {folder} cannot be loaded (")
    assert message.endswith(
        "save it again with model.save_pretrained(folder, safe_serialization=True)"
    )
    if damage == "lacking":
        assert "its weight 'encoder.layer.1.output.dense.weight' is not there" in message


def test_a_head_that_should_be_there_must_be(lab: Any) -> None:
    with pytest.raises(StiltsError, match="its weights lack classifier"):
        whole_model(lab.located, HEADS[0], new_head=False)


def test_quiet_is_quiet_only_inside() -> None:
    loggers = [transformers_logging.get_logger("transformers"), logging.getLogger("adapters")]
    before = [logger.level for logger in loggers]
    with pytest.raises(RuntimeError), quiet():
        assert [logger.level for logger in loggers] == [logging.ERROR] * 2
        raise RuntimeError
    assert [logger.level for logger in loggers] == before
