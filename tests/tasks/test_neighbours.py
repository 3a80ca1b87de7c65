from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapterstilts.tasks import neighbours
from adapterstilts.tasks.neighbours import Vectors, both_ways, directions, engine, nearest


def vectors(count: int, seed: int, width: int = 16) -> Vectors:
    return directions(np.random.default_rng(seed).standard_normal((count, width)))


def plain(queries: Vectors, pool: Vectors, k: int) -> list[list[int]]:
    """Return the same by sorting everything, of equals the first."""
    found = []
    for query in queries:
        near = [float(query @ candidate) for candidate in pool]
        found.append(sorted(range(len(pool)), key=lambda place: (-near[place], place))[:k])
    return found


# Few and small numbers, so that there are ties, all exact.
COORDINATES = st.integers(-2, 2).map(float)


def pools(width: int = 3) -> st.SearchStrategy[Sequence[Sequence[float]]]:
    return st.lists(st.lists(COORDINATES, min_size=width, max_size=width), min_size=1, max_size=12)


def test_directions_have_length_one_and_leave_what_they_were_made_of() -> None:
    given = np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)
    np.testing.assert_allclose(directions(given), [[0.6, 0.8], [0, 0]])
    assert given[0, 0] == 3
    rows = [row.copy() for row in given]
    np.testing.assert_allclose(directions(rows), directions(given))


@settings(max_examples=60, deadline=None)
@given(pools(), pools(), st.integers(1, 5), st.sampled_from([1, 64, 10_000]))
def test_both_ways_are_what_sorting_everything_gives(
    left: Any, right: Any, k: int, block: int
) -> None:
    one, other = np.asarray(left, np.float32), np.asarray(right, np.float32)
    forward, backward = both_ways(one, other, k=k, by="numpy", block=block)
    assert forward.indices.tolist() == plain(one, other, k)
    assert backward.indices.tolist() == plain(other, one, k)
    assert nearest(one, other, k=k, block=block).indices.tolist() == forward.indices.tolist()
    for found, (queries, pool) in ((forward, (one, other)), (backward, (other, one))):
        exact = np.take_along_axis(queries @ pool.T, found.indices, axis=1)
        assert found.similarities.tolist() == exact.tolist()


def test_a_pool_in_strips_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = vectors(60, 0), vectors(45, 1)
    whole = both_ways(left, right, k=4, by="numpy")
    monkeypatch.setattr(neighbours, "_STRIP", 7)
    parts = both_ways(left, right, k=4, by="numpy", block=45 * 4 * 13)
    for one, other in zip(whole, parts, strict=True):
        assert one.indices.tolist() == other.indices.tolist()
        np.testing.assert_allclose(one.similarities, other.similarities, atol=1e-6)


def test_faiss_finds_the_same_neighbours() -> None:
    pytest.importorskip("faiss", reason="the extra 'mining' is not installed")
    left, right = vectors(300, 2), vectors(200, 3)
    ours = both_ways(left, right, k=4, by="numpy")
    theirs = both_ways(left, right, k=4, by="faiss")
    for one, other in zip(ours, theirs, strict=True):
        assert one.indices.tolist() == other.indices.tolist()
        np.testing.assert_allclose(one.similarities, other.similarities, atol=1e-6)


def test_a_small_pool_gives_all_that_it_has() -> None:
    forward, backward = both_ways(vectors(5, 0), vectors(2, 1), k=4, by="numpy")
    assert forward.indices.shape == (5, 2)
    assert backward.indices.shape == (2, 4)


def test_faiss_is_asked_where_it_is_installed_and_has_cores_to_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours.os, "sched_getaffinity", lambda _: {0, 1})
    assert engine() == "numpy"
    monkeypatch.setattr(neighbours.os, "sched_getaffinity", lambda _: set(range(64)))
    monkeypatch.setattr(neighbours.importlib.util, "find_spec", lambda _: None)
    assert engine() == "numpy"
    monkeypatch.setattr(neighbours.importlib.util, "find_spec", lambda _: object())
    assert engine() == "faiss"
