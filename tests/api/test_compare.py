import pytest

import adapterstilts as stilts
from adapterstilts.analysis.gains import gains
from tests.api.conftest import LANGUAGES, Done, kinds

WAYS = ("stack(toy-nli)", "target")


def test_what_a_recipe_has_run_is_compared_without_running_it(done: Done) -> None:
    found = stilts.compare(*WAYS, target="toy-xnli", languages=LANGUAGES, **done.said())
    assert found.stages.run == 0
    assert list(found.gains["language"]) == ["zero-shot", *LANGUAGES]
    assert set(found.gains["way"]) == {"seq_bn/stack(toy-nli)"}
    assert set(found.gains["against"]) == {"seq_bn/target"}


def test_the_gain_is_that_of_the_report(done: Done) -> None:
    found = stilts.compare(*WAYS, target="toy-xnli", languages=LANGUAGES, **done.said()).gains
    mean = found[found["language"] == "zero-shot"].iloc[0]
    reported = gains(done.ran.scores, english="qaa")
    (row,) = reported[reported["composition"] == "stack"].to_dict("records")
    assert mean["gain"] == pytest.approx(row["gain"])
    assert mean["gain"] == pytest.approx(mean["score"] - mean["other"])
    assert (mean["n"], mean["languages"], mean["seeds"]) == (row["n"], 2, 1)


def test_costs_are_those_of_one_run_of_either(done: Done) -> None:
    found = stilts.compare(*WAYS, target="toy-xnli", languages=LANGUAGES, **done.said()).gains
    stack = stilts.train("toy-xnli", on=WAYS[0], **done.said()).record.costs
    row = found.iloc[0]
    assert row["trainable_parameters"] == stack.trainable_parameters
    assert row["stored_bytes"] > row["other_stored_bytes"]


def test_some_languages_are_taken_from_those_that_are_there(done: Done) -> None:
    found = stilts.compare(*WAYS, target="toy-xnli", languages=["qah"], **done.said())
    assert found.stages.run == 0
    assert list(found.gains["language"]) == ["zero-shot", "qah"]


def test_the_first_is_compared_with_every_other_on_every_target(own: Done) -> None:
    found = stilts.compare(
        "target", "stack(toy-nli)", "full", target=["toy-xnli", "toy-pawsx"],
        languages=["qab"], **own.said(),
    )  # fmt: skip
    pairs = list(found.gains[["against", "target"]].drop_duplicates().itertuples(index=False))
    assert [tuple(pair) for pair in pairs] == [
        ("seq_bn/stack(toy-nli)", "toy-xnli"),
        ("seq_bn/stack(toy-nli)", "toy-pawsx"),
        ("full/target", "toy-xnli"),
        ("full/target", "toy-pawsx"),
    ]


@pytest.mark.parametrize(
    ("ways", "target", "said"),
    [
        (("target",), "toy-xnli", "takes two ways or more"),
        ((), "toy-xnli", "takes two ways or more"),
        (("target", "seq_bn"), "toy-xnli", "'seq_bn/target' is named twice"),
        (("stack(toy-nli)", "stack( 'toy-nli' )"), "toy-xnli", "stack(toy-nli)' is named twice"),
        (WAYS, ("toy-xnli", "toy-xnli"), "'toy-xnli' is named twice"),
        (WAYS, (), "takes two ways or more and a target"),
        (WAYS, "toy-xnil", "unknown target 'toy-xnil'"),
        (("target", "seq_bn/stak(toy-nli)"), "toy-xnli", "unknown composition 'stak'"),
        (("target", "nothing"), "toy-xnli", "unknown composition or method 'nothing'"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    done: Done, ways: tuple[str, ...], target: str, said: str
) -> None:
    before = kinds(done.store)
    with pytest.raises(stilts.UsageError) as raised:
        stilts.compare(*ways, target=target, **done.said())
    assert said in str(raised.value)
    assert kinds(done.store) == before
