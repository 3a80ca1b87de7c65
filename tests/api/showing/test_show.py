"""What something is before it is used: told from small files alone, safely, and offline too."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from peft import LoraConfig

from adapterstilts.api.showing.show import show
from adapterstilts.api.showing.shown import Shown
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Repository, Unreachable, client
from tests.api.conftest import Done
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import (
    LABELS,
    changed,
    files,
    made,
    peft_saved,
    plain_model,
    saved,
)

NAME, BASE = "someone/nli", "someone/tiny-xlmr"
DEAD = "http://127.0.0.1:9"
CARD = "---\nlicense: mit\nbase_model: someone/tiny-xlmr\n---\n# Mine\n"


@pytest.fixture
def served(hub: Hub, theirs: Path) -> Hub:
    """Return a Hub that has an adapter with a card."""
    hub.push(NAME, {**files(theirs), "README.md": CARD, "train.py": "raise"}, kind="model")
    return hub


def of(hub: Hub, contents: Mapping[str, Any], **options: Any) -> Shown:
    """Return what is shown of a repository of some files."""
    hub.push("someone/other", contents, kind="model")
    return show("someone/other", **options)


@pytest.mark.parametrize("what", [NAME, f"{NAME}@main", f"hub({NAME})"])
def test_an_adapter_of_the_hub_is_told_without_its_weights(
    served: Hub, tiny_backbone: Path, what: str
) -> None:
    found = show(what, backbone=str(tiny_backbone))
    assert found.name == f"hub({NAME})"
    assert found.commit == served.repository(NAME, kind="model").branches["main"]
    assert (found.kind, found.library, found.method) == ("adapter", "adapters", "seq_bn")
    assert found.modules == ("mnli",)
    assert [(top.kind, top.labels) for top in found.heads] == [("sequence", LABELS)]
    assert (found.on, found.misfit, found.refused) == (str(tiny_backbone), "", "")
    assert found.files.keys() >= {"README.md", "adapter.safetensors", "train.py"}
    assert set(found.used) == {*found.files} - {"README.md", "train.py"}
    assert found.card is not None
    assert (found.card.licence, found.card.base_models) == ("mit", (BASE,))
    assert found.notes == ("it has code, which is never run here: train.py",)
    assert not served.asked("GET", ".safetensors")
    assert not served.asked("GET", ".py")


def test_numbers_are_those_that_the_method_has_on_the_backbone(
    served: Hub, theirs: Path, tiny_backbone: Path
) -> None:
    there = show(theirs, backbone=str(tiny_backbone))
    far = show(NAME, backbone=str(tiny_backbone))
    assert there.counted
    assert there.numbers == far.numbers
    guessed = show(NAME)
    assert not guessed.counted
    assert guessed.numbers is not None
    assert far.numbers is not None
    assert far.numbers <= guessed.numbers < far.numbers * 1.5


def test_what_would_use_it_is_a_command_and_code_that_names_it(
    served: Hub, tiny_backbone: Path
) -> None:
    found = show(NAME, backbone=str(tiny_backbone))
    task = "mnli"
    assert found.uses == (
        f"adapterstilts evaluate {task} --on 'zero(hub({NAME}))' --backbone {tiny_backbone}",
        f"adapterstilts evaluate {task} --on 'stack(hub({NAME}))' --backbone {tiny_backbone}",
        f'stilts.load("{tiny_backbone}", "hub({NAME})")',
    )


def test_a_backbone_of_the_hub_is_compared_with_by_its_configuration_alone(
    served: Hub, tiny_backbone: Path
) -> None:
    served.push(BASE, {path.name: path for path in tiny_backbone.iterdir()}, kind="model")
    assert show(NAME, backbone=BASE).refused == ""
    assert not served.asked("GET", ".safetensors")
    with pytest.raises(UsageError, match="no backbone 'nobody/here' to compare with"):
        show(NAME, backbone="nobody/here")


def test_what_does_not_fit_says_why_and_is_told_all_the_same(
    hub: Hub, theirs: Path, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(theirs, tmp_path / "copy"))
    changed(folder, hidden_size=768)
    found = of(hub, files(folder), backbone=str(tiny_backbone))
    assert "its hidden size is 768, the backbone's 64" in found.refused
    assert (found.method, found.uses) == ("seq_bn", ())
    assert of(hub, files(folder)).refused == ""


def test_an_adapter_of_peft_is_told_with_its_method(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    config = LoraConfig(r=4, target_modules=["query", "value"], task_type="SEQ_CLS")
    folder = peft_saved(tmp_path / "p", tiny_backbone, config)
    found = of(hub, files(folder), backbone=str(tiny_backbone))
    assert (found.kind, found.library, found.method) == ("peft", "peft", "peft:lora[r=4]")
    assert any("continue(hub(someone/other))" in use for use in found.uses)
    assert all("--method 'peft:lora[r=4]'" in use for use in found.uses[:-1])


def test_a_full_model_is_told_with_its_class(hub: Hub, tiny_backbone: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    folder = tmp_path / "full"
    model = AutoModelForSequenceClassification.from_pretrained(
        tiny_backbone, num_labels=3, id2label=dict(enumerate(LABELS))
    )
    model.save_pretrained(folder)
    shutil.copy(tiny_backbone / "tokenizer.json", folder)
    found = of(hub, files(folder), backbone=str(tiny_backbone))
    assert (found.kind, found.library, found.method) == ("model", "transformers", "full")
    assert [(top.name, top.labels) for top in found.heads] == [(type(model).__name__, LABELS)]
    assert found.refused == ""
    changed(folder, "config.json", auto_map={"AutoModel": "evil.Model"})
    said = of(hub, {**files(folder), "evil.py": "raise"}).refused
    assert "has 'auto_map', which asks for code from the repository to be run" in said


def test_several_modules_are_told_with_how_they_are_active(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    import adapters.composition as blocks

    model = plain_model(tiny_backbone)
    model.add_adapter("xnli", config="seq_bn")
    model.set_active_adapters(blocks.Stack("mnli", "xnli"))
    model.save_adapter_setup(
        str(tmp_path / "setup"), blocks.Stack("mnli", "xnli"), use_safetensors=True
    )
    within = [path for path in (tmp_path / "setup").rglob("*") if path.is_file()]
    contents = {str(path.relative_to(tmp_path / "setup")): path for path in within}
    found = of(hub, contents, backbone=str(tiny_backbone))
    assert (found.kind, found.active, found.refused) == ("setup", "Stack(mnli, xnli)", "")
    assert found.modules == ("mnli", "xnli")


def test_only_pickles_are_refused_and_still_told(
    hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "pickled", plain_model(tiny_backbone), safely=False)
    found = of(hub, files(folder))
    assert (found.kind, found.method) == ("adapter", "seq_bn")
    assert "it has pickles only" in found.refused
    assert "use_safetensors=True" in found.refused
    assert any("pickles, which are never opened here" in note for note in found.notes)


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        ({"README.md": CARD}, "holds no adapter"),
        ({"adapter_config.json": "{"}, "is not JSON"),
        ({"adapter_config.json": '{"config": {}}'}, "lacks"),
        ({"adapter_config.json": '{"peft_type": "EVIL"}'}, "peft_type is 'EVIL'"),
        ({"adapter_setup.json": "[]"}, "is not a JSON object"),
        ({"config.json": '{"model_type": "bert"}'}, "bert"),
        ({}, "holds no adapter"),
    ],
)
def test_what_cannot_be_used_says_why(hub: Hub, contents: Mapping[str, str], why: str) -> None:
    found = of(hub, {"x": "", **contents})
    assert found.refused
    assert found.uses == ()
    told = show_again(hub, contents)
    assert why in told.refused or why in found.refused


def show_again(hub: Hub, contents: Mapping[str, str]) -> Shown:
    """Return what is shown where the weights of an adapter are there as well."""
    weights = ("adapter", "adapter_model", "model")
    there = {f"{name}.safetensors": b"" for name in weights}
    return of(hub, {"tokenizer.json": "{}", **there, **contents})


def test_a_name_that_a_file_says_becomes_no_code(hub: Hub, theirs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(theirs, tmp_path / "copy"))
    changed(folder, model_name='x", __import__("os").system("true") or "')
    assert of(hub, files(folder)).uses[-1] == 'stilts.load("BACKBONE", "hub(someone/other)")'
    changed(folder, model_name="FacebookAI/xlm-roberta-base")
    assert of(hub, files(folder)).uses[-1].startswith('stilts.load("FacebookAI/xlm-roberta-base"')


def test_a_card_that_is_an_attack_is_not_read_and_the_rest_is(hub: Hub, theirs: Path) -> None:
    for text in ("---\na: &a [x]\nb: [*a]\n---\n", "x" * 2**21):
        found = of(hub, {**files(theirs), "README.md": text})
        assert found.card is None
        assert any("card" in note for note in found.notes)
        assert found.refused == ""


def test_records_of_ours_say_what_it_was_trained_on(hub: Hub, theirs: Path) -> None:
    record = {
        **{key: "x" for key in ("id", "kind", "slug")},
        "version": 1,
        "identity": {"task": "xnli", "seed": 3, "hyper": {"steps": 7}},
        **{key: {} for key in ("needs", "resolved", "software")},
        "costs": {"train_seconds": 12.0},
    }
    said = {
        "schema": "adapterstilts/published",
        "version": 1,
        "expression": "xnli",
        "way": "seq_bn/stack(mnli)",
        "base": {"title": "tiny", "id": BASE, "revision": "", "tokenizer": ""},
        "own": {"name": "xnli\x1b[31m", "record": record},
        "sources": [],
        "before": [],
        "rows": {},
    }
    found = of(hub, {**files(theirs), "records.json": json.dumps(said)})
    assert found.trained[0] == "xnli by seq_bn/stack(mnli)"
    assert "x of xnli, seed 3, 7 steps, 12 s" in found.trained[1]
    assert found.trained[1].isprintable()
    assert found.tasks == ("xnli",)
    assert any("evaluate xnli" in use for use in found.uses)
    broken = of(hub, {**files(theirs), "records.json": "[]"})
    assert (broken.trained, broken.refused) == ((), "")
    assert any("records are not read" in note for note in broken.notes)


def test_what_was_shown_once_is_shown_without_network(
    served: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = show(NAME)
    assert show(NAME, offline=True) == found
    monkeypatch.setenv("HF_ENDPOINT", DEAD)
    assert show(NAME) == found
    with pytest.raises(Unreachable, match=r"adapterstilts fetch 'hub\(someone/new@v1\)'"):
        show("someone/new@v1")
    with pytest.raises(client.NotHere, match="has not been fetched"):
        show("someone/new", offline=True)


def test_what_was_fetched_without_its_card_is_shown_without(served: Hub) -> None:
    here, found = client.here(), show(NAME)
    listing = here.listing(Repository(name=NAME, kind="model"), found.commit)
    folder = here.fetch(listing, ())
    (folder / "README.md").unlink()
    told = show(NAME, offline=True)
    assert (told.card, told.method) == (None, "seq_bn")
    assert "its card is not here" in told.notes
    assert replace(told, card=found.card, notes=found.notes) == found


def test_a_stage_of_a_store_is_told_with_how_it_was_made(done: Done) -> None:
    (folder,) = done.store.glob("train-seq_bn-target-toy-nli*")
    found = show(folder)
    assert (found.kind, found.method, found.backbone) == ("adapter", "seq_bn", "toyworld")
    assert (found.on, found.misfit) == ("toyworld", "")
    assert found.tasks == ("toy-nli",)
    assert found.notes == ()
    assert "adapter/adapter.safetensors" in found.used
    assert len(found.uses) == 3
    assert found.uses[-1] == f'stilts.load("toyworld", "{folder}")'


def test_what_stands_on_others_in_its_store_is_loaded_with_them(done: Done) -> None:
    (folder,) = done.store.glob("train-*stack*")
    found = show(folder)
    assert (found.kind, found.method, found.is_part) == ("adapter", "seq_bn", True)
    assert found.notes == ("it stands on others in its store, which stilts.load brings along",)
    assert (found.uses, found.refused) == ((f'stilts.load("toyworld", "{folder}")',), "")


def test_what_no_method_makes_is_told_with_its_modules(
    hub: Hub, theirs: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(theirs, tmp_path / "copy"))
    made(folder, reduction_factor=[8])
    found = of(hub, files(folder))
    assert "its 'reduction_factor' is wrong" in found.refused
    assert (found.modules, found.method, len(found.heads)) == (("mnli",), "", 1)


def test_what_is_neither_folder_nor_repository_is_refused(hub: Hub, tmp_path: Path) -> None:
    for text in ("nothing", "a/b/c", str(tmp_path / "absent")):
        with pytest.raises(UsageError, match="is no folder and no repository"):
            show(text)
    with pytest.raises(StiltsError, match="there is no model 'nobody/here'"):
        show("nobody/here")
    assert "holds nothing" in show(tmp_path).refused
