import json
from pathlib import Path

import pytest

from tests.cli.requests import QUICK, STACK


def test_a_training_ends_with_its_folder_and_its_costs(cli, tmp_path: Path) -> None:
    result = cli("train", "toy-xnli", "--on", STACK, *QUICK)
    assert result.code == 0, result.err
    head, row, stages, folder = result.out.splitlines()
    assert head.split() == ["seed", "dev", "best", "step", "trained", "stored", "training"]
    assert row.split()[0] == "0"
    assert "kB" in row
    assert stages == "6 stages run, 0 reused"
    place = Path(folder.removeprefix("left in: "))
    assert place.parent == tmp_path / "runs"
    assert (place / "adapter" / "adapter.safetensors").is_file()
    assert "[6/6] train seq_bn-stack-toy-nli-toy-xnli-s0" in result.err

    again = cli("train", "toy-xnli", "--on", STACK, *QUICK, "--json")
    document = json.loads(again.out)
    assert document["stages"] == {"run": 0, "reused": 6}
    (trained,) = document["trainings"]
    assert trained["folder"] == str(place)
    assert trained["record"]["identity"]["composition"] == "stack"
    assert f"{trained['dev']:.1f}" in row


def test_seeds_stand_between_commas_or_apart(cli) -> None:
    result = cli("train", "toy-nli", *QUICK, "--seeds", "0,1", "--seed", "2", "--json")
    assert result.code == 0, result.err
    trainings = json.loads(result.out)["trainings"]
    assert [each["record"]["identity"]["seed"] for each in trainings] == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "missing argument 'TASK'"),
        (("toy-nil",), "unknown target 'toy-nil' in this request (did you mean 'toy-nli'?)"),
        (("toy-xnli", "--on", "stack(toy-nli"), "character 14: a comma or a closing ')' is"),
        (("toy-xnli", "--on", "stack(toy-nil)"), "character 7: unknown source 'toy-nil'"),
        (("toy-xnli", "--on", "mnli"), "'mnli' is a source: say how the target meets it"),
        (("toy-xnli", "--on", "zero(toy-nli)"), "nothing is trained on 'toy-xnli'"),
        (("toy-tatoeba",), "nothing is trained on 'toy-tatoeba'"),
        (("mix(toy-nli)",), "'mix' takes two sources or more"),
        (("toy-nli", "--method", "seq_bm"), "unknown method 'seq_bm'"),
        (("toy-nli", "--seeds", "0,x"), "'x' is no whole number from 0"),
        (("toy-nli", "--set", "training.default.pace=2"), "unknown key 'pace'"),
        (("toy-nli", "--set", "steps"), "'--set steps' is not an assignment"),
        (("toy-nli", "--engine", "steam"), "'steam' is not one of 'serial', 'pool'"),
        (("mnli",), "--backbone FacebookAI/xlm-roberta-base"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    cli, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = cli("train", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_what_a_stage_fails_of_is_an_error(cli) -> None:
    result = cli("train", "toy-nli", *QUICK, "--backbone", "/nowhere/at/all")
    assert result.code in (1, 2)
    assert "/nowhere/at/all" in result.err
