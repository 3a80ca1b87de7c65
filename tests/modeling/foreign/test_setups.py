"""A block of somebody else's in a folder: each part looked at, and refused if it does not fit."""

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
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign.meeting import announced, check, check_said, look
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import Head
from tests.modeling.foreign_adapters import LABELS, changed, made, plain_model, renamed, saved
from tests.modeling.foreign_blocks import (
    FUSE,
    MEAN,
    NESTED,
    STACK,
    SUMMED,
    block_model,
    block_saved,
    rewritten,
)

Spoils = Callable[[Path], object]
FILE = "adapter_setup.json"


@pytest.fixture(scope="module")
def kept(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a stack over a fusion, to be read only."""
    return block_saved(tmp_path_factory.mktemp("kept") / "mine", block_model(tiny_backbone, NESTED))


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def refused(lab: Any, folder: Path, name: str = "seq_bn", *, exact: bool = False) -> str:
    """Return why a block is refused."""
    with pytest.raises(StiltsError) as caught:
        check(look(folder), method=method(name), exact=exact, backbone=lab.located)
    return str(caught.value)


def test_every_part_of_a_block_is_found_and_its_head(lab: Any, kept: Path) -> None:
    found = look(kept, asked="hub(me/mine)")
    assert str(found.saved.block) == "Stack(swag, Fuse(nli, squad), mine)" if found.saved else ""
    assert sorted(found.members) == ["mine", "nli", "squad", "swag"]
    assert list(found.layers) == ["nli,squad"]
    assert found.crown.head == Head(name="mine", kind="sequence", outputs=3, labels=LABELS)
    assert found.members["nli"].left.asked == "hub(me/mine) (nli)"
    everything = {str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()}
    assert {*found.files} == everything
    named = check(found, method=method("seq_bn"), exact=False, backbone=lab.located)
    assert named.name == "seq_bn"


def test_a_block_is_known_by_what_it_holds_and_not_by_where_it_lies(
    kept: Path, folder: Path, tmp_path: Path
) -> None:
    one = look(kept).digest
    assert look(folder).digest == one
    (tmp_path / "stage").mkdir()
    folder.rename(tmp_path / "stage" / "setup")
    assert look(tmp_path / "stage").digest == one
    changed(tmp_path / "stage" / "setup" / "nli", version="adapters.1.2.0")
    assert look(tmp_path / "stage").digest != one


def test_nothing_of_the_libraries_is_needed_to_look(kept: Path, tiny_backbone: Path) -> None:
    code = (
        "import sys; from adapterstilts.modeling import locate;"
        "from adapterstilts.modeling.foreign import meeting;"
        "from adapterstilts.modeling.methods import method;"
        f"backbone = locate.locate({str(tiny_backbone)!r}, '');"
        f"found = meeting.look({str(kept)!r});"
        "meeting.check(found, method=method('seq_bn'), exact=False, backbone=backbone);"
        "print({'torch', 'adapters', 'transformers', 'peft'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "set()"


def test_several_modules_cannot_be_gone_on_from_as_one(lab: Any, kept: Path) -> None:
    why = refused(lab, kept, exact=True)
    assert "is Stack(swag, Fuse(nli, squad), mine), several modules" in why
    assert f"build on all of it with stack({kept})" in why


def test_what_configurations_say_is_refused_before_weights_are_there(
    lab: Any, folder: Path
) -> None:
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    left = announced(folder, asked="hub(me/mine)")
    check_said(left, method=method("seq_bn"), exact=False, backbone=lab.located)
    for name, exact, why in [
        ("lora", False, r"hub\(me/mine\) \(swag\) is of method 'seq_bn', and 'lora'"),
        ("full", False, r"hub\(me/mine\) \(swag\) is of method 'seq_bn', and 'full'"),
        ("seq_bn", True, "several modules"),
    ]:
        with pytest.raises(StiltsError, match=why):
            check_said(left, method=method(name), exact=exact, backbone=lab.located)
    changed(folder / "mine", hidden_size=768)
    with pytest.raises(StiltsError, match="its hidden size is 768"):
        check_said(left, method=method("seq_bn"), exact=False, backbone=lab.located)


@pytest.mark.parametrize(
    ("block", "architecture", "name", "why"),
    [
        (SUMMED, "lora", "lora", ""),
        (STACK, "lora", "lora", "in a Stack of 'lora' the library keeps the last alone"),
        (STACK, "ia3", "ia3", ""),
        (STACK, "par_bn", "par_bn", "nothing stands on 'par_bn'"),
        (MEAN, "seq_bn", "seq_bn", ""),
        (MEAN, "compacter", "compacter[reduction_factor=8]", "'compacter.*' have no mean"),
    ],
)
def test_what_the_library_runs_as_it_says_is_taken(
    lab: Any, tmp_path: Path, block: Any, architecture: str, name: str, why: str
) -> None:
    settings = {"reduction_factor": 8} if architecture == "compacter" else {}
    model = block_model(lab.located.folder, block, architecture, **settings)
    folder = block_saved(tmp_path / "x", model)
    if not why:
        check(look(folder), method=method(name), exact=False, backbone=lab.located)
    else:
        assert re.search(why, refused(lab, folder, name))


def test_a_fusion_may_lack_its_last_layer_adapters_and_all(lab: Any, tmp_path: Path) -> None:
    folder = block_saved(tmp_path / "x", block_model(lab.located.folder, FUSE, leave_out=[1]))
    check(look(folder), method=method("seq_bn"), exact=False, backbone=lab.located)
    model = block_model(lab.located.folder, STACK, leave_out=[1])
    assert "whose leave_out is not that of 'seq_bn'" in refused(
        lab, block_saved(tmp_path / "y", model)
    )
    for name, layers in (("nli", [1]), ("squad", [0])):
        changed_to = block_model(lab.located.folder, FUSE, leave_out=layers)
        shutil.rmtree(folder / name)
        changed_to.save_adapter(str(folder / name), name, use_safetensors=True)
    assert "in different layers (leave_out [1] and [0])" in refused(lab, folder)


def said(**values: Any) -> Spoils:
    """Return what changes how a fusion says that it is made."""

    def spoil(folder: Path) -> None:
        path = folder / "nli,squad" / "adapter_fusion_config.json"
        rewritten(path, lambda found: found["config"].update(values))

    return spoil


def fused(**values: Any) -> Spoils:
    return lambda folder: changed(folder / "nli,squad", "adapter_fusion_config.json", **values)


def layer(change: Callable[[str], str | None]) -> Spoils:
    return lambda folder: renamed(folder / "nli,squad", change, "model_adapter_fusion.safetensors")


def wide(folder: Path) -> None:
    path = folder / "nli,squad" / "model_adapter_fusion.safetensors"
    state = load_file(path)
    first = sorted(state)[0]
    save_file({**state, first: state[first].repeat(2)}, path)


def linked(folder: Path) -> None:
    path = folder / "nli" / "adapter.safetensors"
    path.rename(folder.parent / "elsewhere.safetensors")
    path.symlink_to(folder.parent / "elsewhere.safetensors")


def pickled(file: str) -> Spoils:
    def spoil(folder: Path) -> None:
        (folder / file).rename(folder / file.replace("safetensors", "bin"))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: shutil.rmtree(folder / "nli"), "no folder"),
        (lambda folder: shutil.rmtree(folder / "nli,squad"), "lacks the fusion over nli,squad"),
        (lambda folder: changed(folder / "nli", name="other"), "calls itself 'other'"),
        (lambda folder: changed(folder / "nli", hidden_size=768), "its hidden size is 768"),
        (lambda folder: made(folder / "nli", is_parallel=True), "is of method|cannot be used"),
        (said(residual_before=True), "has True for 'residual_before', which no fusion here has"),
        (said(value="x"), "has 'x' for 'value'"),
        (said(extra=1), "does not say how the fusion is made"),
        (fused(name="nli,other"), "is over 'nli,other', not nli,squad"),
        (fused(run="x"), "has 'run', which no fusion has"),
        (fused(leave_out="all"), "has 'all' for 'leave_out'"),
        (fused(hidden_size=768), "its hidden size is 768"),
        (layer(lambda name: name.replace("layer.1.", "layer.7.")), r"layer.7.* has no place there"),
        (layer(lambda name: name.replace("nli,squad", "other")), r"other.* has no place there"),
        (wide, r"of \[128\] has no place there"),
        (linked, "is a link to .*, outside of the folder"),
        (pickled("nli/adapter.safetensors"), r"holds only pickles.*load_adapter"),
        (pickled("nli,squad/model_adapter_fusion.safetensors"), "pickles.*save_adapter_setup"),
        (pickled("mine/model_head.safetensors"), "pickles"),
        (
            lambda folder: rewritten(folder / FILE, lambda x: x.update(head_setup="swag")),
            "its head",
        ),
    ],
)
def test_a_part_that_does_not_fit_is_refused_by_name(
    lab: Any, folder: Path, spoil: Spoils, why: str
) -> None:
    spoil(folder)
    said_of = refused(lab, folder)
    assert re.search(why, said_of), said_of


def test_an_adapter_of_peft_is_no_part_of_a_block(lab: Any, folder: Path) -> None:
    shutil.rmtree(folder / "nli")
    (folder / "nli").mkdir()
    (folder / "nli" / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
    (folder / "nli" / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(StiltsError):
        look(folder)


def test_a_block_of_one_is_that_adapter(lab: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "mnli", plain_model(lab.located.folder)).parent
    one = {"type": "Stack", "children": [{"type": "single", "children": ["mnli"]}]}
    (folder / FILE).write_text(json.dumps({"adapter_setup": one, "head_setup": None}))
    found = look(folder)
    check(found, method=method("seq_bn"), exact=False, backbone=lab.located)
    assert found.crown.head is not None
