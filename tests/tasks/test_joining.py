from typing import Any

import pytest

from adapterstilts.tasks import encoding
from adapterstilts.tasks.formats.format import Encoded
from adapterstilts.tasks.joining import joined


def split(*rows: list[list[int]]) -> Encoded:
    """Return a split of examples with so many features each."""
    owner = [index for index, features in enumerate(rows) for _ in features]
    ids = [feature for features in rows for feature in features]
    return Encoded(
        examples=[{"id": str(index), "reference": "yes"} for index in range(len(rows))],
        features={"input_ids": ids, "labels": [[len(feature)] for feature in ids]},
        owner=owner,
    )


GERMAN = split([[0, 5, 2]], [[0, 6, 7, 2], [0, 8, 2]])
SWAHILI = split([[0, 9, 2], [0, 4, 4, 2]])


def test_splits_follow_each_other_and_features_keep_their_examples() -> None:
    found = joined({"de": GERMAN, "sw": SWAHILI})
    assert [example["id"] for example in found.examples] == ["de:0", "de:1", "sw:0"]
    assert found.owner == [0, 1, 1, 2, 2]
    ids = [*GERMAN.features["input_ids"], *SWAHILI.features["input_ids"]]
    assert list(found.features["input_ids"]) == ids
    assert list(found.features["labels"]) == [[3], [4], [3], [3], [4]]
    assert [example["id"] for example in GERMAN.examples] == ["0", "1"]


def test_one_split_alone_is_left_as_it_is() -> None:
    assert joined({"de": GERMAN}) is GERMAN


@pytest.mark.parametrize("empty", ["de", "sw"])
def test_a_split_without_rows_adds_none(empty: str) -> None:
    splits = {"de": GERMAN, "sw": SWAHILI} | {empty: split()}
    (other,) = set(splits) - {empty}
    found = joined(splits)
    assert found.owner == splits[other].owner
    assert list(found.features["labels"]) == splits[other].features["labels"]


def test_what_is_joined_can_be_kept_and_read(tmp_path: Any) -> None:
    found = joined({"de": GERMAN, "sw": SWAHILI})
    encoding.write(found, tmp_path)
    again = encoding.read(tmp_path)
    assert again.owner == found.owner
    assert again.examples == found.examples
    assert dict(again.features) == dict(found.features)
