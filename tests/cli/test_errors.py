import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts.cli.main import COMMANDS

# Commands that end in each of the ways in which a command can end badly.
FAILING = """
import click
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.extras import require

ERRORS = {
    "work": StiltsError("the work failed here: do that"),
    "usage": UsageError("unknown source 'mnil' in x.yaml:7 (did you mean 'mnli'?)"),
    "bug": KeyError("inner"),
    "interrupt": KeyboardInterrupt(),
    "disk": OSError(28, "No space left on device", "/data/x"),
    "abort": click.Abort(),
}

@click.command()
@click.argument("kind")
def fail(kind: str) -> None:
    if kind == "extra":
        require("no_such_package_at_all", "mining")
    raise ERRORS[kind]

@click.command()
@click.argument("code", type=int)
def leave(code: int) -> int:
    return code
"""


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_commands.py").write_text(FAILING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(COMMANDS, "fail", ("failing_commands:fail", ""))
    monkeypatch.setitem(COMMANDS, "leave", ("failing_commands:leave", ""))
    monkeypatch.delitem(sys.modules, "failing_commands", raising=False)


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        ("work", 1, "error: the work failed here: do that\n"),
        ("usage", 2, "error: unknown source 'mnil' in x.yaml:7 (did you mean 'mnli'?)\n"),
        ("extra", 1, "run `pip install 'adapterstilts[mining]'`\n"),
        ("disk", 1, "error: No space left on device: /data/x; free some space"),
        ("bug", 1, "error: unexpected KeyError: 'inner'; set ADAPTERSTILTS_DEBUG=1 to see where"),
        ("interrupt", 130, "interrupted; the same command goes on from here\n"),
        ("abort", 130, "interrupted; the same command goes on from here\n"),
    ],
)
def test_a_failure_is_one_paragraph_on_standard_error(cli, kind: str, code: int, said: str) -> None:
    result = cli("fail", kind)
    assert result.code == code
    assert result.out == ""
    assert said in result.err
    assert result.err.strip().count("\n") == 0
    assert "Traceback" not in result.err


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("kind", ["bug", "work"])
def test_a_traceback_is_there_for_those_who_ask(
    cli, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAPTERSTILTS_DEBUG", "1")
    result = cli("fail", kind)
    assert result.code == 1
    assert "Traceback (most recent call last)" in result.err
    assert "failing_commands.py" in result.err


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_is_the_commands(cli, code: int) -> None:
    assert cli("leave", code) == (code, "", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rnu",), "unknown command 'rnu' (did you mean 'run'?) (see 'adapterstilts --help')"),
        (("plan",), "missing argument 'RECIPE' (see 'adapterstilts plan --help')"),
        (("methods", "--jsn"), "no such option '--jsn'"),
        (("methods", "extra"), "unexpected extra argument"),
        (("run", "x.yaml", "--engine", "steam"), "'steam' is not one of 'serial', 'pool'"),
        (("plan", "nowhere.yaml"), "there is no recipe at nowhere.yaml: check the path"),
        (("run", "nowhere.yaml"), "there is no recipe at nowhere.yaml: check the path"),
        (("status", "nowhere.yaml"), "there is no recipe at nowhere.yaml: check the path"),
        (("scores", "nowhere.yaml"), "there is no recipe at nowhere.yaml: check the path"),
        (("report", "nowhere.yaml"), "there is no recipe at nowhere.yaml: check the path"),
        (("gc", "nowhere.yaml"), "there is no recipe at nowhere.yaml: check the path"),
    ],
)
def test_wrong_usage_ends_with_two(cli, arguments: tuple[str, ...], said: str) -> None:
    result = cli(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert said in result.err
    assert result.err.startswith("error: ")


def test_what_nobody_reads_any_more_is_left_unsaid() -> None:
    # Far more than a pipe holds, so that the writer is sure to meet the closed end.
    script = (
        "import sys; from adapterstilts.cli.main import invoke;"
        "from adapterstilts.modeling.methods import METHODS, Method;"
        "METHODS.add(Method(name='x', description='y' * 10_000_000, library='adapters'));"
        "sys.exit(invoke(['methods', '--json']))"
    )
    # An unbuffered Python loses the rest of a partial write without a word.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1) == "["
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_with_json_standard_output_is_the_document_and_nothing_else(cli) -> None:
    result = cli("methods", "--json")
    assert (result.code, result.err) == (0, "")
    assert isinstance(json.loads(result.out), list)
