"""A publication that is stopped half-way, by force or by Ctrl-C, and what its memory does."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import adapterstilts
from adapterstilts.core.hub import Unreachable, client
from adapterstilts.core.hub.uploading import upload
from tests.core.hub.publishing_there import XNLI, files, held, local
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

SCRIPT = """
import logging, resource, sys
from pathlib import Path
from adapterstilts.core import hub
from adapterstilts.core.hub import Repository
from adapterstilts.core.hub.uploading import upload
from huggingface_hub import HfApi, CommitOperationAdd, CommitOperationDelete
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
folder = Path(sys.argv[1])
try:
    upload(hub.here(), Repository(name="someone/xnli", kind="model"), folder, message="Trained")
except KeyboardInterrupt:
    sys.exit(130)
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""
LARGE = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two large files of which each takes a while."""
    contents = {f"model{index}_safetensors": os.urandom(LARGE) for index in range(2)}
    return files(tmp_path / "mine", **contents)


def started(folder: Path) -> subprocess.Popen[str]:
    """Return a process that publishes a folder."""
    home = str(Path(adapterstilts.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": home, "HF_TOKEN": TOKEN},
        # What is started in the background of a script would not hear Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def slow_and_begun(hub: Served, folder: Path, *, there: int) -> subprocess.Popen[str]:
    """Return a process of whose large files so many have arrived, while another hangs."""
    hub.fault("/upload/*", method="PUT", after=there, hang=60.0, times=-1)
    process = started(folder)
    store = hub.repository(XNLI.name, kind="model").folder / "lfs"
    patient = time.monotonic() + 60
    while len(list(store.glob("*"))) < there or hub.asked("PUT") <= there:
        assert time.monotonic() < patient
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


def test_what_had_arrived_when_it_was_killed_is_not_sent_again(
    hub: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = slow_and_begun(hub, folder, there=2)
    process.kill()
    process.communicate()
    assert held(hub) == {}
    store = hub.repository(XNLI.name, kind="model").folder / "lfs"
    arrived = {path.name: path.stat().st_size for path in store.iterdir()}
    large = sum(len(each) for name, each in local(folder).items() if name.endswith("safetensors"))
    hub.faults.clear()
    before = hub.counter.total
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    done = upload(client.here(), XNLI, folder, message="Trained")
    sent = hub.counter.total - before
    assert held(hub) == local(folder)
    assert done.bytes == sum(map(len, local(folder).values()))
    left = large - sum(arrived.values())
    # Beside the rest of the large files: cards, configurations, and what requests are made of.
    assert left <= sent < left + 20_000
    assert len(arrived) == 2


def test_ctrl_c_ends_it_though_a_file_is_on_its_way(hub: Served, folder: Path) -> None:
    process = slow_and_begun(hub, folder, there=1)
    process.send_signal(signal.SIGINT)
    time.sleep(1.0)  # Long enough for the signal to be heard.
    hub.faults.clear()
    hub.closing.set()  # What hangs goes on.
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")
    assert held(hub) == {}


def test_what_is_large_is_never_in_memory(hub: Served, tmp_path: Path) -> None:
    folder = files(tmp_path / "mine")
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(160 * LARGE)
    out, err = started(folder).communicate(timeout=120)
    assert err == ""
    # In kilobytes. What is read for a digest, and what waits to be sent, is a megabyte or so.
    assert int(out) < 40 * 1024
    assert hub.repository(XNLI.name, kind="model").at("main").files["model.safetensors"].size


def test_a_file_that_is_cut_for_ever_is_given_up_and_goes_on_later(
    hub: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    here = replace(client.here(), pauses=(0.0,))
    hub.fault("/upload/*", method="PUT", cut_request=1000, times=-1, after=1)
    with pytest.raises(Unreachable, match="what has arrived is not sent again"):
        upload(here, XNLI, folder, message="Trained")
    hub.faults.clear()
    upload(here, XNLI, folder, message="Trained")
    assert held(hub) == local(folder)
