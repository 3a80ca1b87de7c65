"""What lies in a folder of somebody else's: found, or refused by name, place and remedy."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign import looking
from adapterstilts.modeling.foreign.looking import check, look
from adapterstilts.modeling.methods import method
from tests.modeling.foreign_adapters import (
    changed,
    made,
    peft_saved,
    plain_model,
    renamed,
    saved,
)

Spoils = Callable[[Path], object]


@pytest.fixture
def folder(theirs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(theirs, tmp_path / "copy"))


def refused(lab: Any, folder: Path, name: str = "seq_bn", *, exact: bool = False) -> str:
    """Return why an adapter is refused."""
    with pytest.raises(StiltsError) as caught:
        check(look(folder), method=method(name), exact=exact, backbone=lab.located)
    return str(caught.value)


def test_a_folder_is_read_wherever_in_it_the_adapter_lies(theirs: Path, tmp_path: Path) -> None:
    shutil.copytree(theirs, tmp_path / "stage" / "adapter")
    assert look(tmp_path / "stage").digest == look(theirs).digest
    assert look(tmp_path / "stage", asked="path(x)").left.asked == "path(x)"
    assert sorted(look(theirs).files) == sorted(path.name for path in theirs.iterdir())


def test_nothing_of_the_libraries_is_needed_to_look(theirs: Path, tiny_backbone: Path) -> None:
    code = (
        "import sys; from adapterstilts.modeling import locate;"
        "from adapterstilts.modeling.foreign import looking;"
        "from adapterstilts.modeling.methods import method;"
        f"backbone = locate.locate({str(tiny_backbone)!r}, '');"
        f"found = looking.look({str(theirs)!r});"
        "looking.check(found, method=method('seq_bn'), exact=True, backbone=backbone);"
        "print({'torch', 'adapters', 'transformers', 'peft'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "set()"


def test_another_width_is_fine_unless_the_weights_are_gone_on_from(
    lab: Any, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "w", plain_model(lab.located.folder, reduction_factor=4))
    found = look(folder)
    named = check(found, method=method("seq_bn"), exact=False, backbone=lab.located)
    assert named.name == "seq_bn[reduction_factor=4]"
    assert check(found, method=named, exact=True, backbone=lab.located) == named
    why = refused(lab, folder, exact=True)
    assert "is of method 'seq_bn[reduction_factor=4]', and 'seq_bn' is asked for" in why
    assert "gone on from or merged" in why
    assert "name 'seq_bn[reduction_factor=4]' as the method" in why


def test_what_lies_in_other_places_is_refused_in_either_case(lab: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "w", plain_model(lab.located.folder, leave_out=[0]))
    assert "whose leave_out is not that of 'seq_bn'" in refused(lab, folder)
    check(look(folder), method=method("seq_bn[leave_out=0]"), exact=True, backbone=lab.located)


def test_an_adapter_of_another_method_is_told_which_one_it_is_of(
    lab: Any, tmp_path: Path, folder: Path
) -> None:
    lora = saved(tmp_path / "lora", plain_model(lab.located.folder, architecture="lora", r=4))
    why = refused(lab, lora)
    assert f"{lora} is of method 'lora[r=4]', and 'seq_bn' is asked for; name 'lora[r=4]'" in why
    assert "is of method 'seq_bn', and 'peft:lora' is asked for" in refused(
        lab, folder, "peft:lora"
    )


def test_lora_of_an_older_release_is_scaled_as_the_library_scales_it(
    lab: Any, tmp_path: Path
) -> None:
    model = plain_model(lab.located.folder, architecture="lora", r=4, alpha=16)
    folder = saved(tmp_path / "lora", model)
    found = check(look(folder), method=method("lora"), exact=False, backbone=lab.located)
    assert found.name == "lora[alpha=16,r=4]"
    changed(folder, version=f"adapters.{'9' * 6000}.0.1")
    assert check(look(folder), method=method("lora"), exact=False, backbone=lab.located) == found
    changed(folder, version="adapters.1.0.1")
    found = check(look(folder), method=method("lora"), exact=False, backbone=lab.located)
    assert found.name == "lora[alpha=4,r=4]"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"model_type": "bert"}, "its architecture is bert, the backbone's xlm-roberta"),
        ({"hidden_size": 768}, "its hidden size is 768, the backbone's 64"),
        ({"hidden_size": "64"}, "has '64' for 'hidden_size', where a int belongs"),
        ({"hidden_size": True}, "has True for 'hidden_size'"),
        ({"hidden_size": None}, "lacks 'hidden_size'"),
        ({"config": []}, r"has \[\] for 'config'"),
        ({"type": "text_task"}, "has 'type', which adapters 1.3 does not write: load it with"),
        ({"name": "../../evil"}, "has the name '../../evil', which no module can have"),
        ({"name": ""}, "has the name ''"),
        ({"name": "a\x1b[2J"}, r"has the name 'a\\x1b"),
        ({"name": "n" * 300}, "which no module can have"),
    ],
)
def test_what_its_configuration_says_of_itself_is_checked(
    lab: Any, folder: Path, values: dict[str, Any], why: str
) -> None:

    changed(folder, **values)
    said = refused(lab, folder)
    assert re.search(why, said), said


def test_without_a_backbone_what_can_be_known_is_checked(folder: Path) -> None:
    assert check(look(folder), method=method("seq_bn"), exact=True, backbone=None).name == "seq_bn"
    changed(folder, model_type="bert")
    with pytest.raises(StiltsError, match="is an adapter for bert, and backbones here are xlm-rob"):
        check(look(folder), method=method("seq_bn"), exact=True, backbone=None)


def test_fewer_layers_than_the_backbone_has_are_refused(lab: Any, folder: Path) -> None:
    renamed(folder, lambda name: None if ".layer.1." in name else name)
    why = refused(lab, folder)
    assert "its weights hold 580 numbers, where 'seq_bn' has 1,160 there, in 2 layers" in why


def test_a_method_that_the_backbone_has_no_room_for_is_refused(lab: Any, folder: Path) -> None:
    made(folder, leave_out=[7])
    why = refused(lab, folder, "seq_bn[leave_out=7]")
    assert "for of its method 'seq_bn[leave_out=7]' it names layer 7" in why


def doubled(folder: Path) -> None:
    path = folder / "adapter_config.json"
    path.write_text('{"name": "twice", ' + path.read_text().lstrip("{ \n"))


def doubles(folder: Path) -> None:
    path = folder / "adapter.safetensors"
    save_file({name: value.double() for name, value in load_file(path).items()}, path)


def pickled(folder: Path) -> None:
    (folder / "adapter.safetensors").rename(folder / "pytorch_adapter.bin")


def linked(folder: Path) -> None:
    outside = folder.parent / "outside.safetensors"
    (folder / "adapter.safetensors").rename(outside)
    (folder / "adapter.safetensors").symlink_to(outside)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "adapter_config.json").write_text("{"), "is not JSON"),
        (doubled, "'name' stands twice"),
        (doubles, "is of type F64; save it again in single precision"),
        (pickled, r"holds only pickles.*model.save_adapter\(…, use_safetensors=True\)"),
        (linked, r"is a link to .*outside.safetensors, outside of the folder; copy the files"),
        (lambda folder: os.truncate(folder / "adapter.safetensors", 300), "is broken: "),
        (lambda folder: os.truncate(folder / "model_head.safetensors", 9), "model_head.*is broken"),
        (lambda folder: made(folder, surprise=1), "'surprise', which adapters 1.3 does not know"),
    ],
)
def test_a_folder_that_is_not_what_it_should_be_is_refused(
    lab: Any, folder: Path, spoil: Spoils, why: str
) -> None:

    spoil(folder)
    said = refused(lab, folder)
    assert re.search(why, said), said


def test_a_file_that_is_too_large_is_never_read(lab: Any, folder: Path) -> None:
    os.truncate(folder / "adapter.safetensors", looking.LARGEST + 1)
    assert "has 2,147,483,649 bytes, and no adapter is so large" in refused(lab, folder)


def test_links_within_a_cache_are_followed(folder: Path, tmp_path: Path) -> None:
    linked(folder)
    assert look(folder, within=tmp_path).weights


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("full", "holds no adapter but a model: name the folder of an adapter$"),
        ("head", "holds no adapter but a head: name the folder of an adapter$"),
    ],
)
def test_what_is_no_adapter_is_refused(lab: Any, kind: str, why: str) -> None:
    with pytest.raises(StiltsError, match=why):
        look(lab.source(kind, "toy-nli"))


def test_a_stage_trained_on_other_weights_is_refused(lab: Any, tmp_path: Path) -> None:
    from adapterstilts.core.records import StageRecord, write_record

    stage = tmp_path / "train-x"
    shutil.copytree(lab.source("seq_bn", "toy-nli") / "adapter", stage / "adapter")
    record = StageRecord(
        id="x",
        kind="train",
        version=1,
        slug="",
        identity={"backbone": {"digest": "another"}},
        needs={},
    )
    write_record(stage / "record.json", record)
    assert "trained on other weights of the same shape (digest another" in refused(lab, stage)


def test_peft_of_another_architecture_is_told_by_its_weights(lab: Any, tmp_path: Path) -> None:
    config = LoraConfig(target_modules=["query", "value"], task_type="SEQ_CLS")
    folder = peft_saved(tmp_path / "p", lab.located.folder, config)
    check(look(folder), method=method("peft:lora"), exact=True, backbone=lab.located)
    file = "adapter_model.safetensors"
    renamed(folder, lambda name: name.replace("model.roberta.", "model.bert."), file)
    why = refused(lab, folder, "peft:lora")
    assert "has the weight 'base_model.model.bert.encoder" in why
    assert "which has no place in xlm-roberta" in why


def test_peft_of_another_width_is_refused(lab: Any, tmp_path: Path) -> None:
    config = LoraConfig(target_modules=["query", "value"])
    folder = peft_saved(tmp_path / "p", lab.located.folder, config)
    path = folder / "adapter_model.safetensors"
    state = load_file(path)
    wide = {name: torch.zeros(8, 96) if "lora_A" in name else state[name] for name in state}
    save_file(wide, path)
    assert "its hidden size is 96, the backbone's 64" in refused(lab, folder, "peft:lora")


def test_a_name_of_a_backbone_cannot_steer_a_screen(folder: Path) -> None:
    said = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(
        json.dumps({**said, "model_name": "x\x1b[2J\u202e"})
    )
    assert look(folder).trained_on == "x�[2J�"


ODD = (None, True, 0, -1, 1e9, 10**400, "", "../..", "\x1b[2J", "\ud800", [], {}, [[]], {"a": 1})


@pytest.mark.parametrize("file", ["adapter_config.json", "head_config.json"])
def test_whatever_a_configuration_says_it_is_read_or_refused_in_words(
    lab: Any, folder: Path, file: str
) -> None:
    path = folder / file
    said = json.loads(path.read_text())
    refusals = 0
    for inside in (False, True):
        for key in said["config"] if inside else said:
            for value in ODD:
                config = {**said["config"], key: value}
                path.write_text(
                    json.dumps({**said, **({"config": config} if inside else {key: value})})
                )
                try:
                    check(look(folder), method=method("seq_bn"), exact=True, backbone=lab.located)
                except StiltsError as error:
                    refusals += 1
                    assert len(str(error).encode()) < 1500
    assert refusals > 90
