import pandas as pd
import pytest

import adapterstilts as stilts
from adapterstilts.api.one_off import Way
from adapterstilts.api.targets import wanted
from adapterstilts.core.records import Score
from tests.api.conftest import LANGUAGES, QUICK, Done, kinds

ON = "stack(toy-nli)"


def rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    names = ["target", "composition", "source", "language", "metric", "seed", "value", "low"]
    return sorted(frame[names].itertuples(index=False, name=None))


def test_what_a_recipe_has_evaluated_is_not_computed_again(done: Done) -> None:
    found = stilts.evaluate("toy-xnli", on=ON, languages=LANGUAGES, **done.said())
    assert found.stages.run == 0
    scores = done.ran.scores
    assert rows(found.scores) == rows(scores[scores["composition"] == "stack"])


def test_a_recipe_computes_nothing_again_that_was_evaluated(own: Done) -> None:
    said = own.said(languages=LANGUAGES)
    found = stilts.evaluate("toy-pawsx", on=ON, **said)
    assert found.stages.run > 0
    recipe = own.store.parent / "other.yaml"
    text = own.recipe.read_text(encoding="utf-8").replace("targets: toy-xnli", "targets: toy-pawsx")
    recipe.write_text(text.replace("compositions: [target, stack]", "compositions: stack"))
    again = stilts.run(recipe, store=own.store)
    assert again.stages.run == 0


@pytest.mark.parametrize("languages", [("qah", "qab"), ("qab",)])
def test_some_languages_are_taken_from_those_that_are_there(
    done: Done, languages: tuple[str, ...]
) -> None:
    before = kinds(done.store)
    found = stilts.evaluate("toy-xnli", on=ON, languages=languages, **done.said())
    assert found.stages.run == 0
    assert set(found.scores["language"]) == set(languages)
    assert set(found.predictions["language"]) == set(languages)
    assert int(found.means["languages"].iloc[0]) == len(languages)
    assert kinds(done.store) == before


def test_more_languages_than_there_are_take_no_training(own: Done) -> None:
    before = kinds(own.store)
    found = stilts.evaluate("toy-xnli", on=ON, languages=[*LANGUAGES, "qac"], **own.said())
    assert len(found.scores) == 4
    assert kinds(own.store).count("train") == before.count("train")


def test_scores_have_the_fields_of_their_records(done: Done) -> None:
    found = stilts.evaluate("toy-xnli", on=ON, languages=LANGUAGES, **done.said())
    assert {name for name in Score.__dataclass_fields__} < set(found.scores.columns)
    (mean,) = found.means.to_dict("records")
    assert mean["languages"] == 3
    assert mean["low"] <= mean["zero_shot"] <= mean["high"]
    away = found.scores[found.scores["language"] != "qaa"]
    assert mean["zero_shot"] == pytest.approx(away["value"].mean())


def test_predictions_are_one_row_an_example(done: Done) -> None:
    found = stilts.evaluate("toy-xnli", on=ON, languages=["qab"], **done.said())
    answers = found.predictions
    assert len(answers) == int(found.scores["n"].iloc[0])
    right = 100 * (answers["prediction"] == answers["reference"]).mean()
    assert right == pytest.approx(found.scores["value"].iloc[0])
    assert set(answers["composition"]) == {"stack"}


def test_the_source_as_it_is_answers_where_nothing_is_trained(done: Done) -> None:
    found = stilts.evaluate("toy-tatoeba", "toy-xnli", on=ON, languages=LANGUAGES, **done.said())
    assert found.stages.run == 0
    ways = found.means.set_index("target")["composition"].to_dict()
    assert ways == {"toy-tatoeba": "zero", "toy-xnli": "stack"}


def test_pairs_that_can_be_trained_are_asked_in_the_way_that_was_named() -> None:
    way = Way(method="seq_bn", composition="stack(toy-nli)")
    assert wanted(way, "toy-answers").way == wanted(way, "toy-answers@16").way == way
    assert wanted(way, "toy-tatoeba").way.composition == "zero(toy-nli)"


def test_without_a_source_the_backbone_itself_answers(own: Done) -> None:
    found = stilts.evaluate("toy-tatoeba", languages=["qab"], **own.said())
    assert set(found.scores["method"]) == {"none"}


def test_a_pivot_has_means_and_averages_nothing(done: Done) -> None:
    table = done.ran.pivot(rows=["composition", "source"], columns="target")
    assert table.loc[("stack", "toy-nli"), "toy-xnli"] >= 0
    with pytest.raises(stilts.UsageError, match="add composition"):
        done.ran.pivot(rows="method", columns="target")


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ({"tasks": ()}, "name the tasks"),
        ({"tasks": ("toy-xnli",), "suite": "toy"}, "name the tasks"),
        ({"tasks": ("toy-xnli", "toy-xnli")}, "'toy-xnli' is named twice"),
        ({"tasks": (["toy-xnli", "toy-nli"],)}, "['toy-xnli', 'toy-nli'] is no task: name each"),
        ({"tasks": ("toy-xnli",), "seeds": 3}, "seeds=3 is no list: write them in one"),
        ({"tasks": ("toy-tatoeba@16",)}, "nothing is trained on 'toy-tatoeba'"),
        ({"tasks": (), "suite": "xtrem"}, "unknown suite 'xtrem' (did you mean 'xtreme'?)"),
        ({"tasks": ("toy-pawsx",), "on": "zero(toy-nli)"}, "has no head that answers 'toy-pawsx'"),
        ({"tasks": ("toy-tatoeba",), "on": "stack(toy-nli, toy-squad)"}, "read without a head"),
        ({"tasks": ("toy-xnli",), "on": "lora/fuse(toy-nli, toy-squad)"}, "'lora', which leaves"),
        ({"tasks": ("toy-xnli",), "method": "seq"}, "unknown method 'seq'"),
        ({"tasks": ("toy-xnli",), "engine": "steam"}, "unknown engine 'steam'"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    done: Done, tasks: dict[str, object], said: str
) -> None:
    before = kinds(done.store)
    names = tasks.pop("tasks")
    with pytest.raises(stilts.UsageError) as raised:
        stilts.evaluate(*names, **tasks, **done.said())
    assert said in str(raised.value)
    assert kinds(done.store) == before


def test_of_a_suite_what_cannot_be_had_is_left_out_by_name(
    own: Done, caplog: pytest.LogCaptureFixture
) -> None:
    found = stilts.evaluate(suite="toy", on="zero(toy-nli)", languages=["qab"], **own.said())
    assert set(found.scores["target"]) == {"toy-nli", "toy-xnli", "toy-tatoeba", "toy-answers"}
    assert "toy-pawsx is left out: " in caplog.text
    assert "no head that answers" in found.left_out["toy-squad"]
    assert "every language" in found.left_out["toy-text"]
    assert found.overall is None
    assert set(found.lacking) >= {"toy-pawsx", "toy-nli"}


def test_a_suite_of_which_nothing_can_be_had_is_refused(done: Done) -> None:
    with pytest.raises(stilts.UsageError, match="--backbone"):
        stilts.evaluate(suite="xtreme", on="target", **done.said())


def test_nothing_of_a_whole_evaluation_is_asked_of_the_hub_offline(
    own: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(own.store / "no-home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(stilts.StiltsError, match="offline, and not all that this request needs"):
        stilts.evaluate("pawsx", backbone="toyworld", offline=True, set=QUICK, store=own.store)
    import os

    assert "HF_HUB_OFFLINE" not in os.environ
