"""What mining costs beside its search: margins, matching and threshold, against plain loops.

    python benchmarks/mining.py

Mines 30,000 x 30,000 random vectors of 768 dimensions, once with each search, every search in a
process of its own so that its memory can be told. What comes after the search is timed in turn
with a double loop in Python over the same candidates, which scores one by one as XTREME's script
does, so that a noisy machine disturbs both. Writes `benchmarks/results/mining.json`.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

from adapterstilts.tasks.mining import NEIGHBOURS, best_threshold, match
from adapterstilts.tasks.neighbours import Neighbours, Vectors, both_ways, directions

COUNT, WIDTH, GOLD = 30_000, 768, 5_000
ROUNDS = 5
SEED = 3
ENGINES = ("numpy", "faiss")


def main() -> None:
    """Measure each search in its own process, and write what came of it."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(measure(sys.argv[1])))
        return
    found = {}
    for engine in ENGINES:
        command = [sys.executable, __file__, engine]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found[engine] = json.loads(said)
    document = {
        "machine": machine(),
        "vectors": [COUNT, WIDTH],
        "rounds": ROUNDS,
        "searches": found,
    }
    path = Path(__file__).parent / "results" / "mining.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def measure(engine: Any) -> dict[str, Any]:
    """Return times, ratios and the largest memory of one search with what follows it."""
    generator = np.random.default_rng(SEED)
    left, right = (
        directions(generator.standard_normal((COUNT, WIDTH), np.float32)) for _ in range(2)
    )
    began = time.perf_counter()
    sides = both_ways(left, right, k=NEIGHBOURS, by=engine)
    search = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # No pair of random vectors is a translation: some of the nearest are called so.
    gold = np.stack((np.arange(GOLD), sides[0].indices[:GOLD, 0]))
    after, loops, same = [], [], True
    _vectorised(*sides, gold)  # the first call imports and warms up
    for _ in range(ROUNDS):
        ours, seconds = _timed(lambda: _vectorised(*sides, gold))
        after.append(seconds)
        scored, seconds = _timed(lambda: _double_loop(left, right, *sides))
        loops.append(seconds)
        theirs = _in_loops(*scored, *sides, gold)
        same = same and sorted(ours[0]) == sorted(theirs[0])
        same = same and bool(abs(ours[1] - theirs[1]) < 1e-6)
    return {
        "search_seconds": round(search, 2),
        "after_seconds": _spread(after, 4),
        "after_over_search": _spread([one / search for one in after], 5),
        "after_over_double_loop": _spread(
            [one / other for one, other in zip(after, loops, strict=True)], 5
        ),
        "same_pairs": same,
        "peak_memory_gb": round(memory / 1e9, 2),
    }


def _vectorised(forward: Neighbours, backward: Neighbours, gold: Any) -> tuple[list[Any], float]:
    pairs = match(forward, backward)
    right = np.isin(pairs.left * COUNT + pairs.right, gold[0] * COUNT + gold[1])
    threshold = best_threshold(pairs.scores, right, GOLD)
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)), threshold


def _double_loop(
    left: Vectors, right: Vectors, forward: Neighbours, backward: Neighbours
) -> tuple[Any, Any]:
    """Return the margins of both sides' candidates, scored one by one: the loop that is timed."""
    here, there = forward.similarities.mean(axis=1), backward.similarities.mean(axis=1)
    return (
        _scored(left, right, forward.indices, here, there),
        _scored(right, left, backward.indices, there, here),
    )


def _in_loops(
    forth: Any, back: Any, forward: Neighbours, backward: Neighbours, gold: Any
) -> tuple[list[Any], float]:
    """Return pairs and threshold in plain loops, which nobody times."""
    candidates = [
        (forth[row, best], row, int(forward.indices[row, best]))
        for row, best in enumerate(forth.argmax(axis=1))
    ]
    candidates += [
        (back[row, best], int(backward.indices[row, best]), row)
        for row, best in enumerate(back.argmax(axis=1))
    ]
    seen, seen_there = set(), set()
    pairs, scores = [], []
    for score, one, two in sorted(candidates, key=lambda each: (-each[0], each[1], each[2])):
        if one not in seen and two not in seen_there and score > 0:
            seen.add(one)
            seen_there.add(two)
            pairs.append((one, two))
            scores.append(score)
    right_ones = set(zip(*gold.tolist(), strict=True))
    best, threshold, hits = 0.0, 0.0, 0
    for place, pair in enumerate(pairs):
        hits += pair in right_ones
        f1 = 2 * hits / (place + 1 + GOLD)
        if f1 > best:
            best = f1
            threshold = (scores[place] + scores[min(place + 1, len(scores) - 1)]) / 2
    return pairs, threshold


def _scored(left: Vectors, right: Vectors, indices: Any, here: Any, there: Any) -> Any:
    scores = np.zeros(indices.shape)
    for row in range(scores.shape[0]):
        for place in range(scores.shape[1]):
            other = indices[row, place]
            scores[row, place] = _score(left[row], right[other], here[row], there[other], _ratio)
    return scores


def _score(one: Any, other: Any, here: Any, there: Any, margin: Callable[[Any, Any], Any]) -> Any:
    """Return the score of one candidate, by a margin that may be another, as in the script."""
    return margin(one.dot(other), (here + there) / 2)


def _ratio(cosine: Any, mean: Any) -> Any:
    return cosine / mean


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def _spread(values: list[float], digits: int) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "most": round(max(values), digits),
    }


if __name__ == "__main__":
    main()
