"""What the names of licences leave for what was trained on their data."""

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.publishing.card.licences import (
    OTHER,
    OTHER_NAME,
    combined,
    identifiers,
    licence,
    licence_of,
)
from adapterstilts.publishing.item import Base, Item
from adapterstilts.tasks.registry import TASKS
from tests.hub.validating import LICENCES
from tests.publishing.made import made, record, trained


def on(*tasks: str, base: str = "FacebookAI/xlm-roberta-base") -> Item:
    """Return something that was trained on tasks, one after the other."""
    last, *before = tasks
    return made(
        expression=last,
        own=trained(last),
        sources=(),
        before=tuple(map(trained, before)),
        base=Base(title="b", id=base),
    )


@pytest.mark.parametrize(
    ("tasks", "wanted"),
    [
        (("hellaswag",), "mit"),
        (("toy-nli",), "apache-2.0"),
        (("copa",), "bsd-2-clause"),
        (("tydiqa", "hellaswag"), "apache-2.0"),
        (("cosmosqa", "hellaswag"), "cc-by-4.0"),
        (("pawsx", "hellaswag"), "cc-by-4.0"),
        (("squad",), "cc-by-sa-4.0"),
        (("mlqa",), "cc-by-sa-3.0"),
        (("squad", "mlqa", "pawsx", "tydiqa"), "cc-by-sa-4.0"),
        (("anli",), "cc-by-nc-4.0"),
        (("anli", "cosmosqa", "hellaswag"), "cc-by-nc-4.0"),
    ],
)
def test_the_strictest_of_all_is_what_all_allow(tasks: tuple[str, ...], wanted: str) -> None:
    found = licence(on(*tasks))
    assert (found.id, found.name, found.warnings) == (wanted, "", ())


def test_what_must_stay_free_and_what_must_not_be_sold_cannot_go_together() -> None:
    found = licence(on("squad", "anli"))
    assert (found.id, found.name) == (OTHER, OTHER_NAME)
    (warning,) = found.warnings
    assert warning.startswith("cc-by-sa-4.0 (squad) and cc-by-nc-4.0 (anli) cannot both be kept")


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("mnli", "is none of the Hub's list: OANC"),
        ("qqp", "is none of the Hub's list: Quora's terms"),
        ("ccg", "is none of the Hub's list: LDC"),
        ("udpos", "is none of the Hub's list: that of each treebank"),
        ("siqa", "is not known here"),
        ("panx", "is not known here"),
    ],
)
def test_a_licence_that_is_none_of_the_hub_s_is_not_guessed(task: str, told: str) -> None:
    found = licence(on(task))
    assert found.id == OTHER
    assert any(f"The licence of {task} {told}" in each for each in found.warnings)


def test_a_task_that_joins_others_has_the_licences_of_all_of_them() -> None:
    names = {part.name for part in licence(on("anli-plus")).parts}
    assert {"anli", "mnli", "snli"} < names
    assert licence(on("anli-plus")).id == OTHER


def test_what_nobody_here_knows_makes_the_whole_unknown() -> None:
    for item, told in (
        (on("hellaswag", base="someone/xlmr"), "someone/xlmr is not known"),
        (on("their-own-task"), "their-own-task is not known"),
        (
            made(own=trained("hellaswag"), sources=(), before=(
                trained("x", record=record("adopt"), name="hub(a/b)"),
            )),
            "hub(a/b) is not known",
        ),
    ):  # fmt: skip
        found = licence(item)
        assert found.id == OTHER
        assert any(told in each for each in found.warnings)


def test_the_backbones_whose_licences_are_known() -> None:
    assert licence_of(Base(title="a", id="FacebookAI/xlm-roberta-large")) == "MIT"
    assert licence_of(Base(title="a", id="toyworld")) == "Apache-2.0"
    assert licence_of(Base(title="FacebookAI/xlm-roberta-large")) == "not known"


@pytest.mark.parametrize(
    ("tasks", "asked"),
    [
        (("hellaswag",), "apache-2.0"),
        (("hellaswag",), "cc-by-nc-4.0"),
        (("squad",), "cc-by-sa-4.0"),
        (("anli",), "cc-by-nc-sa-4.0"),
        (("cosmosqa",), "cc-by-sa-4.0"),
        (("mlqa",), "cc-by-sa-4.0"),
    ],
)
def test_a_licence_that_keeps_what_the_data_ask_is_taken_without_a_word(
    tasks: tuple[str, ...], asked: str
) -> None:
    found = licence(on(*tasks), asked=asked)
    assert (found.id, found.warnings) == (asked, ())


@pytest.mark.parametrize(
    ("tasks", "asked"),
    [
        (("squad",), "mit"),
        (("squad",), "cc-by-sa-3.0"),
        (("squad",), "cc-by-nc-sa-4.0"),
        (("anli",), "cc-by-sa-4.0"),
        (("anli",), "apache-2.0"),
        (("cosmosqa",), "cc0-1.0"),
        (("hellaswag",), "unlicense"),
        (("mnli",), "apache-2.0"),
        (("squad", "anli"), "cc-by-nc-4.0"),
    ],
)
def test_a_laxer_licence_is_taken_with_a_warning(tasks: tuple[str, ...], asked: str) -> None:
    found = licence(on(*tasks), asked=asked)
    assert found.id == asked
    assert found.warnings[-1].startswith(f"The licence that was asked for, {asked}, is laxer")


def test_other_may_be_asked_for_whatever_the_data_allow() -> None:
    found = licence(on("mnli"), asked=OTHER)
    assert (found.id, found.name) == (OTHER, OTHER_NAME)
    assert not any("laxer" in each for each in found.warnings)


def test_a_licence_that_the_hub_has_not_is_refused_with_what_was_meant() -> None:
    with pytest.raises(UsageError, match=r"'apache' is no licence .*apache-2\.0"):
        licence(on("squad"), asked="apache")


def test_nothing_at_all_allows_nothing_for_sure() -> None:
    assert combined(()) == (OTHER, [])


def test_the_list_is_the_hub_s_own() -> None:
    assert {*LICENCES} <= {*identifiers()}
    assert len({*identifiers()}) == len(identifiers()) > 80


def test_every_task_of_the_catalogue_has_a_licence_that_is_read_or_told() -> None:
    for task in TASKS.values():
        found = licence(on(task.name))
        assert found.id in identifiers()
        assert (found.id == OTHER) == bool(found.warnings)
