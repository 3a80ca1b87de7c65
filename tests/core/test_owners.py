import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core import owners


def test_this_process_lives_and_is_itself() -> None:
    me = owners.this_process()
    assert me.pid == os.getpid()
    assert me.started
    assert me == owners.this_process()
    assert owners.lives(me) is True


def test_a_later_process_of_the_same_number_is_another() -> None:
    assert owners.lives(replace(owners.this_process(), started="1")) is False


def test_a_process_elsewhere_cannot_be_seen() -> None:
    me = owners.this_process()
    assert owners.lives(replace(me, host="elsewhere")) is None
    assert owners.lives(replace(me, started="")) is None
    assert owners.lives(None) is None


def test_a_process_that_ended_is_gone(spawn: Any, tmp_path: Path) -> None:
    other = spawn("say('ready'); listen()", tmp_path)
    assert other.hear() == "ready"
    pid = other.process.pid
    owner = replace(owners.this_process(), pid=pid, started=owners._started(pid))
    assert owners.lives(owner) is True
    other.kill()
    assert owners.lives(owner) is False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_zombie_is_gone(spawn: Any, tmp_path: Path) -> None:
    other = spawn("say('ready'); listen()", tmp_path)
    assert other.hear() == "ready"
    pid = other.process.pid
    owner = replace(owners.this_process(), pid=pid, started=owners._started(pid))
    other.kill(reap=False)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{pid}/stat").exists()
    assert owners.lives(owner) is False


def test_without_proc_the_system_is_asked_by_ps() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = owners._from_ps(child.pid)
        assert started
        assert started == owners._from_ps(child.pid)
    finally:
        child.communicate(b"\n")
    assert owners._from_ps(child.pid) == ""


def test_an_owner_is_a_word_that_fits_in_a_file_name() -> None:
    me = owners.this_process()
    assert owners.parse(str(me)) == me
    assert re.fullmatch(r"[A-Za-z0-9-]+\.\d+\.[A-Za-z0-9-]+", str(me))
    assert len(str(me)) < 100


@pytest.mark.parametrize("word", ["", "host", "host.1", "host.x.1", ".1.1", "a.1.2.3"])
def test_any_other_word_is_no_owner(word: str) -> None:
    assert owners.parse(word) is None
