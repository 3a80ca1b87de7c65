from collections.abc import Callable

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import PARTNER, Asked, Encoded
from adapterstilts.tasks.formats.retrieval import FORMAT
from adapterstilts.tasks.joining import joined
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
    assert encoded.examples[1] == {"id": "r1", "reference": "r1", "line": 0}


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


def test_answers_say_their_line_among_the_sorted_queries(task: Task, tokenizer: Tokenizer) -> None:
    """XTREME's files have the English side sorted, equal sentences in their first order."""
    queries = ["the dog", " a cat", "the dog", "3 cats"]
    rows = [
        {"id": str(number), "query": query, "candidate": "mat"}
        for number, query in enumerate(queries)
    ]
    encoded = FORMAT.encode(task, rows, tokenizer, split="test", max_length=12)
    asked = Asked(encoded=encoded, outputs=list(np.eye(8, dtype=np.float32)))
    said = [example["extra"]["line"] for example, _ in FORMAT.answers(task, asked)]
    assert said == [2, 1, 3, 0]


def test_where_nobody_knows_the_match_there_is_no_reference(
    make_task: Callable[..., Task], tokenizer: Tokenizer
) -> None:
    loose = make_task("retrieval", "query candidate match")
    rows = [{"id": name, "query": "cat", "candidate": "mat", "match": None} for name in "ab"]
    encoded = FORMAT.encode(loose, rows, tokenizer, split="test", max_length=12)
    assert [example["reference"] for example in encoded.examples] == [None, None]
    known = [{**row, "match": "b"} for row in rows]
    encoded = FORMAT.encode(loose, known, tokenizer, split="test", max_length=12)
    assert [example["reference"] for example in encoded.examples] == ["b", "b"]
    with pytest.raises(StiltsError, match="match is None where other rows have one"):
        FORMAT.encode(loose, [rows[0], known[1]], tokenizer, split="test", max_length=12)


def pairs(*matches: str) -> list[dict[str, str]]:
    return [
        {"id": name, "query": "cat", "candidate": "mat", "match": match}
        for name, match in zip("abc", matches, strict=True)
    ]


def test_what_is_learned_says_where_the_candidate_of_each_query_stands(
    make_task: Callable[..., Task], tokenizer: Tokenizer
) -> None:
    loose = make_task("retrieval", "query candidate match")
    found = FORMAT.encode(loose, pairs(*"cab"), tokenizer, split="train", max_length=12)
    assert found.features[PARTNER] == [[5], [0], [-1], [0], [-1], [0]]
    plain = make_task("retrieval", "query candidate")
    found = FORMAT.encode(plain, pairs(*"cab"), tokenizer, split="train", max_length=12)
    assert found.features[PARTNER] == [[1], [0]] * 3
    for split in ("dev", "test"):
        found = FORMAT.encode(loose, pairs(*"cab"), tokenizer, split=split, max_length=12)
        assert PARTNER not in found.features


def test_it_stands_where_it_did_when_languages_are_taken_together(
    make_task: Callable[..., Task], tokenizer: Tokenizer
) -> None:
    """Ids do not: those of each language get its name before them."""
    loose = make_task("retrieval", "query candidate match")
    one = FORMAT.encode(loose, pairs(*"cab"), tokenizer, split="train", max_length=12)
    both = joined({"qab": one, "qac": one})
    assert both.features[PARTNER] == [*one.features[PARTNER], *one.features[PARTNER]]
    assert both.owner == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_candidate_that_is_not_there_is_named(
    make_task: Callable[..., Task], tokenizer: Tokenizer
) -> None:
    loose = make_task("retrieval", "query candidate match")
    with pytest.raises(StiltsError, match=r"row 'b' of .*: its match 'd' is no row of the split"):
        FORMAT.encode(loose, pairs(*"cdb"), tokenizer, split="train", max_length=12)


def test_there_is_no_head(task: Task) -> None:
    assert (FORMAT.head, FORMAT.outputs(task)) == ("none", 0)
