from itertools import pairwise

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.tasks.catalog.toy import TASKS
from adapterstilts.toyworld.languages import ENGLISH, LANGUAGES, toy_language
from adapterstilts.toyworld.rows import MULTILINGUAL

PARTS = ("lexical", "order", "morphology", "script")


def test_there_are_eight_and_the_first_plays_english() -> None:
    assert len(LANGUAGES) >= 8
    assert next(iter(LANGUAGES)) == ENGLISH
    assert all(code == language.code for code, language in LANGUAGES.items())


def test_no_code_is_a_real_language_s() -> None:
    assert all("qaa" <= code <= "qtz" and len(code) == 3 for code in LANGUAGES)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_a_distance_is_a_share_and_somebody_differs_in_it(part: str) -> None:
    values = [getattr(language.distance, part) for language in LANGUAGES.values()]
    assert all(0 <= value <= 1 for value in values)
    assert values[0] == 0 < max(values)


def test_each_language_is_farther_than_the_one_before() -> None:
    totals = [language.distance.total for language in LANGUAGES.values()]
    assert totals[0] == 0 and totals[-1] <= 1
    assert all(near < far for near, far in pairwise(totals))


def test_a_total_is_the_mean_of_its_parts() -> None:
    distance = LANGUAGES["qag"].distance
    assert [getattr(distance, part) for part in PARTS] == [0.82, 0.5, 1, 1]
    assert distance.total == pytest.approx(0.83)


def test_a_farther_language_has_less_text() -> None:
    weights = [language.text for language in LANGUAGES.values()]
    assert weights == sorted(weights, reverse=True)
    assert min(weights) > 0


def test_genera_and_scripts_are_of_one_family() -> None:
    families = {language.genus: set[str]() for language in LANGUAGES.values()}
    scripts = {language.family: set[str]() for language in LANGUAGES.values()}
    for language in LANGUAGES.values():
        families[language.genus].add(language.family)
        scripts[language.family].add(language.script)
    assert all(len(each) == 1 for each in (*families.values(), *scripts.values()))
    assert len(scripts) >= 3


def test_the_toy_tasks_are_in_every_language() -> None:
    for task in TASKS:
        assert [code for code in task.languages if code != MULTILINGUAL] == list(LANGUAGES)
        assert task.english in (ENGLISH, MULTILINGUAL)


@pytest.mark.parametrize(("code", "hint"), [("qa", "did you mean 'qa"), ("xx", "known: qaa, qab")])
def test_an_unknown_code_is_an_error_that_helps(code: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"unknown toy language '{code}'.*{hint}"):
        toy_language(code)
