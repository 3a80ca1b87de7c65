"""How far publishing is, told of all that is published and not of one alone."""

import pytest

from adapterstilts.cli.fetching import Heard
from adapterstilts.cli.sending import Sending, sending


def test_the_bytes_are_those_of_all_repositories() -> None:
    said: list[tuple[int, str]] = []
    listener = Sending(Heard(lambda done, title: said.append((done, title))))
    listener.planned(2, 0)
    listener.started("me/a", "me/a", 1, 2)
    listener.advanced("me/a", 60, 100, "model.safetensors")
    listener.finished("me/a", 1.0)
    listener.started("me/b", "me/b", 2, 2)
    listener.advanced("me/b", 50, 50)
    listener.advanced("me/b", 50, 50)
    assert said == [(0, "1/2 me/a"), (60, "1/2 me/a"), (100, "2/2 me/b"), (150, "2/2 me/b")]


def test_one_that_fails_says_so_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[int] = []
    listener = Sending(Heard(lambda done, title: said.append(done)))
    listener.started("me/a", "me/a", 1, 2)
    listener.advanced("me/a", 10, 100)
    listener.failed("me/a", "closed")
    listener.started("me/b", "me/b", 2, 2)
    assert said == [0, 10, 100]
    assert capsys.readouterr().err == "me/a failed: closed\n"


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with sending(2000) as listener:
        listener.started("me/a", "me/a", 1, 1)
        listener.advanced("me/a", 2000, 2000)
    assert capsys.readouterr().err.splitlines() == [
        "1/1 me/a: 0 B of 2.0 kB",
        "1/1 me/a: 2.0 kB of 2.0 kB",
    ]
