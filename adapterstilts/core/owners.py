"""Which process wrote something, and whether it still lives."""

import json
import os
import socket
import subprocess
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

_SELF = Path("/proc/self/stat")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One process, told apart from a later one that was given the same number."""

    host: str
    """Machine, boot and process namespace: where `pid` means something."""
    pid: int
    """Number of the process."""
    started: str | None
    """When it started, in the words of its system; None where that cannot be asked."""


def this_process() -> Owner:
    """Return the process that asks."""
    return Owner(host=_host(), pid=os.getpid(), started=_started(os.getpid()))


def lives(owner: Owner | None) -> bool | None:
    """Return whether the process is there; None where this machine cannot tell."""
    if owner is None or owner.host != _host() or owner.started is None:
        return None
    started = _started(owner.pid)
    return None if started is None else started == owner.started


def dumps(owner: Owner, **more: str) -> str:
    """Return the owner, and whatever else belongs beside it, as a line of JSON."""
    return json.dumps({**asdict(owner), **more})


def loads(text: str) -> Owner | None:
    """Return the owner in a line of `dumps`, or None where it was never written to the end."""
    try:
        document = json.loads(text)
        return Owner(host=document["host"], pid=document["pid"], started=document["started"])
    except (ValueError, TypeError, KeyError):
        return None


@cache
def _host() -> str:
    """Return a name that two containers on one machine do not share, nor two boots of it."""
    boot = _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""
    namespace = _NAMESPACE.readlink().name if _NAMESPACE.exists() else ""
    return f"{socket.gethostname()} {boot} {namespace}".strip()


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
    return "" if state.startswith("Z") else started.strip()
