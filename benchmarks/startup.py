"""What the command line costs before it does anything, as a multiple of starting Python.

    python benchmarks/startup.py

The commands and the bare interpreter are started in turn, so that a noisy machine disturbs both,
and each ratio is that of neighbours. Writes `benchmarks/results/startup.json`.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

ROUNDS = 25
RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"
PROGRAM = str(Path(sys.executable).with_name("adapterstilts"))


def commands(store: str) -> dict[str, list[str]]:
    """Return what is measured, by name."""
    at = ["--store", store]
    return {
        "--help": [PROGRAM, "--help"],
        "tasks": [PROGRAM, "tasks"],
        "plan": [PROGRAM, "plan", str(RECIPE), *at],
        "status": [PROGRAM, "status", str(RECIPE), *at],
    }


def seconds(command: list[str]) -> float:
    """Return how long a command takes from start to end."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure, and write what came of it."""
    bare = [sys.executable, "-c", "pass"]
    with tempfile.TemporaryDirectory() as store:
        found: dict[str, list[float]] = {name: [] for name in commands(store)}
        for command in (bare, *commands(store).values()):
            seconds(command)
        for _ in range(ROUNDS):
            for name, command in commands(store).items():
                base = seconds(bare)
                found[name].append(seconds(command) / base)
    document = {
        "machine": machine(),
        "rounds": ROUNDS,
        "unit": "times `python -c pass`",
        "ratios": {name: _spread(ratios) for name, ratios in found.items()},
    }
    path = Path(__file__).parent / "results" / "startup.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(document["ratios"], indent=1) + "\n")


def _spread(ratios: list[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "median": round(middle, 2),
        "lower_quartile": round(low, 2),
        "upper_quartile": round(high, 2),
    }


if __name__ == "__main__":
    main()
