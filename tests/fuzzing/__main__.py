"""`python -m tests.fuzzing --minutes 10`: every reader in turn, with chance that is new each time.

What a reader stumbles over is kept, by its digest, in the folder that `--keep` names; without it in
one below the folder for temporary files, which is told.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory, gettempdir

from tests.backbones import tiny
from tests.fuzzing.readers import readers
from tests.fuzzing.trying import drawn, peak, tried
from tests.hub.hostile.goods import goods

ROUND = 20
"""Readings of one reader until the next has its turn."""
KEEP = Path(gettempdir()) / "adapterstilts-fuzzing"
"""Where findings are kept: never within a checkout, to be committed by mistake."""


def main() -> int:
    """Return 1 if a reader stumbled, and tell how often each was tried."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzzing")
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    asked.add_argument("--only", default="")
    asked.add_argument("--keep", type=Path, default=KEEP)
    given = asked.parse_args()
    with TemporaryDirectory() as folder:
        root = Path(folder)
        there = goods(root / "goods", tiny(root / "tiny-xlmr"))
        found = _fuzzed(there, root, given)
    return 1 if found else 0


def _fuzzed(there: dict[str, Path], root: Path, given: argparse.Namespace) -> int:
    every = [each for each in readers(there, root) if given.only in each.name]
    random, counts = Random(given.seed), Counter[tuple[str, str]]()
    told: set[str] = set()
    before, end, spent = peak(), time.monotonic() + 60 * given.minutes, Counter[str]()
    while time.monotonic() < end:
        for reader in every:
            begun = time.monotonic()
            for _ in range(ROUND):
                content = drawn(reader, random)
                outcome, finding = tried(reader, content)
                counts[reader.name, outcome] += 1
                if finding is None:
                    continue
                counts[reader.name, "findings"] += 1
                if (key := f"{reader.name} {finding.why[:60]}") not in told:
                    told.add(key)
                    given.keep.mkdir(parents=True, exist_ok=True)
                    path = given.keep / hashlib.sha256(content).hexdigest()[:16]
                    path.write_bytes(content)
                    sys.stdout.write(f"{reader.name}: {finding.why} -> {path}\n")
                    sys.stdout.flush()
            spent[reader.name] += time.monotonic() - begun
    for reader in every:
        row = [f"{word} {counts[reader.name, word]:,}" for word in _WORDS]
        sys.stdout.write(f"{reader.name:55} {', '.join(row)}, {spent[reader.name]:.0f} s\n")
    total = sum(count for (_, word), count in counts.items() if word != "findings")
    grown = (peak() - before) / 2**20
    sys.stdout.write(f"seed {given.seed}: {total:,} readings, memory grew by {grown:.0f} MiB\n")
    sys.stdout.write(f"what a reader stumbles over is kept in {given.keep}\n")
    return sum(count for (_, word), count in counts.items() if word == "findings")


_WORDS = ("read", "refused", "crashed", "findings")

if __name__ == "__main__":
    sys.exit(main())
