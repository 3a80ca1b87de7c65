"""Files of `adapters`: what the plain library loses or cannot keep, and that it is kept here."""

from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AutoAdapterModel
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.assembly import for_prediction
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import ADAPTER
from tests.modeling.plainly import IDS, add, apart, loud, ours, said


def test_prefixes_cannot_be_kept_safely_by_the_plain_library_and_are_here(
    plain: Any, lab: Any, tmp_path: Path
) -> None:
    for name, settings in (("prefix_tuning", {}), ("seq_bn", {"ln_before": True})):
        add(plain, name, name, **settings)
        with pytest.raises(RuntimeError, match="share memory"):
            plain.save_adapter(str(tmp_path / f"theirs-{name}"), name, use_safetensors=True)
        plain.delete_head("head")
    for index, expression in enumerate(("prefix_tuning", "seq_bn[ln_before=true]", "mam")):
        parts = lab.parts(expression, "target", "toy-xnli")
        assembly = loud(parts, lab)
        folder = tmp_path / str(index)
        folder.mkdir()
        assembly.save(folder)
        assert not list(folder.rglob("*.bin"))
        again = for_prediction(parts, folder, device=lab.device)
        assert apart(ours(again, IDS), ours(assembly, IDS)) < 1e-6
        model = AutoAdapterModel.from_pretrained(lab.located.folder, use_safetensors=True)
        model.load_adapter(str(folder / ADAPTER), set_active=True, use_safetensors=True)
        model.active_head = "toy-xnli"
        assert apart(said(model.eval()), ours(assembly, IDS)) < 1e-5


def test_a_prompt_under_another_name_is_random_in_the_plain_library_and_the_sources_here(
    plain: Any, lab: Any
) -> None:
    folder = str(lab.source("prompt_tuning", "toy-nli") / ADAPTER)
    key = "roberta.prompt_tuning.prompt_tunings.{}.prompt_embedding.weight"
    for name in ("toy-nli", "other"):
        plain.load_adapter(folder, load_as=name, with_head=False, use_safetensors=True)
    weights = dict(plain.named_parameters())
    kept = weights[key.format("toy-nli")]
    assert not torch.equal(weights[key.format("other")], kept)
    assembly = lab.assembly(lab.parts("prompt_tuning", "continue", "toy-xnli", "toy-nli"))
    assert torch.equal(assembly.trainable[key.format("toy-xnli")], kept)


def test_pickles_are_what_the_plain_library_writes_and_nothing_of_ours_is_one(
    plain: Any, lab: Any, tmp_path: Path
) -> None:
    add(plain, "seq_bn", "one")
    plain.save_adapter(str(tmp_path / "theirs"), "one")
    assert list((tmp_path / "theirs").glob("*.bin"))
    for name in METHODS.names():
        if not COMPOSITIONS.get("target").refuses(METHODS.get(name)):
            folder = tmp_path / name
            folder.mkdir()
            lab.assembly(lab.parts(name, "target", "toy-udpos")).save(folder)
            files = {path.suffix for path in folder.rglob("*") if path.is_file()}
            assert files == {".json", ".safetensors"}


def test_a_file_that_lacks_a_weight_is_read_without_a_word_by_the_plain_library_and_refused_here(
    plain: Any, lab: Any, tmp_path: Path
) -> None:
    parts = lab.parts("seq_bn", "target", "toy-xnli")
    lab.assembly(parts).save(tmp_path)
    path = tmp_path / ADAPTER / "adapter.safetensors"
    state = load_file(path)
    gone = sorted(state)[0]
    del state[gone]
    save_file(state, path)
    plain.load_adapter(str(tmp_path / ADAPTER), use_safetensors=True)
    with pytest.raises(StiltsError, match=f"it lacks {gone}"):
        for_prediction(parts, tmp_path, device=lab.device)
