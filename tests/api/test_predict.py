import json
from pathlib import Path

import pytest

import adapterstilts as stilts
from adapterstilts.api.one_off import Choices, way
from adapterstilts.api.predict import read_inputs, split_answers, text_answers
from adapterstilts.api.reusing import evaluation
from adapterstilts.api.targets import wanted
from tests.api.conftest import LANGUAGES, QUICK, Done, kinds

RUNNING = {"engine": "", "offline": False, "listener": None}


def asked(done: Done, task: str, on: str, **changes):
    choices = Choices(**{"set": QUICK, "store": done.store, "languages": LANGUAGES, **changes})
    return evaluation([wanted(way(on), task)], choices)


def test_the_answers_are_those_that_a_recipe_was_scored_by(done: Done) -> None:
    rows, summary = split_answers(asked(done, "toy-xnli", "stack(toy-nli)"), **RUNNING)
    assert summary.run == 0
    frame = done.ran.predictions
    assert len(rows) == len(frame[frame["composition"] == "stack"])


def test_answers_take_no_scoring(own: Done) -> None:
    before = kinds(own.store)
    rows, _ = split_answers(asked(own, "toy-pawsx", "target", languages=["qab"]), **RUNNING)
    assert {row.prediction for row in rows} <= {"same", "different"}
    after = kinds(own.store)
    assert after.count("score") == before.count("score")
    assert after.count("predict") == before.count("predict") + 1


@pytest.mark.parametrize("on", ["stack(toy-nli)", "zero(toy-nli)", "target"])
def test_texts_get_the_answers_of_the_model_that_is_loaded(done: Done, on: str) -> None:
    texts = [("kidu nasa.", "kidu nasa."), ("veruvu dana.", "nasa kidu.")]
    found, summary = text_answers(
        asked(done, "toy-xnli", on), dict(zip("ab", texts, strict=True)), **RUNNING
    )
    assert summary.run == 0
    if on == "zero(toy-nli)":
        trained = stilts.train("toy-nli", **done.said())
    else:
        trained = stilts.train("toy-xnli", on=on, **done.said())
    model = stilts.load("toyworld", trained.folder, task="toy-xnli")
    assert model.predict("toy-xnli", texts) == found


def test_several_seeds_are_refused(done: Done) -> None:
    with pytest.raises(stilts.UsageError, match="name one seed"):
        split_answers(asked(done, "toy-xnli", "target", seeds=(0, 1)), **RUNNING)


def test_inputs_are_objects_lists_or_texts(tmp_path: Path) -> None:
    given = [{"first": "a", "second": "b"}, ["a", "b"], "a"]
    path = tmp_path / "in.jsonl"
    path.write_text("\n\n".join(map(json.dumps, given)), encoding="utf-8")
    found = read_inputs(path)
    assert list(found) == [f"{path}:{number}" for number in (1, 3, 5)]
    assert list(found.values()) == [given[0], ("a", "b"), "a"]


def test_what_ends_a_line_elsewhere_ends_no_line_of_json(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('\ufeff["a\u2028b", "c\x85"]\r\n', encoding="utf-8", newline="")
    assert list(read_inputs(path).values()) == [("a\u2028b", "c\x85")]


@pytest.mark.parametrize(
    ("task", "on", "given", "said"),
    [
        ("toy-squad", "target", "who", r"in.jsonl:7 of 'toy-squad' is 'who': give \("),
        ("toy-mlm", "target", "kidu", "in.jsonl:7 of 'toy-mlm', 'kidu', has no <mask>"),
        ("toy-tatoeba", "zero(toy-squad)", "kidu", "looks texts up among others"),
    ],
)
def test_inputs_that_nobody_can_answer_are_refused_before_anything_is_trained(
    tmp_path: Path, task: str, on: str, given: object, said: str
) -> None:
    choices = Choices(store=tmp_path / "none")
    experiment = evaluation([wanted(way(on), task)], choices)
    with pytest.raises(stilts.UsageError, match=said):
        text_answers(experiment, {"in.jsonl:7": given}, **RUNNING)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ('{"first": "a"}\n{', "in.jsonl:2 is not JSON at character 2"),
        (None, "cannot read"),
    ],
)
def test_inputs_that_cannot_be_read_are_refused(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "in.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(stilts.StiltsError, match=said):
        read_inputs(path)
