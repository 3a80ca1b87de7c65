"""Two processes in the environment that a launcher gives them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import adapterstilts

HOME = Path(adapterstilts.__file__).parents[1]
"""Folder that the tests are in."""


def environment(**more: object) -> dict[str, str]:
    """Return an environment in which nothing reaches the Hub."""
    fixed = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **fixed, **{name: str(value) for name, value in more.items()}}


def start(*commands: Sequence[str | Path]) -> "list[subprocess.Popen[str]]":
    """Start two processes of Python that train together, by one command or by one each."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return [
        subprocess.Popen(
            [sys.executable, *map(str, commands[min(rank, len(commands) - 1)])],
            cwd=HOME,
            env=environment(
                RANK=rank,
                LOCAL_RANK=rank,
                WORLD_SIZE=2,
                MASTER_ADDR="127.0.0.1",
                MASTER_PORT=port,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background of a shell ignores Ctrl-C, and would hand that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        for rank in range(2)
    ]


def end(
    pair: "Sequence[subprocess.Popen[str]]", timeout: float = 200
) -> list[tuple[int, str, str]]:
    """Return code, output and errors of each, when both have ended."""
    try:
        said = [process.communicate(timeout=timeout) for process in pair]
    finally:
        for process in pair:
            process.kill()
    return [(process.returncode, *each) for process, each in zip(pair, said, strict=True)]
