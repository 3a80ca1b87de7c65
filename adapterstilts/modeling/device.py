"""The machine as torch sees it: device, precision, threads, memory, and the seed of each draw."""

import os
import platform
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate.utils import parse_flag_from_env

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.launch import launched
from adapterstilts.modeling.runtime import Runtime


@dataclass(frozen=True, kw_only=True)
class Device:
    """Where tensors live and in which precision the frozen ones are."""

    device: torch.device
    """CPU or one GPU."""
    precision: str
    """`fp32` or `bf16`."""

    def described(self) -> dict[str, str]:
        """Return what a stage record says of the machine."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return {"device": name, "precision": self.precision}

    def hardware(self) -> str:
        """Return what people call the machine: never its own name, which is nobody's business."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return f"CPU, {platform.machine() or 'unknown architecture'}, {cores or 1} cores"


def choose(runtime: Runtime) -> Device:
    """Return what the runtime asks for, or what is there: CUDA with bf16, else the CPU.

    `accelerate launch --cpu` counts where the runtime leaves it open.
    """
    cuda = torch.cuda.is_available()
    if runtime.device == "cuda" and not cuda:
        raise StiltsError(
            "device 'cuda' was asked for, but torch sees no GPU: set runtime.device to auto or cpu,"
            " or install a CUDA build of torch"
        )
    told = parse_flag_from_env("ACCELERATE_USE_CPU") and runtime.device == "auto"
    kind = "cuda" if cuda and runtime.device != "cpu" and not told else "cpu"
    bf16 = kind == "cuda" and torch.cuda.is_bf16_supported()
    precision = runtime.precision if runtime.precision != "auto" else ("bf16" if bf16 else "fp32")
    if kind == "cpu" and runtime.threads:
        torch.set_num_threads(runtime.threads)
    return Device(device=_own_gpu() if kind == "cuda" else torch.device(kind), precision=precision)


def _own_gpu() -> torch.device:
    """Return the GPU of this process: of several on a machine each has its own."""
    launch = launched()
    if launch.size == 1:
        return torch.device("cuda")
    if launch.local >= torch.cuda.device_count():
        raise StiltsError(
            f"{launch.word} has no GPU of its own: its machine has {torch.cuda.device_count()};"
            " start no more processes there, or set runtime.device to cpu"
        )
    torch.cuda.set_device(launch.local)
    return torch.device("cuda", launch.local)


@contextmanager
def drawing(*key: int) -> Iterator[None]:
    """Seed every draw that the libraries make inside, and leave the generators as they were."""
    seed = 0
    for part in key:
        seed = (seed * 1_000_003 + part + 1) % 2**63
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=list(devices)):
        torch.manual_seed(seed)
        yield


class Memory:
    """The largest memory in use since this was made."""

    def __init__(self, device: torch.device) -> None:
        """Start to watch."""
        self._cuda = device if device.type == "cuda" else None
        if self._cuda is not None:
            torch.cuda.reset_peak_memory_stats(self._cuda)
        elif sys.platform == "linux":
            # Linux starts the high-water mark anew when 5 is written here (proc(5)). A sandbox may
            # forbid it; then the mark is that of the whole process.
            with suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def peak(self) -> int:
        """Return the peak in bytes."""
        if self._cuda is not None:
            return int(torch.cuda.max_memory_allocated(self._cuda))
        status = Path("/proc/self/status")
        if status.is_file():
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
