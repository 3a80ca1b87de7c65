"""What options that commands share do before the command does anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from adapterstilts.cli.options import Command
from adapterstilts.core import hub


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Yield a socket in the place of the Hub, which takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        for name in ("HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield server


def was_knocked_at(server: socket.socket, arguments: list[str]) -> bool:
    """Return whether a command had the Hub knocked at when it began."""
    heard: list[bool] = []

    def act(**given: object) -> None:
        try:
            server.accept()[0].close()
        except TimeoutError:
            heard.append(False)
        else:
            heard.append(True)

    command = Command(
        "act",
        params=[
            click.Option(["--on"]),
            click.Option(["--offline"], is_flag=True),
            click.Argument(["ways"], nargs=-1),
            click.Option(["--like"], type=click.Path(path_type=Path)),
        ],
        callback=act,
        examples=["act"],
    )
    command.main(arguments, standalone_mode=False)
    return heard.pop()


@pytest.mark.parametrize(
    "arguments", [["--on", "zero(hub(me/x))"], ["target", "stack(hub(me/x@v1), a)"]], ids=" ".join
)
def test_what_names_the_hub_has_it_knocked_at(
    listening: socket.socket, arguments: list[str]
) -> None:
    assert was_knocked_at(listening, arguments)


def test_a_recipe_is_looked_through_for_it(listening: socket.socket, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("grid: [{sources: 'hub(me/x)'}]\n", encoding="utf-8")
    assert was_knocked_at(listening, ["--like", str(recipe)])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--on", "zero(toy-nli)"],
        ["--on", "zero(hub(me/x))", "--offline"],
        ["--like", "missing.yaml"],
        ["--like", "."],
    ],
    ids=" ".join,
)
def test_nobody_is_knocked_at_without_need(listening: socket.socket, arguments: list[str]) -> None:
    listening.settimeout(0.1)
    assert not was_knocked_at(listening, arguments)


def test_who_is_offline_knocks_nowhere(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    listening.settimeout(0.1)
    assert not was_knocked_at(listening, ["--on", "zero(hub(me/x))"])
    assert hub.here().offline
