import json
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.store import Entry, Store
from tests.core.stored import A, B, C, finish, rubbish

WRITE = """
for word in iter(listen, "end"):
    with Store(root).writing("train", "other", word) as folder:
        (folder / "weights").write_bytes(b"theirs")
    say("done")
"""


def test_an_empty_store_has_nothing_and_is_not_made_by_looking(store: Store) -> None:
    assert store.find(A) is None
    assert store.entries() == []
    assert store.pins() == {}
    assert not store.claimed(A)
    assert store.collect(set()) == []
    assert not store.root.exists()


def test_what_is_finished_is_found_by_this_and_every_other_process(store: Store) -> None:
    path = finish(store, A, slug="qaa stack(mnli)/x")
    assert path == store.root / f"train-qaa-stack-mnli-x-{A}"
    assert (path / "sub" / "weights").read_text() == "x"
    assert Store(store.root).find(A) == path
    assert Store(store.root).entries() == [
        Entry(kind="train", slug="qaa-stack-mnli-x", id=A, path=path)
    ]
    assert rubbish(store) == []


def test_what_a_finished_stage_left_is_there_or_gone(store: Store) -> None:
    path = finish(store, A)
    assert store.folder(A, "the model") == path
    store.remove(A)
    with pytest.raises(StiltsError, match=f"the model of stage {A} is gone from .*: run it again"):
        store.folder(A, "the model")


def test_done_says_what_every_other_file_must_be(store: Store) -> None:
    path = finish(store, A)
    files = json.loads((path / "DONE").read_text())["files"]
    assert set(files) == {"record.json", "sub/weights"}
    assert files["sub/weights"] == {
        "size": 1,
        "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    }


def test_half_written_work_exists_for_nobody(store: Store) -> None:
    with store.writing("train", "s", A) as folder:
        (folder / "weights").write_text("x")
        assert store.find(A) is None
        assert store.entries() == []
    assert store.find(A)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_failed_work_leaves_nothing_but_its_checkpoints(
    store: Store, error: type[BaseException]
) -> None:
    (store.work(A) / "checkpoint").write_text("x")
    with pytest.raises(error), store.writing("train", "s", A) as folder:
        (folder / "weights").write_text("x")
        raise error
    assert store.find(A) is None
    assert rubbish(store) == [A]
    assert (store.work(A) / "checkpoint").read_text() == "x"
    finish(store, A)
    assert rubbish(store) == []


def test_who_finishes_first_stays(store: Store) -> None:
    with store.writing("train", "s", A) as late:
        (late / "weights").write_text("late")
        first = finish(Store(store.root), A, data="first")
    assert store.find(A) == first
    assert (first / "sub" / "weights").read_text() == "first"
    assert rubbish(store) == []


def test_who_finishes_first_stays_even_under_another_slug(store: Store) -> None:
    with store.writing("train", "late", A):
        first = finish(Store(store.root), A, slug="first")
    assert [entry.path for entry in store.entries()] == [first]


def test_a_folder_without_done_is_not_finished_and_makes_room(store: Store) -> None:
    path = finish(store, A, data="old")
    (path / "DONE").unlink()
    assert store.find(A) is None
    assert store.entries() == []
    assert finish(store, A, data="new") == path
    assert (path / "sub" / "weights").read_text() == "new"


def test_what_another_process_finishes_meanwhile_is_seen(spawn: Any, store: Store) -> None:
    other = spawn(WRITE, store.root)
    finish(store, C)
    # At once after the last look, and after the folder's time of change has settled.
    for id, age in ((A, 0), (B, 10)):
        assert store.find(id) is None
        if age:
            os.utime(store.root, (time.time() - age,) * 2)
            assert store.find(id) is None
        other.tell(id)
        assert other.hear() == "done"
        found = store.find(id)
        assert found is not None
        assert (found / "weights").read_bytes() == b"theirs"


def test_the_disk_is_not_read_again_for_every_id(store: Store) -> None:
    finish(store, A)
    os.utime(store.root, (time.time() - 10,) * 2)
    assert store.find(B) is None
    # A folder that appears without a change of time would only be seen by reading again.
    os.utime(store.root / f"train-s-{A}", None)
    late = store.root / f"train-s-{B}"
    late.mkdir()
    (late / "DONE").write_text('{"files": {}}')
    os.utime(store.root, ns=(0, store._scanned or 0))
    assert store.find(B) is None
    os.utime(store.root)
    assert store.find(B) == late


def test_five_hundred_ids_are_looked_up_in_one_reading(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, readings = Path.iterdir, list[Path]()

    def read(folder: Path) -> Iterator[Path]:
        readings.append(folder)
        return plain(folder)

    for number in range(500):
        folder = store.root / f"train-s-{number:016x}"
        folder.mkdir(parents=True)
        (folder / "DONE").write_text('{"files": {}}')
    os.utime(store.root, (time.time() - 10,) * 2)
    monkeypatch.setattr(Path, "iterdir", read)
    assert all(store.find(f"{number:016x}") for number in range(500))
    assert not any(store.find(f"{number:016x}") for number in range(500, 1000))
    assert readings == [store.root]


def test_strangers_in_the_store_are_left_alone(store: Store) -> None:
    finish(store, A)
    (store.root / "notes.txt").write_text("mine")
    (store.root / "my-folder").mkdir()
    (store.root / ".work" / "mine").mkdir(parents=True)
    (store.root / ".partial" / "mine-0").mkdir(parents=True)
    os.utime(store.root / ".partial" / "mine-0", (0, 0))
    assert [entry.id for entry in store.entries()] == [A]
    assert [entry.id for entry in store.collect(set())] == [A]
    assert {path.name for path in store.root.iterdir()} >= {"notes.txt", "my-folder"}
    assert sorted(rubbish(store)) == ["mine", "mine-0"]


@pytest.mark.parametrize("id", ["", "A" * 16, "a" * 15, "../" + "a" * 13, "pins"])
def test_an_id_is_sixteen_hex_digits(store: Store, id: str) -> None:
    with pytest.raises(ValueError, match="not the id of a stage"):
        store.work(id)
    with pytest.raises(ValueError, match="not the id of a stage"), store.claim(id):
        pass
    with pytest.raises(ValueError, match="not the id of a stage"), store.writing("train", "s", id):
        pass


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("", f"train--{A}"),
        ("../../etc", f"train-etc-{A}"),
        ("ä" * 300, f"train--{A}"),
        ("x" * 300, f"train-{'x' * 100}-{A}"),
        ("a=1,b+c@d_e.f", f"train-a=1,b+c@d_e.f-{A}"),
    ],
)
def test_any_slug_makes_a_safe_name(store: Store, slug: str, name: str) -> None:
    assert finish(store, A, slug=slug) == store.root / name
    assert [entry.id for entry in Store(store.root).entries()] == [A]


def test_a_kind_is_a_word(store: Store) -> None:
    with pytest.raises(ValueError, match="not a kind"), store.writing("Train/x", "s", A):
        pass


# Claims


def test_a_claim_is_for_one(store: Store) -> None:
    with store.claim(A) as mine, Store(store.root).claim(A) as theirs, store.claim(B) as other:
        assert (mine, theirs, other) == (True, False, True)
        assert store.claimed(A)
    assert not store.claimed(A)


def test_the_claim_of_a_killed_process_is_recovered_and_its_checkpoints_stay(
    spawn: Any, store: Store
) -> None:
    script = """
store = Store(root)
with store.claim("a" * 16) as held, store.writing("train", "s", "a" * 16) as folder:
    (store.work("a" * 16) / "checkpoint").write_text("half")
    (folder / "weights").write_text("half")
    say(held)
    listen()
"""
    other = spawn(script, store.root)
    assert other.hear() == "True"
    with store.claim(A) as held:
        assert not held
    other.kill()
    assert not store.claimed(A)
    with store.claim(A) as held:
        assert held
        assert (store.work(A) / "checkpoint").read_text() == "half"
        assert store.find(A) is None
        finish(store, A)
    assert rubbish(store) == []


def test_killed_at_any_moment_the_store_is_whole(spawn: Any, store: Store) -> None:
    script = """
store = Store(root)
say("ready")
for number in range(10_000):
    id = f"{number:016x}"
    with store.claim(id):
        (store.work(id) / "checkpoint").write_text("x")
        with store.writing("train", "s", id) as folder:
            (folder / "weights").write_bytes(b"x" * 1000)
        store.pin(id, "value")
"""
    dice = random.Random(0)
    for _ in range(8):
        other = spawn(script, store.root)
        assert other.hear() == "ready"
        time.sleep(dice.random() * 0.1)
        other.kill()
        for entry in store.entries():
            store.verify(entry)
        assert all(value == "value" for value in store.pins().values())
    keep = {entry.id for entry in store.entries()}
    assert keep
    store.collect(keep)
    assert rubbish(store) == []
    assert {entry.id for entry in store.entries()} == keep


def test_of_two_processes_each_stage_is_done_once(spawn: Any, store: Store) -> None:
    script = """
store = Store(root)
say("ready")
listen()
done = 0
for number in range(30):
    id = f"{number:016x}"
    while not store.find(id):
        with store.claim(id) as held:
            if held and not store.find(id):
                with store.writing("train", "s", id) as folder:
                    (folder / "weights").write_text("x")
                done += 1
say(done)
"""
    others = [spawn(script, store.root) for _ in range(2)]
    for other in others:
        assert other.hear() == "ready"
    for other in others:
        other.tell()
    assert sum(int(other.hear()) for other in others) == 30
    assert len(store.entries()) == 30


# Corruption


def test_what_is_whole_is_verified(store: Store) -> None:
    path = finish(store, A)
    assert store.intact(path)
    store.verify(store.entries()[0])


@pytest.mark.parametrize(
    ("name", "data", "reason", "intact"),
    [
        ("sub/weights", "y", "its bytes are not those that were written", True),
        ("sub/weights", "xx", "it has 2 bytes where 1 belong", False),
        ("sub/weights", None, "it is missing", False),
        ("DONE", "{", "it is not readable", False),
        ("DONE", '{"files": {"sub/weights": 1}}', "it is not readable", False),
        ("DONE", '{"files": []}', "it is not readable", False),
    ],
)
def test_a_corrupted_file_is_named_with_the_remedy(
    store: Store, name: str, data: str | None, reason: str, intact: bool
) -> None:
    path = finish(store, A)
    if data is None:
        (path / name).unlink()
    else:
        (path / name).write_text(data)
    assert store.intact(path) is intact
    with pytest.raises(StiltsError) as caught:
        store.verify(store.entries()[0])
    assert str(caught.value) == (
        f"corrupted artifact {path / name}: {reason}; remove the folder {path} and run again"
    )


# Pins


def test_the_first_value_of_a_pin_stays(store: Store) -> None:
    assert store.pin("model@main", "abc") == "abc"
    assert Store(store.root).pin("model@main", "def") == "abc"
    assert store.pin("other", "x") == "x"
    assert store.pins() == {"model@main": "abc", "other": "x"}
    assert rubbish(store) == []


def test_pins_of_many_at_once_all_stay(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda n: Store(store.root).pin(f"key{n % 8}", f"v{n}"), range(32)))
    pins = store.pins()
    assert len(pins) == 8
    assert [pins[f"key{n % 8}"] for n in range(32)] == kept


@pytest.mark.parametrize("text", ["{", "[]"])
def test_broken_pins_are_named_with_the_remedy(store: Store, text: str) -> None:
    store.pin("key", "value")
    (store.root / "pins.json").write_text(text)
    with pytest.raises(StiltsError, match=r"broken file .*pins\.json: .*; remove it"):
        store.pin("key", "value")
