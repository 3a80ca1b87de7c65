import errno
import os

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.failures import DEBUG, explain


@pytest.fixture(autouse=True)
def nobody_asks_for_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEBUG, raising=False)


def refused(number: int, place: str | None = "/data/x") -> OSError:
    return OSError(number, os.strerror(number), place)


@pytest.mark.parametrize("kind", [StiltsError, UsageError])
def test_our_own_errors_say_what_they_say(kind: type[StiltsError]) -> None:
    assert explain(kind("unknown source 'mnil'")) == "unknown source 'mnil'"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some of your quota"),
        (errno.EROFS, "choose a folder that can be written"),
        (errno.EACCES, "change its permissions"),
        (errno.EMFILE, "ulimit -n"),
    ],
)
def test_what_the_system_refuses_comes_with_place_and_remedy(number: int, remedy: str) -> None:
    message = explain(refused(number))
    assert os.strerror(number) in message
    assert "/data/x" in message
    assert remedy in message
    assert DEBUG not in message


def test_another_system_error_still_names_its_file() -> None:
    assert explain(refused(errno.EISDIR)) == "Is a directory: /data/x"


def test_a_full_disk_is_no_bug_where_nobody_says_which_file() -> None:
    message = explain(refused(errno.ENOSPC, None))
    assert (
        message
        == f"{os.strerror(errno.ENOSPC)}; free some space, or choose a folder on another disk"
    )


def test_too_little_memory_is_not_called_a_bug() -> None:
    message = explain(MemoryError())
    assert "not enough memory" in message
    assert "accumulation" in message
    assert "report it" not in message


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "unexpected KeyError: 'x'"),
        (ValueError("two\n  lines"), "unexpected ValueError: two lines"),
        (RuntimeError(), "unexpected RuntimeError;"),
        (OSError(), "unexpected OSError;"),
    ],
)
def test_a_bug_is_one_line_and_tells_how_to_see_more(error: Exception, said: str) -> None:
    message = explain(error)
    assert message.startswith(said)
    assert f"{DEBUG}=1" in message
    assert "\n" not in message


def test_a_traceback_stands_below_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEBUG, "1")
    try:
        raise StiltsError("the work failed")
    except StiltsError as error:
        first, *more = explain(error).splitlines()
    assert first == "the work failed"
    assert more[0] == "Traceback (most recent call last):"
    assert any("test_failures.py" in line for line in more)


def test_what_steers_a_screen_or_goes_on_for_ever_is_neither_shown_nor_lost() -> None:
    said = explain(StiltsError("\x1b]0;owned\x07\u202e" + "9" * 100_000 + "; mend the file"))
    assert len(said) < 1_000
    assert said.isprintable()
    assert said.endswith("; mend the file")
    named = explain(OSError(errno.ENAMETOOLONG, "File name too long", "\x1b" + "k" * 5_000))
    assert len(named) < 1_000
    assert named.isprintable()
