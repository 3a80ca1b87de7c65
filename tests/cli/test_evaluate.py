import json
from pathlib import Path

import pytest

from adapterstilts.cli.evaluate import show_suite
from adapterstilts.cli.output import Output
from adapterstilts.core.suites import SUITES, summarise
from tests.cli.requests import QUICK, STACK

RECIPE = """\
question: Is anything computed twice?
backbone: toyworld
seeds: 0
languages: [qaa, qab, qah]
sources: toy-nli
grid:
  - {methods: seq_bn, compositions: stack, targets: [toy-xnli]}
training:
  default: {steps: 2, batch_size: 2, train_examples: 8, max_length: 40}
"""


def test_scores_and_means_are_shown_by_task_and_language(cli) -> None:
    command = ("evaluate", "toy-xnli", "--on", STACK, "--languages", "qaa,qab", *QUICK)
    result = cli(*command)
    assert result.code == 0, result.err
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0][:5] == ["target", "metric", "seed", "language", "score"]
    assert [line[3] for line in lines[1:3]] == ["qaa", "qab"]
    assert lines[4][-5:] == ["mean", "zero-shot", "95", "%", "interval"]
    assert lines[5][:4] == ["toy-xnli", "seq_bn", "stack", "toy-nli"]
    assert result.out.splitlines()[-1] == "10 stages run, 0 reused"

    again = json.loads(cli(*command, "--json").out)
    assert again["stages"] == {"run": 0, "reused": 10}
    assert [row["language"] for row in again["scores"]] == ["qaa", "qab"]
    (mean,) = again["means"]
    assert f"{mean['zero_shot']:.1f}" == lines[2][4] == lines[5][6]
    assert again["suite"] is None


def test_what_a_recipe_has_run_is_not_run_again(cli, recipe: Path) -> None:
    assert cli("run", recipe, "--set", "runtime.threads=1").code == 0
    command = ("evaluate", "toy-xnli", "--on", STACK, *QUICK, "--json")
    for languages in ("qaa,qab,qah", "qah", "qab,qaa"):
        document = json.loads(cli(*command, "--languages", languages).out)
        assert document["stages"]["run"] == 0
        assert {row["language"] for row in document["scores"]} == {*languages.split(",")}


def test_a_command_may_be_like_a_recipe(cli, recipe: Path) -> None:
    assert cli("run", recipe, "--set", "runtime.threads=1").code == 0
    for command in (
        ("evaluate", "toy-xnli", "--on", STACK),
        ("train", "toy-xnli", "--on", STACK),
        ("predict", "toy-xnli", "--on", STACK),
    ):
        result = cli(*command, "--like", recipe, "--json")
        assert result.code == 0, result.err
        assert json.loads(result.out)["stages"]["run"] == 0


def test_a_recipe_runs_nothing_that_was_evaluated(cli, recipe: Path) -> None:
    done = cli("evaluate", "toy-xnli", "--on", STACK, "--languages", "qaa,qab,qah", *QUICK)
    assert done.code == 0, done.err
    result = cli("run", recipe, "--json")
    assert json.loads(result.out)["stages"]["run"] == 0


def test_of_a_suite_what_is_left_out_is_named_with_its_reason(cli) -> None:
    command = ("evaluate", "--suite", "toy", "--on", "zero(toy-nli)", "--languages", "qab", *QUICK)
    result = cli(*command, "--json")
    assert result.code == 0, result.err
    suite = json.loads(result.out)["suite"]
    assert suite["name"] == "toy"
    assert suite["overall"] is None
    assert "has no head that answers" in suite["left_out"]["toy-pawsx"]
    assert {row["target"] for row in json.loads(result.out)["scores"]} == {
        "toy-nli", "toy-xnli", "toy-tatoeba", "toy-answers",
    }  # fmt: skip


def whole(value: float) -> dict[str, dict[str, dict[str, float]]]:
    return {
        member.folder: {"en": dict.fromkeys(member.metrics, value)}
        for member in SUITES.get("xtreme").members
    }


def shown(
    capsys: pytest.CaptureFixture[str], values: dict[str, dict[str, dict[str, float]]]
) -> str:
    suite = SUITES.get("xtreme")
    summary = summarise(suite, values, languages={name: ["en"] for name in values})
    show_suite(Output(as_json=False), suite, summary)
    return capsys.readouterr().out


def test_the_overall_score_of_a_whole_suite_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, whole(50.0))
    assert "retrieval: 50.0\n" in said
    assert said.endswith("xtreme overall: 50.0\n")


def test_what_an_overall_score_lacks_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    values = whole(50.0)
    del values["bucc2018"], values["mlqa"]
    said = shown(capsys, values)
    assert "retrieval" not in said
    assert said.endswith("for it takes every task in every language: mlqa, bucc2018 lacking\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name the tasks that are evaluated, or a suite of them"),
        (("toy-xnli", "--suite", "toy"), "name the tasks that are evaluated"),
        (("--suite", "xtrem"), "unknown suite 'xtrem' (did you mean 'xtreme'?)"),
        (("--suite", "xtreme"), "--backbone FacebookAI/xlm-roberta-base"),
        (("toy-xnil",), "unknown target 'toy-xnil'"),
        (("toy-xnli", "--languages", "qaz"), "unknown language 'qaz' in this request"),
        (("toy-pawsx", "--on", "zero(toy-nli)"), "'toy-nli' has no head that answers 'toy-pawsx'"),
        (("toy-xnli", "--on", "fuse(toy-nli)"), "character 1"),
        (("toy-xnli", "--on", "lora/fuse(toy-nli, toy-squad)"), "cannot be had with method 'lora'"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    cli, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = cli("evaluate", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert not (tmp_path / "runs").exists()
