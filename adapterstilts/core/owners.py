"""Which process wrote something, and whether it still lives.

An owner is a word that fits in the name of a file, so that what a killed process left can be told
from what a living one is writing even where it was killed before it wrote anything.
"""

import hashlib
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SELF = Path("/proc/self/stat")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One process, told apart from a later one that was given the same number."""

    host: str
    """Machine, boot and process namespace: where `pid` means something."""
    pid: int
    """Number of the process."""
    started: str
    """When it started, in the words of its system; empty where that cannot be asked."""

    def __str__(self) -> str:
        return f"{self.host}.{self.pid}.{self.started}"


def this_process() -> Owner:
    """Return the process that asks."""
    return Owner(host=_host(), pid=os.getpid(), started=_started(os.getpid()) or "")


def parse(word: str) -> Owner | None:
    """Return the owner that a word stands for, or None if it stands for none."""
    match word.split("."):
        case [host, pid, started] if host and pid.isdecimal():
            return Owner(host=host, pid=int(pid), started=started)
    return None


def lives(owner: Owner | None) -> bool | None:
    """Return whether the process is there; None where this machine cannot tell."""
    if owner is None or owner.host != _host() or not owner.started:
        return None
    started = _started(owner.pid)
    return None if started is None else started == owner.started


@cache
def _host() -> str:
    """Return a name that two containers on one machine do not share, nor two boots of it."""
    boot = _BOOT.read_text(encoding="ascii") if _BOOT.exists() else ""
    namespace = _NAMESPACE.readlink().name if _NAMESPACE.exists() else ""
    digest = hashlib.sha256(f"{socket.gethostname()} {boot} {namespace}".encode()).hexdigest()
    return f"{_UNSAFE.sub('-', socket.gethostname())[:32]}-{digest[:8]}"


def _started(pid: int) -> str | None:
    """Return the start time of a process, "" where it is gone, None where nobody can say."""
    return _from_proc(pid) if _SELF.exists() else _from_ps(pid)


def _from_proc(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # proc_pid_stat(5): field 3 is the state, field 22 the start in ticks since boot; the name in
    # field 2 may itself hold spaces and brackets. A zombie is dead: nobody may ever reap it.
    state, *rest = text.rpartition(")")[2].split()
    return "" if state in ("Z", "X", "x") else rest[18]


def _from_ps(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    state, _, started = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else _UNSAFE.sub("-", started.strip())
