from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adapterstilts.tasks.formats.format import POOL, Asked
from adapterstilts.tasks.formats.ranking import FORMAT
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


@pytest.fixture(scope="module")
def task(make_task: Callable[..., Task]) -> Task:
    return make_task("ranking", "text targets")


def asked(
    task: Task, tokenizer: Tokenizer, split: str, points: Any, targets: list[str] | None = None
) -> Asked:
    rows = [
        {"id": f"{split[0]}{number}", "text": "the cat", "targets": targets}
        for number in range(len(points))
    ]
    encoded = FORMAT.encode(task, rows, tokenizer, split=split, max_length=12)
    return Asked(encoded=encoded, outputs=[np.asarray(point, np.float32) for point in points])


def test_candidates_are_ranked_by_angle_over_the_pool_alone(
    task: Task, tokenizer: Tokenizer
) -> None:
    pool = asked(task, tokenizer, POOL, [[5, 0], [1, 1], [0, 0.1]], [])
    queries = asked(task, tokenizer, "test", [[2, 0], [0.1, 3]], ["p1"])
    found = list(FORMAT.answers(task, queries, pool=pool))
    assert [answer for _, answer in found] == [["p0", "p1", "p2"], ["p2", "p1", "p0"]]
    assert [example["id"] for example, _ in found] == ["t0", "t1"]
    assert [example["reference"] for example, _ in found] == [["p1"], ["p1"]]


def test_twenty_are_told_of_a_large_pool(task: Task, tokenizer: Tokenizer) -> None:
    generator = np.random.default_rng(0)
    points = generator.standard_normal((50, 6))
    pool = asked(task, tokenizer, POOL, points, [])
    queries = asked(task, tokenizer, "test", generator.standard_normal((4, 6)), ["p3"])
    for (_, answer), query in zip(
        FORMAT.answers(task, queries, pool=pool), queries.outputs, strict=True
    ):
        near = points @ query / np.linalg.norm(points, axis=1)
        assert answer == [f"p{place}" for place in np.argsort(-near)[:20]]


def test_queries_without_labels_are_answered_all_the_same(task: Task, tokenizer: Tokenizer) -> None:
    pool = asked(task, tokenizer, POOL, [[1, 0]], [])
    queries = asked(task, tokenizer, "test", [[1, 0]])
    ((example, answer),) = FORMAT.answers(task, queries, pool=pool)
    assert (example["reference"], answer) == (None, ["p0"])


def test_the_pool_is_needed(task: Task, tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="pool"):
        list(FORMAT.answers(task, asked(task, tokenizer, "test", [[1, 0]])))


def test_nothing_is_trained(task: Task) -> None:
    assert (FORMAT.head, FORMAT.outputs(task), FORMAT.pooled) == ("none", 0, True)
