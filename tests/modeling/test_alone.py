import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.alone import model_of, own_files
from adapterstilts.modeling.filenames import PEFT_WEIGHTS
from adapterstilts.modeling.folders import left

METHODS = ("peft:lora", "bitfit", "full")


@pytest.fixture(scope="module")
def mix(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that gives what a mix of two tasks left."""

    def of(method: str) -> Any:
        out = tmp_path_factory.mktemp("mix")
        others = (lab.head("toy-squad"),)
        parts = lab.parts(method, "target", "toy-nli", others=others, name="mix")
        lab.assembly(parts).save(out)
        return left(str(out))

    return of


def loaded(lab: Any, found: Any, task: str = "") -> Any:
    own = own_files(found, lab.located) if found.kind == "model" else lab.located
    return model_of(found, lab.located, own, None, task)


@pytest.mark.parametrize("method", METHODS)
def test_of_several_heads_one_answers_and_is_unfrozen(lab: Any, mix: Any, method: str) -> None:
    model = loaded(lab, mix(method), "toy-squad")
    plain = model.get_base_model() if method != "full" else model
    assert plain.active_head == "toy-squad"
    trainable = {name for name, each in plain.named_parameters() if each.requires_grad}
    heads = {name.split(".")[1] for name in trainable if name.startswith("heads.")}
    assert heads == {"toy-squad"}
    below = [name for name in trainable if not name.startswith("heads.")]
    assert below
    assert not [name for name in below if "pooler" in name]


def test_a_mix_that_lacks_a_weight_is_refused(lab: Any, mix: Any, tmp_path: Path) -> None:
    stage = Path(shutil.copytree(mix("bitfit").folder.parent, tmp_path / "copy"))
    path = stage / "adapter" / PEFT_WEIGHTS
    state = load_file(path)
    gone = next(name for name in state if name.endswith("bias"))
    save_file({name: value for name, value in state.items() if name != gone}, path)
    with pytest.raises(ValueError, match=r"it lacks base_model\.model"):
        loaded(lab, left(str(stage)))


def test_no_word_of_a_file_is_warned_with(
    lab: Any, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    stage = tmp_path / "stage"
    shutil.copytree(lab.source("peft:lora", "toy-nli"), stage)
    path = stage / "adapter" / "adapter_config.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "base_model_name_or_path": "a\x1b[2J"}))
    loaded(lab, left(str(stage)), "toy-nli")
    assert not [each for each in recwarn if "renamed" in str(each.message)]


@pytest.mark.parametrize("method", METHODS)
def test_one_head_comes_in_the_files_of_its_library(lab: Any, method: str) -> None:
    model = loaded(lab, left(str(lab.source(method, "toy-nli"))), "toy-nli")
    assert not hasattr(model, "heads")
    assert model.config.num_labels == 3


def test_a_file_that_says_nothing_of_its_head_needs_a_task(lab: Any) -> None:
    found = left(str(lab.source("peft:lora", "toy-swag")))
    with pytest.raises(UsageError, match="does not say what its head is for: name the task"):
        loaded(lab, found)
    assert loaded(lab, found, "toy-xcopa") is not None
