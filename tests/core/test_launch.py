import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.launch import Launch, Parted, launched

NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK")


def started(monkeypatch: pytest.MonkeyPatch, *values: str) -> Launch:
    for name, value in zip(NAMES, values, strict=True):
        monkeypatch.setenv(name, value)
    return launched()


def test_a_launcher_says_which_process_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(monkeypatch, "3", "4", "1") == Launch(rank=3, size=4, local=1)
    monkeypatch.delenv("LOCAL_RANK")
    assert launched() == Launch(rank=3, size=4)


def test_a_process_that_nobody_launched_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    assert launched() == Launch(rank=0, size=1, local=0)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert launched().size == 1


@pytest.mark.parametrize(
    "values", [("", "2", "0"), ("0", "", "0"), ("x", "2", "0"), ("2", "2", "0"), ("-1", "2", "0")]
)
def test_half_an_environment_is_none(
    monkeypatch: pytest.MonkeyPatch, values: tuple[str, str, str]
) -> None:
    assert started(monkeypatch, *values) == Launch()


def test_the_first_process_leads_and_messages_count_from_one() -> None:
    assert Launch().leads
    assert Launch(rank=0, size=2).leads
    assert not Launch(rank=1, size=2).leads
    assert Launch(rank=1, size=2).word == "process 2 of 2"


def test_a_lost_process_is_an_error_that_the_command_line_shows() -> None:
    assert issubclass(Parted, StiltsError)
    assert Parted("gone").exit_code == 1
