"""Several files at once: all of them come, and the first that fails is told."""

import threading
from pathlib import Path

import pytest

from adapterstilts.core.hub import downloading

SIZES = {f"file{number}": number + 1 for number in range(9)}


def test_every_file_is_fetched_once_and_the_largest_first(tmp_path: Path) -> None:
    fetched: list[str] = []
    lock = threading.Lock()

    def fetch(name: str) -> None:
        with lock:
            fetched.append(name)

    said: list[tuple[int, int, str]] = []
    downloading.download(
        SIZES,
        fetch,
        parts={name: tmp_path / name for name in SIZES},
        sizes=SIZES,
        report=lambda *news: said.append(news),
    )
    assert sorted(fetched) == sorted(SIZES)
    assert "file8" in fetched[: downloading.THREADS]
    assert said[-1][:2] == (45, 45)


def test_the_first_failure_is_raised_and_nothing_more_is_begun(tmp_path: Path) -> None:
    begun: list[str] = []

    def fetch(name: str) -> None:
        begun.append(name)
        if name == "file8":
            raise OSError("the line is cut")
        threading.Event().wait(0.3)

    with pytest.raises(OSError, match="the line is cut"):
        downloading.download(
            SIZES,
            fetch,
            parts={name: tmp_path / name for name in SIZES},
            sizes=SIZES,
            report=lambda *news: None,
        )
    assert len(begun) <= downloading.THREADS + 1


def test_what_has_grown_of_a_file_counts_but_never_more_than_it_has(tmp_path: Path) -> None:
    (tmp_path / "file0").write_bytes(b"more than one byte")
    (tmp_path / "file8").write_bytes(b"1234")
    gate = threading.Event()
    said: list[int] = []

    def report(done: int, total: int, name: str) -> None:
        said.append(done)
        gate.set()

    downloading.download(
        ["file0", "file8"],
        lambda name: gate.wait() and None,
        parts={name: tmp_path / name for name in SIZES},
        sizes=SIZES,
        report=report,
    )
    assert said[0] == 1 + 4
    assert said[-1] == 1 + 9
