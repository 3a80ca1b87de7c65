import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core import owners, partial

A, B = "a" * 16, "b" * 16


def test_a_folder_is_new_and_empty_and_gone_afterwards(tmp_path: Path) -> None:
    with partial.partial(tmp_path, A) as one, partial.partial(tmp_path, A) as two:
        assert one != two
        assert list(one.iterdir()) == []
        (one / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_what_was_renamed_away_stays(tmp_path: Path) -> None:
    with partial.partial(tmp_path / "p", A) as folder:
        (folder / "file").write_text("x")
        folder.rename(tmp_path / "kept")
    assert (tmp_path / "kept" / "file").read_text() == "x"
    assert list((tmp_path / "p").iterdir()) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_it_is_gone_after_a_failure(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), partial.partial(tmp_path, A):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_only_what_a_dead_process_left_is_abandoned(spawn: Any, tmp_path: Path) -> None:
    script = """
with partial(root, 'a' * 16) as folder:
    (folder / 'file').write_text('x')
    say(folder.name)
    listen()
"""
    other = spawn(script, tmp_path)
    name = other.hear()
    with partial.partial(tmp_path, B):
        assert partial.abandoned(tmp_path) == []
        other.kill()
        assert partial.abandoned(tmp_path) == [(A, tmp_path / name)]
        assert partial.abandoned(tmp_path, A) == [(A, tmp_path / name)]
        assert partial.abandoned(tmp_path, B) == []


def test_what_nobody_here_can_judge_is_abandoned_after_a_day(tmp_path: Path) -> None:
    folder = tmp_path / f"{A}~{replace(owners.this_process(), host='elsewhere')}~n"
    folder.mkdir()
    os.utime(folder, (time.time() - partial.FORGOTTEN + 60,) * 2)
    assert partial.abandoned(tmp_path) == []
    os.utime(folder, (time.time() - partial.FORGOTTEN - 60,) * 2)
    assert partial.abandoned(tmp_path) == [(A, folder)]


@pytest.mark.parametrize("name", ["mine", "mine~backup~1", "mine~a.b.c~1", "~~"])
def test_strangers_are_not_taken_for_abandoned(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    os.utime(tmp_path / name, (0, 0))
    assert partial.abandoned(tmp_path) == []
    assert not partial.is_partial(tmp_path / name)


def test_a_name_may_have_the_sign_in_it_that_sets_the_owner_apart(tmp_path: Path) -> None:
    folder = tmp_path / f"out~1~{replace(owners.this_process(), host='elsewhere')}~n"
    folder.mkdir()
    assert partial.is_partial(folder)
    os.utime(folder, (0, 0))
    assert partial.abandoned(tmp_path, "out~1") == [("out~1", folder)]


def test_nowhere_nothing_is_abandoned(tmp_path: Path) -> None:
    assert partial.abandoned(tmp_path / "none") == []


def test_discarding_removes_a_folder_and_does_not_mind_if_another_did(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "DONE").write_text("{}")
    partial.discard(victim, tmp_path / "p", A)
    partial.discard(victim, tmp_path / "p", A)
    assert not victim.exists()
    assert list((tmp_path / "p").iterdir()) == []
