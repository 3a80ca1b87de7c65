"""Rows that are drawn: so many, each once, by the seed alone, and any as likely as any other."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import drawing, loading
from adapterstilts.tasks.registry import TASKS

seeds = st.integers(0, 2**32 - 1)
MNLI = TASKS.get("mnli")


def drawn(there: int, count: int, seed: int) -> list[int]:
    numbers = ((number, None) for number in range(there))
    return [number for number, _ in drawing.draw(numbers, count, seed=seed)]


@given(st.integers(0, 80), st.integers(1, 90), seeds)
def test_so_many_are_drawn_each_once_and_in_order(there: int, count: int, seed: int) -> None:
    found = drawn(there, count, seed)
    assert len(found) == min(there, count)
    assert all(low < high for low, high in pairwise(found))
    assert set(found) <= set(range(there))


@given(st.integers(1, 60), st.integers(1, 60), seeds)
def test_the_seed_says_which_and_more_rows_keep_the_fewer(
    there: int, count: int, seed: int
) -> None:
    found = drawn(there, count, seed)
    assert found == drawn(there, count, seed)
    assert set(found) <= set(drawn(there, count + 3, seed))


def test_other_seeds_draw_other_rows() -> None:
    assert len({tuple(drawn(1000, 16, seed)) for seed in range(50)}) == 50


def test_every_row_is_as_likely_as_every_other() -> None:
    there, count, trials = 30, 6, 3000
    counts = Counter(number for seed in range(trials) for number in drawn(there, count, seed))
    expected = trials * count / there
    # Chi-squared over 29 degrees of freedom exceeds 66.2 once in ten thousand; a row that is
    # drawn without replacement varies less still.
    assert sum((counts[n] - expected) ** 2 / expected for n in range(there)) < 66.2


def test_pairs_of_rows_are_drawn_together_as_often_as_chance_has_it() -> None:
    trials = 6000
    together = sum({0, 1} <= set(drawn(10, 5, seed)) for seed in range(trials))
    chance = (5 / 10) * (4 / 9)
    assert together == pytest.approx(
        trials * chance, abs=4 * (trials * chance * (1 - chance)) ** 0.5
    )


def test_what_a_seed_draws_is_written_down() -> None:
    # A change of these would be another experiment under the same name.
    assert drawn(100, 8, 0) == [8, 14, 31, 57, 59, 60, 67, 85]


def pairs(folder: Path, count: int) -> Path:
    path = folder / "XNLI-MT-1.0/multinli/multinli.train.en.tsv"
    path.parent.mkdir(parents=True)
    lines = [f"Sentence {number}\tAnother\tneutral\n" for number in range(count)]
    path.write_text("premise\thypo\tlabel\n" + "".join(lines))
    return folder


def test_rows_of_data_are_drawn_by_their_numbers(tmp_path: Path) -> None:
    origin = loading.find(MNLI, language="en", split="train", folder=pairs(tmp_path, 40))
    loaded = loading.load(MNLI, origin, language="en", split="train", drawn=7, seed=3)
    assert [row["id"] for row in loaded.rows] == [str(number) for number in drawn(40, 7, 3)]
    assert loaded.resolved["found"] == 40


def test_more_rows_than_there_are_cannot_be_drawn(tmp_path: Path) -> None:
    origin = loading.find(MNLI, language="en", split="train", folder=pairs(tmp_path, 4))
    every = loading.load(MNLI, origin, language="en", split="train", drawn=4)
    assert len(every.rows) == 4
    with pytest.raises(StiltsError) as caught:
        loading.load(MNLI, origin, language="en", split="train", drawn=1000)
    assert str(caught.value) == (
        "1,000 rows of task 'mnli' (en) cannot be drawn: its train data have 4; ask for so many,"
        " or fewer"
    )


def test_how_many_there_are_is_known_of_generated_rows_alone() -> None:
    toy = TASKS.get("toy-nli")
    assert drawing.available(toy, split="train", language="qac") == 6000
    assert drawing.available(TASKS.get("toy-tatoeba"), split="train", language="qaa") == 0
    assert drawing.available(MNLI, split="train", language="en") is None
