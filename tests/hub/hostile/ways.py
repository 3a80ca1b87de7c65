"""How a repository comes into a program: as whoever trusts nobody would use it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from huggingface_hub.utils import reset_sessions

from adapterstilts.api.load import load as load_
from adapterstilts.cli.show import show as show_
from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import adopt as adopting
from adapterstilts.stages import run
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from tests.hub.hostile.case import Case
from tests.hub.hostile.goods import METHODS, NAME
from tests.hub.hostile.sandbox import Way

LONGEST = 1000
"""Signs that a refusal may have at most."""
_TASK = "toy-nli"


def adopt(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return the stage that takes over what is in a repository, once it has run."""
    folder = str(goods["backbone"])
    backbone = Backbone(name=folder, revision=locate.locate(folder, "").revision)
    config = adopting.of_hub(
        NAME, "main", method=METHODS[case.layout], exact=False, backbone=backbone, origin=backbone
    )
    store = Store(goods["place"] / "store")
    adopting.check(config, hub.here(), store)
    spec = StageSpec(config)
    run.run(spec, store, Runtime(device="cpu"), lambda done, total, note: None)
    return spec


def load(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return a model of what is on the Hub, ready to answer."""
    return load_(goods["backbone"], f"hub({NAME})", task=_TASK, device="cpu", offline=True)


def folder(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return a model of what is in a folder, ready to answer."""
    return load_(goods["backbone"], str(snapshot), task=_TASK, device="cpu", offline=True)


def backbone(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return the model of a folder, as it came."""
    return load_(snapshot, device="cpu", offline=True)


def model_id(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return the model of a repository, as it came."""
    return load_(NAME, device="cpu", offline=True)


def show(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return what is shown of a repository, no line of which may steer a screen."""
    arguments = [NAME, "--backbone", str(goods["backbone"]), "--offline"]
    done = CliRunner().invoke(show_, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    lines = done.output.splitlines()
    odd = [line for line in done.output.split("\n") if not line.isprintable()]
    assert not odd, odd[0][:200]
    assert max(map(len, lines), default=0) < 2 * LONGEST, max(lines, key=len)[:200]
    if done.exit_code:
        raise StiltsError(next(line for line in lines if line.startswith("error: ")))
    return lines


def served(case: Case, snapshot: Path, goods: Mapping[str, Path]) -> Any:
    """Return what is found in a repository that has to be fetched."""
    reset_sessions()
    folder = str(goods["backbone"])
    backbone = Backbone(name=folder, revision=locate.locate(folder, "").revision)
    config = adopting.of_hub(
        case.repository,
        "main",
        method=METHODS["adapters"],
        exact=False,
        backbone=backbone,
        origin=backbone,
    )
    client = replace(hub.here(), pauses=())
    return adopting.check(config, client, Store(goods["place"] / "store"))


WAYS: Mapping[str, Way] = {
    "adopt": adopt,
    "backbone": backbone,
    "folder": folder,
    "load": load,
    "model_id": model_id,
    "served": served,
    "show": show,
}
"""Name to the way."""
