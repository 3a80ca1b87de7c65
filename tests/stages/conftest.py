from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import run
from adapterstilts.stages.stage import StageSpec

RUNTIME = Runtime(device="cpu")


@dataclass(frozen=True)
class Finished:
    """A plan, every stage of which has been run."""

    stages: dict[str, StageSpec]
    store: Store

    def of(self, kind: str, **config: Any) -> Iterator[tuple[StageSpec, Path]]:
        """Yield the stages of a kind whose configuration is as given, with their folders."""
        for id, spec in self.stages.items():
            if spec.kind == kind and all(
                getattr(spec.config, name) == value for name, value in config.items()
            ):
                path = self.store.find(id)
                assert path is not None
                yield spec, path

    def one(self, kind: str, **config: Any) -> tuple[StageSpec, Path]:
        ((spec, path),) = self.of(kind, **config)
        return spec, path


@pytest.fixture(scope="session")
def finish(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Finished]:
    """Return a function that runs every stage of a plan in a store of its own."""

    def of(plan: Any, store: Store | None = None) -> Finished:
        store = store or Store(tmp_path_factory.mktemp("stages") / "runs")
        for spec in plan.stages.values():
            run.run(spec, store, RUNTIME, lambda done, total, note: None)
        return Finished(dict(plan.stages), store)

    return of


@pytest.fixture(scope="session")
def finished(planned: Any, finish: Callable[..., Finished]) -> Finished:
    return finish(planned())
