"""A report where nothing, or not everything, could be scored."""

from pathlib import Path

import pytest

from adapterstilts.api.experiment import Experiment, open_experiment, write_report
from adapterstilts.core.records import Score, write_rows

RECIPE = """\
question: Is there anything to score?
backbone: toyworld-random
seeds: [0]
sources: toy-nli
grid:
  - methods: seq_bn
    compositions: [target]
    targets: [toy-xnli]
training:
  default: {steps: 2, batch_size: 2}
"""


@pytest.fixture
def experiment(recipe: Path, tmp_path: Path) -> Experiment:
    """Return an experiment whose every score stage met a test set without labels."""
    experiment = open_experiment(recipe, tmp_path / "runs")
    for spec in experiment.plan.stages.values():
        if spec.kind == "score":
            with experiment.store.writing(spec.kind, spec.slug, spec.id) as folder:
                write_rows(folder / "scores.jsonl", Score, [])
    return experiment


def test_there_is_no_report_of_nothing(experiment: Experiment) -> None:
    assert experiment.plan.scores(experiment.store)
    assert write_report(experiment) is None


def test_the_report_says_why_there_is_none(cli, recipe: Path, experiment: Experiment) -> None:
    result = cli("report", recipe, "--store", experiment.store.root)
    assert result.code == 1
    assert "nothing of" in result.err and "have no labels" in result.err


def test_scores_are_none(cli, recipe: Path, experiment: Experiment) -> None:
    result = cli("scores", recipe, "--store", experiment.store.root)
    assert (result.code, result.err) == (0, "")
    assert "0 scores" in result.out
