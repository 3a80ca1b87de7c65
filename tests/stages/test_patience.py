"""A stage that runs waits for a network that is away: a night's run is not lost for a minute."""

import time
from pathlib import Path

import pytest

from adapterstilts.core.hub import Unreachable, client
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.stages import run
from adapterstilts.stages.adopt import check, of_hub
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from tests.stages.conftest import RUNTIME


def test_what_is_checked_fails_at_once_and_what_runs_waits(
    tiny_backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    revision = locate.locate(str(tiny_backbone), "").revision
    base = Backbone(name=str(tiny_backbone), revision=revision)
    config = of_hub("a/b", "main", method="seq_bn", exact=False, backbone=base, origin=base)
    store = Store(tmp_path / "runs")
    with pytest.raises(Unreachable, match="cannot be reached"):
        check(config, client.here(), store)
    assert slept == []
    with pytest.raises(Unreachable, match="cannot be reached"):
        run.run(StageSpec(config), store, RUNTIME, lambda done, total, note: None)
    assert slept == list(client.PAUSES)
    assert client.here().prompt
