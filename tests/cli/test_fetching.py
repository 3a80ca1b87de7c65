"""How far a fetch is, in plain lines."""

import re

import pytest

from adapterstilts.cli.fetching import PERIOD, Heard, fetching, lines


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_says_what_how_far_and_how_long_still(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show = lines(10_000_000, clock)
    show(0, "someone/data")
    clock.now = 1.0
    show(1_000_000, "someone/data")
    clock.now = PERIOD + 1
    show(5_000_000, "someone/data")
    clock.now = PERIOD + 2
    show(6_000_000, "someone/other")
    show(10_000_000, "someone/other")
    assert capsys.readouterr().err.splitlines() == [
        "someone/data: 0 B of 10.0 MB",
        "someone/data: 5.0 MB of 10.0 MB, about 11.0 s left",
        "someone/other: 6.0 MB of 10.0 MB, about 8.0 s left",
        "someone/other: 10.0 MB of 10.0 MB",
    ]


def test_what_an_earlier_fetch_has_left_says_nothing_of_the_speed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    show = lines(10_000_000, clock)
    show(8_000_000, "someone/data")
    clock.now = PERIOD
    show(9_000_000, "someone/data")
    assert capsys.readouterr().err.splitlines()[1].endswith("about 10.0 s left")


def test_repositories_are_added_up() -> None:
    shown: list[tuple[int, str]] = []
    heard = Heard(lambda done, title: shown.append((done, title)))
    heard.of("a")(5, 10, "file")
    heard.add(10)
    heard.of("b")(3, 10, "file")
    assert shown == [(5, "a"), (13, "b")]


def test_where_nothing_is_to_fetch_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with fetching(0) as heard:
        heard.of("a")(0, 0, "")
    assert capsys.readouterr().err == ""


def test_a_bar_with_a_long_name_stays_in_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    with fetching(10_000_000) as heard:
        heard.of(f"7/16 someone/{'x' * 90}")(5_000_000, 10_000_000, "file")
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", capsys.readouterr().err)
    assert "7/16 someone/xxx" in said
    assert "…" in said
    assert "5.0/10.0 MB" in said
