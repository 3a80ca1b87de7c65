"""A plan that two processes are given: what each of them is told, runs and refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import runners, together
from tests import pairs

SMALL = ("grid.0.compositions=[target, stack]", "sources=toy-nli")
SCRIPT = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from adapterstilts.api.experiment import open_experiment
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import runners
recipe, store, *runs = sys.argv[1:]
for changes in runs:
    experiment = open_experiment(Path(recipe), Path(store), json.loads(changes))
    summary = runners.run(experiment.plan, experiment.store, Runtime(device="cpu", workers=3))
    print(json.dumps(asdict(summary)))
"""


def run(plan: Any, store: Path, *runs: tuple[str, ...]) -> list[tuple[int, list[Any], str]]:
    """Return code, summaries and errors of two processes that carry plans out."""
    command = ["-c", SCRIPT, plan.recipe.path, store, *map(json.dumps, runs)]
    return [
        (code, [json.loads(line) for line in out.splitlines()], errors)
        for code, out, errors in pairs.end(pairs.start(command))
    ]


@pytest.fixture(scope="module")
def both(planned: Any, tmp_path_factory: Any) -> Any:
    """Return a plan, its store, and what two processes say of it, one run after the other.

    The second has too few rows for a batch of one source; the third is what the first was.
    """
    plan, store = planned(*SMALL), tmp_path_factory.mktemp("both") / "runs"
    few = (*SMALL, "training.tasks={toy-nli: {train_examples: 3, batch_size: 8}}")
    return plan, Store(store), run(plan, store, SMALL, few, SMALL)


def test_pairs_are_refused_before_anything_is_run(planned: Any) -> None:
    plan = planned("sources=[toy-nli, 'mix(toy-nli, toy-answers)']")
    together.check(plan.stages, 1)
    with pytest.raises(UsageError, match=r"'toy-answers' has pairs .* among 2 processes"):
        together.check(plan.stages, 2)
    together.check(planned().stages, 2)


def test_every_process_is_told_what_came_of_a_plan(both: Any) -> None:
    plan, store, ((code, first, _), (other, second, _)) = both
    assert (code, other) == (0, 0)
    assert first == second
    counts = [(each["run"], each["reused"], each["failed"]) for each in first]
    assert counts[0] == (len(plan.stages), 0, 0)
    assert counts[2] == (0, len(plan.stages), 0)
    assert all(store.find(id) for id in plan.stages)


def test_a_failure_that_both_share_stops_only_what_depends_on_it(both: Any) -> None:
    _, _, ((_, summaries, _), _) = both
    (failure,) = summaries[1]["failures"]
    assert failure["stage"] == "train seq_bn-target-toy-nli-s0"
    assert "'toy-nli' has 3 rows" in failure["message"]
    assert "among 2 processes: set batch_size to 2 in the recipe" in failure["message"]
    assert summaries[1]["failed"] == 4
    assert summaries[1]["run"] > 0


def test_records_say_how_many_processes_trained(both: Any, planned: Any, tmp_path: Path) -> None:
    """Their ids do not: what one process finds done, it does not do again."""
    plan, store, _ = both
    records = [read_record(store.find(id) / RECORD) for id in plan.stages]
    trained = [record.resolved["processes"] for record in records if record.kind == "train"]
    assert trained == [2] * 3
    again = runners.run(planned(*SMALL), Store(store.root), Runtime(device="cpu"))
    assert (again.run, again.reused) == (0, len(plan.stages))


def test_nothing_is_left_of_the_second_process(both: Any) -> None:
    _, store, _ = both
    assert [path for path in store.root.glob(".partial/*")] == []
    kept = {entry.id for entry in store.entries()}
    assert not any(path.name in kept for path in store.root.glob(".work/*"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("training.default.batch_size=5", "batch_size 5 of .* batch_size to 4 or 6 in the recipe"),
        ("training.default.accumulation=2", "accumulation 2 of .* at most 1 in the recipe"),
    ],
)
def test_what_cannot_be_divided_is_refused_before_anything_runs(
    planned: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, said: str
) -> None:
    plan, store = planned(*SMALL, change), Store(tmp_path / "runs")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match=said):
        runners.run(plan, store, Runtime(device="cpu"))
    assert not store.root.exists()


def test_only_what_is_to_be_trained_has_to_be_divided(planned: Any) -> None:
    plan = planned(*SMALL, "training.default.batch_size=5")
    trained = {id: spec for id, spec in plan.stages.items() if spec.kind == "train"}
    together.check({id: spec for id, spec in plan.stages.items() if id not in trained}, 2)
    together.check(trained, 5)
    with pytest.raises(UsageError, match="among 2 processes"):
        together.check(trained, 2)


def test_processes_with_different_plans_say_so_and_end(planned: Any, tmp_path: Path) -> None:
    mine, other = planned(*SMALL), planned(*SMALL, "seeds=7")
    commands = [["-c", SCRIPT, plan.recipe.path, tmp_path / "runs", json.dumps(changes)]
                for plan, changes in ((mine, SMALL), (other, (*SMALL, "seeds=7")))]  # fmt: skip
    (first, _, one), (second, _, two) = pairs.end(pairs.start(*commands))
    assert (first, second) == (1, 1)
    assert "called to a stage that its plan does not have" in two
    assert "one of 2 processes that train together is gone" in one
