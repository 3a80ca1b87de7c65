from typing import Any

import numpy as np
import pandas as pd
import pytest

from adapterstilts.analysis.compare import COLUMNS, ZERO_SHOT, compare
from adapterstilts.analysis.gains import gains
from adapterstilts.analysis.table import load
from adapterstilts.core.errors import StiltsError

N = 300


def answers(seed: int, **levels: float) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    return {language: generator.random(N) < level for language, level in levels.items()}


@pytest.fixture
def frames(planter: Any) -> dict[str, pd.DataFrame]:
    """Return three ways on two targets: the first is better by a tenth than the second."""
    found: dict[str, list[Any]] = {"stack": [], "target": [], "full": []}
    for number, target in enumerate(("pairs", "tags")):
        base = answers(number, aa=0.9, bb=0.5, cc=0.4)
        helped = {name: hits | (np.arange(N) % 5 == 0) for name, hits in base.items()}
        on = {"target": target, "trainable_parameters": 10, "train_seconds": 2.0}
        found["target"].append(planter.add(base, **on))
        found["stack"].append(planter.add(helped, composition="stack", source="nli", **on))
        on |= {"trainable_parameters": 1000}
        found["full"].append(planter.add(answers(7, aa=0.9, bb=0.5, cc=0.4), method="full", **on))
    return {name: load(folders) for name, folders in found.items()}


def test_the_first_is_compared_with_each_other_by_target_and_language(
    frames: dict[str, pd.DataFrame],
) -> None:
    found = compare(frames, english="aa", draws=200)
    assert tuple(found.columns) == COLUMNS
    assert set(found["way"]) == {"stack"}
    key = ["against", "target", "language"]
    assert list(found[key].itertuples(index=False, name=None)) == [
        (against, target, language)
        for against in ("target", "full")
        for target in ("pairs", "tags")
        for language in (ZERO_SHOT, "aa", "bb", "cc")
    ]


def test_the_mean_leaves_english_out_and_every_language_stands_by_itself(
    frames: dict[str, pd.DataFrame],
) -> None:
    found = compare(frames, english="aa", draws=200)
    pairs = found[(found["against"] == "target") & (found["target"] == "pairs")]
    by_language = pairs.set_index("language")
    mean = by_language.loc[ZERO_SHOT]
    assert mean["gain"] == pytest.approx(by_language.loc[["bb", "cc"], "gain"].mean())
    assert (mean["languages"], mean["n"]) == (2, 2 * N)
    assert (by_language.loc["bb", "languages"], by_language.loc["bb", "n"]) == (1, N)
    assert (found["gain"] - (found["score"] - found["other"])).abs().max() < 1e-9
    assert (mean["low"] > 0, mean["p"] < 0.05) == (True, True)


def test_the_mean_is_the_gain_of_a_report(frames: dict[str, pd.DataFrame]) -> None:
    found = compare({name: frames[name] for name in ("stack", "target")}, english="aa", draws=200)
    reported = gains(pd.concat([frames["stack"], frames["target"]]), english="aa", draws=200)
    means = found[found["language"] == ZERO_SHOT].set_index("target")["gain"]
    assert means.to_dict() == pytest.approx(reported.set_index("target")["gain"].to_dict())


def test_costs_stand_beside_the_numbers(frames: dict[str, pd.DataFrame]) -> None:
    found = compare(frames, english="aa", draws=20)
    of_full = found[found["against"] == "full"].iloc[0]
    assert (of_full["trainable_parameters"], of_full["other_trainable_parameters"]) == (10, 1000)
    assert of_full["train_seconds"] == 2.0


def test_english_alone_has_no_mean(planter: Any) -> None:
    one = planter.add({"aa": [1, 0]}, composition="stack")
    other = planter.add({"aa": [1, 1]})
    found = compare({"one": load([one]), "other": load([other])}, english="aa", draws=20)
    assert list(found["language"]) == ["aa"]


def test_nothing_in_common_is_refused(planter: Any) -> None:
    one = planter.add({"aa": [1, 0]}, composition="stack")
    other = planter.add({"aa": [1, 1]}, target="tags")
    with pytest.raises(StiltsError, match="one and other have no target in common"):
        compare({"one": load([one]), "other": load([other])}, english="aa")
