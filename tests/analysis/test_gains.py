from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from adapterstilts.analysis.gains import COLUMNS, FULL_STILTS, NO_SOURCE, gains, zero_shot_intervals
from adapterstilts.analysis.table import load, task_means
from adapterstilts.core.errors import StiltsError

N = 400


def answers(seed: int = 0, n: int = N, **levels: float) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    return {language: generator.random(n) < level for language, level in levels.items()}


def found(planter: Any, **keys: Any) -> pd.DataFrame:
    return gains(load(planter.folders), english="aa", draws=400, **keys)


def only(frame: pd.DataFrame, **values: str) -> Mapping[str, Any]:
    for column, value in values.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def test_a_gain_is_the_difference_of_zero_shot_means(planter: Any) -> None:
    base = {"aa": [1.0] * 10, "bb": [1.0] * 5 + [0.0] * 5, "cc": [1.0] * 2 + [0.0] * 8}
    ours = {"aa": [0.0] * 10, "bb": [1.0] * 8 + [0.0] * 2, "cc": [1.0] * 3 + [0.0] * 7}
    planter.add(base)
    planter.add(ours, composition="stack", source="nli")
    row = only(found(planter))
    assert row["gain"] == pytest.approx((30 + 10) / 2)
    assert (row["languages"], row["seeds"], row["n"]) == (2, 1, 20)
    assert row["baseline"] == NO_SOURCE
    assert row["baseline_composition"] == "target"


def test_a_planted_gain_is_covered_and_excludes_zero(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.6, cc=0.5))
    planter.add(answers(2, aa=0.9, bb=0.7, cc=0.6), composition="stack", source="nli")
    row = only(found(planter))
    assert row["low"] < 10 < row["high"]
    assert row["low"] > 0
    assert row["p"] < 0.05


def test_no_effect_stays_around_zero(planter: Any) -> None:
    planter.add(answers(3, aa=0.9, bb=0.6, cc=0.5))
    planter.add(answers(4, aa=0.9, bb=0.6, cc=0.5), composition="stack", source="nli")
    row = only(found(planter))
    assert abs(row["gain"]) < 4
    assert row["low"] < 0 < row["high"]


def test_a_loss_is_shown_as_a_loss(planter: Any) -> None:
    planter.add(answers(5, aa=0.9, bb=0.7))
    planter.add(answers(6, aa=0.9, bb=0.4), composition="stack", source="squad")
    row = only(found(planter))
    assert row["high"] < 0


def test_the_same_answers_gain_nothing_for_sure(planter: Any) -> None:
    same = answers(7, aa=0.9, bb=0.6)
    planter.add(same)
    planter.add(same, composition="stack", source="nli")
    row = only(found(planter))
    assert (row["gain"], row["low"], row["high"]) == (0, 0, 0)
    assert row["p"] == 1


def test_pairing_makes_the_interval_narrower(planter: Any) -> None:
    base = answers(8, aa=0.9, bb=0.5)
    helped = {name: hits | (np.arange(N) % 20 == 0) for name, hits in base.items()}
    planter.add(base)
    planter.add(helped, composition="stack", source="nli")
    planter.add(answers(9, aa=0.9, bb=0.53), composition="stack", source="squad")
    frame = found(planter)
    paired, unpaired = (only(frame, source=name) for name in ("nli", "squad"))
    assert paired["high"] - paired["low"] < 0.5 * (unpaired["high"] - unpaired["low"])


def test_each_method_has_its_own_baseline(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5))
    planter.add(answers(1, aa=0.9, bb=0.9), method="full")
    planter.add(answers(2, aa=0.9, bb=0.7), composition="stack", source="nli")
    row = only(found(planter))
    assert row["baseline_method"] == "seq_bn"
    assert row["gain"] > 0


def test_full_stilts_on_the_same_source_is_the_second_baseline(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5))
    for source, level in (("nli", 0.8), ("squad", 0.3)):
        planter.add(
            answers(2, aa=0.9, bb=level), method="full", composition="continue", source=source
        )
    planter.add(answers(3, aa=0.9, bb=0.7), composition="stack", source="nli")
    frame = found(planter)
    row = only(frame, baseline=FULL_STILTS)
    assert row["method"] == "seq_bn"
    assert (row["baseline_method"], row["baseline_source"]) == ("full", "nli")
    assert -15 < row["gain"] < -5
    assert only(frame, baseline=NO_SOURCE)["gain"] > 10


def test_a_target_without_training_starts_from_the_untrained_backbone(planter: Any) -> None:
    on = {"target": "retrieval", "composition": "zero"}
    planter.add(answers(1, aa=0.9, bb=0.3), method="none", **on)
    planter.add(answers(2, aa=0.9, bb=0.7), method="full", source="nli", **on)
    for seed in (0, 1):
        planter.add(answers(3 + seed, aa=0.9, bb=0.5), source="nli", seed=seed, **on)
    frame = found(planter)
    row = only(frame, baseline=NO_SOURCE, method="seq_bn")
    assert row["baseline_method"] == "none"
    assert row["seeds"] == 2
    assert 10 < row["gain"] < 30
    assert only(frame, baseline=FULL_STILTS)["baseline_composition"] == "zero"


def test_zero_on_a_trained_target_is_compared_with_training_on_it(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.7))
    planter.add(answers(1, aa=0.9, bb=0.2), method="none", composition="zero")
    planter.add(answers(2, aa=0.9, bb=0.5), composition="zero", source="nli")
    assert only(found(planter))["baseline_composition"] == "target"


def test_without_a_baseline_there_is_no_gain(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5), composition="stack", source="nli")
    frame = found(planter)
    assert frame.empty
    assert tuple(frame.columns) == COLUMNS


def test_only_seeds_and_languages_of_both_sides_count(planter: Any) -> None:
    planter.add({"aa": [1.0] * 4, "bb": [0.0] * 4, "cc": [0.0] * 4}, seed=0)
    planter.add({"aa": [1.0] * 4, "bb": [1.0] * 4, "cc": [1.0] * 4}, seed=2)
    ours = {"aa": [1.0] * 4, "bb": [1.0, 1.0, 0.0, 0.0], "dd": [1.0] * 4}
    for seed in (0, 1):
        planter.add(ours, composition="stack", source="nli", seed=seed)
    row = only(found(planter))
    assert row["gain"] == pytest.approx(50)
    assert (row["seeds"], row["languages"]) == (1, 1)


def test_no_common_language_is_no_comparison(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5))
    planter.add(answers(1, aa=0.9, cc=0.5), composition="stack", source="nli")
    assert found(planter).empty


def test_backbones_and_perturbations_are_not_mixed(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5))
    planter.add(answers(2, aa=0.9, bb=0.7), composition="stack", source="nli", backbone="other")
    planter.add(answers(2, aa=0.9, bb=0.7), composition="stack", source="nli", perturbation="typos")
    assert found(planter).empty


def test_only_the_primary_metric_ranks(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5), primary=False)
    planter.add(answers(2, aa=0.9, bb=0.7), composition="stack", source="nli", primary=False)
    assert found(planter).empty


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"signature": "accuracy:2"}, "measured in another way"), ({"ids": "x"}, "of other examples")],
)
def test_unlike_scores_are_not_compared(planter: Any, change: dict[str, str], reason: str) -> None:
    base = planter.add(answers(1, aa=0.9, bb=0.5))
    ours = planter.add(answers(2, aa=0.9, bb=0.7), composition="stack", source="nli", **change)
    with pytest.raises(StiltsError) as error:
        found(planter)
    message = str(error.value)
    assert reason in message
    assert "'bb'" in message
    assert str(base) in message and str(ours) in message
    assert "run again" in message


def test_a_score_that_disagrees_with_its_tally_is_refused(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5, cc=0.5))
    folder = planter.add(answers(2, aa=0.9, bb=0.7, cc=0.7), composition="stack", source="nli")
    wrong = {name: np.tile([1.0, 1.0], (N, 1)) for name in ("aa/accuracy", "bb/accuracy")}
    wrong["cc/accuracy"] = np.tile([0.0, 1.0], (N, 1))
    save_file(wrong, folder / "tallies.safetensors")
    with pytest.raises(StiltsError, match=f"broken artifact {folder}"):
        found(planter)


def test_a_metric_has_its_own_scale(planter: Any) -> None:
    """A loss, say, is not multiplied by a hundred."""
    for level, names in ((0.4, {}), (0.6, {"composition": "stack", "source": "nli"})):
        hits = answers(1, aa=0.9, bb=level)
        value = float(hits["bb"].mean())
        planter.add(hits, value=value, **names)
    frame = load(planter.folders)
    row = only(gains(frame[frame["language"] == "bb"], english="aa", draws=50))
    assert row["gain"] == pytest.approx(0.2, abs=0.1)


def test_a_baseline_of_zeros_takes_the_scale_of_the_other_side(planter: Any) -> None:
    planter.add({"aa": [1.0] * 10, "bb": [0.0] * 10})
    planter.add({"aa": [1.0] * 10, "bb": [1.0] * 10}, composition="stack", source="nli")
    planter.add({"aa": [1.0] * 10, "bb": [0.0] * 10}, composition="stack", source="squad")
    frame = found(planter)
    assert only(frame, source="nli")["gain"] == pytest.approx(100)
    assert only(frame, source="squad")["gain"] == 0


def test_gains_are_deterministic_and_do_not_depend_on_order(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5))
    planter.add(answers(2, aa=0.9, bb=0.7), composition="stack", source="nli")
    planter.add(answers(3, aa=0.9, bb=0.6), composition="stack", source="squad")
    once = found(planter)
    planter.folders.reverse()
    again = found(planter)
    for source in ("nli", "squad"):
        assert only(once, source=source) == only(again, source=source)


def test_gains_agree_with_the_means(grid: list[Path]) -> None:
    frame = load(grid)
    means = task_means(frame, english="aa")
    rows = gains(frame, english="aa", draws=50)
    row = only(rows, target="tags", method="seq_bn", source="nli", baseline=NO_SOURCE)
    on = {"target": "tags", "method": "seq_bn"}
    ours = only(means, composition="stack", source="nli", **on)
    base = only(means, composition="target", source="", **on)
    assert row["gain"] == pytest.approx(ours["zero_shot"] - base["zero_shot"])


def test_the_interval_of_a_mean_is_around_the_mean(planter: Any) -> None:
    planter.add(answers(1, aa=0.9, bb=0.5, cc=0.7), seed=0)
    planter.add(answers(2, aa=0.9, bb=0.5, cc=0.7), seed=1)
    frame = load(planter.folders)
    mean = only(task_means(frame, english="aa"))["zero_shot"]
    row = only(zero_shot_intervals(frame, english="aa", draws=400))
    assert row["low"] < mean < row["high"]
    # Two languages and two seeds, four times 400 draws of a coin: 2 standard errors.
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * 2.4 / 2, rel=0.5)
