"""What stands beside one another in a card: by the rules of the report, with what is missing."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from adapterstilts.analysis import gains as rules
from adapterstilts.analysis.table import load, task_means
from adapterstilts.publishing.card.result_tables import gain, shown
from adapterstilts.publishing.card.results import Beside, Goal, goals
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE
from tests.publishing.conftest import Grid
from tests.publishing.made import made, score, scores

ALONE = {"composition": "target", "source": ""}
WHOLE = {"method": "full", **ALONE}


def one(**changes: Any) -> Goal:
    """Return what is shown of a publication's one target."""
    (found,) = goals(made(**changes))
    return found


def beside(goal: Goal) -> Mapping[str, Beside]:
    return {each.name: each for each in goal.beside}


def test_means_and_gains_are_those_of_the_report_to_the_last_digit(grid: Grid) -> None:
    frame = load([each.path for each in grid.store.entries() if each.kind == "score"])
    means = task_means(frame, english="qaa")
    compared = rules.gains(frame, english="qaa")
    ends = rules.zero_shot_intervals(frame, english="qaa")
    seen = 0
    for item in grid.items.values():
        for goal in goals(item):
            row = item.scores[0]
            own = {"method": row.method, "source": row.source, "target": goal.target,
                   "composition": goal.scores["qab"].composition}  # fmt: skip
            wanted = _only(means, {**own, "metric": goal.metric})
            assert goal.mean == wanted["zero_shot"]
            found = _only(ends, own)
            assert goal.ends == (found["low"], found["high"])
            for name in (NO_SOURCE, FULL_STILTS):
                if name in beside(goal):
                    told = _only(compared, {**own, "baseline": name})
                    assert beside(goal)[name].gain == pytest.approx(told["gain"], abs=1e-9)
                    assert beside(goal)[name].ends == (told["low"], told["high"])
                    seen += 1
    assert seen >= 8


def notes(goal: Goal) -> list[str]:
    return shown(goal).notes.splitlines()


def test_how_many_examples_were_scored_is_told() -> None:
    alike = one()
    assert notes(alike)[0].endswith("Examples in each language: 5,010.")
    rows = [score("en", 1.0, n=20), score("de", 2.0, n=1_000)]
    found = one(scores=tuple(rows), baselines={})
    assert notes(found)[0].endswith("Examples: en 20, de 1,000.")


def test_a_loss_has_more_decimals_and_is_told_to_be_no_percentage() -> None:
    about = {"target": "mlm", "suite": "other"}
    rows = [score("en", 71.5, metric="masked_accuracy", **about)]
    rows += [score("en", 1.0625, metric="masked_loss", primary=False, **about)]
    found = shown(one(scores=tuple(rows), baselines={}))
    assert "| 1.062 | [0.062,\N{NO-BREAK SPACE}2.062] |" in found.others
    assert "- `masked_loss` is no percentage, and the better the lower it is." in found.notes
    assert "masked_accuracy" not in found.notes


def _only(frame: pd.DataFrame, wanted: Mapping[str, str]) -> "pd.Series[Any]":
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    (_, row), *more = frame.iterrows()
    assert not more
    return row


def test_english_stands_first_and_is_not_in_the_zero_shot_mean() -> None:
    found = one(scores=scores()[::-1])
    assert list(found.scores) == ["en", "sw", "de"]
    assert found.mean == (70.25 + 65.75) / 2
    assert "English (en), language of training" in shown(found).table


def test_without_tallies_a_difference_has_no_interval_and_is_said_to_be_unpaired() -> None:
    found = one()
    alone = beside(found)[NO_SOURCE]
    assert alone.gain == pytest.approx((1.0 - 0.75) / 2)
    assert alone.ends is None
    assert gain(alone) == "+0.1"
    assert "unpaired and have no interval" in shown(found).notes


def test_a_baseline_that_was_not_run_is_named_as_missing() -> None:
    found = one()
    assert found.missing == (FULL, FULL_STILTS)
    assert "Not run, so missing here: full fine-tuning, full STILTs." in shown(found).notes


def test_full_fine_tuning_has_no_baseline_but_itself_without_a_source() -> None:
    whole = {"method": "full", "composition": "continue"}
    found = one(way="full/continue(squad)", scores=scores(**whole), baselines={})
    assert found.missing == (NO_SOURCE,)
    alone = one(way="full/target", scores=scores(**WHOLE), baselines={})
    assert alone.missing == ()


def test_what_has_no_source_has_no_gain_and_says_so() -> None:
    found = one(scores=scores(**ALONE), baselines={FULL: scores((80.0, 60.0, 50.0), **WHOLE)})
    assert [each.name for each in found.beside] == [FULL]
    assert found.missing == ()
    assert "It has no source itself" in shown(found).notes


def test_languages_that_got_worse_are_told_by_name() -> None:
    found = one()
    assert found.losses == {"sw": -0.75}
    said = shown(found).notes
    assert "Worse than without a source in 1 of 3 languages, each difference by itself" in said
    assert "Swahili (sw) \N{MINUS SIGN}0.8." in said
    better = one(baselines={NO_SOURCE: scores((1.0, 2.0, 3.0), **ALONE)})
    assert "In no language is it worse than without a source." in shown(better).notes


def test_of_a_loss_the_higher_is_the_worse() -> None:
    of = {"target": "mlm", "metric": "masked_loss"}
    found = one(
        scores=scores((1.0, 2.0, 3.0), **of),
        baselines={NO_SOURCE: scores((1.5, 1.5, 3.5), **of, **ALONE)},
    )
    assert found.losses == {"de": 0.5}
    assert "the better the lower it is" in shown(found).notes


def test_a_baseline_that_was_measured_otherwise_stands_beside_nothing() -> None:
    other = scores((84.0, 69.0, 66.0), signature="metric=accuracy.v2", **ALONE)
    found = one(baselines={NO_SOURCE: other})
    assert NO_SOURCE in found.missing


def test_a_baseline_in_fewer_languages_is_compared_in_those() -> None:
    partly = scores((84.0, 69.25, 66.5), **ALONE)[:2]
    found = one(baselines={NO_SOURCE: partly})
    alone = beside(found)[NO_SOURCE]
    assert (alone.mean, alone.gain) == (69.25, 1.0)
    assert "was not scored in every language" in shown(found).notes
    assert shown(found).table.count("| –") == 3


def test_scores_in_the_language_of_training_alone_have_no_mean() -> None:
    found = one(scores=scores()[:1], baselines={NO_SOURCE: scores(**ALONE)[:1]})
    assert (found.mean, beside(found)[NO_SOURCE].gain) == (None, None)
    assert "so no mean" in shown(found).notes


def test_every_other_metric_stands_in_a_table_of_its_own() -> None:
    rows = [score(code, 50.0, metric="f1", primary=False) for code in ("en", "sw")]
    found = one(scores=(*scores(), *rows))
    others = shown(found).others.splitlines()
    assert others[0] == "| language | f1 | 95 % |"
    assert len(others) == 2 + 3
    assert [line for line in others if "German" in line] == ["| German (de) | – | – |"]
    assert shown(one()).others == ""


def test_targets_splits_and_perturbations_have_tables_of_their_own() -> None:
    rows = (*scores(), *scores(target="pawsx"), *scores(perturbation="typos"))
    found = goals(made(scores=rows, baselines={}))
    assert [shown(each).title for each in found] == [
        "xnli: accuracy on test",
        "pawsx: accuracy on test",
        "xnli: accuracy on test, perturbed by typos",
    ]


def test_nothing_can_be_trained_on_retrieval_so_full_fine_tuning_is_not_missing() -> None:
    found = one(scores=scores(target="tatoeba", composition="zero"), baselines={})
    assert found.missing == (NO_SOURCE, FULL_STILTS)


def test_scores_without_one_that_ranks_are_not_shown() -> None:
    assert goals(made(scores=scores(primary=False))) == []


def test_the_untrained_backbone_is_called_what_it_is() -> None:
    bare = {"method": "none", "composition": "zero", "source": ""}
    of = {"target": "tatoeba", "composition": "zero"}
    found = one(scores=scores(**of), baselines={NO_SOURCE: scores(**{**of, **bare})})
    assert "no source: the untrained backbone, on the same target." in shown(found).notes
