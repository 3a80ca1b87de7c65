"""Published numbers have a source each, and nothing that was only remembered is among them."""

import pytest

from adapterstilts.core.published import UNVERIFIED, Claim, Result, published
from adapterstilts.core.suites import SUITES

KNOWN = published()


@pytest.mark.parametrize("result", KNOWN.results, ids=repr)
def test_a_number_has_a_source_a_backbone_and_a_place_in_its_suite(result: Result) -> None:
    suite = SUITES.get(result.suite)
    assert result.source.title and result.source.address.startswith("https://")
    assert result.source.place and "://" not in result.source.place
    assert result.model.backbone and result.model.trained
    assert 0 < result.value < 100
    if result.group:
        assert result.group in suite.groups and not (result.task or result.metric)
    else:
        member = suite.member(result.task)
        assert member is not None and result.metric in member.metrics


def test_every_model_has_one_number_for_one_thing() -> None:
    keys = [(each.suite, each.model, each.task, each.metric, each.group) for each in KNOWN.results]
    assert len(set(keys)) == len(keys) == 18


def test_the_question_answering_numbers_are_f1_and_not_the_mean_with_exact_match() -> None:
    for each in KNOWN.results:
        if each.task in SUITES.get("xtreme").groups["qa"]:
            assert each.metric == "f1"


def test_the_claims_are_the_five_that_are_to_be_checked() -> None:
    assert [(claim.intermediate, claim.gain) for claim in KNOWN.claims] == [
        ("SQuAD", 8.2),
        ("MNLI", 7.5),
        ("HellaSwag", 7.0),
        ("all nine, multi-task", 8.7),
        ("the best model for each target", 5.4),
    ]
    assert [claim.measured for claim in KNOWN.claims] == [
        *["mean over the development sets"] * 4,
        "XTREME",
    ]


@pytest.mark.parametrize("claim", KNOWN.claims, ids=repr)
def test_a_claim_says_where_it_was_read_or_that_it_was_not(claim: Claim) -> None:
    if claim.intermediate == "the best model for each target":
        assert "abstract" in claim.standing
    else:
        assert claim.source is None
        assert claim.standing == UNVERIFIED
