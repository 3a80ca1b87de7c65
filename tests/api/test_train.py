import pytest

import adapterstilts as stilts
from adapterstilts.api.one_off import Choices, way
from adapterstilts.api.train import training
from adapterstilts.core.progress import Silent
from tests.api.conftest import QUICK, Done, kinds


def test_what_a_recipe_has_trained_is_not_trained_again(done: Done) -> None:
    stack = stilts.train("toy-xnli", on="stack(toy-nli)", **done.said())
    source = stilts.train("toy-nli", **done.said())
    assert (stack.stages.run, source.stages.run) == (0, 0)
    assert stack.folder.is_relative_to(done.store)
    assert source.record.id in stack.record.needs.values()


def test_a_training_says_what_it_found_and_what_it_took(done: Done) -> None:
    trained = stilts.train("toy-nli", **done.said())
    assert trained.record.kind == "train"
    assert trained.dev == trained.record.resolved["dev"]
    assert 0 <= trained.dev <= 100
    assert trained.best_step == 2
    assert trained.record.costs.trainable_parameters > 0
    assert {"step", "loss", "dev"} <= set(trained.history.columns)
    assert trained.history["dev"].max() == trained.dev


def test_a_folder_of_a_training_is_a_model_that_answers(done: Done) -> None:
    trained = stilts.train("toy-xnli", on="stack(toy-nli)", **done.said())
    model = stilts.load("toyworld", trained.folder)
    (answer,) = model.predict("toy-xnli", [("kidu nasa.", "kidu nasa.")])
    assert answer in ("entailment", "neutral", "contradiction")


def test_nothing_is_evaluated(own: Done) -> None:
    before = kinds(own.store)
    trained = stilts.train("toy-pawsx", on="continue(toy-nli)", **own.said())
    assert trained.stages.run == 3
    new = kinds(own.store)
    assert (new.count("train"), new.count("prepare")) == (
        before.count("train") + 1,
        before.count("prepare") + 2,
    )
    assert new.count("predict") == before.count("predict")


@pytest.mark.parametrize(
    "source", ["mix(toy-nli, toy-squad)", "sample(toy-nli, 6)", "translated(toy-nli, qab)"]
)
def test_a_source_is_trained_by_itself(source: str, own: Done) -> None:
    trained = stilts.train(source, **own.said())
    assert trained.record.kind == "train"
    assert trained.stages.run > 0
    built = training("toy-xnli", way(f"stack({source})"), Choices(set=QUICK, store=own.store))
    assert trained.record.id in built.plan.stages


def test_each_seed_is_a_training(own: Done) -> None:
    choices = Choices(seeds=(0, 1), set=QUICK, store=own.store)
    planned = training("toy-nli", way("target"), choices)
    trains = [spec for spec in planned.plan.stages.values() if spec.kind == "train"]
    assert [spec.config.seed for spec in trains] == [0, 1]


@pytest.mark.parametrize(
    ("task", "on", "said"),
    [
        ("toy-xnli", "zero(toy-nli)", "nothing is trained on 'toy-xnli' by 'zero(toy-nli)'"),
        ("mix(toy-nli, toy-squad)", "stack(toy-nli)", "is a source, which is trained by itself"),
        ("mix(toy-nil, toy-squad)", "target", "character 5: unknown source 'toy-nil'"),
        ("stack(toy-nli)", "target", "character 1: 'stack' is a composition: name what is"),
        ("toy-nil", "target", "unknown target 'toy-nil'"),
        (["toy-nli"], "target", "['toy-nli'] is no task: name each by itself"),
        ("toy-tatoeba", "target", "toy-tatoeba"),
        ("hub(user/repo)", "target", "--backbone FacebookAI/xlm-roberta-base"),
        ("toy-nli", "stak(toy-nli)", "did you mean 'stack'"),
    ],
)
def test_what_cannot_be_trained_is_refused(task: str, on: str, said: str, done: Done) -> None:
    with pytest.raises(stilts.UsageError) as raised:
        stilts.train(task, on=on, **done.said())
    assert said in str(raised.value)


def test_a_failure_is_an_error_with_its_reason(own: Done) -> None:
    changes = {**QUICK, "training.default.learning_rate": 1, "training.default.steps": 40}
    data = own.store / "nothing"
    data.mkdir()
    with pytest.raises(stilts.StiltsError) as raised:
        stilts.train("xnli", backbone="toyworld", data=data, set=changes, store=own.store)
    assert "xnli" in str(raised.value)


def test_whoever_listens_hears_of_the_stages(own: Done) -> None:
    heard: list[str] = []

    class Listener(Silent):
        def started(self, id: str, label: str, index: int, total: int) -> None:
            heard.append(label)

    stilts.train("toy-nli", seed=3, listener=Listener(), **own.said())
    assert heard == ["train seq_bn-target-toy-nli-s3"]
