"""How a repository comes into a program: as whoever trusts nobody would use it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapterstilts.core import hub
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.ready import load as ready
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import adopt as adopting
from adapterstilts.stages import run
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from tests.hub.hostile.goods import METHODS, NAME
from tests.hub.hostile.sandbox import Way


def adopt(snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return the stage that takes over what is in a repository, once it has run."""
    peft = "peft_type" in (snapshot / "adapter_config.json").read_bytes().decode(errors="ignore")
    folder = str(goods["backbone"])
    backbone = Backbone(name=folder, revision=locate.locate(folder, "").revision)
    config = adopting.of_hub(
        NAME,
        "main",
        method=METHODS["peft" if peft else "adapters"],
        exact=False,
        backbone=backbone,
        origin=backbone,
    )
    store = Store(goods["place"] / "store")
    adopting.check(config, hub.here(), store)
    spec = StageSpec(config)
    run.run(spec, store, Runtime(device="cpu"), lambda done, total, note: None)
    return spec


def load(snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return a model of what is in a folder, ready to answer."""
    return ready(goods["backbone"], str(snapshot), task="toy-nli", device="cpu")


def backbone(snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return the model of a folder, as it came."""
    return ready(snapshot, task="lm", device="cpu")


WAYS: Mapping[str, Way] = {"adopt": adopt, "load": load, "backbone": backbone}
"""Name to the way."""
