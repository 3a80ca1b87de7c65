import math

import pandas as pd
import pytest

from adapterstilts.analysis import words


@pytest.mark.parametrize("value", [None, math.nan, pd.NA])
def test_what_is_missing_is_empty(value: float | None) -> None:
    assert not words.known(value)
    writers = (words.points, words.signed, words.count, words.size, words.duration)
    assert [write(value) for write in writers] == [""] * 5
    assert words.interval(value, 1.0) == words.signed_interval(1.0, value) == ""
    assert words.verdict(value, 1.0) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.34, "+2.3"),
        (-2.36, f"{words.MINUS}2.4"),
        (0.04, "0.0"),
        (-0.04, "0.0"),
        (0, "0.0"),
        (-12, f"{words.MINUS}12.0"),
    ],
)
def test_differences_have_a_sign_unless_they_round_to_zero(value: float, text: str) -> None:
    assert words.signed(value) == text


def test_intervals() -> None:
    assert words.interval(61.25, 70.0) == "[61.2, 70.0]"
    assert words.signed_interval(-1.0, 2.0) == f"[{words.MINUS}1.0, +2.0]"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (36_400, "36.4 kB"), (3_000_000, "3 MB"), (2.2e9, "2.2 GB")],
)
def test_sizes(value: float, text: str) -> None:
    assert words.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.24, "1.2 s"), (61, "1 min 01 s"), (3599.7, "1 h 00 min"), (7260, "2 h 01 min")],
)
def test_durations(value: float, text: str) -> None:
    assert words.duration(value) == text


def test_counts_are_grouped() -> None:
    assert words.count(1250000) == "1,250,000"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.1, 2.0, "up"), (-2.0, -0.1, "down"), (-1.0, 1.0, "open"), (0.0, 1.0, "open")],
)
def test_a_verdict_needs_an_interval_without_zero(low: float, high: float, said: str) -> None:
    assert words.verdict(low, high) == said
