import copy
import sys
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.asking import head_of
from adapterstilts.modeling.ready import load

PAIRS = [("kidu nasa.", "dana kidu."), ("veruvu nasa.", "dana."), ("dana.", "kidu veruvu nasa.")]


@pytest.fixture(scope="module")
def backbone(lab: Any) -> str:
    return str(lab.located.folder)


@pytest.fixture(scope="module")
def folder(lab: Any) -> Any:
    """Return a function that gives the folder of a trained source."""
    return lambda task, method="seq_bn": str(lab.source(method, task))


@pytest.fixture
def pairs(backbone: str, folder: Any) -> Any:
    """Return a model that answers pairs."""
    return load(backbone, folder("toy-nli"))


def test_labels_are_what_the_logits_say(pairs: Any) -> None:
    batch = pairs.tokenizer(*map(list, zip(*PAIRS, strict=True)), padding=True, return_tensors="pt")
    with torch.inference_mode():
        best = pairs(**batch).logits.argmax(-1).tolist()
    labels = ("entailment", "neutral", "contradiction")
    assert pairs.predict("toy-nli", PAIRS) == [labels[each] for each in best]
    assert pairs.predict("classification", PAIRS) == pairs.predict("toy-nli", PAIRS)
    assert pairs.predict("toy-nli", []) == []


@pytest.mark.parametrize("method", ["seq_bn", "full", "peft:lora"])
def test_a_head_in_another_order_keeps_its_words(backbone: str, folder: Any, method: str) -> None:
    model = load(backbone, folder("toy-nli", method), task="toy-nli")
    head = head_of(model)
    assert head is not None
    assert head.labels == ("entailment", "neutral", "contradiction")
    turned = {"neutral": 0, "entailment": 1, "contradiction": 2}
    if method == "seq_bn":
        model.heads["toy-nli"].config["label2id"] = turned
    else:
        plain = model.get_base_model() if method == "peft:lora" else model
        plain.config.id2label = {index: label for label, index in turned.items()}
    before = load(backbone, folder("toy-nli", method), task="toy-nli").predict("toy-nli", PAIRS)
    swapped = {"neutral": "entailment", "entailment": "neutral", "contradiction": "contradiction"}
    assert model.predict("toy-nli", PAIRS) == [swapped[each] for each in before]


def test_the_head_of_a_full_model_is_known_without_any_other_architecture(
    backbone: str, folder: Any
) -> None:
    def architectures() -> set[str]:
        return {name for name in sys.modules if name.startswith("transformers.models.")}

    trained, before = folder("toy-nli", "full"), architectures()
    assert head_of(load(backbone, trained, task="toy-nli")) is not None
    new = {name.split(".")[2] for name in architectures() - before}
    assert new <= {"auto", "roberta", "xlm_roberta"}


def test_every_format_answers_in_its_own_words(backbone: str, folder: Any) -> None:
    words = load(backbone, folder("toy-panx")).predict("toy-panx", [["kidu", "nasa"], ["dana"]])
    assert [len(tags) for tags in words] == [2, 1]
    assert {tag for tags in words for tag in tags} <= {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"}
    asked = {"question": "kidu?", "context": "dana veruvu nasa."}
    (answer,) = load(backbone, folder("toy-squad")).predict("toy-squad", [asked])
    assert answer and answer in asked["context"]
    model = load(backbone, folder("toy-swag"))
    three, five = ["kidu.", "nasa.", "dana."], ["kidu.", "nasa.", "dana.", "veruvu.", "kidu nasa."]
    for choices in (three, five):
        inputs = [("kidu.", "nasa", choices), ("dana.", "dana", choices[:2])]
        found = model.predict("multiple_choice", inputs)
        assert found[0] in choices and found[1] in choices[:2]
    assert model.heads["toy-swag"].config["num_choices"] == 3


def test_masks_are_filled_as_the_plain_model_would(lab: Any, backbone: str) -> None:
    model = load(backbone, task="masked_lm")
    text = "kidu <mask> veruvu <mask>."
    plain = AutoModelForMaskedLM.from_pretrained(lab.located.folder).eval()
    batch = model.tokenizer([text], return_tensors="pt")
    masks = batch["input_ids"][0] == model.tokenizer.mask_token_id
    with torch.inference_mode():
        best = plain(**batch).logits[0][masks].argmax(-1).tolist()
    expected = [model.tokenizer.decode([each]).strip() for each in best]
    assert model.predict("masked_lm", [text, "<mask>"])[0] == expected
    with pytest.raises(UsageError, match=r"input 1 of 'masked_lm', 'kidu', has no <mask>"):
        model.predict("masked_lm", ["<mask>", "kidu"])
    with pytest.raises(UsageError, match="longer than 8 pieces, and a <mask> is cut off"):
        model.predict("masked_lm", ["kidu nasa veruvu " * 9 + "<mask>"], max_length=8)


def test_retrieval_gives_the_nearest_candidate_at_any_layer(backbone: str) -> None:
    model, texts = load(backbone), ["kidu nasa.", "veruvu dana.", "dana."]
    assert model.predict("toy-tatoeba", texts, candidates=texts[::-1]) == texts
    assert model.predict("retrieval", texts[:1], candidates=texts, layer=0, pooling="cls") == [
        texts[0]
    ]
    with pytest.raises(UsageError, match="give some"):
        model.predict("retrieval", texts)
    with pytest.raises(UsageError, match="layer 3: the backbone has 0 to 2"):
        model.predict("retrieval", texts, candidates=texts, layer=3)


def test_an_input_is_no_longer_than_the_backbone_reads(pairs: Any) -> None:
    long = ("kidu " * 200, "nasa " * 200)
    assert pairs.predict("toy-nli", [long]) == pairs.predict("toy-nli", [long], max_length=130)
    with pytest.raises(UsageError, match="max_length 131: the backbone reads 8 to 130 pieces"):
        pairs.predict("toy-nli", PAIRS, max_length=131)


def test_a_question_leaves_the_model_as_it_was(pairs: Any, weights_of: Any) -> None:
    before = weights_of(pairs)
    pairs.train()
    pairs.base_model.embeddings.eval()
    first = pairs.predict("toy-nli", PAIRS)
    assert first == pairs.predict("toy-nli", PAIRS)
    assert pairs.training and not pairs.base_model.embeddings.training
    assert all(before[name].equal(value) for name, value in weights_of(pairs).items())
    assert any(each.requires_grad for each in pairs.parameters())


def test_a_copy_is_asked_itself(pairs: Any) -> None:
    other = copy.deepcopy(pairs)
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            if name.startswith("heads."):
                parameter.zero_()
    assert other.predict("toy-nli", PAIRS) == ["entailment"] * 3  # Of equals the first.
    assert pairs.predict.__self__.model is pairs
    assert other.predict.__self__.model is other


def test_an_active_head_that_is_changed_is_the_one_that_answers(backbone: str, folder: Any) -> None:
    model = load(backbone, folder("toy-nli"))
    model.add_tagging_head("mine", num_labels=2, id2label={0: "X", 1: "Y"})
    assert {tag for tags in model.predict("tagging", [["kidu"]]) for tag in tags} <= {"X", "Y"}
    model.active_head = None
    with pytest.raises(UsageError, match="no head is active"):
        model.predict("toy-nli", PAIRS)


@pytest.mark.parametrize(
    ("task", "inputs", "said"),
    [
        ("toy-panx", [["kidu"]], "the active head is for 'sequence', and 'toy-panx' asks for one"),
        ("masked_lm", ["<mask>"], "load the backbone with task='masked_lm' to fill masks"),
        ("toy-pawsx", PAIRS, "the head says entailment, neutral, contradiction, and 'toy-pawsx'"),
        ("toy-nl", PAIRS, "did you mean 'toy-nli'"),
        ("bucc2018", PAIRS, "whose answers take more than its inputs"),
        ("toy-nli", ["kidu"], "input 0 of 'toy-nli' is 'kidu': give"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    pairs: Any, task: str, inputs: list[Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        pairs.predict(task, inputs)
    with pytest.raises(UsageError, match="which looks nothing up"):
        pairs.predict("toy-nli", PAIRS, candidates=["kidu"])


def test_a_head_whose_labels_nobody_named_takes_those_of_the_task(
    backbone: str, folder: Any
) -> None:
    model = load(backbone, folder("toy-nli"))
    model.add_classification_head("mine", num_labels=3)
    assert set(model.predict("toy-nli", PAIRS)) <= {"entailment", "neutral", "contradiction"}
    with pytest.raises(UsageError, match="the head names no labels"):
        model.predict("classification", PAIRS)
    with pytest.raises(UsageError, match="the head has 3 labels, and 'toy-pawsx' 2"):
        model.predict("toy-pawsx", PAIRS)
