import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.engines import Pool, Serial

RUNTIME = Runtime(device="cpu", workers=2)


def deaf(*news: Any) -> None:
    pass


@pytest.mark.parametrize("kind", [Serial, Pool])
def test_a_failure_is_told_and_the_next_stage_can_be_given(
    planned: Any, tmp_path: Path, kind: Any
) -> None:
    plan, store = planned("grid.0.compositions=target"), Store(tmp_path / "runs")
    score = next(spec for spec in plan.stages.values() if spec.kind == "score")
    prepare = next(spec for spec in plan.stages.values() if spec.kind == "prepare")
    engine = kind(store, RUNTIME)
    try:
        assert engine.free()
        engine.give(score)
        ended = engine.next(deaf)
        assert (ended.id, ended.ran) == (score.id, False)
        assert "the input 'predicted'" in ended.failure
        assert engine.free()
        for ran in (True, False):
            engine.give(prepare)
            ended = engine.next(deaf)
            assert (ended.id, ended.ran, ended.failure) == (prepare.id, ran, "")
        assert store.find(prepare.id)
    finally:
        engine.close()


def test_a_worker_that_dies_is_an_error_that_says_so(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    pool = Pool(Store(tmp_path / "runs"), RUNTIME)
    workers = set(multiprocessing.active_children()) - before
    assert len(workers) == 2
    try:
        victim = next(iter(workers)).pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(StiltsError, match=r"a worker process died .*exit code -9"):
            pool.next(deaf)
    finally:
        pool.close()
    assert set(multiprocessing.active_children()) == before


def test_workers_end_with_the_run(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    pool = Pool(Store(tmp_path / "runs"), RUNTIME)
    assert set(multiprocessing.active_children()) > before
    pool.close()
    assert set(multiprocessing.active_children()) == before
