"""What a store lets go of: what no id reaches, and what killed processes left."""

from dataclasses import replace
from typing import Any

from adapterstilts.core import owners
from adapterstilts.core.store import Entry, Store
from tests.core.stored import A, B, C, finish, rubbish


def test_collecting_removes_what_nothing_reaches(store: Store) -> None:
    kept, lost = finish(store, A), finish(store, B)
    store.work(C)
    removed = store.collect({A})
    assert [(entry.kind, entry.id) for entry in removed] == [("train", B), ("work", C)]
    assert removed[0].path == lost
    assert store.entries() == [Entry(kind="train", slug="s", id=A, path=kept)]
    assert rubbish(store) == []
    assert store.collect({A}) == []


def test_collecting_keeps_the_checkpoints_of_what_is_still_to_be_finished(store: Store) -> None:
    store.work(A)
    assert store.collect({A}) == []
    assert rubbish(store) == [A]
    finish(store, A)
    store.work(A)  # Killed between the rename and the removal of the checkpoints.
    assert [entry.kind for entry in store.collect({A})] == ["work"]


def test_collecting_never_touches_what_is_claimed(store: Store) -> None:
    path = finish(store, A)
    store.work(B)
    with store.claim(A), store.claim(B):
        assert Store(store.root).collect(set()) == []
        assert store.find(A) == path
    assert len(store.collect(set())) == 2


def test_collecting_removes_what_killed_processes_left(spawn: Any, store: Store) -> None:
    other = spawn(
        "with Store(root).writing('train', 's', 'a' * 16): say('ready'); listen()", store.root
    )
    assert other.hear() == "ready"
    with store.writing("train", "s", B):
        assert store.collect({A}) == []
        other.kill()
        removed = store.collect({A})
    assert [(entry.kind, entry.id) for entry in removed] == [("partial", A)]
    assert store.find(B)


def test_collecting_removes_stale_claims(store: Store) -> None:
    dead = f"{replace(owners.this_process(), started='1')}~n"
    (store.root / ".claims").mkdir(parents=True)
    (store.root / ".claims" / A).write_text(dead)
    store.collect(set())
    assert rubbish(store) == []


def test_work_starts_afresh_after_a_killed_attempt(spawn: Any, store: Store) -> None:
    other = spawn(
        "with Store(root).writing('train', 's', 'a' * 16): say('ready'); listen()", store.root
    )
    assert other.hear() == "ready"
    other.kill()
    assert len(rubbish(store)) == 1
    finish(store, A)
    assert rubbish(store) == []


def test_removing_makes_room_for_another_run(store: Store) -> None:
    finish(store, A)
    store.work(A)
    store.remove(A)
    store.remove(B)
    assert store.find(A) is None
    assert rubbish(store) == []
    assert finish(store, A)
