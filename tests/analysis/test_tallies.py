from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from adapterstilts.analysis.tallies import read_ids, read_tally
from adapterstilts.core.errors import StiltsError


def test_a_tally_has_one_row_an_example(planter: Any) -> None:
    folder = planter.add({"aa": [1, 0, 1]})
    assert read_tally(folder, "aa", "accuracy").tolist() == [[1, 1], [0, 1], [1, 1]]
    assert read_ids(folder) == {"aa": "3"}


def test_a_missing_key_names_itself_and_the_remedy(planter: Any) -> None:
    folder = planter.add({"aa": [1, 0, 1]})
    with pytest.raises(StiltsError, match=r"bb/accuracy.*remove the stage's folder"):
        read_tally(folder, "bb", "accuracy")


@pytest.mark.parametrize("content", [None, b"", b"\x08\0\0\0\0\0\0\0{}", b"not safetensors at all"])
def test_a_broken_file_is_named(planter: Any, content: bytes | None) -> None:
    folder = planter.add({"aa": [1]})
    path = folder / "tallies.safetensors"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StiltsError, match=r"broken artifact .*tallies\.safetensors"):
        read_tally(folder, "aa", "accuracy")


def test_another_shape_is_refused(planter: Any) -> None:
    folder = planter.add({"aa": [1]})
    save_file({"aa/accuracy": np.ones(3)}, folder / "tallies.safetensors")
    with pytest.raises(StiltsError, match=r"shape \[3\] where \[n, 2\] belongs"):
        read_tally(folder, "aa", "accuracy")


@pytest.mark.parametrize("text", ["", "[1]", "{", "\udcff"])
def test_broken_ids_are_named(planter: Any, text: str) -> None:
    folder = planter.add({"aa": [1]})
    (folder / "ids.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StiltsError, match=r"broken artifact .*ids\.json"):
        read_ids(folder)
