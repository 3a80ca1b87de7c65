from statistics import fmean

import pytest

from adapterstilts.core.suites import SUITES, Member, Suite, summarise

XTREME = SUITES.get("xtreme")


def member(folder: str, *score: str) -> Member:
    names = score or ("accuracy",)
    return Member(folder=folder, task=folder, metrics={name: name for name in names}, score=names)


SMALL = Suite(
    name="small",
    description="Two tasks.",
    members=(member("pairs"), member("answers", "exact_match", "f1")),
    groups={"one": ("pairs",), "both": ("pairs", "answers")},
    overall=True,
)
LANGUAGES = {"pairs": ("en", "sw"), "answers": ("en",)}
VALUES = {
    "pairs": {"en": {"accuracy": 80.0}, "sw": {"accuracy": 50.0}},
    "answers": {"en": {"exact_match": 60.0, "f1": 70.0}},
}


def test_there_is_every_suite() -> None:
    assert SUITES.names() == ("xtreme", "xtreme-r", "reasoning", "intermediate", "toy")


def test_an_average_is_over_languages_english_included() -> None:
    found = summarise(SMALL, VALUES, languages=LANGUAGES)
    assert found.tasks["pairs"].average == {"accuracy": 65.0}
    assert found.tasks["pairs"].score == 65.0


def test_a_task_of_two_metrics_scores_their_mean() -> None:
    found = summarise(SMALL, VALUES, languages=LANGUAGES)
    assert found.tasks["answers"].average == {"exact_match": 60.0, "f1": 70.0}
    assert found.tasks["answers"].score == 65.0


def test_the_whole_is_the_mean_of_tasks_not_of_groups() -> None:
    values = {**VALUES, "answers": {"en": {"exact_match": 0.0, "f1": 0.0}}}
    found = summarise(SMALL, values, languages=LANGUAGES)
    assert found.groups == {"one": 65.0, "both": 32.5}
    assert found.overall == 32.5


def test_a_missing_task_is_named_and_leaves_no_mean_of_it() -> None:
    found = summarise(SMALL, {"pairs": VALUES["pairs"]}, languages=LANGUAGES)
    assert found.missing == ("answers",)
    assert found.groups == {"one": 65.0, "both": None}
    assert found.overall is None


def test_a_missing_language_is_named_and_leaves_no_mean_of_its_task() -> None:
    values = {**VALUES, "pairs": {"en": {"accuracy": 80.0}}}
    found = summarise(SMALL, values, languages=LANGUAGES)
    task = found.tasks["pairs"]
    assert (task.missing, task.average, task.score) == (("sw",), {}, None)
    assert task.languages == {"en": {"accuracy": 80.0}}
    assert found.groups == {"one": None, "both": None}
    assert found.overall is None
    assert found.tasks["answers"].score == 65.0


def test_languages_of_another_suite_do_not_count() -> None:
    more = {**VALUES["pairs"], "ro": {"accuracy": 0.0}}
    found = summarise(SMALL, {**VALUES, "pairs": more}, languages=LANGUAGES)
    assert found.tasks["pairs"].score == 65.0
    assert "ro" not in found.tasks["pairs"].languages


def test_a_metric_that_some_language_lacks_has_no_average() -> None:
    values = {**VALUES, "answers": {"en": {"f1": 70.0}}}
    found = summarise(SMALL, values, languages=LANGUAGES)
    assert found.tasks["answers"].average == {"f1": 70.0}
    assert found.tasks["answers"].score is None


def test_xtreme_is_nine_tasks_in_four_groups() -> None:
    folders = [each.folder for each in XTREME.members]
    assert len(folders) == 9
    assert sorted(name for some in XTREME.groups.values() for name in some) == sorted(folders)
    assert XTREME.overall and XTREME.benchmark
    values = {each.folder: {"en": dict.fromkeys(each.metrics, 50.0)} for each in XTREME.members}
    values["xnli"]["en"]["accuracy"] = 95.0
    found = summarise(XTREME, values, languages=dict.fromkeys(folders, ("en",)))
    assert found.overall == pytest.approx(fmean([95.0] + [50.0] * 8))
    assert found.groups["classification"] == pytest.approx(72.5)


def test_xtreme_r_has_ten_tasks_and_no_overall_score() -> None:
    suite = SUITES.get("xtreme-r")
    assert (len(suite.members), suite.overall, dict(suite.groups)) == (10, False, {})
    assert {each.folder: each.task for each in suite.members if each.folder != each.task} == {
        "udpos": "udpos-xr",
        "panx": "panx-xr",
        "xquad": "xquad-xr",
        "tatoeba": "tatoeba-xr",
    }


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.names())
def test_scores_are_made_of_metrics_that_are_there(suite: Suite) -> None:
    assert suite.members and suite.description.endswith(".")
    assert len({each.folder for each in suite.members}) == len(suite.members)
    for each in suite.members:
        assert each.score and set(each.score) <= set(each.metrics)
    assert {name for some in suite.groups.values() for name in some} <= {
        each.folder for each in suite.members
    }


def test_a_task_is_found_by_its_folder() -> None:
    found = XTREME.member("udpos")
    assert found is not None and found.metrics["f1"] == "pos_f1"
    assert XTREME.member("xcopa") is None
