import os

import numpy as np
import pytest
import torch

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.device import Memory, choose, drawing
from adapterstilts.modeling.runtime import Runtime

CPU = torch.device("cpu")


def test_the_cpu_works_in_fp32_unless_told_otherwise() -> None:
    chosen = choose(Runtime(device="cpu"))
    assert (chosen.device.type, chosen.precision) == ("cpu", "fp32")
    assert chosen.described() == {"device": "cpu", "precision": "fp32"}
    assert choose(Runtime(device="cpu", precision="bf16")).precision == "bf16"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_an_error_with_the_remedy() -> None:
    assert choose(Runtime()).device.type == "cpu"
    with pytest.raises(StiltsError, match=r"sees no GPU: set runtime\.device to auto or cpu"):
        choose(Runtime(device="cuda"))


def test_threads_are_what_is_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        choose(Runtime(device="cpu", threads=2))
        assert torch.get_num_threads() == 2
        choose(Runtime(device="cpu"))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_draws_follow_from_the_key_and_leave_the_generator_alone() -> None:
    state = torch.get_rng_state()
    found = []
    for key in ((1,), (1,), (2,), (1, 0), (1, 1), (0, 1)):
        with drawing(*key):
            found.append(float(torch.rand(())))
    assert found[0] == found[1]
    assert len(set(found)) == 5
    assert torch.equal(torch.get_rng_state(), state)


def test_memory_is_the_peak_since_the_start() -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    memory = Memory(CPU)
    before = memory.peak()
    big = np.ones(64 * 2**20 // 8)
    big[:: page // 8] = 2
    del big
    after = memory.peak()
    assert before > 10 * 2**20
    assert after - before > 48 * 2**20


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let torch see two GPUs; return which of them were made the current one."""
    chosen = list[int]()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "ACCELERATE_USE_CPU"):
        monkeypatch.delenv(name, raising=False)
    return chosen


def place(monkeypatch: pytest.MonkeyPatch, rank: int, local: int) -> None:
    for name, value in (("RANK", rank), ("WORLD_SIZE", 4), ("LOCAL_RANK", local)):
        monkeypatch.setenv(name, str(value))


def test_of_several_processes_each_has_its_own_gpu(
    two_gpus: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose(Runtime()).device == torch.device("cuda")
    assert two_gpus == []
    place(monkeypatch, rank=3, local=1)
    assert choose(Runtime()).device == torch.device("cuda", 1)
    assert two_gpus == [1]
    assert choose(Runtime(device="cpu")).device == CPU


def test_a_process_without_a_gpu_of_its_own_is_an_error(
    two_gpus: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place(monkeypatch, rank=2, local=2)
    with pytest.raises(StiltsError, match=r"process 3 of 4 has no GPU .* machine has 2; start no"):
        choose(Runtime())


def test_a_launcher_that_is_told_to_stay_on_the_cpu_is_obeyed(
    two_gpus: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    assert choose(Runtime()).device == CPU
    assert choose(Runtime(device="cuda")).device.type == "cuda"
