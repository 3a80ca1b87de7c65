from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import RealData
from tests.tasks.readers.reading import read

CCG = TASKS.get("ccg")
HEAD = "ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1"


def leaf(category: str, word: str) -> str:
    return f"(<L {category} NN NN {word} {category}_1>)"


def derivation(*leaves: str) -> str:
    return f"(<T S[dcl] 0 {len(leaves)}> {' '.join(leaves)} )"


def rows(folder: Path, *lines: str, **more: Any) -> list[Any]:
    return read("ccgbank", folder, "\n".join(lines) + "\n", task=CCG, split="train", **more)


def test_the_leaves_are_the_words_and_their_categories(tmp_path: Path) -> None:
    tree = derivation(leaf("NP[nb]/N", "the"), leaf("N", "geese"), leaf("S[dcl]\\NP", "left"))
    (row,) = rows(tmp_path, HEAD, tree)
    assert row == {
        "id": "wsj_0001.1",
        "place": "data/file:2",
        "tokens": ["the", "geese", "left"],
        "tags": ["NP[nb]/N", "N", "S[dcl]\\NP"],
    }


def test_a_category_that_the_task_has_not_is_rare(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, HEAD, derivation(leaf("N", "a"), leaf("((N/N)/NP)\\(S/PP)", "b")))
    assert row["tags"] == ["N", "<unk>"]


def test_punctuation_is_a_category(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, HEAD, derivation(leaf(",", ","), leaf("LRB", "-LRB-"), leaf(".", ".")))
    assert row["tags"] == [",", "LRB", "."]


def test_labels_can_be_left_away(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, HEAD, derivation(leaf("N", "a")), labelled=False)
    assert row["tags"] is None


@pytest.mark.parametrize(
    ("lines", "place", "reason"),
    [
        ([derivation(leaf("N", "a"))], 1, "without a line 'ID=…'"),
        ([HEAD, derivation(leaf("N", "a")), derivation(leaf("N", "b"))], 3, "'ID=…'"),
        ([HEAD, "(<T S 0 0> )"], 2, "no leaf"),
        ([HEAD, derivation("(<L N NN NN a>)")], 2, "no five fields"),
        ([HEAD, derivation("(<L N NN NN a b N_1>)")], 2, "no five fields"),
        ([HEAD, derivation(leaf("N", "a"), "(<L N NN NN b N_1")], 2, "a broken one"),
        ([HEAD, "S -> NP VP"], 2, "neither"),
    ],
)
def test_what_is_no_derivation_is_refused_with_its_line(
    tmp_path: Path, lines: list[str], place: int, reason: str
) -> None:
    with pytest.raises(StiltsError) as caught:
        rows(tmp_path, *lines)
    assert str(caught.value).startswith(f"data/file:{place}: ") and reason in str(caught.value)


def test_the_sections_are_those_of_phang_et_al() -> None:
    assert isinstance(CCG.data, RealData)
    (layout,) = CCG.data.raw
    sections = {split: len(files) for split, files in layout.files.items()}
    assert sections == {"train": 19, "dev": 3, "test": 3}
    every = [name for files in layout.files.values() for name in files]
    assert every == [f"data/AUTO/{number:02}/wsj_*.auto" for number in range(25)]
