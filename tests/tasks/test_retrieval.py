from collections.abc import Callable

import numpy as np
import pytest

from adapterstilts.tasks.formats import retrieval
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.formats.retrieval import FORMAT
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer


@pytest.fixture(scope="module")
def task(make_task: Callable[..., Task]) -> Task:
    return make_task("retrieval", "query candidate")


def pool(count: int) -> Encoded:
    return Encoded(
        examples=[{"id": f"r{number}", "reference": f"r{number}"} for number in range(count)],
        features={"side": [[0], [1]] * count},
        owner=[number for number in range(count) for _ in "qc"],
    )


def test_two_features_a_row(task: Task, tokenizer: Tokenizer) -> None:
    rows = [
        {"id": "r0", "query": "the cat", "candidate": "你好"},
        {"id": "r1", "query": "dog " * 50, "candidate": "mat"},
    ]
    encoded = FORMAT.encode(task, rows, tokenizer, split="test", max_length=12)
    cat, hello, dogs, mat = tokenizer.ids(["the cat", "你好", "dog " * 50, "mat"])
    assert encoded.features["input_ids"] == [
        tokenizer.single(ids) for ids in (cat, hello, dogs[:10], mat)
    ]
    assert encoded.features["side"] == [[0], [1], [0], [1]]
    assert encoded.owner == [0, 0, 1, 1]
    assert encoded.examples[1] == {"id": "r1", "reference": "r1"}


def test_the_nearest_is_nearest_by_angle_not_by_length(task: Task) -> None:
    queries = [[1, 0], [1, 1], [0, 2]]
    candidates = [[0, 9], [0.5, 0], [3, 3]]
    outputs = [
        np.asarray(side, np.float32)
        for pair in zip(queries, candidates, strict=True)
        for side in pair
    ]
    assert FORMAT.decode(task, pool(3), outputs) == ["r1", "r2", "r0"]


def test_of_equals_the_first_candidate_wins(task: Task) -> None:
    outputs = [
        np.asarray(side, np.float32) for side in ([1, 0], [0, 1], [1, 0], [1, 0], [1, 0], [1, 0])
    ]
    assert FORMAT.decode(task, pool(3), outputs) == ["r1", "r1", "r1"]


def test_an_embedding_of_zeros_does_no_harm(task: Task) -> None:
    outputs = [np.asarray(side, np.float32) for side in ([0, 0], [1, 0], [1, 0], [0, 0])]
    assert FORMAT.decode(task, pool(2), outputs) == ["r0", "r0"]


def test_a_pool_larger_than_a_chunk_is_the_same(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = list(np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32))
    whole = FORMAT.decode(task, pool(30), outputs)
    monkeypatch.setattr(retrieval, "_CHUNK", 7)
    assert FORMAT.decode(task, pool(30), outputs) == whole
    assert len(set(whole)) > 5


def test_nothing_is_trained(task: Task) -> None:
    assert (FORMAT.head, FORMAT.outputs(task)) == ("none", 0)
