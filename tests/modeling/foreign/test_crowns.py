"""What a head of somebody else's can answer, and which are left behind."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig
from safetensors.torch import load_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.foreign.adopting import adopt
from adapterstilts.modeling.foreign.crowns import Crown, answering
from adapterstilts.modeling.foreign.looking import check, look
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import Head
from tests.modeling.foreign_adapters import LABELS, changed, peft_saved, plain_model, saved

NLI = Head(name="xnli", kind="sequence", outputs=3, labels=LABELS)


def crowned(theirs: Path, folder: Path, **values: Any) -> Crown:
    """Return the head of an adapter whose configuration says something else."""
    shutil.copytree(theirs, folder)
    config = json.loads((folder / "head_config.json").read_text())["config"]
    config = {key: value for key, value in {**config, **values}.items() if value != "gone"}
    changed(folder, "head_config.json", config=config)
    return look(folder).crown


def test_a_head_answers_what_has_its_labels_in_its_order(theirs: Path, tmp_path: Path) -> None:
    crown = look(theirs).crown
    assert crown.head == Head(name="mnli", kind="sequence", outputs=3, labels=LABELS)
    assert crown.refuses(NLI) == ""
    other = crowned(
        theirs, tmp_path / "x", label2id={"neutral": 0, "entailment": 1, "contradiction": 2}
    )
    assert other.refuses(NLI) == (
        "its labels are neutral, entailment, contradiction, and those of the task are entailment,"
        " neutral, contradiction, in this order"
    )
    plain = crowned(theirs, tmp_path / "y", label2id={f"LABEL_{at}": at for at in range(3)})
    assert plain.refuses(NLI) == "its head does not say what its labels are"
    span = Head(name="xquad", kind="span", outputs=2)
    assert crown.refuses(span) == "its head is for 'sequence', and 'span' is wanted"
    assert Crown().refuses(NLI) == "it has no head"


@pytest.mark.parametrize(
    ("kind", "ours"),
    [("tagging", "token"), ("question_answering", "span"), ("multiple_choice", "choice")],
)
def test_every_kind_of_head_that_tasks_have_is_known(
    tiny_backbone: Path, tmp_path: Path, kind: str, ours: str
) -> None:
    model = plain_model(tiny_backbone)
    model.delete_head("mnli")
    if kind == "tagging":
        model.add_tagging_head("mnli", num_labels=2)
    elif kind == "multiple_choice":
        model.add_multiple_choice_head("mnli", num_choices=2)
    else:
        model.add_qa_head("mnli")
    crown = look(saved(tmp_path / "other", model)).crown
    assert crown.head == Head(name="mnli", kind=ours, outputs=2)
    choices = Head(name="x", kind="choice", outputs=4)
    assert (crown.refuses(choices) == "") is (ours == "choice")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"head_type": "dependency_parsing"}, "its head is of type 'dependency_parsing'"),
        ({"head_type": 3}, "its head is of type 3"),
        ({"use_pooler": True}, "its head reads the pooler"),
        ({"shift_labels": True}, "its head foretells what comes next"),
    ],
)
def test_a_head_that_none_here_has_is_left_behind(
    theirs: Path, tmp_path: Path, values: dict[str, Any], why: str
) -> None:
    crown = crowned(theirs, tmp_path / "x", **values)
    assert crown.head is None
    assert crown.behind == f"{why}, which none here does"
    assert crown.refuses(NLI) == crown.behind


def test_the_head_of_a_plain_model_is_left_behind(theirs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(theirs, tmp_path / "x"))
    changed(folder, "head_config.json", config=None)
    assert look(folder).crown.behind.startswith("its head is of a plain model of transformers")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"label2id": {"a": 0, "b": 1}}, "labels that are not numbered from 0 to 2"),
        ({"label2id": {"a": 0, "b": 1, "c": 1}}, "labels that are not numbered"),
        ({"label2id": {"a": 0, "b": 1, "c": "2"}}, "labels that are not numbered"),
        ({"label2id": {"a\x1b[2J": 0, "b": 1, "c": 2}}, "or that nobody can read: save it again"),
        ({"label2id": {"a" * 301: 0, "b": 1, "c": 2}}, "or that nobody can read: save it again"),
        ({"num_labels": "3"}, "has '3' for 'num_labels', which no head has"),
        ({"num_labels": "gone"}, "a head with 0 outputs in 2 layers"),
        ({"num_labels": 10**18, "label2id": {}}, "a head with 1000"),
        ({"layers": 0}, "a head with 3 outputs in 0 layers, which cannot be"),
        ({"layers": 10**6}, "a head with 3 outputs in 1000000 layers"),
        ({"surprise": 1}, "has 1 for 'surprise', which no head has: save it again"),
    ],
)
def test_a_head_that_says_what_cannot_be_is_refused_with_its_place(
    theirs: Path, tmp_path: Path, values: dict[str, Any], why: str
) -> None:
    with pytest.raises(StiltsError, match=rf"head_config.json has .*{why.removeprefix('has ')}"):
        crowned(theirs, tmp_path / "x", **values)


def test_a_head_of_peft_is_in_its_own_file_and_its_labels_in_nobodys(
    lab: Any, tiny_backbone: Path, tmp_path: Path
) -> None:
    config = LoraConfig(target_modules=["query", "value"], task_type="SEQ_CLS")
    crown = look(peft_saved(tmp_path / "p", tiny_backbone, config)).crown
    assert crown.head == Head(name="adopted", kind="sequence", outputs=3)
    assert crown.refuses(NLI) == "its head does not say what its labels are"
    changed(tmp_path / "p", task_type="CAUSAL_LM")
    assert look(tmp_path / "p").crown.behind == (
        "its configuration does not say what its head is for"
    )
    bare = LoraConfig(target_modules=["query", "value"])
    assert look(peft_saved(tmp_path / "q", tiny_backbone, bare)).crown == Crown()
    squad = look(lab.source("peft:lora", "toy-squad")).crown
    assert squad.refuses(Head(name="xquad", kind="span", outputs=2)) == ""


@pytest.mark.parametrize("task", ["toy-xcopa", "toy-mlm", "toy-xquad", "toy-panx"])
def test_a_head_of_peft_is_known_by_what_is_saved_of_it(lab: Any, task: str) -> None:
    found = look(lab.source("peft:lora", task))
    assert found.refuses(lab.head(task)) in ("", "its head does not say what its labels are")
    assert found.crown.head is not None
    assert found.crown.head.kind == lab.head(task).kind


def test_a_publication_says_which_task_a_head_is_of(lab: Any, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(lab.source("peft:lora", "toy-nli") / "adapter", tmp_path / "x"))
    wanted = lab.head("toy-xnli")
    assert look(folder).refuses(wanted) == "its head does not say what its labels are"
    bare = look(folder).digest
    said = {"own": {"record": {"identity": {"task": "toy-nli", "hyper": {"max_length": 40}}}}}
    (folder / "records.json").write_text(json.dumps(said))
    found = look(folder)
    assert found.refuses(wanted) == ""
    assert found.digest != bare
    assert found.left.max_length == 40
    for odd in ([], {"own": []}, {"own": {"record": {"identity": {"task": ["x"], "hyper": 3}}}}):
        (folder / "records.json").write_text(json.dumps(odd if odd else {"own": None}))
        assert look(folder).refuses(wanted) == "its head does not say what its labels are"
        assert look(folder).left.max_length == 0


def test_of_several_heads_that_of_the_task_answers_and_else_the_first() -> None:
    crowns = {
        "a": Crown(head=Head(name="a", kind="span", outputs=2)),
        "b": Crown(head=NLI),
        "c": Crown(head=NLI),
    }
    assert answering(crowns, NLI, ("xnli", "c")) == "c"
    assert answering(crowns, NLI, ("xnli",)) == "b"
    assert answering(crowns, NLI, ("a",)) == "b"
    assert answering({"a": crowns["a"]}, NLI, ("a",)) is None


def test_a_language_models_head_is_taken_over_with_the_backbones_own_matrix(
    lab: Any, tmp_path: Path
) -> None:
    source = lab.source("seq_bn", "toy-mlm")
    found = look(source)
    assert found.crown.head is not None
    assert found.crown.head.kind == "lm"
    theirs = check(found, method=method("seq_bn"), exact=True, backbone=lab.located)
    adopt(found, method=theirs, backbone=lab.located, out=tmp_path)
    kept = load_file(tmp_path / "adapter" / "model_head.safetensors")
    before = load_file(source / "adapter" / "model_head.safetensors")
    assert before.keys() - kept.keys() == {"heads.toy-mlm.3.weight"}
    assert all(torch.equal(before[name], value) for name, value in kept.items())
