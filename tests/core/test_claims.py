import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core import claims, owners
from adapterstilts.core.claims import Claims

DEAD = replace(owners.this_process(), started="1")
HOLD = """
with Claims(root).hold("x") as held:
    say(held)
    listen()
"""


def elsewhere(folder: Path, *, age: float) -> Path:
    """Leave the claim of a process on another machine, last heard of `age` seconds ago."""
    folder.mkdir(exist_ok=True)
    path = folder / "x"
    path.write_text(f"{replace(owners.this_process(), host='elsewhere')}~n")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_one_holds_and_the_others_do_not(tmp_path: Path) -> None:
    mine = Claims(tmp_path)
    with mine.hold("x") as first, mine.hold("x") as second, mine.hold("y") as other:
        assert (first, second, other) == (True, False, True)
        assert mine.held("x")
    assert not mine.held("x")
    assert list(tmp_path.iterdir()) == []


def test_it_is_let_go_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Claims(tmp_path).hold("x"):
        raise RuntimeError
    with Claims(tmp_path).hold("x") as held:
        assert held


def test_another_process_is_respected_until_it_ends(spawn: Any, tmp_path: Path) -> None:
    other = spawn(HOLD, tmp_path)
    assert other.hear() == "True"
    with Claims(tmp_path).hold("x") as held:
        assert not held
    other.tell()
    other.process.wait(5)
    with Claims(tmp_path).hold("x") as held:
        assert held


@pytest.mark.parametrize("reap", [True, False])
def test_the_claim_of_a_killed_process_is_recovered(spawn: Any, tmp_path: Path, reap: bool) -> None:
    other = spawn(HOLD, tmp_path)
    assert other.hear() == "True"
    other.kill(reap=reap)
    os.waitid(os.P_PID, other.process.pid, os.WEXITED | os.WNOWAIT) if not reap else None
    assert not Claims(tmp_path).held("x")
    with Claims(tmp_path).hold("x") as held:
        assert held
    assert list(tmp_path.iterdir()) == []


def test_of_many_recoverers_in_two_processes_one_wins(spawn: Any, tmp_path: Path) -> None:
    script = """
import threading
from concurrent.futures import ThreadPoolExecutor
mine, marker = Claims(root / "claims"), root / "marker"
def attempt(_):
    with mine.hold("x") as held:
        if held:
            marker.touch(exist_ok=False)
        barrier.wait()
        if held:
            marker.unlink()
    return held
say("ready")
for word in iter(listen, "end"):
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        say(sum(pool.map(attempt, range(4))))
"""
    others = [spawn(script, tmp_path) for _ in range(2)]
    assert [other.hear() for other in others] == ["ready", "ready"]
    dead = f"{DEAD}~n"
    (tmp_path / "claims").mkdir()
    for _ in range(25):
        (tmp_path / "claims" / "x").write_text(dead)
        for other in others:
            other.tell()
        # A process that lost may win after the other has let go; the marker shows that never
        # two held it at once.
        wins = [other.hear() for other in others]
        assert sorted(wins) in (["0", "1"], ["1", "1"])
    assert not list((tmp_path / "claims").iterdir())


def test_never_two_holders_at_once(tmp_path: Path) -> None:
    mine, inside, most = Claims(tmp_path), [], []

    def attempt(number: int) -> bool:
        with mine.hold("x") as held:
            if held:
                inside.append(number)
                most.append(len(inside))
                time.sleep(0.001)
                inside.remove(number)
        return held

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(200)))
    assert max(most) == 1
    assert sum(results) == len(most) > 0


def test_a_slow_recoverer_does_not_remove_a_new_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_text(f"{DEAD}~old")
    slow, fast = Claims(tmp_path), Claims(tmp_path)
    look, seen = claims._look, []

    # The real function, with a pause in the worst moment: the slow one has seen the stale claim,
    # and the fast one recovers it before the slow one acts.
    def late(at: Path) -> Any:
        sight = look(at)
        if not seen:
            seen.append(sight)
            assert stack.enter_context(fast.hold("x"))
        return sight

    with ExitStack() as stack:
        monkeypatch.setattr(claims, "_look", late)
        with slow.hold("x") as held:
            assert not held
        assert fast.held("x")
        assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_a_guard_whose_process_was_killed_is_recovered_too(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(f"{DEAD}~n")
    digest = claims.hashlib.sha256(repr(claims._look(path)).encode()).hexdigest()[:8]
    (tmp_path / f"x~{digest}").write_text(f"{DEAD}~m")
    with Claims(tmp_path).hold("x") as held:
        assert held
        assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_a_process_elsewhere_is_judged_by_its_heartbeat(tmp_path: Path) -> None:
    elsewhere(tmp_path, age=claims.STALE - 20)
    with Claims(tmp_path).hold("x") as held:
        assert not held
    elsewhere(tmp_path, age=claims.STALE + 1)
    with Claims(tmp_path).hold("x") as held:
        assert held


def test_a_claim_whose_owner_was_never_written_is_judged_by_its_age(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    assert Claims(tmp_path).held("x")
    os.utime(path, (time.time() - claims.STALE - 1,) * 2)
    assert not Claims(tmp_path).held("x")
    with Claims(tmp_path).hold("x") as held:
        assert held


def test_who_holds_gives_signs_of_life(tmp_path: Path) -> None:
    with Claims(tmp_path, heartbeat=0.01).hold("x"):
        os.utime(tmp_path / "x", (0, 0))
        deadline = time.monotonic() + 5
        while (tmp_path / "x").stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert time.time() - (tmp_path / "x").stat().st_mtime < 60


def test_who_lost_the_claim_neither_keeps_nor_removes_the_new_one(tmp_path: Path) -> None:
    with Claims(tmp_path, heartbeat=0.01).hold("x"):
        path = elsewhere(tmp_path, age=60)
        before = path.stat().st_mtime
        time.sleep(0.1)
        assert path.stat().st_mtime == before
    assert path.exists()


def test_waiting_takes_turns(tmp_path: Path) -> None:
    count = tmp_path / "count"
    count.write_text("0")

    def add(_: int) -> None:
        with Claims(tmp_path / "claims").wait("x", seconds=0.001):
            count.write_text(str(int(count.read_text()) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(20)))
    assert count.read_text() == "20"


def test_sweeping_removes_what_is_stale_and_nothing_else(tmp_path: Path) -> None:
    mine = Claims(tmp_path)
    mine.sweep()
    dead = f"{DEAD}~n"
    with mine.hold("y"):
        for name in ("x", "x~0123", "z~4567", f".{DEAD}~n"):
            (tmp_path / name).write_text(dead)
        mine.sweep()
        assert [each.name for each in tmp_path.iterdir()] == ["y"]
    Claims(tmp_path / "none").sweep()
    assert not (tmp_path / "none").exists()


def test_a_folder_that_is_a_file_holds_no_claims(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((FileExistsError, NotADirectoryError)), Claims(tmp_path / "file").hold("x"):
        raise AssertionError("held what cannot be")


def test_where_there_are_no_links_the_file_itself_is_created(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert claims._create_in_place(path, "mine") is True
    assert claims._create_in_place(path, "theirs") is False
    assert path.read_text() == "mine"
