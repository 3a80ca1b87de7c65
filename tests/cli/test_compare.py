import json
from pathlib import Path

import pytest

from tests.cli.requests import QUICK, STACK


def test_gains_and_costs_are_shown_with_what_they_leave_open(cli) -> None:
    command = ("compare", STACK, "target", "--target", "toy-xnli", "--languages", "qaa,qab", *QUICK)
    result = cli(*command)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0] == "toy-xnli, accuracy: seq_bn/stack(toy-nli) minus seq_bn/target"
    assert [line.split()[0] for line in lines[2:5]] == ["zero-shot", "qaa", "qab"]
    costs = [line.split()[1] for line in lines if line.startswith("toy-xnli  ")]
    assert costs == ["seq_bn/stack(toy-nli)", "seq_bn/target"]
    assert "with seeds and languages held fixed" in result.out
    assert "With one seed, a difference may be the seed's" in result.out

    again = json.loads(cli(*command, "--json").out)
    assert again["stages"]["run"] == 0
    mean, *_ = again["gains"]
    assert mean["language"] == "zero-shot"
    assert f"{mean['score']:.1f}" == lines[2].split()[1]
    assert f"{mean['gain']:+.1f}" == lines[2].split()[3]
    assert mean["low"] <= mean["gain"] <= mean["high"]


def test_with_several_seeds_nothing_is_said_of_one(cli) -> None:
    command = ("compare", "target", "head", "--target", "toy-pawsx", "--languages", "qab")
    result = cli(*command, "--seeds", "0,1", *QUICK)
    assert result.code == 0, result.err
    assert "With one seed" not in result.out
    assert "300" not in result.out.splitlines()[2]  # Examples are counted once, not once a seed.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "toy-xnli"), "missing argument 'WAY...'"),
        ((STACK, "target"), "missing option '--target'"),
        ((STACK, "--target", "toy-xnli"), "a comparison takes two ways or more and a target"),
        ((STACK, STACK, "--target", "toy-xnli"), "'seq_bn/stack(toy-nli)' is named twice"),
        ((STACK, "stak", "--target", "toy-xnli"), "unknown composition or method 'stak'"),
        ((STACK, "target", "--target", "xnli"), "--backbone FacebookAI/xlm-roberta-base"),
        ((STACK, "peft:lora/fuse(toy-nli, toy-squad)", "--target", "toy-xnli"), "peft:lora"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    cli, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = cli("compare", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert not (tmp_path / "runs").exists()
