import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.dividing import check_batch, check_pairs, check_rows
from adapterstilts.modeling.hyperparameters import Hyperparameters


@pytest.mark.parametrize(
    ("size", "processes", "said"),
    [
        (15, 2, r"batch_size 15 of 'mine' .* among 2 processes: set batch_size to 14 or 16 .*"
                r" start as many processes as divide it: 1, 3, 5 or 15$"),
        (2, 3, "set batch_size to 3 in the recipe, or start as many .* divide it: 1 or 2$"),
        (1, 2, "set batch_size to 2 in the recipe, or start as many processes as divide it: 1$"),
    ],
)  # fmt: skip
def test_a_batch_that_cannot_be_divided_is_refused_with_what_could(
    size: int, processes: int, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_batch(Hyperparameters(batch_size=size), processes, "mine")


@pytest.mark.parametrize("processes", [1, 2, 4, 8, 16])
def test_a_batch_that_can_be_divided_is_not(processes: int) -> None:
    check_batch(Hyperparameters(batch_size=16), processes, "mine")
    check_batch(Hyperparameters(batch_size=16, accumulation=16 // processes), processes, "mine")


def test_parts_that_a_process_has_no_rows_for_are_refused() -> None:
    hyper = Hyperparameters(batch_size=8, accumulation=8)
    with pytest.raises(UsageError, match=r"accumulation 8 of 'mine' .* 4 rows .* at most 4"):
        check_batch(hyper, 2, "mine")


def test_too_little_data_for_a_batch_is_refused_with_what_would_do() -> None:
    hyper = Hyperparameters(batch_size=16)
    with pytest.raises(
        UsageError, match=r"'copa' has 13 rows, .* set batch_size to 12 .* it: 1 or 13$"
    ):
        check_rows(13, hyper, 2, "copa")
    with pytest.raises(UsageError, match=r"'copa' has 1 rows, .*: take more rows, or start .*: 1$"):
        check_rows(1, hyper, 2, "copa")
    check_rows(12, hyper, 2, "copa")
    check_rows(17, hyper, 2, "copa")
    check_rows(13, hyper, 1, "copa")


def test_pairs_that_learn_from_one_another_are_not_divided() -> None:
    with pytest.raises(UsageError, match=r"^'pairs' has pairs .* among 3 processes: start one, or"):
        check_pairs(3, "pairs")
    check_pairs(1, "pairs")
