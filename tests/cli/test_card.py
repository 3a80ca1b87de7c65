"""The card in a terminal, in a pipe, and as it is published."""

import json
from pathlib import Path

import pytest

import adapterstilts as stilts
from tests.cli.requests import QUICK

NAME = "someone/nli"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Return a store with one training, of which nothing is scored."""
    sets = [each for each in QUICK if each != "--set"]
    stilts.train("toy-nli", set=sets, store=tmp_path / "runs")
    return tmp_path / "runs"


def test_in_a_pipe_it_is_the_very_card_that_is_published(
    cli, trained: Path, tmp_path: Path
) -> None:
    result = cli("card", "toy-nli", *QUICK, "--repo", NAME)
    assert result.code == 0, result.err
    wrote = cli("publish", "toy-nli", *QUICK, "--repo", NAME, "--dry-run", tmp_path / "out")
    assert wrote.code == 0, wrote.err
    assert result.out == (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "has no scores in" in result.err
    assert "`adapterstilts evaluate toy-nli --set" in result.err

    document = json.loads(cli("card", "toy-nli", *QUICK, "--repo", NAME, "--json").out)
    assert document["card"] == result.out
    assert [f"warning: {each}" for each in document["warnings"]] == result.err.splitlines()


def test_on_a_terminal_it_is_set_as_markdown(
    cli, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = cli("card", "toy-nli", *QUICK).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = cli("card", "toy-nli", *QUICK).out
    assert "\x1b[" in shown
    assert "\x1b[" not in plain
    assert plain.startswith("---\n")
    assert "library_name" in shown
    assert "\n# " not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "missing argument 'EXPRESSION'"),
        (("toy-nli", "--repo", "x"), "'x' is no name of a repository"),
        (("toy-pawsx",), "run `adapterstilts train toy-pawsx"),
        (("toy-nli", "--licence", "mitt"), "'mitt' is no licence that the Hub knows"),
    ],
)
def test_bad_input_is_refused(cli, trained: Path, arguments: tuple[str, ...], said: str) -> None:
    result = cli("card", *arguments, *(QUICK if "toy-nli" in arguments else ()))
    assert result.code == 2
    assert said in result.err
    assert result.out == ""
