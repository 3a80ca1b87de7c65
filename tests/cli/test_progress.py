import io
from collections.abc import Callable

import click
import pytest
from rich.console import Console
from rich.progress import Progress

from adapterstilts.cli.progress import PERIOD, Bars, Lines, listening


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> tuple[Lines, Clock, Callable[[], list[str]]]:
    clock = Clock()

    def said() -> list[str]:
        out, err = capsys.readouterr()
        assert out == ""
        return err.splitlines()

    return Lines(clock), clock, said


def test_a_plan_is_told_in_one_line(lines) -> None:
    listener, _, said = lines
    listener.planned(84, 12)
    assert said() == ["84 stages: 12 done already, 72 to run"]


def test_a_stage_starts_and_ends_with_one_line_each(lines) -> None:
    listener, clock, said = lines
    listener.planned(4, 1)
    said()
    listener.started("0123456789abcdef", "train mnli", 2, 4)
    clock.now = 30.0
    listener.finished("0123456789abcdef", 30.0)
    assert said() == [
        "[2/4] train mnli (0123456789abcdef)",
        "[2/4] train mnli: done in 30.0 s, about 1 min 00 s left",
    ]


def test_the_last_stage_leaves_nothing(lines) -> None:
    listener, _, said = lines
    listener.planned(1, 0)
    listener.started("a", "score", 1, 1)
    said()
    listener.finished("a", 2.0)
    assert said() == ["[1/1] score: done in 2.0 s"]


def test_progress_is_told_now_and_then_only(lines) -> None:
    listener, clock, said = lines
    listener.planned(1, 0)
    listener.started("a", "train", 1, 1)
    said()
    for step in range(1, 101):
        clock.now = step / 4
        listener.advanced("a", step, 100, "loss 0.50")
    told = said()
    assert len(told) == int(25 // PERIOD)
    assert told[0] == "[1/1] train: 40/100, loss 0.50, about 15.0 s left"


def test_nothing_done_yet_gives_no_estimate(lines) -> None:
    listener, clock, said = lines
    listener.started("a", "train", 1, 1)
    said()
    clock.now = PERIOD
    listener.advanced("a", 0, 100)
    assert said() == ["[1/1] train: 0/100"]


def test_stages_that_run_side_by_side_are_told_apart(lines) -> None:
    listener, clock, said = lines
    listener.planned(4, 0)
    listener.started("a", "train mnli", 1, 4)
    listener.started("b", "train squad", 2, 4)
    said()
    clock.now = PERIOD
    listener.advanced("a", 1, 2)
    listener.advanced("b", 2, 4)
    listener.finished("b", 10.0)
    clock.now = 2 * PERIOD
    listener.finished("a", 20.0)
    assert said() == [
        "[1/4] train mnli: 1/2, about 10.0 s left",
        "[2/4] train squad: 2/4, about 10.0 s left",
        "[2/4] train squad: done in 10.0 s, about 30.0 s left",
        "[1/4] train mnli: done in 20.0 s, about 20.0 s left",
    ]


def test_a_failure_says_why(lines) -> None:
    listener, _, said = lines
    listener.planned(2, 0)
    listener.started("a", "train", 1, 2)
    said()
    listener.failed("a", "no file at x")
    assert said() == ["[1/2] train: failed: no file at x"]


def test_where_there_is_no_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as listener:
        listener.planned(1, 0)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "1 stage: 0 done already, 1 to run\n")


def test_bars_show_what_how_far_and_failures() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    with Progress(console=console, auto_refresh=False) as progress:
        bars = Bars(progress)
        bars.planned(4, 1)
        (stages,) = progress.tasks
        assert (stages.total, stages.completed, stages.fields["note"]) == (3, 0, "1 done before")
        bars.started("a", "train mnli [0]", 2, 4)
        stage = progress.tasks[1]
        assert (stage.description, stage.completed, stage.total) == ("train mnli [0]", 0, None)
        bars.advanced("a", 5, 10, "loss 1.0")
        assert (stage.completed, stage.total, stage.fields["note"]) == (5, 10, "loss 1.0")
        bars.finished("a", 1.0)
        assert progress.tasks == [stages]
        assert stages.completed == 1
        bars.started("b", "train xnli", 3, 4)
        bars.started("c", "train udpos", 4, 4)
        assert [task.total for task in progress.tasks] == [3, None, None]
        bars.finished("c", 1.0)
        assert [task.description for task in progress.tasks] == ["stages", "train xnli"]
        bars.failed("b", "no [file] at x")
        assert progress.tasks == [stages]
        assert stages.completed == 3
    assert "failed: no [file] at x" in screen.getvalue()


TOLD = ["2 processes train together, one stage after the other",
        "3 stages: 1 done already, 2 to run"]  # fmt: skip


@pytest.mark.parametrize(("rank", "said"), [(0, TOLD), (1, [])])
def test_of_several_processes_the_first_speaks_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rank: int, said: list[str]
) -> None:
    monkeypatch.setenv("RANK", str(rank))
    monkeypatch.setenv("WORLD_SIZE", "2")
    goes_on = False
    try:
        with listening() as listener:
            listener.planned(3, 1)
        goes_on = True
    except click.exceptions.Exit as end:
        assert end.exit_code == 0
    assert goes_on == (rank == 0)
    assert capsys.readouterr().err.splitlines() == said
