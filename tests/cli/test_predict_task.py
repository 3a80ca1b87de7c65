"""`predict` of a task: the test split as JSON lines, one's own texts, or a submission."""

import json
from pathlib import Path

import pytest

from adapterstilts.core.records import Prediction
from tests.cli.requests import QUICK, STACK


def test_answers_are_json_lines_on_standard_output_or_in_a_file(cli, tmp_path: Path) -> None:
    command = ("predict", "toy-xnli", "--on", STACK, "--languages", "qab", *QUICK)
    result = cli(*command)
    assert result.code == 0, result.err
    rows = [Prediction(**json.loads(line)) for line in result.out.splitlines()]
    assert len(rows) == 150
    assert {row.language for row in rows} == {"qab"}

    out = tmp_path / "answers.jsonl"
    again = cli(*command, "--output", out)
    assert again.out == f"150 answers in {out}\n"
    assert out.read_text(encoding="utf-8") == result.out

    document = json.loads(cli(*command, "--json").out)
    assert document["stages"] == {"run": 0}
    assert len(document["answers"]) == 150


def test_own_texts_are_answered_in_the_roles_of_the_task(cli, tmp_path: Path) -> None:
    given = [{"first": "kidu nasa.", "second": "kidu nasa."}, ["veruvu dana.", "nasa kidu."]]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in given), encoding="utf-8")
    result = cli("predict", "toy-xnli", "--on", "zero(toy-nli)", "--input", path, *QUICK)
    assert result.code == 0, result.err
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert [each["input"] for each in answers] == given
    labels = {"entailment", "neutral", "contradiction"}
    assert {each["prediction"] for each in answers} <= labels


def test_a_line_that_lacks_a_role_is_named(cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"first": "kidu nasa."}\n', encoding="utf-8")
    result = cli("predict", "toy-xnli", "--on", "zero(toy-nli)", "--input", path, *QUICK)
    assert (result.code, result.out) == (2, "")
    assert f"{path}:1 of 'toy-xnli' is {{'first': 'kidu nasa.'}}: give {{\"first\"" in result.err


def test_a_submission_of_a_task_takes_a_benchmark_that_has_it(cli, tmp_path: Path) -> None:
    result = cli("predict", "toy-xnli", "--submission", tmp_path / "out", *QUICK)
    assert (result.code, result.out) == (2, "")
    assert "this request has no target of xtreme" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.yaml", "--submission", "out"), "there is no recipe at nowhere.yaml"),
        (("nowhere.yaml",), "missing option '--submission'"),
        (("nowhere.yaml", "--submission", "out", "--on", STACK), "--on is not for it"),
        (("nowhere.yaml", "--submission", "out", "--input", "x"), "--input is not for it"),
        (
            ("toy-xnli", "--source", "toy-nli"),
            "'toy-xnli' is a task and no recipe: --source is not",
        ),
        (("toy-xnli", "--seed", "0", "--seed", "1"), "--seed is given 2 times"),
        (("toy-xnli", "--seed", "x"), "--seed x is no whole number from 0"),
        (("toy-xnli", "--submission", "out", "--output", "x"), "--output is not for it"),
        (("toy-xnli", "--output", "no/x.jsonl"), "there is no folder no for --output: make it"),
        (("toy-xnil",), "unknown target 'toy-xnil'"),
        (("toy-xnli", "--input", "nowhere.jsonl"), "cannot read the inputs nowhere.jsonl"),
        (("xnli",), "--backbone FacebookAI/xlm-roberta-base"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    cli, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = cli("predict", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert not (tmp_path / "runs").exists()
