import gc
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.tasks.ragged import Growing, Ragged, lengths

numbers = st.integers(-(2**31), 2**31 - 1)
tables = st.lists(st.lists(numbers, max_size=6), max_size=8)


@given(rows=tables)
def test_rows_are_read_as_they_were(rows: list[list[int]]) -> None:
    ragged = Ragged.of(rows)
    assert len(ragged) == len(rows)
    assert list(ragged) == rows
    assert [ragged[index] for index in range(-len(rows), len(rows))] == rows + rows
    assert ragged[1:] == rows[1:] and ragged[::-2] == rows[::-2]
    assert lengths(ragged) == lengths(rows) == [len(row) for row in rows]


@given(rows=tables, others=tables)
def test_rows_equal_what_holds_the_same_numbers(
    rows: list[list[int]], others: list[list[int]]
) -> None:
    same = rows == others
    assert (Ragged.of(rows) == Ragged.of(others)) is same
    assert (Ragged.of(rows) == others) is same
    assert (others == Ragged.of(rows)) is same
    assert Ragged.of(rows) != 3


def test_rows_may_come_one_by_one() -> None:
    growing = Growing()
    assert growing.ragged() == []
    growing.append([1, 2])
    first = growing.ragged()
    growing.append([])
    growing.append((3,))
    assert first == [[1, 2]]
    assert growing.ragged() == [[1, 2], [], [3]] == Ragged.of(iter(([1, 2], [], [3])))


def test_rows_are_not_copied_in_vain() -> None:
    rows = Ragged.of([[1], [2]])
    assert Ragged.of(rows) is rows


def test_a_column_has_one_number_a_row() -> None:
    assert Ragged.column(range(3)) == [[0], [1], [2]]
    assert Ragged.column([]) == []


def test_what_lies_end_to_end_is_cut_up() -> None:
    flat, sizes = np.asarray([5, 6, 7], np.int32), np.asarray([2, 0, 1], np.int32)
    assert Ragged.joined(flat, sizes) == [[5, 6], [], [7]]


@pytest.mark.parametrize("index", [2, -3])
def test_a_row_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        Ragged.of([[1], [2]])[index]


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        Ragged.of([[2**31]])


def test_numbers_take_their_four_bytes() -> None:
    gc.collect()
    tracemalloc.start()
    ragged = Ragged.of(range(1000 * row, 1000 * row + 40) for row in range(5000))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(ragged.flat) == 200_000
    assert size < 1.5 * 4 * 200_000
