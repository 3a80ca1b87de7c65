import os
from pathlib import Path

import pytest

from adapterstilts.cli.main import COMMANDS

GOLDEN = Path(__file__).parent.parent / "golden" / "help"
UPDATE = os.environ.get("ADAPTERSTILTS_UPDATE_GOLDEN") == "1"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_the_golden_text(cli, command: str) -> None:
    result = cli(*filter(None, [command]), "--help")
    assert (result.code, result.err) == (0, "")
    path = GOLDEN / f"{command or 'adapterstilts'}.txt"
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(result.out, encoding="utf-8")
    assert result.out == path.read_text(encoding="utf-8"), (
        "the help changed: if that was meant, run the tests with ADAPTERSTILTS_UPDATE_GOLDEN=1"
    )


def test_there_is_no_golden_text_of_a_command_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {"adapterstilts", *COMMANDS}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_shows_an_example_that_names_the_command(cli, command: str) -> None:
    _, _, examples = cli(*filter(None, [command]), "--help").out.partition("\nExample")
    lines = examples.splitlines()[1:]
    assert lines
    assert all(line.startswith(f"  adapterstilts {command}") for line in lines)


def test_no_command_at_all_shows_the_help(cli) -> None:
    result = cli()
    assert "Commands:" in result.out + result.err
    assert result.code == 2


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_both_spellings_of_help_do(cli, option: str) -> None:
    assert cli("plan", option).out.startswith("Usage: adapterstilts plan")


def test_the_version_is_said(cli) -> None:
    result = cli("--version")
    assert result.code == 0
    assert result.out.startswith("adapterstilts ")
