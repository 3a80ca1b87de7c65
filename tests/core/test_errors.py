import pytest

from adapterstilts.core.errors import StiltsError, UsageError, some, suggest


def test_a_near_name_is_suggested() -> None:
    assert suggest("mnil", ["squad", "mnli", "qqp"]) == " (did you mean 'mnli'?)"


def test_without_a_near_name_all_are_listed_in_order() -> None:
    assert suggest("xyz", ["squad", "mnli"]) == " (known: mnli, squad)"


def test_without_any_name_nothing_is_said() -> None:
    assert suggest("xyz", []) == ""


def test_of_many_names_some_are_shown_and_the_rest_is_counted() -> None:
    assert some(["a", "b", "c"], most=3) == "a, b, c"
    assert some(["a", "b", "c"], most=1) == "a and 2 more"
    assert some([], most=1) == ""


@pytest.mark.parametrize(("kind", "code"), [(StiltsError, 1), (UsageError, 2)])
def test_exit_codes(kind: type[StiltsError], code: int) -> None:
    assert kind("why").exit_code == code
    assert issubclass(kind, StiltsError)
