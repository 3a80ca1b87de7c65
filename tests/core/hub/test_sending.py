"""How far files are that are sent, how sending ends, and that nobody else speaks meanwhile."""

import logging
import threading
import warnings
from pathlib import Path

import pytest

from adapterstilts.core.hub.sending import Heard, Meter, Stopped, additions, quiet, watched

SIZES = {"a.bin": 1000, "b.bin": 500}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, size in SIZES.items():
        (tmp_path / name).write_bytes(bytes(size))
    return tmp_path


def test_what_is_read_again_does_not_count_again(folder: Path) -> None:
    meter = Meter(SIZES)
    assert (meter.done, meter.total) == (0, 1500)
    with meter.opened(folder / "a.bin", "a.bin") as file:
        assert isinstance(file, Heard)
        assert len(file.read(600)) == 600
        assert (meter.done, meter.last) == (600, "a.bin")
        file.seek(0)
        file.read(100)
        assert meter.done == 600
        file.read()
    assert meter.done == 1000
    with meter.opened(folder / "b.bin", "b.bin") as file:
        file.read()
    assert meter.done == meter.total


def test_a_file_is_given_as_a_path_so_that_hf_xet_takes_it(folder: Path) -> None:
    (one, other) = additions(folder, list(SIZES), Meter(SIZES))
    assert one.path_or_fileobj == str(folder / "a.bin")
    assert (one.upload_info.size, other.path_in_repo) == (1000, "b.bin")


def test_only_what_is_sent_is_heard(folder: Path) -> None:
    meter = Meter(SIZES)
    (one, _) = additions(folder, list(SIZES), meter)
    with one.as_file() as file:
        file.read()
    assert meter.done == 0
    with one.as_file(with_tqdm=True) as file:
        file.read()
    assert meter.done == 1000


def test_nothing_is_read_any_more_once_nobody_waits(folder: Path) -> None:
    meter = Meter(SIZES)
    (one, _) = additions(folder, list(SIZES), meter)
    with one.as_file(with_tqdm=True) as file:
        file.read(10)
        meter.stop.set()
        with pytest.raises(Stopped):
            file.read(10)
    with pytest.raises(Stopped), one.as_file():
        pass
    with pytest.raises(Stopped):
        additions(folder, list(SIZES), meter)


def test_whoever_interrupts_does_not_wait_for_the_work() -> None:
    meter, going = Meter(SIZES), threading.Event()

    def interrupt(done: int, total: int, name: str) -> None:
        if going.is_set():
            raise KeyboardInterrupt

    def work() -> None:
        going.set()
        assert meter.stop.wait(30)

    with pytest.raises(KeyboardInterrupt):
        watched(work, meter, interrupt)
    assert meter.stop.is_set()


def test_what_work_gives_or_fails_of_comes_back() -> None:
    said: list[tuple[int, int, str]] = []
    assert watched(lambda: 7, Meter(SIZES), lambda *news: said.append(news)) == 7
    assert (said[0], said[-1]) == ((0, 1500, ""), (1500, 1500, ""))
    with pytest.raises(ZeroDivisionError):
        watched(lambda: 1 // 0, Meter(SIZES), lambda *news: None)


def test_huggingface_hub_says_nothing_meanwhile_and_speaks_again_after(
    capfd: pytest.CaptureFixture[str],
) -> None:
    from huggingface_hub.utils import tqdm
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled

    log = logging.getLogger("huggingface_hub.hf_api")
    before = logging.getLogger("huggingface_hub").level
    with quiet():
        assert are_progress_bars_disabled()
        for _ in tqdm(range(3)):
            log.warning("a secret address")
        warnings.warn_explicit("about a card", UserWarning, "x.py", 1, "huggingface_hub.hf_api")
    assert capfd.readouterr() == ("", "")
    assert not are_progress_bars_disabled()
    assert logging.getLogger("huggingface_hub").level == before


def test_who_wants_to_see_everything_sees_it() -> None:
    log = logging.getLogger("huggingface_hub")
    before = log.level
    log.setLevel(logging.DEBUG)
    try:
        with quiet():
            assert log.level == logging.DEBUG
    finally:
        log.setLevel(before)
