import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapterstilts.core import disk
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.store import Store


def message(error: Exception, root: Path) -> str:
    """Return what the user is told of an error; nothing if it is not the store's."""
    try:
        with disk.explained(root):
            raise error
    except StiltsError as explanation:
        assert explanation.__cause__ is error
        return str(explanation)
    except type(error) as unchanged:
        assert unchanged is error
        return ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "cannot write to the store {}: no space is left on its disk; free some"),
        (errno.EDQUOT, "cannot write to the store {}: the disk quota is used up; free some"),
        (errno.EFBIG, "cannot write to the store {}: a file would be larger than"),
    ],
)
def test_a_full_disk(tmp_path: Path, code: int, words: str) -> None:
    said = message(OSError(code, os.strerror(code)), tmp_path)
    assert said.startswith(words.format(tmp_path))
    assert "--store DIR" in said
    assert "what is finished is kept" in said


@pytest.mark.parametrize("below", ["", "a/b"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [(errno.EACCES, "permission denied"), (errno.EROFS, "its file system is read-only")],
)
def test_a_closed_store(tmp_path: Path, code: int, reason: str, below: str) -> None:
    said = message(OSError(code, os.strerror(code), str(tmp_path / below)), tmp_path)
    assert said == (
        f"cannot use the store {tmp_path}: {reason}; choose another folder with --store DIR"
    )


def test_a_closed_folder_on_the_way_to_the_store(tmp_path: Path) -> None:
    error = PermissionError(errno.EACCES, "Permission denied", str(tmp_path))
    assert "permission denied" in message(error, tmp_path / "a" / "store")


def test_a_failure_elsewhere_is_not_blamed_on_the_store(tmp_path: Path) -> None:
    store, other = tmp_path / "store", str(tmp_path / "other")
    for code in (errno.EACCES, errno.ENOSPC, errno.EROFS):
        assert message(OSError(code, os.strerror(code), other), store) == ""
    assert message(ValueError("No."), store) == ""
    assert message(FileNotFoundError(errno.ENOENT, "gone", str(store)), store) == ""


def test_what_is_explained_already_stays_as_it_is(tmp_path: Path) -> None:
    error = UsageError("No space left on device")
    with pytest.raises(UsageError) as caught, disk.explained(tmp_path):
        raise error
    assert caught.value is error


def test_a_library_that_says_it_in_words_is_understood(tmp_path: Path) -> None:
    said = message(RuntimeError("I/O error: No space left on device (os error 28)"), tmp_path)
    assert "no space is left" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_is_really_full(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("/dev/full")
    with pytest.raises(StiltsError, match="no space is left"), disk.explained(tmp_path):
        disk.write_synced(tmp_path / "file", "x")


@pytest.mark.parametrize("below", ["", "a/b"])
def test_a_file_where_the_store_should_be(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.touch()
    root = file / below
    expected = f"cannot use the store .*: {file} is a file; choose another folder"
    with pytest.raises(StiltsError, match=expected), disk.explained(root):
        (root / "x").mkdir(parents=True, exist_ok=True)


def test_files_and_folders_are_brought_to_the_disk(tmp_path: Path) -> None:
    disk.write_synced(tmp_path / "file", "ä")
    assert (tmp_path / "file").read_bytes() == "ä".encode()
    disk.sync(tmp_path / "file")
    disk.sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        disk.sync(tmp_path / "none")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where this user may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip("may not mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_file_system_that_is_really_full(tiny: Path) -> None:
    store, first, second = Store(tiny / "store"), "1" * 16, "2" * 16
    with store.writing("train", "small", first) as folder:
        (folder / "weights").write_bytes(b"x" * 50_000)
    error = "no space is left"
    with pytest.raises(StiltsError, match=error), store.writing("train", "big", second) as folder:
        (folder / "weights").write_bytes(b"x" * 500_000)
    assert [entry.id for entry in store.entries()] == [first]
    store.verify(store.entries()[0])
    with store.writing("train", "after", second) as folder:
        (folder / "weights").write_bytes(b"x" * 50_000)
    assert len(Store(tiny / "store").entries()) == 2
