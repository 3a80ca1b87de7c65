"""What a plan stands on: backbones as they come, on this machine or not, and one that is made."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.plan.planner import Plan
from adapterstilts.stages.references import BACKBONE
from adapterstilts.stages.stage import StageSpec

Planned = Callable[..., Plan]


def of(plan: Plan, kind: str, **config: Any) -> list[StageSpec]:
    """Return the stages of a kind whose configuration is as given."""
    return [
        spec
        for spec in plan.stages.values()
        if spec.kind == kind
        and all(getattr(spec.config, name) == value for name, value in config.items())
    ]


def test_a_pretrained_backbone_is_what_everything_stands_on(planned: Planned) -> None:
    plan = planned("pretrain={task: toy-text, seed: 5, training: {steps: 1}}")
    (made,) = of(plan, "train", title="toy-text")
    assert (made.config.method, made.config.seed, made.config.hyper.steps) == ("full", 5, 1)
    assert BACKBONE not in made.needs
    for spec in plan.stages.values():
        if spec.kind in ("train", "predict") and spec is not made:
            assert spec.needs[BACKBONE] == made.id
            assert spec.config.backbone.identity() == {}
        if spec.kind == "score":
            assert spec.config.backbone == "tiny-xlmr+toy-text"
    prepared = {spec.id for spec in of(planned(), "prepare")}
    assert prepared < {spec.id for spec in of(plan, "prepare")}


def test_a_grid_entry_may_stand_on_other_backbones_as_they_come(
    planned: Planned, tiny_backbone: Path, still_backbone: Path
) -> None:
    plan = planned(
        "pretrain={task: toy-text, training: {steps: 1}}",
        f"grid.0.backbones=[{tiny_backbone}, {still_backbone}]",
        "grid.0.compositions=target",
    )
    names = {spec.config.backbone for spec in of(plan, "score")}
    assert names == {"tiny-xlmr", "still-xlmr"}
    assert not [spec for spec in of(plan, "predict") if BACKBONE in spec.needs]
    assert len(of(plan, "train", title="toy-xnli")) == 2
    # Tokenizers that are the same read the data once.
    assert len(of(plan, "prepare", task="toy-xnli", split="train")) == 1


def test_a_backbone_is_known_by_what_it_holds_wherever_it_lies(
    planned: Planned, tiny_backbone: Path, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(tiny_backbone, tmp_path / "else" / tiny_backbone.name)
    assert list(planned(backbone=elsewhere).stages) == list(planned().stages)


def test_a_backbone_that_is_refused_is_refused_before_anything_runs(
    planned: Planned, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_backbone, tmp_path / "broken"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(StiltsError, match=r"has no tokenizer\.json: save the fast tokenizer"):
        planned(backbone=folder)


def test_a_plan_on_a_hub_backbone_needs_no_network(planned: Planned) -> None:
    plan = planned("revision=v1", backbone="someone/nowhere")
    (spec,) = of(plan, "train", title="toy-nli")
    assert spec.config.backbone.identity() == {"name": "someone/nowhere", "revision": "v1"}
    assert {spec.config.tokenizer for spec in of(plan, "prepare")} == {""}
