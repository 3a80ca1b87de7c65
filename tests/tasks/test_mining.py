"""Mining against plain loops over every candidate, as XTREME's script goes through them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapterstilts.tasks import mining
from adapterstilts.tasks.mining import Pairs, best_threshold, margins, mine
from adapterstilts.tasks.neighbours import Vectors, both_ways, directions

FEW = st.integers(1, 14)


def in_loops(left: Vectors, right: Vectors, k: int = 4) -> list[tuple[int, int, float]]:
    """Return the pairs with their scores, one candidate after the other."""
    near = left.astype(np.float64) @ right.T.astype(np.float64)

    def around(row: Any, count: int) -> list[int]:
        return sorted(range(count), key=lambda place: (-row[place], place))[:k]

    forth = [around(row, len(right)) for row in near]
    back = [around(row, len(left)) for row in near.T]
    here = [sum(near[i, j] for j in some) / len(some) for i, some in enumerate(forth)]
    there = [sum(near[i, j] for i in some) / len(some) for j, some in enumerate(back)]

    def margin(i: int, j: int) -> float:
        mean = (here[i] + there[j]) / 2
        return float(near[i, j] / mean) if mean else 0.0

    best = [(i, max(some, key=lambda j: margin(i, j))) for i, some in enumerate(forth)]
    best += [(max(some, key=lambda i: margin(i, j)), j) for j, some in enumerate(back)]
    ours: list[tuple[int, int, float]] = []
    for i, j in sorted(best, key=lambda pair: -margin(*pair)):
        taken = any(i == one or j == other for one, other, _ in ours)
        if not taken and margin(i, j) > 0:
            ours.append((i, j, margin(i, j)))
    return ours


def random(count: int, other: int, seed: int, width: int = 24) -> tuple[Vectors, Vectors]:
    """Return vectors, the first of which have a noisy copy on the other side."""
    generator = np.random.default_rng(seed)
    left = generator.standard_normal((count, width))
    right = generator.standard_normal((other, width))
    shared = min(count, other) // 2
    right[:shared] = left[:shared] + generator.standard_normal((shared, width))
    return directions(left), directions(right)


def told(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@settings(max_examples=80, deadline=None)
@given(FEW, FEW, st.integers(0, 2**31), st.integers(1, 5))
@example(13, 3, 5, 5)
def test_the_pairs_are_those_of_plain_loops(count: int, other: int, seed: int, k: int) -> None:
    left, right = random(count, other, seed)
    pairs, plain = mine(left, right, k=k, by="numpy"), in_loops(left, right, k)
    assert set(told(pairs)) == {(i, j) for i, j, _ in plain}
    # A margin divides by a mean of cosines that may all but cancel out: what single precision
    # leaves exact is that mean, not the margin.
    cosines = np.asarray([left[i] @ right[j] for i, j, _ in plain])
    expected = np.asarray([score for *_, score in plain])
    np.testing.assert_allclose(cosines / pairs.scores, cosines / expected, rtol=0, atol=1e-6)


def test_a_larger_pool_too_with_and_without_faiss() -> None:
    left, right = random(300, 400, 5, width=64)
    plain = in_loops(left, right)
    assert len(plain) > 150
    for by in ("numpy", "faiss"):
        if by == "faiss":
            pytest.importorskip("faiss", reason="the extra 'mining' is not installed")
        pairs = mine(left, right, by=by)  # type: ignore[arg-type]
        assert set(told(pairs)) == {(i, j) for i, j, _ in plain}


@settings(max_examples=60, deadline=None)
@given(FEW, FEW, st.integers(0, 2**31))
def test_no_sentence_stands_twice_and_scores_fall(count: int, other: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    # Of few and whole numbers, so that there are ties, zeros and negative means.
    left, right = (directions(generator.integers(-1, 2, (size, 3))) for size in (count, other))
    pairs = mine(left, right, by="numpy")
    assert len(set(pairs.left.tolist())) == len(set(pairs.right.tolist())) == len(pairs.scores)
    assert (pairs.scores > 0).all()
    assert (np.diff(pairs.scores) <= 0).all()
    assert told(mine(left, right, by="numpy")) == told(pairs)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40),
    st.integers(1, 5),
)
def test_taking_many_pairs_at_once_is_taking_them_in_turn(
    pairs: list[tuple[int, int]], rounds: int
) -> None:
    seen: set[tuple[str, int]] = set()
    plain = []
    for place, (one, other) in enumerate(pairs):
        if not seen & {("left", one), ("right", other)}:
            seen |= {("left", one), ("right", other)}
            plain.append(place)
    left, right = (np.asarray([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mining, "_ROUNDS", rounds)
        assert mining._one_to_one(left, right, 7, 7).tolist() == plain


def test_a_margin_is_a_cosine_over_the_mean_of_both_neighbourhoods() -> None:
    left = directions([[1, 0], [1, 1]])
    right = directions([[1, 0], [0, 1], [1, 1]])
    forward, backward = both_ways(left, right, k=2, by="numpy")
    root = np.sqrt(0.5)
    assert forward.indices.tolist() == [[0, 2], [2, 0]]
    here, there = [(1 + root) / 2] * 2, [(1 + root) / 2, root / 2, (1 + root) / 2]
    np.testing.assert_allclose(
        margins(forward, backward),
        [
            [1 / ((here[0] + there[0]) / 2), root / ((here[0] + there[2]) / 2)],
            [1 / ((here[1] + there[2]) / 2), root / ((here[1] + there[0]) / 2)],
        ],
        rtol=1e-6,
    )


def test_nothing_is_mined_from_nothing() -> None:
    some, none = random(3, 3, 0)[0], np.empty((0, 24), np.float32)
    for left, right in ((some, none), (none, some), (none, none)):
        assert told(mine(left, right)) == []


def test_where_all_are_alike_everybody_wants_the_first() -> None:
    same = directions(np.ones((3, 4)))
    assert told(mine(same, same[:2], by="numpy")) == [(0, 0)]


def optimised(scores: list[float], right: list[bool], gold: int) -> float:
    """Return the threshold of the best prefix, F1 as precision and recall make it."""
    best, threshold, hits = 0.0, 0.0, 0
    items = sorted(zip(scores, right, strict=True), key=lambda item: -item[0])
    for place, (score, hit) in enumerate(items, start=1):
        hits += hit
        if hits:
            precision, recall = hits / place, hits / gold
            f1 = 2 * precision * recall / (precision + recall)
            if f1 > best:
                best = f1
                following = items[place][0] if place < len(items) else score
                threshold = (score + following) / 2
    return threshold


@given(st.lists(st.tuples(st.floats(0.5, 2), st.booleans()), max_size=30), st.integers(0, 9))
def test_the_threshold_is_that_of_the_best_prefix(
    items: list[tuple[float, bool]], more: int
) -> None:
    scores, right = [score for score, _ in items], [hit for _, hit in items]
    gold = sum(right) + more or 1
    found = best_threshold(np.asarray(scores), np.asarray(right, np.bool_), gold)
    assert found == pytest.approx(optimised(scores, right, gold))


def test_of_equally_good_prefixes_the_one_that_rounds_up_is_taken() -> None:
    # One hit in 4 and two in 10 have the same F1 against 2; as XTREME multiplies it out, the
    # second is better by a bit.
    scores = [2 - place / 10 for place in range(11)]
    hits = [place in (3, 9) for place in range(11)]
    found = best_threshold(np.asarray(scores), np.asarray(hits, np.bool_), 2)
    assert found == optimised(scores, hits, 2) == pytest.approx(1.05)


def test_where_all_pairs_are_right_the_threshold_keeps_the_last() -> None:
    scores = np.asarray([1.5, 1.2, 1.1])
    found = best_threshold(scores, np.ones(3, np.bool_), 3)
    assert found == 1.1
    assert (scores >= found).all()


def test_without_a_right_pair_the_threshold_keeps_all() -> None:
    assert best_threshold(np.asarray([1.5, 1.2]), np.zeros(2, np.bool_), 4) == 0
    assert best_threshold(np.empty(0), np.empty(0, np.bool_), 4) == 0
