"""Folders that cannot be a store: files, and what belongs to somebody else."""

import os
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.store import Store
from tests.core.stored import A, B, finish


def attempts(store: Store) -> list[Any]:
    """Return everything that has to write."""

    def write() -> None:
        with store.writing("train", "s", A):
            pass

    def claim() -> None:
        with store.claim(A):
            pass

    return [write, claim, lambda: store.work(A), lambda: store.pin("key", "value")]


def test_a_file_in_place_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for store in (Store(tmp_path / "file"), Store(tmp_path / "file" / "below")):
        for attempt in attempts(store):
            with pytest.raises(
                StiltsError, match=r"cannot use the store .*file is a file; .*--store"
            ):
                attempt()


def test_a_file_in_place_of_the_store_cannot_be_read_either(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StiltsError, match="is a file"):
        Store(tmp_path / "file").entries()


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs another user")
def test_a_store_of_somebody_else(store: Store) -> None:
    finish(store, B)
    store.root.chmod(0o500)
    user = os.geteuid()
    if user == 0:  # To whom nothing is forbidden.
        for folder in (store.root, *store.root.parents[:4]):
            folder.chmod(0o755)
        os.seteuid(65534)
    try:
        for attempt in attempts(store):
            with pytest.raises(StiltsError, match="permission denied; choose another folder"):
                attempt()
    finally:
        os.seteuid(user)
    store.root.chmod(0o700)
    assert [entry.id for entry in store.entries()] == [B]


def test_a_failure_of_the_work_itself_is_not_blamed_on_the_store(store: Store) -> None:
    with pytest.raises(FileNotFoundError), store.writing("train", "s", A):
        Path("no/such/file").read_text()
