import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import adapterstilts
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import runners
from adapterstilts.plan.planner import Plan
from tests.hearing import Ear

RUNTIME = Runtime(device="cpu")
SMALL = ("grid.0.compositions=[target, stack]", "sources=toy-nli")
Planned = Callable[..., Plan]


@pytest.fixture(scope="module")
def whole(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a plan that has been run, its store, the summary, and what was heard."""
    plan, store, ear = planned(*SMALL), Store(tmp_path_factory.mktemp("whole") / "runs"), Ear()
    return plan, store, runners.run(plan, store, RUNTIME, ear), ear


def test_every_stage_is_run_once_and_told_of(whole: Any) -> None:
    plan, store, summary, ear = whole
    count = len(plan.stages)
    assert (summary.run, summary.reused, summary.failed) == (count, 0, 0)
    assert summary.failures == ()
    assert summary.seconds > 0
    assert ear.of("planned") == [(count, 0)]
    assert [id for (id,) in ear.of("finished")] == list(plan.stages)
    assert [news[2:] for news in ear.of("started")] == [(i, count) for i in range(1, count + 1)]
    labels = {news[0]: news[1] for news in ear.of("started")}
    assert labels == {id: f"{spec.kind} {spec.slug}" for id, spec in plan.stages.items()}
    assert {news[0] for news in ear.of("advanced")} <= plan.stages.keys()
    assert [store.find(id) for id in plan.stages if store.find(id) is None] == []


def test_a_second_run_reuses_everything(whole: Any) -> None:
    plan, store, _, _ = whole
    ear = Ear()
    again = runners.run(plan, Store(store.root), RUNTIME, ear)
    count = len(plan.stages)
    assert (again.run, again.reused, again.failed) == (0, count, 0)
    assert ear.heard == [("planned", count, count)]


def test_what_is_missing_is_run_and_nothing_else(whole: Any, planned: Planned) -> None:
    plan, store, _, _ = whole
    other = planned(*SMALL, "training.tasks={toy-xnli: {learning_rate: 7e-3}}")
    summary = runners.run(other, store, RUNTIME)
    new = set(other.stages) - set(plan.stages)
    assert (summary.run, summary.reused) == (len(new), len(other.stages) - len(new))
    assert {other.stages[id].kind for id in new} == {"train", "predict", "score"}


def spoil(plan: Plan, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the training of the source fail."""
    from adapterstilts.modeling import work

    train = work.train

    def failing(parts: Any, lessons: Any, **options: Any) -> Any:
        if parts.head.name == "toy-nli":
            raise error
        return train(parts, lessons, **options)

    monkeypatch.setattr(work, "train", failing)


@pytest.mark.parametrize("error", [RuntimeError("no luck"), KeyError("x"), MemoryError()])
def test_a_failure_stops_only_what_depends_on_it(
    planned: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    plan, store, ear = planned(*SMALL), Store(tmp_path / "runs"), Ear()
    spoil(plan, monkeypatch, error)
    summary = runners.run(plan, store, RUNTIME, ear)
    stopped = {
        id
        for id, spec in plan.stages.items()
        if spec.kind != "prepare"
        and (spec.config.composition == "stack" if spec.kind == "score" else stands_on(spec))
    }
    assert len(stopped) == summary.failed == 4
    assert summary.run == len(plan.stages) - 4
    assert {id for id in plan.stages if store.find(id) is None} == stopped
    (failure,) = summary.failures
    assert failure.stage == "train seq_bn-target-toy-nli-s0"
    assert failure.message
    ((id, message),) = ear.of("failed")
    assert plan.stages[id].config.title == "toy-nli"
    assert message == failure.message
    monkeypatch.undo()
    again = runners.run(plan, store, RUNTIME)
    assert (again.run, again.failed) == (4, 0)


def stands_on(spec: Any) -> bool:
    own = spec.config.title if spec.kind == "train" else spec.config.task
    return "toy-nli" in (own, *spec.config.sources)


def test_an_interrupted_run_is_not_a_failure_and_goes_on(
    planned: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, store = planned(*SMALL), Store(tmp_path / "runs")
    spoil(plan, monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        runners.run(plan, store, RUNTIME)
    monkeypatch.undo()
    finished = len(store.entries())
    assert 0 < finished < len(plan.stages)
    again = runners.run(plan, store, RUNTIME)
    assert (again.run, again.reused) == (len(plan.stages) - finished, finished)


def test_a_plan_that_is_done_needs_no_torch(whole: Any) -> None:
    plan, store, _, _ = whole
    script = """
import sys
from pathlib import Path
from adapterstilts.api.experiment import open_experiment
from adapterstilts.plan import runners
experiment = open_experiment(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
summary = runners.run(experiment.plan, experiment.store, experiment.recipe.runtime)
assert (summary.run, summary.failed) == (0, 0), summary
assert not {"torch", "transformers", "adapters"} & set(sys.modules)
"""
    arguments = [str(plan.recipe.path), str(store.root), *SMALL]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True, cwd=home())


def test_two_processes_share_a_store_and_run_each_stage_once(
    planned: Planned, whole: Any, tmp_path: Path
) -> None:
    """What they leave is, measured costs aside, what one process leaves alone."""
    plan, alone = planned(*SMALL), whole[1]
    script = """
import sys
from pathlib import Path
from adapterstilts.api.experiment import open_experiment
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan import runners
experiment = open_experiment(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
summary = runners.run(experiment.plan, experiment.store, Runtime(device="cpu"))
assert summary.failed == 0, summary
sys.stdout.write(f"{summary.run} {summary.reused}")
"""
    arguments = [str(plan.recipe.path), str(tmp_path / "runs"), *SMALL]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=home(),
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=200)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    count = len(plan.stages)
    assert sum(int(run) for run, _ in said) == count
    assert all(int(run) + int(reused) == count for run, reused in said)
    store = Store(tmp_path / "runs")
    for id in plan.stages:
        ours, theirs = store.find(id), alone.find(id)
        for name in ("predictions/qab.jsonl", "tallies.safetensors", "examples.jsonl"):
            if (theirs / name).exists():
                assert (ours / name).read_bytes() == (theirs / name).read_bytes()


def home() -> Path:
    return Path(adapterstilts.__file__).parents[1]


def test_several_workers_leave_what_one_does(planned: Planned, whole: Any, tmp_path: Path) -> None:
    plan, alone = planned(*SMALL), whole[1]
    store, ear = Store(tmp_path / "runs"), Ear()
    summary = runners.run(plan, store, Runtime(device="cpu", workers=2), ear)
    assert (summary.run, summary.failed, summary.failures) == (len(plan.stages), 0, ())
    order = [id for (id,) in ear.of("finished")]
    assert set(order) == set(plan.stages)
    for id, spec in plan.stages.items():
        assert all(order.index(need) < order.index(id) for need in spec.needs.values())
        for name in ("predictions/qab.jsonl", "tallies.safetensors"):
            if (alone.find(id) / name).exists():
                assert (store.find(id) / name).read_bytes() == (alone.find(id) / name).read_bytes()
